// A sign-in at a provider, both ways: the address to send a browser to, and whom it brings back.
import { Inject, Injectable } from '@nestjs/common'
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
} from 'openid-client'
import { ENV } from '../../app.tokens.ts'
import type { Call } from '../../call.ts'
import type { Env } from '../../env.ts'
import type { IdentityProvider } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { LOGGER, type Logger } from '../../infra/logger.ts'
import { Changes } from '../../publishing/change.ts'
import { Refusal, refuse } from '../../refusal.ts'
import { Sessions } from '../sessions.ts'
import { SignInThrottle } from '../sign-in-throttle.ts'
import { Arrivals } from './arrivals.ts'
import { type Attempt, beginAttempt, openAttempt, sealAttempt } from './attempt.ts'
import { addressOf, type Claims, readClaims, type Statement } from './claims.ts'
import { OidcClients } from './clients.ts'
import { reasonOf, redirectUriOf } from './identity-providers.service.ts'
import { Places } from './places.ts'

@Injectable()
export class ProviderSignIn {
  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly clients: OidcClients,
    private readonly arrivals: Arrivals,
    private readonly places: Places,
    private readonly sessions: Sessions,
    private readonly throttle: SignInThrottle,
  ) {}

  /** The provider's page for a browser that holds `browser`. */
  async begin(name: string, browser: string, returnTo: string | null, requestId: string): Promise<URL> {
    const provider = await this.#provider(name)
    const attempt = beginAttempt(provider.id, returnTo, this.clock.now())
    const configuration = await this.#reach(provider, requestId, () => this.clients.configuration(provider))
    return buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUriOf(this.env, provider.name),
      scope: [...new Set(['openid', ...provider.scopes])].join(' '),
      state: sealAttempt(attempt, browser),
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    })
  }

  /** The attempt that this browser came back with; null when it began none. */
  async attempt(name: string, browser: string | null, state: string | undefined): Promise<Attempt | null> {
    const provider = await this.#provider(name)
    return openAttempt(state, browser, provider.id, this.clock.now())
  }

  /** Opens a session for whom the provider vouches for. `search` is the query that the browser came back with. */
  async finish(call: Call, name: string, attempt: Attempt, search: string, state: string): Promise<void> {
    const provider = await this.#provider(name)
    await this.throttle.attemptFrom(call.address)
    const statement = await this.#statement(provider, attempt, search, state, call.requestId)
    try {
      const user = await this.arrivals.userOf(call, provider, statement)
      await this.places.acceptInvitations(call, user, statement.email)
      await this.places.followGroups(call, user, provider, statement.groups)
      await this.changes.onPlatform(
        call,
        async (tx) => {
          const session = await this.sessions.open(tx.platform, call, user.id, 'provider')
          tx.audit({
            action: 'identity.signInWithProvider',
            resource: { kind: 'session', id: session.id, name: user.email },
            before: null,
            after: { provider: provider.name, address: call.address, agent: call.agent },
          })
        },
        { kind: 'user', id: user.id, name: user.name },
      )
      await this.throttle.giveBack(call.address)
    } catch (error) {
      if (error instanceof Refusal) await this.#recordRefusal(call, provider, statement, error)
      throw error
    }
  }

  async #provider(name: string): Promise<IdentityProvider> {
    const found = await this.database.platform.identityProvider.findUnique({ where: { name } })
    return found?.enabled ? found : refuse('not_found', `Nobody signs in with "${name}" here`)
  }

  async #statement(
    provider: IdentityProvider,
    { verifier, nonce }: Attempt,
    search: string,
    state: string,
    requestId: string,
  ): Promise<Statement> {
    const claims = await this.#reach(provider, requestId, async () => {
      const configuration = await this.clients.configuration(provider)
      const answered = new URL(`${redirectUriOf(this.env, provider.name)}${search}`)
      const tokens = await authorizationCodeGrant(configuration, answered, {
        pkceCodeVerifier: verifier,
        expectedNonce: nonce,
        expectedState: state,
        idTokenExpected: true,
      })
      return allClaims(configuration, tokens.claims() ?? {}, tokens.access_token)
    })
    return readClaims(claims, provider.groupsClaim)
  }

  /** Whatever goes wrong at the provider is its failure, and the log says which; a person's or a provider's no is a no. */
  async #reach<T>(provider: IdentityProvider, requestId: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof AuthorizationResponseError && error.error === 'access_denied')
        return refuse('sign_in_denied')
      this.logger.warn(
        { requestId, provider: provider.name, reason: reasonOf(error) },
        'A sign-in failed at the identity provider',
      )
      return refuse('provider_failed', undefined, { cause: error })
    }
  }

  async #recordRefusal(
    call: Call,
    provider: IdentityProvider,
    { subject, email }: Statement,
    { code }: Refusal,
  ): Promise<void> {
    await this.changes.onPlatform(call, async (tx) =>
      tx.audit({
        action: 'identity.signInRefused',
        resource: { kind: 'identityProvider', id: provider.id, name: provider.name },
        before: null,
        after: { reason: code, email, subject, address: call.address },
      }),
    )
  }
}

/** Many providers put into the ID token only who it is, and the rest into the answer of their userinfo endpoint. */
async function allClaims(configuration: Configuration, claims: Claims, accessToken: string): Promise<Claims> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims
  const more = await fetchUserInfo(configuration, accessToken, String(claims.sub))
  return { ...more, ...claims, ...addressOf(claims, more) }
}
