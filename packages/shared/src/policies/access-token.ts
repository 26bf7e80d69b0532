// What every policy does that takes access tokens (RFC 6750), however it finds out what one is worth: read it, remember it, find its client.
import * as z from 'zod'
import { oauthClientText } from '../oauth-client.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import { boundCertificateOf, showsCertificate } from './certificate-binding.ts'
import { type Claims, claimOf, clientOf, fulfils, headerValue, holdsScopes } from './claims.ts'
import {
  type Phases,
  type PolicyContext,
  type PolicyDeps,
  type Refusal,
  refuse,
  type Verdict,
} from './policy.ts'
import { isReservedField } from './reserved-fields.ts'

/** Longer than any token that fits beside other fields into a head; read before anything is made of it. */
export const tokenLengthMax = 8_192

export const claimName = z.string().min(1).max(200)

/** An address that a gateway asks: no name and no password in it. */
export const providerAddress = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .regex(/^https?:\/\/[^/?#@]+(?:[/?#]|$)/i, 'Use an address without a name or a password in it')

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
  values: z.array(z.string().min(1).max(500)).max(50).default([]).meta({
    title: 'One of',
    help: 'Empty: any value will do',
  }),
})

const claimHeader = z.strictObject({
  claim: claimName.meta({ title: 'Claim' }),
  header: headerName.meta({ title: 'Header' }),
})

export const isUnique = (names: readonly string[]) => new Set(names).size === names.length

