// The protocol of a login (OpenID Connect Core 1.0, OAuth 2.0 with PKCE, RFC 9207), by oauth4webapi; over connections that are fenced in.
import type { Claims } from '@gatewright/shared/policies/claims'
import { readJwt } from '@gatewright/shared/policies/jwt-form'
import type { LoginSource } from '@gatewright/shared/policies/login-ports'
import type { KeySet } from '@gatewright/shared/policies/token-ports'
import * as oauth from 'oauth4webapi'
import { type Outbound, OutboundFailure } from '../outbound.ts'
import type { AttemptSecrets } from './attempt.ts'
import { createMetadataFinder } from './metadata.ts'

export interface Tokens {
  readonly claims: Claims
  readonly idToken: string
  readonly accessToken: string
  readonly refreshToken: string | null
  readonly accessSeconds: number | null
}

/** It gave no answer. */
export class ProviderAway extends Error {}

/** It gave one that says no, or that cannot be trusted; the sentence is for the log and names no token. */
export class ProviderRefused extends Error {
  /** Code of the protocol (RFC 6749 4.1.2.1, 5.2), when it is one. */
  readonly error: string | null

  constructor(message: string, error: string | null = null) {
    super(message)
    this.error = error
  }
}

export interface Provider {
  /** Where to send a browser. Throws `ProviderAway`, as all of them. */
  authorizeAt(redirectUri: string, attempt: AttemptSecrets & { readonly state: string }): Promise<string>
  /** Tokens for what a browser came back with. Throws `ProviderRefused`. */
  redeem(
    query: string,
    state: string,
    redirectUri: string,
    attempt: AttemptSecrets,
  ): Promise<Tokens & { readonly idToken: string }>
  /** `subject`: whose they have to be. The parts that the provider did not renew are null. Throws `ProviderRefused`. */
  refresh(
    refreshToken: string,
    subject: string,
  ): Promise<
    Omit<Tokens, 'claims' | 'idToken'> & { readonly renewed: Pick<Tokens, 'claims' | 'idToken'> | null }
  >
  /** Where a session of the provider ends (OpenID Connect RP-Initiated Logout 1.0); null: it says of no such place. */
  endAt(idToken: string | null, returnTo: string | null): Promise<string | null>
}

const answerBytesMax = 64 * 1024

