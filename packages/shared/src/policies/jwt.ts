// jwt: who is calling, proved by an access token of an identity provider; found by the OAuth client that it was given to.
import * as z from 'zod'
import {
  accessTokenFields,
  claimName,
  createAccessTokenPhases,
  invalidToken,
  isUnique,
  type Proven,
  providerAddress,
} from './access-token.ts'
import { claimOf, momentOf, valuesOf } from './claims.ts'
import { readJwt, type UnverifiedJwt } from './jwt-form.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'
import type { KeySet } from './token-ports.ts'

/** Signatures alone: with a shared secret whoever can check a token can make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

const text = (length: number) => z.string().min(1).max(length)

const issuer = z
  .strictObject({
    issuer: text(500).meta({
      title: 'Issuer',
      help: 'What the claim iss says, to the letter, such as https://id.example.com/realms/main',
    }),
    jwksUrl: providerAddress.nullable().default(null).meta({
      title: 'Address of its keys (JWKS)',
      help: 'Empty: its discovery document names it',
      widget: 'url',
    }),
    audiences: z.array(text(500)).min(1).max(20).meta({
      title: 'Audiences',
      help: 'A token is taken when it is meant for one of them',
    }),
    audienceClaim: claimName.default('aud').meta({
      title: 'Claim of the audience',
      help: 'Cognito’s access tokens have none but client_id',
    }),
    algorithms: z
      .array(z.enum(algorithms).meta({ title: 'Algorithm' }))
      .min(1)
      .max(algorithms.length)
      .default([...algorithms])
      .meta({ title: 'Algorithms' }),
    clientIdClaim: claimName.nullable().default(null).meta({
      title: 'Claim of the client',
      help: 'Empty: azp, else client_id. Okta’s is cid, that of Entra’s first version appid',
    }),
    clockSkewSeconds: z.int().min(0).max(300).default(30).meta({
      title: 'Clocks may differ by',
      help: 'Seconds',
    }),
  })
  .refine((it) => it.jwksUrl !== null || providerAddress.safeParse(it.issuer).success, {
    path: ['jwksUrl'],
    error: 'Name the address of the keys: this issuer is no address that could be asked for it',
  })

export const spec = defineSpec({
  type: 'jwt',
  stage: 'identify',
  title: 'OAuth access token (JWT)',
  summary:
    'Asks for an access token of an identity provider, verifies it without asking anybody, and finds the application that registered its client.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    issuers: z
      .array(issuer)
      .min(1)
      .max(10)
      .refine((all) => isUnique(all.map((it) => it.issuer)), 'Each issuer once')
      .meta({ title: 'Identity providers', help: 'Tokens of all others are refused' }),
    ...accessTokenFields,
  }),
  example: {
    issuers: [{ issuer: 'https://id.example.com/realms/main', audiences: ['https://api.example.com'] }],
    scopesRequired: ['books:read'],
  },
})

type Config = ReturnType<typeof spec.config.parse>
type Issuer = Config['issuers'][number]

/** True until the keys of its provider change. */
interface SignedBy {
  readonly keys: KeySet
  readonly version: number
}

export const policy = definePolicy(spec, (config, deps) => {
  const isKnownAlgorithm = (alg: string) =>
    config.issuers.some((it) => it.algorithms.some((own) => own === alg))
  const providers = new Map(
    config.issuers.map((it) => [
      it.issuer,
      { settings: it, keys: deps.keySets.follow({ issuer: it.issuer, jwksUrl: it.jwksUrl }) },
    ]),
  )

  async function prove(ctx: PolicyContext, token: string): Promise<Proven<SignedBy> | Refusal> {
    const jwt = readJwt(token)
    if (typeof jwt === 'string') return invalidToken('token_malformed', jwt)
    const { head, claims } = jwt
    if (!isKnownAlgorithm(head.alg) || !jwt.isSigned) return notAllowed
    const iss = claimOf(claims, 'iss')
    const provider = typeof iss === 'string' ? providers.get(iss) : undefined
    if (provider === undefined)
      return invalidToken(
        'token_wrong_issuer',
        'The token is of an identity provider that this API does not take.',
      )
    const { settings, keys } = provider
    if (!settings.algorithms.some((own) => own === head.alg)) return notAllowed
    // Before the keys are used: should they change meanwhile, the token is verified again.
    const version = keys.version(ctx.receivedAtMs)
    switch (await keys.verify(token, head)) {
      case 'unavailable':
        return unavailable
      case 'unknown_key':
        return invalidToken('token_unknown_key', 'The identity provider has no such key.')
      case 'bad':
        return invalidToken('token_bad_signature', 'The signature does not fit the token.')
      case 'good':
    }
    return judge(ctx, jwt, settings, { keys, version })
  }

  return createAccessTokenPhases(config, deps, {
    prove,
    isStill: ({ keys, version }, nowMs) => version === keys.version(nowMs),
  })
})

/** The claims of a token that its provider signed: is it meant for this API, now? */
function judge(
  ctx: PolicyContext,
  { claims }: UnverifiedJwt,
  settings: Issuer,
  proof: SignedBy,
): Proven<SignedBy> | Refusal {
  const skewMs = settings.clockSkewSeconds * 1_000
  const untilMs = momentOf(claims, 'exp')
  const times = [momentOf(claims, 'nbf') ?? 0, momentOf(claims, 'iat') ?? 0]
  if (untilMs === undefined || Number.isNaN(untilMs) || times.some(Number.isNaN))
    return invalidToken('token_claims_refused', 'The token does not say in numbers when it expires.')
  if (untilMs + skewMs <= ctx.receivedAtMs) return invalidToken('token_expired', 'The token has expired.')
  if (times.some((time) => time - skewMs > ctx.receivedAtMs))
    return invalidToken('token_not_yet_valid', 'The token is not valid yet.')
  if (!valuesOf(claims, settings.audienceClaim).some((it) => settings.audiences.includes(it)))
    return invalidToken('token_wrong_audience', 'The token is meant for another API.')
  const { issuer, clientIdClaim } = settings
  return { claims, issuer, clientIdClaim, untilMs: untilMs + skewMs, proof }
}

const notAllowed = invalidToken('token_algorithm_not_allowed', 'The token is not signed as this API demands.')
const unavailable = refuse('identity_provider_unavailable', { retryAfterMs: 2_000 })