/** The settings that say what a token must say, and what the upstream hears of it. */
export const accessTokenFields = {
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
  certificateBinding: z.enum(['refuse', 'accept', 'require']).default('refuse').meta({
    title: 'Tokens bound to a client certificate',
    help: 'RFC 8705. accept: good on connections that show that certificate, and clients are asked for one. require: no other tokens are taken. refuse: no such tokens are',
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
}

const accessTokenSettings = z.strictObject(accessTokenFields)
type AccessTokenSettings = z.output<typeof accessTokenSettings>

/** A token that whoever issued it vouches for, and that is meant for this API, now. */
export interface Proven<Proof> {
  readonly claims: Claims
  /** As clients are registered under it. */
  readonly issuer: string
  readonly clientIdClaim: string | null
  /** Unix milliseconds until which this may be remembered; a moment that is over: not at all. */
  readonly untilMs: number
  /** By what `isStill` tells whether it is true any more. */
  readonly proof: Proof
}

/** Finds out what a token is worth. */
export interface TokenProver<Proof> {
  prove(ctx: PolicyContext, token: string, sha256: string): Promise<Proven<Proof> | Refusal>
  /** Whether what was proved is true at this moment (Unix milliseconds), apart from the time it was remembered for. */
  isStill(proof: Proof, nowMs: number): boolean
}

/** What was found out about a token. */
interface Verified<Proof> {
  readonly untilMs: number
  readonly proof: Proof
  /** Whose clients were asked: an attachment to everything stands on routes of many tenants. */
  readonly tenantId: string
  /** sha256 under which its client is known. */
  readonly client: string
  readonly unknownClient: Refusal
  /** sha256 of the certificate that it is bound to, lower-case hex; null = none. */
  readonly certificate: string | null
  /** What it says too little for, wherever this attachment stands; null = nothing. */
  readonly refusal: Refusal | null
  /** Name and value in turn. */
  readonly fields: readonly string[]
  readonly claims: Claims
}

/** The refusals are shared, or as long as the names in them; characters of fields are bytes, and objects take some twice their JSON. */
const bytesOf = ({ fields, claims }: Pick<Verified<unknown>, 'fields' | 'claims'>): number =>
  fields.reduce((sum, it) => sum + it.length, 1_000) + 2 * JSON.stringify(claims).length

const bearer = /^bearer(?: |$)/i
/** A token anywhere in the field: among several fields of that name, or behind what only some servers take for a space. */
const anyBearer = /(?:^|,)[\t ]*bearer(?:[\t ,]|$)/i

/** The phases of a policy that takes access tokens. */
export function createAccessTokenPhases<Proof>(
  config: AccessTokenSettings,
  { credentials, tokens, environment }: PolicyDeps,
  prover: TokenProver<Proof>,
): Phases {
  const { consumerHeaders, forwardToken, claimHeaders, scopesRequired, certificateBinding } = config
  const remembered = tokens.open<Verified<Proof>>()
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
      revoked: invalidToken('credential_revoked', 'The OAuth client was taken off its application.'),
      expired: invalidToken('credential_expired', 'The registration of the OAuth client has expired.'),
    },
    consumerHeaders,
    'oauth-client',
  )

  function enter(ctx: PolicyContext, token: Verified<Proof>, field: string): Verdict | Promise<Verdict> {
    if (token.certificate !== null && !showsCertificate(ctx.clientCertificate, token.certificate))
      return unlessPublic(ctx, wrongCertificate)
    if (token.refusal !== null) return unlessPublic(ctx, token.refusal)
    const found = credentials.known(token.client) ?? credentials.find(token.client)
    if (found instanceof Promise)
      return found.then((result) => tell(ctx, token, field, admit(ctx, result, token.unknownClient)))
    return tell(ctx, token, field, admit(ctx, found, token.unknownClient))
  }

  /** Only of a token that opened the door the upstream hears anything. */
  function tell(
    ctx: PolicyContext,
    { fields, claims }: Verified<Proof>,
    field: string,
    refusal: Refusal | undefined,
  ): Verdict {
    if (refusal !== undefined) return unlessPublic(ctx, refusal)
    ctx.claims ??= claims
    if (fields.length > 0) ctx.upstreamHeaders.setAll(fields)
    if (forwardToken) ctx.upstreamHeaders.set('authorization', field)
    return undefined
  }

  async function verify(ctx: PolicyContext, field: string, sha256: string): Promise<Verdict> {
    const proven = await prover.prove(ctx, field.slice('bearer '.length), sha256)
    const verified = 'kind' in proven ? proven : judge(ctx, proven)
    if ('kind' in verified) return unlessPublic(ctx, verified)
    if (verified.untilMs > ctx.receivedAtMs) remembered.put(sha256, verified, bytesOf(verified))
    return enter(ctx, verified, field)
  }

  function judge(
    ctx: PolicyContext,
    { claims, issuer, clientIdClaim, untilMs, proof }: Proven<Proof>,
  ): Verified<Proof> | Refusal {
    // RFC 7800, RFC 9449: it proves nothing without the key that it is bound to, which a bearer does not show.
    const certificate = boundCertificateOf(claims)
    if (certificate === 'other' || (certificate !== null && certificateBinding === 'refuse'))
      return invalidToken('token_claims_refused', 'The token is bound to a key and is no bearer token.')
    if (certificate === null && certificateBinding === 'require')
      return invalidToken('token_claims_refused', 'The token is not bound to a client certificate.')
    const missing = config.requiredClaims.find((it) => !fulfils(claims, it))
    if (missing !== undefined)
      return invalidToken(
        'token_claims_refused',
        `The claim ${missing.claim} is missing, or not one of those that are let in.`,
      )
    const clientId = clientOf(claims, clientIdClaim)
    if (clientId === null)
      return invalidToken('token_claims_refused', 'The token does not say which client it was given to.')
    const fields = fieldsOf(claims)
    if (fields === null)
      return invalidToken('token_claims_refused', 'A claim of the token cannot be handed on in a header.')
    const { tenantId } = ctx.route
    return {
      untilMs,
      proof,
      tenantId,
      client: ctx.digest(oauthClientText({ environment, tenantId, issuer, clientId })),
      unknownClient: refuse('client_unknown', {
        detail: `No application has registered the OAuth client ${JSON.stringify(clientId)} of ${issuer} in the environment ${environment}.`,
      }),
      certificate,
      refusal: holdsScopes(claims, scopesRequired) ? null : insufficientScope,
      fields,
      claims,
    }
  }

  /** null when a value is none that a field may carry. */
  function fieldsOf(claims: Claims): readonly string[] | null {
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
    ...(certificateBinding !== 'refuse' && { wantsCertificate: true }),
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
        prover.isStill(known.proof, ctx.receivedAtMs) &&
        known.tenantId === ctx.route.tenantId
      ) {
        return enter(ctx, known, field)
      }
      return verify(ctx, field, sha256)
    },
  }
}

type InvalidCode = Extract<Refusal['code'], `token_${string}`> | 'credential_revoked' | 'credential_expired'

/** RFC 6750 3.1: the token is expired, revoked, malformed or invalid for other reasons. */
export function invalidToken(code: InvalidCode, detail: string): Refusal {
  return refuse(code, { detail, headers: challenge('error="invalid_token"') })
}

function challenge(parameters = ''): readonly string[] {
  return ['WWW-Authenticate', `Bearer realm="gatewright"${parameters && `, ${parameters}`}`]
}

const tooLong = invalidToken('token_malformed', `The token is longer than ${tokenLengthMax} characters.`)
const ambiguous = invalidToken('token_malformed', 'Send one Authorization field: Bearer, a space, the token.')
const wrongCertificate = refuse('token_certificate_mismatch', {
  detail:
    'The token is bound to a client certificate: connect with that one, under the host name of this API.',
  // What a connection shows is settled when it is made: whoever has the certificate has to make another.
  headers: [...challenge('error="invalid_token"'), 'Connection', 'close'],
})
