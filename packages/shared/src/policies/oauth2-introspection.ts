// oauth2-introspection: who is calling, proved by an access token that its issuer is asked about (RFC 7662); opaque or not.
import * as z from 'zod'
import {
  accessTokenFields,
  claimName,
  createAccessTokenPhases,
  invalidToken,
  type Proven,
  providerAddress,
} from './access-token.ts'
import { type Claims, claimOf, momentOf, valuesOf } from './claims.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'
import { secretText } from './secret.ts'

const text = (length: number) => z.string().min(1).max(length)
const server = 'The authorization server'
const memory = 'How long its word holds'

export const spec = defineSpec({
  type: 'oauth2-introspection',
  stage: 'identify',
  title: 'OAuth access token (introspection)',
  summary:
    'Asks for an access token, has the server that issued it say whether it is good, and finds the application that registered its client.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      issuer: text(500).meta({
        title: 'Issuer',
        help: 'Clients are registered under it, such as https://id.example.com/realms/main',
        group: server,
      }),
      endpoint: providerAddress.nullable().default(null).meta({
        title: 'Address for introspection',
        help: 'Empty: the metadata of the issuer names it',
        widget: 'url',
        group: server,
      }),
      clientId: text(255).meta({
        title: 'Client id of the gateway',
        help: 'With it the gateway proves that it may ask',
        group: server,
      }),
      clientSecret: secretText({ title: 'Client secret of the gateway' }).meta({ group: server }),
      clientAuthentication: z
        .enum(['client_secret_basic', 'client_secret_post'])
        .default('client_secret_basic')
        .meta({ title: 'Sent as', help: 'In the Authorization field, or in the form', group: server }),
      clientIdClaim: claimName.nullable().default(null).meta({
        title: 'Member that names the client',
        help: 'Empty: azp, else client_id',
        group: server,
      }),
      audiences: z.array(text(500)).max(20).default([]).meta({
        title: 'Audiences',
        help: 'A token is taken when it is meant for one of them; empty: whomever it is meant for',
        group: 'What the token must say',
      }),
      ...accessTokenFields,
      cacheSeconds: z.int().min(0).max(3_600).default(30).meta({
        title: 'A good token is asked about again after',
        help: 'Seconds. So long a revoked token may go on; never past its own end',
        group: memory,
      }),
      refusalCacheSeconds: z.int().min(0).max(300).default(5).meta({
        title: 'A bad one after',
        help: 'Seconds',
        group: memory,
      }),
      timeoutMs: z.int().min(100).max(10_000).default(2_000).meta({
        title: 'Wait for an answer',
        widget: 'duration',
        group: memory,
      }),
      callsPerSecondMax: z.int().min(1).max(10_000).default(100).meta({
        title: 'Ask at most, per second',
        help: 'Each worker of a gateway counts for itself; tokens that are known cost nothing',
        group: memory,
      }),
    })
    .refine((it) => it.endpoint !== null || providerAddress.safeParse(it.issuer).success, {
      path: ['endpoint'],
      error: 'Name the address: this issuer is no address that could be asked for it',
    }),
  example: {
    issuer: 'https://id.example.com',
    endpoint: 'https://id.example.com/oauth2/introspect',
    clientId: 'gatewright',
    clientSecret: 'the-secret-of-that-client',
    scopesRequired: ['books:read'],
  },
})

/** RFC 6750 2.1. */
const token68 = /^[A-Za-z0-9\-._~+/]+=*$/
/** The server says that the token is active: then so far behind its clock may ours be. */
const skewMs = 30_000

export const policy = definePolicy(spec, (config, deps) => {
  const { issuer, endpoint, clientIdClaim, audiences, cacheSeconds } = config
  const introspector = deps.introspection.follow({
    issuer,
    endpoint,
    client: {
      id: config.clientId,
      secret: deps.secrets.open(config.clientSecret),
      authentication: config.clientAuthentication,
    },
    refusalMs: config.refusalCacheSeconds * 1_000,
    timeoutMs: config.timeoutMs,
    callsPerSecondMax: config.callsPerSecondMax,
  })

  async function prove(
    ctx: PolicyContext,
    token: string,
    sha256: string,
  ): Promise<Proven<undefined> | Refusal> {
    if (!token68.test(token))
      return invalidToken('token_malformed', 'The token has characters that no access token has.')
    const answer = await introspector.introspect(token, sha256)
    switch (answer.kind) {
      case 'unavailable':
        return unavailable
      case 'limited':
        return limited
      case 'inactive':
        return invalidToken('token_inactive', 'The authorization server says that the token is not active.')
      case 'active':
        return judge(ctx, answer.claims)
    }
  }

  function judge(ctx: PolicyContext, claims: Claims): Proven<undefined> | Refusal {
    const endsMs = momentOf(claims, 'exp')
    const startsMs = momentOf(claims, 'nbf') ?? 0
    if (Number.isNaN(endsMs) || Number.isNaN(startsMs))
      return invalidToken('token_claims_refused', 'The token does not say in numbers when it expires.')
    if (endsMs !== undefined && endsMs + skewMs <= ctx.receivedAtMs)
      return invalidToken('token_expired', 'The token has expired.')
    if (startsMs - skewMs > ctx.receivedAtMs)
      return invalidToken('token_not_yet_valid', 'The token is not valid yet.')
    const iss = claimOf(claims, 'iss')
    if (iss !== undefined && iss !== issuer)
      return invalidToken('token_wrong_issuer', 'The token is of another issuer than this API takes.')
    if (audiences.length > 0 && !valuesOf(claims, 'aud').some((it) => audiences.includes(it)))
      return invalidToken('token_wrong_audience', 'The token is meant for another API.')
    // Some servers introspect refresh tokens too; those are for them alone (RFC 6749 1.5).
    const kind = claimOf(claims, 'token_type')
    if (kind !== undefined && !(typeof kind === 'string' && kind.toLowerCase() === 'bearer'))
      return invalidToken('token_claims_refused', 'The token is no bearer token.')
    const untilMs = Math.min(
      endsMs ?? Number.POSITIVE_INFINITY,
      startsMs > ctx.receivedAtMs ? 0 : ctx.receivedAtMs + cacheSeconds * 1_000,
    )
    return { claims, issuer, clientIdClaim, untilMs, proof: undefined }
  }

  return createAccessTokenPhases(config, deps, { prove, isStill: () => true })
})

const unavailable = refuse('introspection_unavailable', { retryAfterMs: 2_000 })
const limited = refuse('introspection_limited', { retryAfterMs: 1_000 })
