// custom-authorizer: a server or a function of the team's own says of each request whether it may pass, and what the upstream should know.
import * as z from 'zod'
import { readCookie } from '../cookies.ts'
import { oauthClientText } from '../oauth-client.ts'
import { withoutPortalCookies } from '../portal-cookies.ts'
import { providerAddress } from './access-token.ts'
import { type AuthorizerAnswer, readAnswer } from './authorizer-answer.ts'
import type { AuthorizerSource } from './authorizer-ports.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'
import { isReservedField } from './reserved-fields.ts'
import { secretText } from './secret.ts'
import type { Secrets } from './secret-ports.ts'

const text = (length: number) => z.string().min(1).max(length)
const fieldName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
const parameterName = text(100)

const decidedBy = z.discriminatedUnion('by', [
  z
    .strictObject({
      by: z.literal('http').meta({ title: 'Decided by' }),
      url: providerAddress.meta({ title: 'Address', help: 'Gets a POST of JSON', widget: 'url' }),
      authorization: secretText({
        title: 'Authorization',
        help: 'Sent with each call, such as Bearer and a token: so your server knows that a gateway asks',
      })
        .nullable()
        .default(null),
    })
    .meta({ title: 'A server' }),
  z
    .strictObject({
      by: z.literal('function').meta({ title: 'Decided by' }),
      source: text(16_384).meta({
        title: 'Function',
        help: 'A TypeScript module; its default export gets the request and returns { allow }',
        widget: 'code',
      }),
    })
    .meta({ title: 'A function' }),
])

const identityPart = z
  .strictObject({
    from: z
      .enum(['header', 'cookie', 'query', 'address', 'application'])
      .meta({ title: 'Part of the identity' }),
    name: parameterName.nullable().default(null).meta({
      title: 'Name',
      help: 'Of the header, the cookie or the parameter',
    }),
  })
  .refine((it) => (it.name === null) === (it.from === 'address' || it.from === 'application'), {
    path: ['name'],
    error: 'A header, a cookie or a query parameter has a name; an address and an application have none',
  })

const prefix = z
  .string()
  .max(40)
  .regex(/^X-[A-Za-z0-9-]*[A-Za-z0-9]-$/i, 'Begin with X- and end with a hyphen, such as X-Auth-')
  .refine(
    (it) => !isReservedField(`${it}x`) && !'x-request-id'.startsWith(it.toLowerCase()),
    'The gateway itself writes these headers',
  )

export const spec = defineSpec({
  type: 'custom-authorizer',
  stage: 'identify',
  title: 'Custom authorizer',
  summary:
    'Asks a server or a function of your own whether a request may pass, and tells the upstream what it said.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      decision: decidedBy.meta({ title: 'Who decides' }),
      headers: z.array(fieldName).max(20).default(['authorization']).meta({
        title: 'Headers it is told',
        help: 'It sees no other ones',
        group: 'What it is told',
      }),
      queryParameters: z.array(parameterName).max(20).default([]).meta({
        title: 'Query parameters it is told',
        group: 'What it is told',
      }),
      timeoutMs: z.int().min(10).max(10_000).default(1_000).meta({
        title: 'Wait for an answer',
        help: 'Who waits longer is refused',
        widget: 'duration',
        group: 'What it is told',
      }),
      caller: z.enum(['other-policy', 'registered-client', 'nobody']).default('other-policy').meta({
        title: 'Who finds out which application calls',
        help: 'Another policy beside this one; or its answer, which names a registered OAuth client; or nobody, and whoever is allowed comes in',
        group: 'What it means',
      }),
      clientIssuer: text(500).nullable().default(null).meta({
        title: 'Issuer of the clients it names',
        help: 'Developers register their clients under it',
        group: 'What it means',
      }),
      contextPrefix: prefix.default('X-Auth-').meta({
        title: 'Prefix of the headers for the upstream',
        help: 'Each entry of the context becomes one; what callers send under the prefix is always dropped',
        group: 'What it means',
      }),
      deniedMessage: text(300).nullable().default(null).meta({
        title: 'What refused callers are told',
        help: 'The reason that the authorizer gives is shown to you alone, in Explain',
        group: 'What it means',
      }),
      cacheSeconds: z.int().min(0).max(3_600).default(60).meta({
        title: 'A decision holds for',
        help: 'Seconds, on one route; an answer may say fewer',
        group: 'How long a decision holds',
      }),
      identity: z.array(identityPart).max(10).default([]).meta({
        title: 'For requests with the same',
        help: 'Empty: with everything the same that the authorizer is told, the path included',
        group: 'How long a decision holds',
      }),
    })
    .refine((it) => (it.caller === 'registered-client') === (it.clientIssuer !== null), {
      path: ['clientIssuer'],
      error: 'Name the issuer where the answer names the client, and nowhere else',
    }),
  example: {
    decision: {
      by: 'function',
      source:
        "export default function authorize(request) {\n  const region = request.headers['x-region']\n  return { allow: region === 'eu', context: { region } }\n}\n",
    },
    headers: ['X-Region'],
  },
  sourceOf: ({ decision }) => (decision.by === 'function' ? decision.source : null),
  needsAnother: ({ caller }) => caller === 'other-policy',
})

