// http-signature: HTTP Message Signatures (RFC 9421) with keys of applications, and Content-Digest (RFC 9530) for bodies.
import * as z from 'zod'
import { signatureAlgorithms } from '../signing-key.ts'
import { unlessPublic } from './caller.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'
import { createSignedCaller, unlessNobody } from './signed-caller.ts'
import type { SignatureInput, Signing, SigningKey } from './signing-ports.ts'

const derived = [
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
] as const
type Derived = (typeof derived)[number]

const component = z
  .string()
  .max(100)
  .regex(/^(?:@[a-z-]+|[a-z0-9!#$%&'*+.^_`|~-]+)$/, 'Use a derived component or a field name in lower case')
  .refine(
    (name) => !name.startsWith('@') || derived.some((one) => one === name),
    `Of derived components there are ${derived.join(', ')}`,
  )
  .meta({ title: 'Component' })

export const spec = defineSpec({
  type: 'http-signature',
  stage: 'identify',
  title: 'Message signature',
  summary:
    'Asks for a signature of the request by a key of the application (RFC 9421), and for the digest of its body.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    components: z
      .array(component)
      .min(1)
      .max(30)
      .default(['@method', '@authority', '@path', '@query'])
      .meta({ title: 'Signed', help: 'What every signature must cover; it may cover more' }),
    contentDigest: z
      .boolean()
      .default(true)
      .meta({ title: 'Body, too', help: 'Content-Digest must be covered where there is a body, and fit it' }),
    algorithms: z
      .array(z.enum(signatureAlgorithms))
      .min(1)
      .default([...signatureAlgorithms])
      .meta({ title: 'Algorithms' }),
    maxAgeSeconds: z
      .int()
      .min(1)
      .max(3_600)
      .default(300)
      .meta({ title: 'Good for', help: 'Seconds after `created`' }),
    clockSkewSeconds: z
      .int()
      .min(0)
      .max(300)
      .default(30)
      .meta({ title: 'Clocks may differ by', help: 'Seconds' }),
    nonce: z
      .boolean()
      .default(true)
      .meta({ title: 'Once only', help: 'Demands a nonce, and takes each once, over all gateways' }),
    tag: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[\x20-\x7e]+$/, 'Use visible characters')
      .nullable()
      .default(null)
      .meta({
        title: 'Tag',
        help: 'Only signatures with this tag count; null = the only signature there is',
      }),
    consumerHeaders: z
      .boolean()
      .default(true)
      .meta({ title: 'Tell the upstream who calls', help: 'X-Consumer-* header fields' }),
  }),
  example: {},
})

const challenge = ['WWW-Authenticate', 'Signature realm="gatewright"'] as const

function refused(code: Refusal['code'], detail: string): Refusal {
  return refuse(code, { detail, headers: challenge })
}

const malformed = (detail: string) => refused('signature_malformed', detail)

/** Longer than any that fits beside other fields into a head. */
const nonceLengthMax = 256

