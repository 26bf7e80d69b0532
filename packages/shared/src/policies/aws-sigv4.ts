// aws-sigv4: AWS Signature Version 4 with keys of applications, for clients that sign with the SDKs of AWS.
import * as z from 'zod'
import { unlessPublic } from './caller.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'
import { createSignedCaller, unlessNobody } from './signed-caller.ts'
import type { SigningKey } from './signing-ports.ts'

const scopePart = z
  .string()
  .max(64)
  .regex(/^[a-z0-9-]+$/, 'Use lower-case letters, digits and hyphens')

export const spec = defineSpec({
  type: 'aws-sigv4',
  stage: 'identify',
  title: 'AWS signature',
  summary: 'Asks for AWS Signature Version 4 with a key of the application.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    region: scopePart.default('us-east-1').meta({ title: 'Region', help: 'Of the credential scope' }),
    service: scopePart.default('execute-api').meta({
      title: 'Service',
      help: 'Of the credential scope; s3 signs paths as they are, all others encode them once more',
    }),
    clockSkewSeconds: z
      .int()
      .min(1)
      .max(900)
      .default(900)
      .meta({ title: 'Clocks may differ by', help: 'Seconds; AWS takes 15 minutes' }),
    unsignedPayload: z.boolean().default(false).meta({
      title: 'Unsigned bodies',
      help: 'Takes UNSIGNED-PAYLOAD: who is on the way may change the body',
    }),
    presigned: z.boolean().default(false).meta({
      title: 'Presigned addresses',
      help: 'Takes signatures in the query; whoever has the address may call',
    }),
    presignedSeconds: z
      .int()
      .min(1)
      .max(604_800)
      .default(3_600)
      .meta({ title: 'Presigned at most for', help: 'Seconds; X-Amz-Expires beyond it is refused' }),
    consumerHeaders: z
      .boolean()
      .default(true)
      .meta({ title: 'Tell the upstream who calls', help: 'X-Consumer-* header fields' }),
  }),
  example: { region: 'eu-central-1' },
})

const algorithm = 'AWS4-HMAC-SHA256'
const challenge = ['WWW-Authenticate', algorithm] as const

function refused(code: Refusal['code'], detail: string): Refusal {
  return refuse(code, { detail, headers: challenge })
}

const malformed = (detail: string) => refused('signature_malformed', detail)

/** The parts of a signature, from the field or from the query. */
interface Signature {
  readonly keyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `YYYYMMDDTHHMMSSZ` */
  readonly time: string
  /** Of a presigned address: for how long it is good. */
  readonly seconds: number | null
  readonly payloadHash: string
}

