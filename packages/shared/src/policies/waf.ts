// waf: is a request an attack, by the rules of the OWASP Core Rule Set, which look at it as it was received.
import * as z from 'zod'
import { type RuleMatch, ruleMatchesMax, type SecurityReport } from '../security.ts'
import type { FirewallVerdict, ReceivedRequest } from './firewall-ports.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'

const kib = 1024
/** What the engine takes at most; above it a body is refused unread. */
const bodyBytesMax = kib * kib

// A target stands in a directive of the engine: nothing that could end it may be written.
const target = z
  .string()
  .regex(
    /^(?:ARGS|ARGS_NAMES|ARGS_GET|ARGS_GET_NAMES|ARGS_POST|ARGS_POST_NAMES|REQUEST_COOKIES|REQUEST_COOKIES_NAMES|REQUEST_HEADERS|REQUEST_BODY|REQUEST_FILENAME|REQUEST_URI|QUERY_STRING|FILES|FILES_NAMES|XML|JSON)(?::[A-Za-z0-9_.[\]-]{1,100})?$/,
    'Use a target of the rule language, such as ARGS:comment, REQUEST_HEADERS:Referer or REQUEST_COOKIES:session',
  )

const exclusion = z.strictObject({
  rule: z
    .int()
    .min(1)
    .max(999_999)
    .refine(
      (id) => ![901, 949, 959, 980].includes(Math.trunc(id / 1_000)),
      'This rule adds up what the others say; use the mode “detect” to let everything pass',
    )
    .meta({ title: 'Rule', help: 'Its id, such as 942100', widget: 'id' }),
  target: target.nullable().default(null).meta({
    title: 'Does not look at',
    help: 'Such as ARGS:comment; empty: the rule looks at nothing any more',
  }),
})

export const spec = defineSpec({
  type: 'waf',
  stage: 'shape',
  title: 'Web application firewall',
  summary: 'Turns away attacks (injection, scripting, traversal and more) by the OWASP Core Rule Set.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  needsBody: true,
  config: z.strictObject({
    mode: z.enum(['block', 'detect']).default('block').meta({
      title: 'What becomes of an attack',
      help: 'block: it is refused · detect: it passes, and its event says what was found',
    }),
    paranoia: z.int().min(1).max(4).default(1).meta({
      title: 'Paranoia level',
      help: '1 for everybody; each higher level knows more attacks and takes more harmless requests for one',
    }),
    threshold: z.int().min(1).max(1_000).default(5).meta({
      title: 'Attack from a score of',
      help: 'A critical rule counts 5, an error 4, a warning 3, a notice 2',
    }),
    methods: z
      .array(z.string().regex(/^[A-Z]{1,20}$/, 'Use a method such as GET'))
      .min(1)
      .max(20)
      .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .meta({ title: 'Methods', help: 'All others are an attack', group: 'What is looked at' }),
    exclusions: z.array(exclusion).max(200).default([]).meta({
      title: 'Exceptions',
      help: 'Rules that take harmless requests of yours for attacks',
      group: 'What is looked at',
    }),
    bodyBytesMax: z
      .int()
      .min(0)
      .max(bodyBytesMax)
      .default(128 * kib)
      .meta({
        title: 'Largest body',
        help: 'A larger one is refused in the mode block, and not looked at in the mode detect. 0: bodies are not looked at',
        widget: 'bytes',
        group: 'What is looked at',
      }),
    whenUnavailable: z.enum(['refuse', 'allow']).default('refuse').meta({
      title: 'While the firewall cannot judge',
      help: 'refuse: 503 · allow: requests pass unseen, as always in the mode detect',
    }),
  }),
  example: { mode: 'block', paranoia: 1, exclusions: [{ rule: 942100, target: 'ARGS:comment' }] },
})

// Callers learn that they were refused, never by what: that would be a manual for the next attempt.
const blocked = refuse('waf_blocked')
const unavailable = refuse('waf_unavailable', { retryAfterMs: 1_000 })
const exhausted = 'the rules used up the time that they have for one request'
const bodyUnseen = 'the body is larger than what is looked at'

export const policy = definePolicy(spec, (config, { firewalls }, { name, scope }) => {
  const isBlocking = config.mode === 'block'
  const looksAtBodies = config.bodyBytesMax > 0
  const firewall = firewalls.open({
    paranoia: config.paranoia as 1 | 2 | 3 | 4,
    threshold: config.threshold,
    methods: config.methods,
    exclusions: config.exclusions,
  })

  async function judge(
    ctx: PolicyContext,
    body: Uint8Array | null,
    detail: string | null = null,
  ): Promise<Refusal | undefined> {
    return decide(ctx, await firewall.inspect(asReceived(ctx, body)), detail)
  }

  function decide(ctx: PolicyContext, verdict: FirewallVerdict, detail: string | null): Refusal | undefined {
    if (verdict.kind === 'unavailable') {
      if (isBlocking && config.whenUnavailable === 'refuse') return unavailable
      report(ctx, { action: 'unseen', score: null, detail }, [])
      return undefined
    }
    if (verdict.kind === 'exhausted') {
      const action = isBlocking ? 'blocked' : 'detected'
      report(ctx, { action, score: null, detail: exhausted }, [])
      return isBlocking ? blocked : undefined
    }
    const { isAttack, score, matches } = verdict
    if (matches.length > 0 || isAttack) {
      const action = !isAttack ? 'noticed' : isBlocking ? 'blocked' : 'detected'
      report(ctx, { action, score, detail }, matches)
    } else if (detail !== null) report(ctx, { action: 'unseen', score, detail }, [])
    return isAttack && isBlocking ? blocked : undefined
  }

  /** Who only watches turns nobody away, for a large body as little: its head is judged alone. */
  function isBeyond(length: number | null): boolean {
    return !isBlocking && length !== null && length > config.bodyBytesMax
  }

  function report(
    ctx: PolicyContext,
    found: Pick<SecurityReport, 'action' | 'score' | 'detail'>,
    matches: readonly RuleMatch[],
  ): void {
    const { threshold, paranoia } = config
    const rules = [...new Set(matches.map(({ rule }) => rule))]
    const named = matches.slice(0, ruleMatchesMax)
    ctx.reportSecurity({
      ...{ kind: 'waf', ...found, rules },
      firewall: { policy: name, scope, threshold, paranoia, matches: named },
    })
  }

  return {
    request(ctx) {
      if (!looksAtBodies || ctx.bodyLength === 0) return judge(ctx, null)
      if (isBeyond(ctx.bodyLength)) return judge(ctx, null, bodyUnseen)
      // Head and body are judged as one: their scores add up.
      if (isBlocking) ctx.limitBody(config.bodyBytesMax)
      return undefined
    },
    wantsBody: (ctx) => looksAtBodies && ctx.bodyLength !== 0 && !isBeyond(ctx.bodyLength),
    requestBody: (ctx, body) => (isBeyond(body.length) ? judge(ctx, null, bodyUnseen) : judge(ctx, body)),
  }
})

function asReceived(ctx: PolicyContext, body: Uint8Array | null): ReceivedRequest {
  const { target, minor, fields } = ctx.received
  const { method, clientAddress, requestId } = ctx
  return { method, target, minor, fields, clientAddress, requestId, body }
}