/** What was decided about an identity. */
interface Decision {
  /** Unix milliseconds. */
  readonly untilMs: number
  /** null = it may pass. */
  readonly refusal: Refusal | null
  readonly answer: AuthorizerAnswer | null
}

export const policy = definePolicy(spec, (config, deps, at) => {
  const { decision, timeoutMs, caller, clientIssuer, cacheSeconds, identity, queryParameters } = config
  const prefixed = config.contextPrefix.toLowerCase()
  const headers = [...new Set(config.headers.map((name) => name.toLowerCase()))]
  const authorizer = deps.authorizers.open(openSource(decision, deps.secrets), timeoutMs, at.name)
  const remembered = deps.decisions.open<Decision>()
  const asking = new Map<string, Promise<Decision>>()
  const denied = refuse('authorizer_denied', {
    detail: config.deniedMessage ?? 'The owner of this API does not let this request pass.',
  })
  const admit = createCallerGate(
    {
      unknown: refuse('client_unknown'),
      revoked: refuse('credential_revoked'),
      expired: refuse('credential_expired'),
    },
    true,
    'oauth-client',
  )

  function factsOf(ctx: PolicyContext) {
    const { route, principal } = ctx
    return {
      version: 1,
      method: ctx.method,
      scheme: ctx.scheme,
      host: ctx.host,
      path: ctx.path,
      address: ctx.clientAddress,
      api: { name: route.apiName, version: route.versionName },
      route: { method: route.method, path: route.template, operationId: route.operationId },
      caller: principal && {
        applicationId: principal.applicationId,
        application: principal.applicationName,
        plan: principal.planName,
      },
      headers: Object.fromEntries(headers.map((name) => [name, headerOf(ctx, name)])),
      query: Object.fromEntries(queryParameters.map((name) => [name, ctx.queryParameter(name) ?? null])),
    }
  }

  /** One route, and what makes two requests the same on it. */
  function identityOf(ctx: PolicyContext, facts: string): string {
    const parts = identity.map(({ from, name }) => partOf(ctx, from, name ?? ''))
    // Who has no part of it is nobody in particular: all of them together must not have the decision about one.
    const same = parts.length === 0 || parts.includes(null) ? facts : parts
    return ctx.digest(JSON.stringify([ctx.route.id, same]))
  }

  async function ask(ctx: PolicyContext, facts: string): Promise<Decision> {
    const reply = await authorizer.judge(facts)
    if (reply.kind !== 'answered') return failed(reply.kind === 'late' ? late : unavailable, reply.reason)
    const answer = readAnswer(reply.value, prefixed)
    if (typeof answer === 'string') return failed(unclear, answer)
    if (answer.allow && caller === 'registered-client' && answer.clientId === null)
      return failed(unclear, 'clientId: is missing, and this policy asks for it')
    const seconds = Math.min(cacheSeconds, answer.ttlSeconds ?? cacheSeconds)
    return {
      untilMs: ctx.receivedAtMs + seconds * 1_000,
      refusal: answer.allow ? null : { ...denied, internal: answer.reason ?? 'no reason was given' },
      answer,
    }
  }

  function enter(ctx: PolicyContext, { refusal, answer }: Decision): Verdict | Promise<Verdict> {
    if (refusal !== null || answer === null) return refusal ?? unclear
    if (clientIssuer === null || answer.clientId === null) return tell(ctx, answer)
    const { environment, credentials } = deps
    const { tenantId } = ctx.route
    const name = { environment, tenantId, issuer: clientIssuer, clientId: answer.clientId }
    const sha256 = ctx.digest(oauthClientText(name))
    const unknown = refuse('client_unknown', {
      internal: `No application has registered the OAuth client ${JSON.stringify(answer.clientId)} of ${clientIssuer} in the environment ${environment}.`,
    })
    const found = credentials.known(sha256) ?? credentials.find(sha256)
    if (found instanceof Promise)
      return found.then((result) => unlessPublic(ctx, admit(ctx, result, unknown)) ?? tell(ctx, answer))
    return unlessPublic(ctx, admit(ctx, found, unknown)) ?? tell(ctx, answer)
  }

  function tell(ctx: PolicyContext, { fields }: AuthorizerAnswer): undefined {
    if (fields.length > 0) ctx.upstreamHeaders.setAll(fields)
  }

  return {
    ...(caller === 'registered-client' ? {} : { vouches: caller === 'nobody' }),
    request(ctx) {
      ctx.upstreamHeaders.removePrefix(prefixed)
      const facts = JSON.stringify(factsOf(ctx))
      if (cacheSeconds === 0) return ask(ctx, facts).then((decided) => enter(ctx, decided))
      const sha256 = identityOf(ctx, facts)
      const known = remembered.get(sha256)
      if (known !== undefined && known.untilMs > ctx.receivedAtMs) return enter(ctx, known)
      let running = asking.get(sha256)
      if (running === undefined) {
        running = ask(ctx, facts).finally(() => asking.delete(sha256))
        asking.set(sha256, running)
      }
      return running.then((decided) => {
        if (decided.untilMs > ctx.receivedAtMs)
          remembered.put(sha256, decided, decided.answer?.fields.join('').length ?? 0)
        return enter(ctx, decided)
      })
    },
  }
})

