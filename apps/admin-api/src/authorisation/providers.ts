// The running authorisation server of each tenant: oidc-provider with our settings, made anew when they or its keys change (ADR 99).
import { createHash, type JsonWebKey, timingSafeEqual } from 'node:crypto'
import { authorisationScope, personScopes } from '@gatewright/shared/model/authorisation'
import { Inject, Injectable } from '@nestjs/common'
import Provider, { type Configuration, errors, type JWK, type KoaContextWithOIDC } from 'oidc-provider'
import * as z from 'zod'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import type { AuthorisationKey, AuthorisationServer } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Sealer } from '../infra/sealer.ts'
import { ClientStore } from './client-store.ts'
import { errorPage } from './error-page.ts'
import { rememberInteraction } from './interaction-cookie.ts'
import { audienceOf, issuerOf, oauthPrefix } from './issuer.ts'
import { publishedKeys, signingAlgorithm } from './keys.ts'
import { RequestBudget } from './request-budget.ts'
import { ReusedTokens } from './reused-tokens.ts'
import { StateStore } from './state-store.ts'

export interface RunningServer {
  readonly tenant: TenantRow
  readonly settings: AuthorisationServer
  readonly issuer: string
  readonly audience: string
  readonly provider: Provider
}

interface TenantRow {
  readonly id: string
  readonly name: string
  readonly title: string
}

const scopes = z.array(authorisationScope)
export const privateKeyPlace = (id: string) => ({ table: 'authorisation_key', column: 'private_key', id })

/** More tenants than this in one process, and the one that was asked longest ago is made anew. */
const runningMax = 500

