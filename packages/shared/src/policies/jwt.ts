// jwt: who is calling, proved by an access token of an identity provider; found by the OAuth client that it was given to.
import * as z from 'zod'
import { oauthClientText } from '../oauth-client.ts'
import { createCallerGate, fieldValue, unlessPublic } from './caller.ts'
import { claimOf, readJwt, tokenLengthMax, type UnverifiedJwt } from './jwt-form.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'
import { isReservedField } from './reserved-fields.ts'
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
const claimName = text(200)
const address = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .regex(/^https?:\/\/[^/?#@]+(?:[/?#]|$)/i, 'Use an address without a name or a password in it')

const issuer = z
  .strictObject({
    issuer: text(500).meta({
      title: 'Issuer',
      help: 'What the claim iss says, to the letter, such as https://id.example.com/realms/main',
    }),
    jwksUrl: address.nullable().default(null).meta({
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
  .refine((it) => it.jwksUrl !== null || address.safeParse(it.issuer).success, {
    path: ['jwksUrl'],
    error: 'Name the address of the keys: this issuer is no address that could be asked for it',
  })

const headerName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
  .refine(
    (name) => !isReservedField(name) && !['authorization', 'cookie'].includes(name.toLowerCase()),
    'The gateway itself writes this header',
  )

const requiredClaim = z.strictObject({
  claim: claimName.meta({ title: 'Claim' }),
  values: z.array(text(500)).max(50).default([]).meta({
    title: 'One of',
    help: 'Empty: any value will do',
  }),
})

const claimHeader = z.strictObject({
  claim: claimName.meta({ title: 'Claim' }),
  header: headerName.meta({ title: 'Header' }),
})

const isUnique = (names: readonly string[]) => new Set(names).size === names.length

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
    scopesRequired: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'Use visible characters without quotes'))
      .max(50)
      .default([])
      .meta({
        title: 'Scopes required',
        help: 'All of them; on a route they come on top of those of its version',
        group: 'What the token must say',
      }),
    requiredClaims: z.array(requiredClaim).max(20).default([]).meta({
      title: 'Claims required',
      group: 'What the token must say',
    }),
    consumerHeaders: z.boolean().default(true).meta({
      title: 'Tell the upstream who calls',
      help: 'Sends X-Consumer-Application, -Application-Id, -Plan, -Subscription-Id and -Credential-Id',
      group: 'What the upstream gets',
    }),
    claimHeaders: z
      .array(claimHeader)
      .max(20)
      .default([])
      .refine((all) => isUnique(all.map((it) => it.header.toLowerCase())), 'Each header once')
      .meta({
        title: 'Claims as headers',
        help: 'What callers send under these names is always dropped',
        group: 'What the upstream gets',
      }),
    forwardToken: z.boolean().default(false).meta({
      title: 'Hand the token on',
      help: 'Off: the upstream does not see it and cannot lose it',
      group: 'What the upstream gets',
    }),
  }),
  example: {
    issuers: [{ issuer: 'https://id.example.com/realms/main', audiences: ['https://api.example.com'] }],
    scopesRequired: ['books:read'],
  },
})

type Config = ReturnType<typeof spec.config.parse>
type Issuer = Config['issuers'][number]

/** What was found out about a token: true until it expires or the keys of its provider change. */
interface Verified {
  /** Unix milliseconds. */
  readonly untilMs: number
  readonly keys: KeySet
  readonly keysVersion: number
  /** Whose clients were asked: an attachment to everything stands on routes of many tenants. */
  readonly tenantId: string
  /** sha256 under which its client is known. */
  readonly client: string
  readonly unknownClient: Refusal
  /** What it says too little for, wherever this attachment stands; null = nothing. */
  readonly refusal: Refusal | null
  /** Name and value in turn. */
  readonly fields: readonly string[]
}

const bearer = /^bearer(?: |$)/i
/** A token anywhere in the field: among several fields of that name, or behind what only some servers take for a space. */
const anyBearer = /(?:^|,)[\t ]*bearer(?:[\t ,]|$)/i