export const policy = definePolicy(spec, (config, deps, at) => {
  const { signing } = deps
  const [maxAgeMs, skewMs] = [config.maxAgeSeconds * 1_000, config.clockSkewSeconds * 1_000]
  const callerOf = createSignedCaller(deps, at, {
    consumerHeaders: config.consumerHeaders,
    challenge,
    // As long as any clock may take the signature for good.
    onceInMs: config.nonce ? maxAgeMs + 2 * skewMs : null,
  })

  function chosen(
    inputs: ReadonlyMap<string, SignatureInput>,
  ): readonly [label: string, SignatureInput] | Refusal {
    const fitting = [...inputs].filter(
      ([, { parameters }]) => config.tag === null || parameters.get('tag') === config.tag,
    )
    const [first] = fitting
    if (first === undefined) return malformed(`No signature has the tag "${config.tag}".`)
    return fitting.length === 1
      ? first
      : malformed('Send one signature: which of several counts is not clear.')
  }

  function faultOf(ctx: PolicyContext, { components, parameters }: SignatureInput): Refusal | undefined {
    const now = ctx.receivedAtMs
    const [created, expires] = [momentOf(parameters.get('created')), momentOf(parameters.get('expires'))]
    if (created === undefined || Number.isNaN(created) || Number.isNaN(expires))
      return malformed('The signature does not say in seconds when it was created.')
    if (created - skewMs > now)
      return refused(
        'signature_not_yet_valid',
        'The signature was created in the future: compare the clocks.',
      )
    if (created + maxAgeMs + skewMs < now || (expires !== undefined && expires + skewMs < now))
      return refused('signature_expired', 'The signature is too old: compare the clocks, or sign again.')
    const nonce = parameters.get('nonce')
    if (config.nonce && (typeof nonce !== 'string' || nonce === '' || nonce.length > nonceLengthMax))
      return malformed(`The signature needs a nonce of at most ${nonceLengthMax} characters.`)
    if (new Set(components.map(({ text }) => text)).size < components.length)
      return malformed('A component is covered twice.')
    const covered = new Set(components.filter((it) => it.parameters.size === 0).map(({ name }) => name))
    const wanted =
      config.contentDigest && ctx.bodyLength !== 0
        ? [...config.components, 'content-digest']
        : config.components
    const missing = wanted.filter((name) => !covers(covered, name))
    return missing.length === 0
      ? undefined
      : refused('signature_component_missing', `The signature must cover ${missing.join(', ')}, too.`)
  }

  function verify(ctx: PolicyContext, input: SignatureInput, signature: Uint8Array, key: SigningKey) {
    const alg = input.parameters.get('alg')
    if ((alg !== undefined && alg !== key.algorithm) || !config.algorithms.includes(key.algorithm))
      return refused(
        'signature_algorithm_refused',
        'The key is for another algorithm, or the API does not take it.',
      )
    const base = signatureBase(ctx, input)
    if (typeof base !== 'string') return base
    return key.verify(base, signature)
      ? undefined
      : refused('signature_invalid', 'The signature is not that of this request by this key.')
  }

  function judge(ctx: PolicyContext, inputField: string, signatureField: string): Verdict | Promise<Verdict> {
    const inputs = signing.readInputs(inputField)
    const signatures = signing.readBytes(signatureField)
    if (inputs === null || signatures === null)
      return malformed('Signature-Input and Signature are dictionaries as RFC 9421 has them.')
    const choice = chosen(inputs)
    if ('code' in choice) return choice
    const [label, input] = choice
    const signature = signatures.get(label)
    if (signature === undefined) return malformed(`Signature has no value for ${label}.`)
    const keyId = input.parameters.get('keyid')
    if (typeof keyId !== 'string' || keyId === '' || keyId.length > 255)
      return malformed('The signature does not name its key: keyid is missing.')
    const fault = faultOf(ctx, input)
    if (fault) return fault
    return callerOf(ctx, {
      keyId,
      verify: (key) => verify(ctx, input, signature, key),
      once: String(input.parameters.get('nonce')),
    })
  }

  return {
    absent: refuse('signature_missing', {
      detail: `Sign the request: ${config.components.join(', ')}.`,
      headers: challenge,
    }),
    sent: (ctx) => ctx.header('signature-input') !== undefined,
    request(ctx) {
      const [input, signature] = [ctx.header('signature-input'), ctx.header('signature')]
      // Other schemes have a field Signature of their own; without an input it is none of this one.
      if (input === undefined) return undefined
      if (signature === undefined) return unlessPublic(ctx, malformed('There is no field Signature.'))
      const verdict = judge(ctx, input, signature)
      if (verdict instanceof Promise) return verdict
      return verdict !== undefined && 'code' in verdict ? unlessPublic(ctx, verdict) : verdict
    },
    ...(config.contentDigest && {
      wantsBody: (ctx) =>
        ctx.header('signature-input') !== undefined &&
        (ctx.bodyLength !== 0 || ctx.header('content-digest') !== undefined),
      requestBody: (ctx, body) => unlessNobody(ctx, digestFault(ctx.header('content-digest'), body, signing)),
    }),
  }
})

/** Unix milliseconds; NaN when it is no whole number of seconds. */
function momentOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' && Number.isInteger(value) ? value * 1_000 : Number.NaN
}

const within: Readonly<Record<string, readonly string[]>> = {
  '@authority': ['@target-uri'],
  '@scheme': ['@target-uri'],
  '@path': ['@target-uri', '@request-target'],
  '@query': ['@target-uri', '@request-target'],
}