@Injectable()
export class AuthorisationProviders {
  readonly #running = new Map<string, { readonly stamp: string; readonly server: RunningServer }>()

  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
    private readonly budget: RequestBudget,
    private readonly reused: ReusedTokens,
  ) {}

  /** The server of a tenant as it is now, or null when there is none. What it is made of is read each time, so all processes agree. */
  async find(tenantName: string): Promise<RunningServer | null> {
    const tenant = await this.database.platform.tenant.findUnique({
      where: { name: tenantName },
      select: { id: true, name: true, title: true },
    })
    if (tenant === null) return null
    const db = this.database.tenant(tenant.id)
    const [settings, all] = await Promise.all([
      db.authorisationServer.findFirst(),
      db.authorisationKey.findMany(),
    ])
    const keys = publishedKeys(all, this.clock.now())
    if (!settings?.enabled || keys.length === 0) return null
    const stamp = JSON.stringify([settings.version, tenant.title, keys.map(({ id }) => id)])
    const found = this.#running.get(tenant.id)
    this.#running.delete(tenant.id)
    const kept = found?.stamp === stamp ? found : { stamp, server: this.#make(tenant, settings, keys) }
    this.#running.set(tenant.id, kept)
    const [oldest] = this.#running.keys()
    if (this.#running.size > runningMax && oldest !== undefined) this.#running.delete(oldest)
    return kept.server
  }

  /** The scopes of its APIs that a client may be given now: those of everybody, and those of products that its application has. */
  async scopesOf(
    { tenant, settings }: Pick<RunningServer, 'tenant' | 'settings'>,
    clientId: string,
  ): Promise<z.output<typeof scopes>> {
    const all = scopes.parse(settings.scopes)
    if (all.every(({ product }) => product === null)) return all
    const held = await this.database.tenant(tenant.id).subscription.findMany({
      where: {
        state: 'active',
        // Another team may have a product of the same name: subscribed with it, nobody has this team's scopes.
        providerId: tenant.id,
        application: { credentials: { some: { authorisationClient: { id: clientId } } } },
      },
      select: { plan: { select: { product: { select: { name: true } } } } },
    })
    const products = new Set(held.map(({ plan }) => plan.product.name))
    return all.filter(({ product }) => product === null || products.has(product))
  }

  #make(tenant: TenantRow, settings: AuthorisationServer, keys: readonly AuthorisationKey[]): RunningServer {
    const issuer = issuerOf(this.env, tenant.name)
    const opened = keys.map(({ id, privateKey }) => ({
      id,
      jwk: JSON.parse(this.sealer.open(privateKey, privateKeyPlace(id))) as JsonWebKey,
    }))
    const server = { tenant, settings, issuer, audience: audienceOf(issuer) }
    const provider = new Provider(issuer, this.#configuration(server, opened))
    // Requests come to it with the address that browsers know, whatever is between (mount.ts).
    provider.proxy = true
    compareHashedSecrets(provider)
    this.#countBeforeUse(provider, tenant)
    provider.on('server_error', (ctx, error) =>
      this.logger.error(
        { tenant: tenant.name, route: ctx.oidc?.route, error },
        'An authorisation server failed',
      ),
    )
    provider.on('grant.error', (ctx, error) => {
      void this.reused.note(tenant, ctx, error)
    })
    return { ...server, provider }
  }

  #configuration(
    server: Omit<RunningServer, 'provider'>,
    keys: readonly { readonly id: string; readonly jwk: JsonWebKey }[],
  ): Configuration {
    const { tenant, settings, audience } = server
    const db = this.database.tenant(tenant.id)
    return {
      adapter: (kind: string) =>
        kind === 'Client' ? new ClientStore(db, this.clock) : new StateStore(db, tenant.id, kind, this.clock),
      // The first of them signs.
      jwks: {
        keys: keys.map(({ id, jwk }) => ({ ...jwk, kid: id, alg: signingAlgorithm, use: 'sig' }) as JWK),
      },
      clients: [],
      cookies: {
        keys: keys.map(({ jwk }) => cookieKey(jwk)),
        names: { session: 'gw_authorised', interaction: 'gw_interaction', resume: 'gw_resume' },
        long: { httpOnly: true, sameSite: 'lax', path: `${oauthPrefix}/${tenant.name}/` },
        short: { httpOnly: true, sameSite: 'lax' },
      },
      scopes: [...personScopes],
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
      conformIdTokenClaims: false,
      responseTypes: ['code'],
      pkce: { required: () => true },
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
      enabledJWA: { idTokenSigningAlgValues: [signingAlgorithm] },
      rotateRefreshToken: true,
      issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
      expiresWithSession: () => false,
      allowOmittingSingleRegisteredRedirectUri: false,
      ttl: {
        AccessToken: settings.accessTokenSeconds,
        ClientCredentials: settings.accessTokenSeconds,
        AuthorizationCode: 60,
        IdToken: 600,
        Interaction: 1800,
        Session: 600,
        RefreshToken: settings.refreshTokenDays * 86_400,
        // However often it is refreshed, a person is asked again after a year.
        Grant: 365 * 86_400,
      },
      // A page in a browser asks from where its people come back to, and from nowhere else.
      clientBasedCORS: (_, origin, client) =>
        (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
      findAccount: (_, userId, token) => this.#findAccount(tenant.id, userId, begunAt(token)),
      interactions: {
        url: (ctx, { uid }) => {
          rememberInteraction(this.env, ctx, uid)
          return `/authorise/${tenant.name}/${uid}`
        },
      },
      // Of tokens that nothing is used up for; of all others see #countBeforeUse.
      extraTokenClaims: (ctx, token) => {
        if (token.kind === 'ClientCredentials') this.#count(ctx, tenant, token.clientId)
        return undefined
      },
      renderError: (ctx, out) => {
        ctx.type = 'html'
        ctx.body = errorPage(tenant.title, out)
      },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        dPoP: { enabled: false },
        pushedAuthorizationRequests: { enabled: false },
        rpInitiatedLogout: { enabled: false },
        userinfo: { enabled: false },
        revocation: {
          enabled: true,
          allowedPolicy: (_, client, token) => token.clientId === client.clientId,
        },
        introspection: {
          enabled: true,
          // A resource server asks about the tokens of all, a client about its own.
          allowedPolicy: async (ctx, client, token) =>
            token.clientId === client.clientId ||
            (token.kind !== 'RefreshToken' &&
              client.grantTypes?.length === 0 &&
              (await this.#isOfSomebody(ctx, tenant.id, token))),
        },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          useGrantedResource: () => true,
          getResourceServerInfo: async (_, resource, client) => {
            if (resource !== audience) throw new errors.InvalidTarget()
            const granted = await this.scopesOf(server, client.clientId)
            return {
              scope: granted.map(({ name }) => name).join(' '),
              audience,
              accessTokenFormat: settings.tokenFormat,
              accessTokenTTL: settings.accessTokenSeconds,
              ...(settings.tokenFormat === 'jwt' ? { jwt: { sign: { alg: signingAlgorithm } } } : {}),
            }
          },
        },
      },
    }
  }

  /** A code or refresh token that is used up for an answer of 429 would be lost, and the next try be taken for theft. */
  #countBeforeUse({ AuthorizationCode, RefreshToken }: Provider, tenant: TenantRow): void {
    for (const { prototype } of [AuthorizationCode, RefreshToken]) {
      const { consume } = prototype
      const count = (clientId: string | undefined) => {
        if (Provider.ctx !== undefined) this.#count(Provider.ctx, tenant, clientId)
      }
      prototype.consume = async function (this: typeof prototype) {
        count(this.clientId)
        await consume.call(this)
      }
    }
  }

  #count(ctx: KoaContextWithOIDC, tenant: TenantRow, clientId: string | undefined): void {
    const wait = clientId === undefined ? null : this.budget.take(`tokens ${tenant.id} ${clientId}`)
    if (wait !== null) refuseForNow(ctx, wait)
  }

  /** A token outlives neither its client nor the place that its person has in the tenant. */
  async #isOfSomebody(
    { oidc: { provider } }: KoaContextWithOIDC,
    tenantId: string,
    token: {
      readonly clientId?: string | undefined
      readonly accountId?: string | undefined
      readonly iat?: number | undefined
    },
  ): Promise<boolean> {
    const { clientId, accountId } = token
    if (clientId === undefined || (await provider.Client.find(clientId)) === undefined) return false
    return (
      accountId === undefined || (await this.#findAccount(tenantId, accountId, begunAt(token))) !== undefined
    )
  }

  /** A person, as long as they have an account and a place in the tenant, and for what began since they last set their password. */
  async #findAccount(tenantId: string, userId: string, begunAtSeconds: number) {
    const held = await this.database.tenant(tenantId).membership.findFirst({
      where: { userId, user: { disabledAt: null } },
      select: {
        user: { select: { name: true, email: true, emailVerifiedAt: true, passwordChangedAt: true } },
      },
    })
    if (held === null) return undefined
    const { name, email, emailVerifiedAt, passwordChangedAt } = held.user
    const changedAtSeconds = Math.floor((passwordChangedAt?.getTime() ?? 0) / 1000)
    if (changedAtSeconds > begunAtSeconds) return undefined
    const claims = { sub: userId, name, email, email_verified: emailVerifiedAt !== null }
    return { accountId: userId, claims: () => claims }
  }
}