export function createProvider(
  source: LoginSource,
  outbound: Outbound,
  keys: KeySet,
  now: () => number,
): Provider {
  const { issuer, timeoutMs } = source
  const findMetadata = createMetadataFinder(issuer, outbound, timeoutMs)
  const client: oauth.Client = { client_id: source.client.id, [oauth.clockTolerance]: 30 }
  const options = {
    [oauth.allowInsecureRequests]: issuer.startsWith('http:'),
    [oauth.customFetch]: send,
  }

  async function send(
    url: string,
    { method, headers, body }: oauth.CustomFetchOptions<string, URLSearchParams | undefined>,
  ): Promise<Response> {
    const answer = await outbound.call({
      url: new URL(url),
      method: method === 'POST' ? 'POST' : 'GET',
      headers,
      body: body?.toString() ?? '',
      timeoutMs,
      bytesMax: answerBytesMax,
    })
    // It is read as JSON, or not at all, whatever it calls itself. Redirects are no answers.
    const status = answer.status >= 200 && answer.status < 600 ? answer.status : 502
    const hasContent = ![204, 205, 304].includes(status)
    return new Response(hasContent ? answer.body : null, {
      status,
      headers: { 'content-type': 'application/json' },
    })
  }

  function authentication(): oauth.ClientAuth {
    const { secret, authentication } = source.client
    if (secret === null) return oauth.None()
    if (secret.text === null) throw new ProviderAway('The client secret cannot be read')
    return authentication === 'client_secret_post'
      ? oauth.ClientSecretPost(secret.text)
      : oauth.ClientSecretBasic(secret.text)
  }

  async function metadataNow(): Promise<oauth.AuthorizationServer> {
    try {
      return await findMetadata(now())
    } catch (error) {
      throw failureOf(error)
    }
  }

  /** The library holds the claims against issuer, client, nonce and times; the signature is for us. */
  async function verified(
    answer: oauth.TokenEndpointResponse,
  ): Promise<Pick<Tokens, 'claims' | 'idToken'> | null> {
    const claims = oauth.getValidatedIdTokenClaims(answer)
    const idToken = answer.id_token
    if (claims === undefined || idToken === undefined) return null
    const jwt = readJwt(idToken)
    if (typeof jwt === 'string') throw new ProviderRefused(`The id token: ${jwt}`)
    switch (jwt.isSigned ? await keys.verify(idToken, jwt.head) : 'bad') {
      case 'good':
        return { claims, idToken }
      case 'unavailable':
        throw new ProviderAway('The keys of the provider cannot be read')
      case 'unknown_key':
        throw new ProviderRefused('The id token is signed with a key that the provider does not have')
      default:
        throw new ProviderRefused('The signature of the id token is wrong')
    }
  }

  function partsOf(answer: oauth.TokenEndpointResponse) {
    if (answer.token_type !== 'bearer')
      throw new ProviderRefused('The access token is not one that a bearer may send')
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? null,
      accessSeconds: answer.expires_in ?? null,
    }
  }

  return {
    async authorizeAt(redirectUri, { state, nonce, verifier }) {
      const { authorization_endpoint: endpoint } = await metadataNow()
      const url = new URL(endpoint ?? '')
      for (const { name, value } of source.parameters) url.searchParams.set(name, value)
      const parameters = {
        client_id: source.client.id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: source.scopes.join(' '),
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url.href
    },

    async redeem(query, state, redirectUri, { nonce, verifier }) {
      const metadata = await metadataNow()
      try {
        const parameters = oauth.validateAuthResponse(metadata, client, new URLSearchParams(query), state)
        const response = await oauth.authorizationCodeGrantRequest(
          ...([metadata, client, authentication(), parameters, redirectUri, verifier, options] as const),
        )
        const answer = await oauth.processAuthorizationCodeResponse(metadata, client, response, {
          expectedNonce: nonce,
          requireIdToken: true,
        })
        const proven = await verified(answer)
        if (proven === null) throw new ProviderRefused('There is no id token')
        return { ...partsOf(answer), ...proven }
      } catch (error) {
        throw failureOf(error)
      }
    },

    async refresh(refreshToken, subject) {
      const metadata = await metadataNow()
      try {
        const response = await oauth.refreshTokenGrantRequest(
          ...([metadata, client, authentication(), refreshToken, options] as const),
        )
        const answer = await oauth.processRefreshTokenResponse(metadata, client, response)
        const renewed = await verified(answer)
        // OpenID Connect Core 1.0, 12.2: of the same person, or it is an answer to somebody else.
        if (renewed !== null && renewed.claims.sub !== subject)
          throw new ProviderRefused('The new id token speaks of another person')
        return { ...partsOf(answer), renewed }
      } catch (error) {
        throw failureOf(error)
      }
    },

    async endAt(idToken, returnTo) {
      const { end_session_endpoint: endpoint } = await metadataNow()
      if (endpoint === undefined) return null
      const url = new URL(endpoint)
      url.searchParams.set('client_id', source.client.id)
      if (idToken !== null) url.searchParams.set('id_token_hint', idToken)
      if (returnTo !== null) url.searchParams.set('post_logout_redirect_uri', returnTo)
      return url.href
    },
  }
}

const errorCode = /^[a-z_]{1,60}$/

/** What the library throws holds tokens: only its own words, and codes of the protocol, are told on. */
function failureOf(error: unknown): ProviderAway | ProviderRefused {
  if (error instanceof ProviderAway || error instanceof ProviderRefused) return error
  if (error instanceof OutboundFailure) return new ProviderAway(error.message)
  if (error instanceof oauth.ResponseBodyError) {
    // It is too busy, or broken: that says nothing of what it was sent.
    if (error.status >= 500 || error.status === 429) return new ProviderAway(`It answered ${error.status}`)
    const code = errorCode.test(error.error) ? error.error : null
    return new ProviderRefused(`It answered ${error.status} ${code ?? ''}`.trim(), code)
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    const code = errorCode.test(error.error) ? error.error : null
    return new ProviderRefused(`It sent the browser back with ${code ?? 'an error'}`, code)
  }
  if (error instanceof oauth.OperationProcessingError) {
    const status = statusOf(error)
    if (status >= 500 || status === 429) return new ProviderAway(`It answered ${status}`)
    return new ProviderRefused(error.message)
  }
  if (error instanceof oauth.UnsupportedOperationError) return new ProviderRefused(error.message)
  throw error
}

function statusOf({ cause }: Error): number {
  return cause instanceof Response ? cause.status : 0
}