const authorization =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]{1,128})\/(\d{8})\/([^/,\s]{1,64})\/([^/,\s]{1,64})\/aws4_request, *SignedHeaders=([a-z0-9;!#$%&'*+.^_`|~-]{1,1000}), *Signature=([0-9a-f]{64})$/
const credentialScope = /^([^/\s]{1,128})\/(\d{8})\/([^/\s]{1,64})\/([^/\s]{1,64})\/aws4_request$/
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const unsigned = 'UNSIGNED-PAYLOAD'
const presignedNames = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
  'X-Amz-Content-Sha256',
] as const

export const policy = definePolicy(spec, (config, deps, at) => {
  const skewMs = config.clockSkewSeconds * 1_000
  const callerOf = createSignedCaller(deps, at, {
    consumerHeaders: config.consumerHeaders,
    challenge,
    // The scheme has no nonce: a request may be repeated while it is good, as at AWS.
    onceInMs: null,
  })

  // What the body of a request has to be. By the time it is there, a presigned address has lost what says so.
  const payloadHashes = new WeakMap<PolicyContext, string>()

  const sentInField = (ctx: PolicyContext) => ctx.header('authorization')?.startsWith('AWS4-') === true
  const sentInQuery = (ctx: PolicyContext) =>
    config.presigned && ctx.query !== '' && ctx.queryParameter('X-Amz-Signature') !== undefined
  const wasSent = (ctx: PolicyContext) => sentInField(ctx) || sentInQuery(ctx)

  function faultOf(ctx: PolicyContext, it: Signature): Refusal | undefined {
    if (it.region !== config.region || it.service !== config.service)
      return refused(
        'signature_wrong_scope',
        `The credential scope has to be ${config.region}/${config.service}.`,
      )
    const signedAt = momentOf(it.time)
    if (Number.isNaN(signedAt) || !it.time.startsWith(it.date))
      return malformed(
        'X-Amz-Date is no time like 20261122T020000Z, or of another day than the credential scope.',
      )
    if (signedAt - skewMs > ctx.receivedAtMs)
      return refused('signature_not_yet_valid', 'The signature was made in the future: compare the clocks.')
    const goodMs = it.seconds === null ? skewMs : it.seconds * 1_000
    if (signedAt + goodMs < ctx.receivedAtMs)
      return refused('signature_expired', 'The signature is too old: compare the clocks, or sign again.')
    const { signedHeaders } = it
    if (signedHeaders.some((name, i) => i > 0 && name <= (signedHeaders[i - 1] ?? '')))
      return malformed('SignedHeaders are sorted, and none comes twice.')
    const missing = [
      'host',
      ...(it.seconds === null ? ['x-amz-date'] : []),
      ...(ctx.header('x-amz-content-sha256') === undefined ? [] : ['x-amz-content-sha256']),
    ].filter((name) => !signedHeaders.includes(name))
    if (missing.length > 0)
      return refused('signature_component_missing', `SignedHeaders must have ${missing.join(', ')}, too.`)
    if (it.payloadHash === unsigned) {
      // A presigned address says nothing of a body: without one there is nothing to change.
      if (config.unsignedPayload || (it.seconds !== null && ctx.bodyLength === 0)) return undefined
      return refused(
        'content_digest_missing',
        'The body has to be signed: send X-Amz-Content-Sha256 with its hash.',
      )
    }
    if (!/^[0-9a-f]{64}$/.test(it.payloadHash))
      return malformed('X-Amz-Content-Sha256 is no sha256 in hexadecimal; signed chunks are not supported.')
    return undefined
  }

  function verify(ctx: PolicyContext, it: Signature, key: SigningKey): Refusal | undefined {
    if (key.algorithm !== 'hmac-sha256')
      return refused('signature_algorithm_refused', 'AWS signatures need a key with a shared secret.')
    const request = canonicalRequest(ctx, it, config.service)
    if (request === null)
      return refused('signature_component_missing', 'A header that was signed is not in the request.')
    const hash = hex(deps.signing.digest('sha-256', bytesOf(request)))
    const scope = `${it.date}/${it.region}/${it.service}/aws4_request`
    const chain = [
      it.date,
      it.region,
      it.service,
      'aws4_request',
      [algorithm, it.time, scope, hash].join('\n'),
    ]
    return key.verifyChain('AWS4', chain, fromHex(it.signature))
      ? undefined
      : refused('signature_invalid', 'The signature is not that of this request by this key.')
  }

  /** The hash that the signature speaks of, of a request whose signature was sent. */
  function signatureOf(ctx: PolicyContext): Signature | Refusal {
    if (sentInField(ctx) && sentInQuery(ctx))
      return malformed('Sign in the field or in the address, not in both.')
    return sentInField(ctx) ? fromField(ctx) : fromQuery(ctx, config.presignedSeconds)
  }

  return {
    absent: refuse('signature_missing', {
      detail: `Sign the request with ${algorithm} for ${config.region}/${config.service}.`,
      headers: challenge,
    }),
    sent: wasSent,
    request(ctx) {
      if (!wasSent(ctx)) return undefined
      const signature = signatureOf(ctx)
      const fault = 'code' in signature ? signature : faultOf(ctx, signature)
      if (fault) return unlessPublic(ctx, fault)
      if ('code' in signature) return undefined
      if (signature.payloadHash !== unsigned) payloadHashes.set(ctx, signature.payloadHash)
      if (signature.seconds === null) ctx.upstreamHeaders.remove('authorization')
      else for (const name of presignedNames) ctx.dropQueryParameter(name)
      return callerOf(ctx, {
        keyId: signature.keyId,
        verify: (key) => verify(ctx, signature, key),
        once: signature.signature,
      })
    },
    wantsBody: (ctx) => payloadHashes.has(ctx),
    requestBody(ctx, body) {
      if (hex(deps.signing.digest('sha-256', body)) === payloadHashes.get(ctx)) return undefined
      return unlessNobody(
        ctx,
        refused(
          'content_digest_mismatch',
          'The body is not the one that was signed with X-Amz-Content-Sha256.',
        ),
      )
    },
  }
})

function fromField(ctx: PolicyContext): Signature | Refusal {
  const parts = authorization.exec(ctx.header('authorization') ?? '')
  const time = ctx.header('x-amz-date')
  if (parts === null || time === undefined)
    return malformed(
      'Authorization is not of the form that Signature Version 4 has, or X-Amz-Date is missing.',
    )
  const [, keyId = '', date = '', region = '', service = '', names = '', signature = ''] = parts
  const payloadHash = ctx.header('x-amz-content-sha256') ?? emptyHash
  const signedHeaders = names.split(';')
  return { keyId, date, region, service, signedHeaders, signature, time, seconds: null, payloadHash }
}

function fromQuery(ctx: PolicyContext, secondsMax: number): Signature | Refusal {
  const scope = credentialScope.exec(ctx.queryParameter('X-Amz-Credential') ?? '')
  const signature = ctx.queryParameter('X-Amz-Signature') ?? ''
  const names = ctx.queryParameter('X-Amz-SignedHeaders') ?? ''
  const expires = ctx.queryParameter('X-Amz-Expires') ?? ''
  if (
    scope === null ||
    ctx.queryParameter('X-Amz-Algorithm') !== algorithm ||
    !/^[0-9a-f]{64}$/.test(signature) ||
    !/^\d{1,6}$/.test(expires)
  )
    return malformed('The address is not presigned in the form that Signature Version 4 has.')
  const seconds = Number(expires)
  if (seconds < 1 || seconds > secondsMax)
    return refused('signature_expired', `X-Amz-Expires is at most ${secondsMax} here.`)
  const [, keyId = '', date = '', region = '', service = ''] = scope
  return {
    keyId,
    date,
    region,
    service,
    signedHeaders: names.split(';'),
    signature,
    time: ctx.queryParameter('X-Amz-Date') ?? '',
    seconds,
    payloadHash: ctx.queryParameter('X-Amz-Content-Sha256') ?? ctx.header('x-amz-content-sha256') ?? unsigned,
  }
}

/** Task 1 of the scheme; null when a header that was signed is not there. */
function canonicalRequest(ctx: PolicyContext, it: Signature, service: string): string | null {
  const headers: string[] = []
  for (const name of it.signedHeaders) {
    const value = name === 'host' ? (ctx.header('host') ?? ctx.host) : ctx.header(name)
    if (value === undefined) return null
    headers.push(`${name}:${value.trim().replace(/ +/g, ' ')}\n`)
  }
  const path = ctx.path
    .split('/')
    .map((segment) => encode(service === 's3' ? decode(segment) : segment))
    .join('/')
  return [
    ctx.method,
    path,
    canonicalQuery(ctx.query, it.seconds !== null),
    headers.join(''),
    it.signedHeaders.join(';'),
    it.payloadHash,
  ].join('\n')
}

/** `isPresigned`: then the signature stands in it, and is no part of itself. A `+` is a space, as upstreams read it. */
function canonicalQuery(query: string, isPresigned: boolean): string {
  const pairs = query
    .replaceAll('+', ' ')
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const i = part.indexOf('=')
      const [name, value] = i < 0 ? [part, ''] : [part.slice(0, i), part.slice(i + 1)]
      return [encode(decode(name)), encode(decode(value))] as const
    })
    .filter(([name]) => !isPresigned || name !== 'X-Amz-Signature')
  return pairs
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Everything but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Unix milliseconds; NaN when it is no time. */
function momentOf(time: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)
  if (parts === null) return Number.NaN
  const [, year, month, day, hours, minutes, seconds] = parts
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const fromHex = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