/** When the sign-in was that a code or a refresh token comes from, however often it was refreshed. A sign-in of now has no token yet. */
function begunAt(
  token: { readonly iat?: number | undefined; readonly iiat?: number | undefined } | undefined,
): number {
  return token?.iiat ?? token?.iat ?? Number.POSITIVE_INFINITY
}

/** Cookies of a flow are signed with what is made from a sealed key, so that whoever reads Postgres cannot make one. */
const cookieKey = (jwk: JsonWebKey) =>
  createHash('sha256')
    .update(`cookies of the authorisation server ${String(jwk.d)}`)
    .digest('base64url')

export const hashOfSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')

/** Secrets of clients are random, so a plain hash of one is as good as it (see keys of applications). */
function compareHashedSecrets({ Client }: Provider): void {
  const prototype = Client.prototype as { clientSecret?: string; compareClientSecret: unknown }
  prototype.compareClientSecret = function (this: { clientSecret?: string }, sent: string): boolean {
    const [a, b] = [Buffer.from(hashOfSecret(sent)), Buffer.from(this.clientSecret ?? '')]
    return a.length === b.length && timingSafeEqual(a, b)
  }
}

function refuseForNow(ctx: KoaContextWithOIDC, waitSeconds: number): never {
  ctx.set('retry-after', String(waitSeconds))
  throw Object.assign(
    new errors.CustomOIDCProviderError('temporarily_unavailable', 'too many tokens in this minute'),
    { status: 429, statusCode: 429, expose: true },
  )
}