export const policy = definePolicy(spec, (config, { credentials, keySets, tokens, environment }) => {
  const { consumerHeaders, forwardToken, claimHeaders, scopesRequired } = config
  const isKnownAlgorithm = (alg: string) =>
    config.issuers.some((it) => it.algorithms.some((own) => own === alg))
  const providers = new Map(
    config.issuers.map((it) => [
      it.issuer,
      { settings: it, keys: keySets.follow({ issuer: it.issuer, jwksUrl: it.jwksUrl }) },
    ]),
  )
  const remembered = tokens.open<Verified>()
  const headerNames = claimHeaders.map(({ header }) => header.toLowerCase())
  const insufficientScope = refuse('insufficient_scope', {
    detail: `The token needs the scopes ${scopesRequired.join(', ')}.`,
    headers: challenge(`error="insufficient_scope", scope="${scopesRequired.join(' ')}"`),
  })
  const absent = refuse('token_missing', {
    detail: 'Send your access token as Authorization: Bearer <token>.',
    headers: challenge(),
  })
  const admit = createCallerGate(
    {
      unknown: refuse('client_unknown'),
      revoked: invalid('credential_revoked', 'The OAuth client was taken off its application.'),
      expired: invalid('credential_expired', 'The registration of the OAuth client has expired.'),
    },
    consumerHeaders,
    'oauth-client',
  )

  function enter(ctx: PolicyContext, token: Verified, field: string): Verdict | Promise<Verdict> {
    if (token.refusal !== null) return unlessPublic(ctx, token.refusal)
    const found = credentials.known(token.client) ?? credentials.find(token.client)
    if (found instanceof Promise)
      return found.then((result) => tell(ctx, token, field, admit(ctx, result, token.unknownClient)))
    return tell(ctx, token, field, admit(ctx, found, token.unknownClient))
  }

  /** Only of a token that opened the door the upstream hears anything. */
  function tell(
    ctx: PolicyContext,
    { fields }: Verified,
    field: string,
    refusal: Refusal | undefined,
  ): Verdict {
    if (refusal !== undefined) return unlessPublic(ctx, refusal)
    if (fields.length > 0) ctx.upstreamHeaders.setAll(fields)
    if (forwardToken) ctx.upstreamHeaders.set('authorization', field)
    return undefined
  }

  async function verify(ctx: PolicyContext, field: string, sha256: string): Promise<Verdict> {
    const verified = await read(ctx, field.slice('bearer '.length))
    if ('kind' in verified) return unlessPublic(ctx, verified)
    remembered.put(sha256, verified)
    return enter(ctx, verified, field)
  }

  async function read(ctx: PolicyContext, token: string): Promise<Verified | Refusal> {
    const jwt = readJwt(token)
    if (typeof jwt === 'string') return invalid('token_malformed', jwt)
    const { head, claims } = jwt
    if (!isKnownAlgorithm(head.alg) || !jwt.isSigned)
      return invalid('token_algorithm_not_allowed', 'The token is not signed as this API demands.')
    const iss = claimOf(claims, 'iss')
    const provider = typeof iss === 'string' ? providers.get(iss) : undefined
    if (provider === undefined)
      return invalid(
        'token_wrong_issuer',
        'The token is of an identity provider that this API does not take.',
      )
    const { settings, keys } = provider
    if (!settings.algorithms.some((own) => own === head.alg))
      return invalid('token_algorithm_not_allowed', 'The token is not signed as this API demands.')
    // Before the keys are used: should they change meanwhile, the token is verified again.
    const keysVersion = keys.version(ctx.receivedAtMs)
    switch (await keys.verify(token, head)) {
      case 'unavailable':
        return unavailable
      case 'unknown_key':
        return invalid('token_unknown_key', 'The identity provider has no such key.')
      case 'bad':
        return invalid('token_bad_signature', 'The signature does not fit the token.')
      case 'good':
    }
    return judge(ctx, jwt, settings, keys, keysVersion)
  }

  /** The claims of a token that its provider signed. */
  function judge(
    ctx: PolicyContext,
    { claims }: UnverifiedJwt,
    settings: Issuer,
    keys: KeySet,
    keysVersion: number,
  ): Verified | Refusal {
    const skewMs = settings.clockSkewSeconds * 1_000
    const untilMs = momentOf(claims, 'exp')
    const times = [momentOf(claims, 'nbf') ?? 0, momentOf(claims, 'iat') ?? 0]
    if (untilMs === undefined || Number.isNaN(untilMs) || times.some(Number.isNaN))
      return invalid('token_claims_refused', 'The token does not say in numbers when it expires.')
    if (untilMs + skewMs <= ctx.receivedAtMs) return invalid('token_expired', 'The token has expired.')
    if (times.some((time) => time - skewMs > ctx.receivedAtMs))
      return invalid('token_not_yet_valid', 'The token is not valid yet.')
    if (!valuesOf(claims, settings.audienceClaim).some((it) => settings.audiences.includes(it)))
      return invalid('token_wrong_audience', 'The token is meant for another API.')
    // RFC 7800, RFC 8705, RFC 9449: it proves nothing without the key that it is bound to, which a bearer does not show.
    if (claimOf(claims, 'cnf') !== undefined)
      return invalid('token_claims_refused', 'The token is bound to a key and is no bearer token.')
    const missing = config.requiredClaims.find((it) => !fulfils(claims, it))
    if (missing !== undefined)
      return invalid(
        'token_claims_refused',
        `The claim ${missing.claim} is missing, or not one of those that are let in.`,
      )
    const clientId = clientOf(claims, settings.clientIdClaim)
    if (clientId === null)
      return invalid('token_claims_refused', 'The token does not say which client it was given to.')
    const fields = fieldsOf(claims)
    if (fields === null)
      return invalid('token_claims_refused', 'A claim of the token cannot be handed on in a header.')
    const { tenantId } = ctx.route
    return {
      untilMs: untilMs + skewMs,
      keys,
      keysVersion,
      tenantId,
      client: ctx.digest(oauthClientText({ environment, tenantId, issuer: settings.issuer, clientId })),
      unknownClient: refuse('client_unknown', {
        detail: `No application has registered the OAuth client ${JSON.stringify(clientId)} of ${settings.issuer} in the environment ${environment}.`,
      }),
      refusal: holdsScopes(claims) ? null : insufficientScope,
      fields,
    }
  }

  function holdsScopes(claims: UnverifiedJwt['claims']): boolean {
    if (scopesRequired.length === 0) return true
    // `scope` is a list joined by spaces (RFC 9068 2.2.3); Okta and Entra write `scp`.
    const held = new Set(
      ['scope', 'scp'].flatMap((name) => valuesOf(claims, name)).flatMap((it) => it.split(' ')),
    )
    return scopesRequired.every((scope) => held.has(scope))
  }

  /** null when a value is none that a field may carry. */
  function fieldsOf(claims: UnverifiedJwt['claims']): readonly string[] | null {
    const fields: string[] = []
    for (const [i, { claim }] of claimHeaders.entries()) {
      const value = headerValue(claimOf(claims, claim))
      if (value === null) return null
      if (value !== undefined) fields.push(headerNames[i] as string, value)
    }
    return Object.freeze(fields)
  }

  return {
    absent,
    sent: (ctx) => bearer.test(ctx.header('authorization') ?? ''),
    request(ctx) {
      for (let i = 0; i < headerNames.length; i++) ctx.upstreamHeaders.remove(headerNames[i] as string)
      const field = ctx.header('authorization')
      if (field === undefined || !anyBearer.test(field)) return undefined
      ctx.upstreamHeaders.remove('authorization')
      if (!bearer.test(field) || field.includes(',')) return unlessPublic(ctx, ambiguous)
      if (field.length > tokenLengthMax + 'bearer '.length) return unlessPublic(ctx, tooLong)
      const sha256 = ctx.digest(field)
      // Most calls end here: a token that was verified before costs no more than a key.
      const known = remembered.get(sha256)
      if (
        known !== undefined &&
        known.untilMs > ctx.receivedAtMs &&
        known.keysVersion === known.keys.version(ctx.receivedAtMs) &&
        known.tenantId === ctx.route.tenantId
      ) {
        return enter(ctx, known, field)
      }
      return verify(ctx, field, sha256)
    },
  }
})