function covers(covered: ReadonlySet<string>, name: string): boolean {
  return covered.has(name) || (within[name] ?? []).some((wider) => covered.has(wider))
}

/** RFC 9421 2.5, for requests. */
function signatureBase(ctx: PolicyContext, { components, text }: SignatureInput): string | Refusal {
  const lines: string[] = []
  const query = new QueryParameters(ctx.query)
  for (const { name, parameters, text: identifier } of components) {
    const value = componentValue(ctx, query, name, parameters)
    if (value === null) return malformed(`${identifier} is a component that is not supported.`)
    if (value === undefined)
      return refused(
        'signature_component_missing',
        `The signature covers ${identifier}, which the request has not, or not once.`,
      )
    lines.push(`${identifier}: ${value}`)
  }
  lines.push(`"@signature-params": ${text}`)
  return lines.join('\n')
}

/** undefined: the request has none. null: nobody here knows how. */
function componentValue(
  ctx: PolicyContext,
  query: QueryParameters,
  name: string,
  parameters: SignatureInput['parameters'],
): string | null | undefined {
  if (name === '@query-param') {
    const wanted = parameters.get('name')
    return parameters.size === 1 && typeof wanted === 'string' ? query.value(wanted) : null
  }
  if (parameters.size > 0) return null
  if (name.startsWith('@'))
    return derived.some((one) => one === name) ? derivedValue(ctx, name as Derived) : null
  return name === name.toLowerCase() ? ctx.header(name)?.trim() : null
}

function derivedValue(ctx: PolicyContext, name: Derived): string {
  const query = ctx.query === '' ? '' : `?${ctx.query}`
  switch (name) {
    case '@method':
      return ctx.method
    case '@authority':
      return authorityOf(ctx)
    case '@scheme':
      return ctx.scheme
    case '@path':
      return ctx.path
    case '@query':
      return query === '' ? '?' : query
    case '@request-target':
      return ctx.path + query
    case '@target-uri':
      return `${ctx.scheme}://${authorityOf(ctx)}${ctx.path}${query}`
  }
}

/** RFC 9421 2.2.3: lower case, without the port that its scheme has anyway. */
function authorityOf(ctx: PolicyContext): string {
  const host = (ctx.header('host') ?? ctx.host).toLowerCase()
  const usual = ctx.scheme === 'https' ? ':443' : ':80'
  return host.endsWith(usual) ? host.slice(0, -usual.length) : host
}

/** RFC 9421 2.2.8. Read once, however many of them are covered: whoever knows the id of a key can send hundreds, of thousands. */
class QueryParameters {
  readonly #query: string
  #values: Map<string, string | undefined> | null = null

  constructor(query: string) {
    this.#query = query
  }

  /** `name`: encoded. A name that comes more than once can be covered by nobody. */
  value(name: string): string | undefined {
    this.#values ??= this.#read()
    return this.#values.get(name)
  }

  #read(): Map<string, string | undefined> {
    const values = new Map<string, string | undefined>()
    for (const [key, value] of new URLSearchParams(this.#query)) {
      const name = encodeParameter(key)
      values.set(name, values.has(name) ? undefined : encodeParameter(value))
    }
    return values
  }
}

const encodeParameter = (text: string) =>
  encodeURIComponent(text).replace(/[!'()~]/g, (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`)

const digestAlgorithms = ['sha-256', 'sha-512'] as const

/** RFC 9530: of the digests that are known, one at least must be there, and all must fit. */
function digestFault(field: string | undefined, body: Uint8Array, signing: Signing): Refusal | undefined {
  const digests = field === undefined ? null : signing.readBytes(field)
  const known = digestAlgorithms.filter((algorithm) => digests?.has(algorithm))
  if (digests === null || known.length === 0)
    return refused(
      'content_digest_missing',
      'Content-Digest with sha-256 or sha-512 is missing, or malformed.',
    )
  const fits = known.every((algorithm) => sameBytes(digests.get(algorithm), signing.digest(algorithm, body)))
  return fits
    ? undefined
    : refused('content_digest_mismatch', 'The body is not the one that Content-Digest speaks of.')
}

// Digests are no secrets: both sides of the comparison are the caller's to know.
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])
}