/** Throws a sentence when its secret cannot be opened, or is none that a header field can carry. */
function openSource(decision: z.output<typeof decidedBy>, secrets: Secrets): AuthorizerSource {
  if (decision.by === 'function') return decision
  if (decision.authorization === null) return { ...decision, authorization: null }
  const authorization = secrets.open(decision.authorization, (text) =>
    /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)
      ? null
      : 'The Authorization of an authorizer has characters that no header field carries',
  )
  return { ...decision, authorization }
}

/** Sessions of the portal are nobody's business behind the gateway. */
function headerOf(ctx: PolicyContext, name: string): string | null {
  const value = ctx.header(name)
  if (value === undefined) return null
  return name === 'cookie' ? withoutPortalCookies(value) : value
}

function partOf(
  ctx: PolicyContext,
  from: z.output<typeof identityPart>['from'],
  name: string,
): string | null {
  switch (from) {
    case 'header':
      return headerOf(ctx, name.toLowerCase())
    case 'cookie':
      return readCookie(headerOf(ctx, 'cookie') ?? '', name) ?? null
    case 'query':
      return ctx.queryParameter(name) ?? null
    case 'address':
      return ctx.clientAddress
    case 'application':
      return ctx.principal?.applicationId ?? null
  }
}

/** Nothing of it is remembered: the next request asks again. */
function failed(refusal: Refusal, internal: string): Decision {
  return { untilMs: 0, refusal: { ...refusal, internal }, answer: null }
}

const late = refuse('authorizer_timeout', { retryAfterMs: 1_000 })
const unavailable = refuse('authorizer_unavailable', { retryAfterMs: 1_000 })
const unclear = refuse('authorizer_answer_invalid')