type InvalidCode = Extract<Refusal['code'], `token_${string}`> | 'credential_revoked' | 'credential_expired'

/** RFC 6750 3.1: the token is expired, revoked, malformed or invalid for other reasons. */
function invalid(code: InvalidCode, detail: string): Refusal {
  return refuse(code, { detail, headers: challenge('error="invalid_token"') })
}

function challenge(parameters = ''): readonly string[] {
  return ['WWW-Authenticate', `Bearer realm="gatewright"${parameters && `, ${parameters}`}`]
}

const tooLong = invalid('token_malformed', `The token is longer than ${tokenLengthMax} characters.`)
const ambiguous = invalid('token_malformed', 'Send one Authorization field: Bearer, a space, the token.')
const unavailable = refuse('identity_provider_unavailable', { retryAfterMs: 2_000 })

/** Unix milliseconds; NaN when it is no time. */
function momentOf(claims: UnverifiedJwt['claims'], name: string): number | undefined {
  const value = claimOf(claims, name)
  if (value === undefined) return undefined
  return typeof value === 'number' && value >= 0 ? value * 1_000 : Number.NaN
}

/** A claim as texts, whether it is one or a list of them. */
function valuesOf(claims: UnverifiedJwt['claims'], name: string): string[] {
  const value = claimOf(claims, name)
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all
    .filter((it) => typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean')
    .map(String)
}

function fulfils(
  claims: UnverifiedJwt['claims'],
  { claim, values }: Config['requiredClaims'][number],
): boolean {
  const value = claimOf(claims, claim)
  if (value === undefined || value === null) return false
  return values.length === 0 || valuesOf(claims, claim).some((it) => values.includes(it))
}

const clientIdLengthMax = 255

function clientOf(claims: UnverifiedJwt['claims'], claim: string | null): string | null {
  const names = claim === null ? ['azp', 'client_id'] : [claim]
  const id = names.map((name) => claimOf(claims, name)).find((it) => it !== undefined)
  return typeof id === 'string' && id !== '' && id.length <= clientIdLengthMax ? id : null
}

const headerValueLengthMax = 4_096
const control = /\p{Cc}/u

/** undefined: there is nothing to say. null: it cannot be said in a field. */
function headerValue(claim: unknown): string | null | undefined {
  if (claim === undefined || claim === null) return undefined
  const all: unknown[] = Array.isArray(claim) ? claim : [claim]
  const parts: string[] = []
  for (const one of all) {
    if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') return null
    const part = String(one)
    if (control.test(part) || !part.isWellFormed()) return null
    // A comma inside an element must not make two of it.
    parts.push(Array.isArray(claim) && part.includes(',') ? encodeURIComponent(part) : fieldValue(part))
  }
  const value = parts.join(',')
  return value.length <= headerValueLengthMax ? value : null
}
