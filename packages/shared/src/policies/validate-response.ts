// validate-response: what the service answers, held against the API's own document before callers see it (ADR 78).
import * as z from 'zod'
import { essence } from '../media-type.ts'
import type { ContentRule, ResponseRule } from '../validation/operation-rules.ts'
import { isJsonType, jsonText } from './json-body.ts'
import {
  type BodyFilter,
  definePolicy,
  defineSpec,
  type PolicyContext,
  type Refusal,
  refuse,
} from './policy.ts'
import { bodyProblems } from './request-problems.ts'
import type { Checked, DriftFault, Operation } from './schema-port.ts'

const choice = (yes: 'allow' | 'pass') => z.enum([yes, 'refuse'])

export const spec = defineSpec({
  type: 'validate-response',
  stage: 'shape',
  title: 'Validate responses',
  summary:
    'Holds what the service answers against the API’s own OpenAPI document, to count what differs or to refuse it.',
  scopes: ['version', 'route'],
  needsBody: true,
  config: z.strictObject({
    mode: z.enum(['observe', 'enforce']).default('observe').meta({
      title: 'What becomes of faults',
      help: 'Observe: counted, and the answer passes as it comes. Enforce: callers get 502 instead of it',
    }),
    undescribedStatuses: choice('allow').default('allow').meta({
      title: 'Statuses that are not described',
      help: 'They are counted in any case',
    }),
    undescribedRoutes: choice('pass').default('refuse').meta({
      title: 'Routes that the document does not describe',
      help: 'Only where faults are refused',
    }),
    uncheckable: choice('pass').default('refuse').meta({
      title: 'Rules that cannot be checked',
      help: 'Pass: the rest is checked; refuse: such an operation cannot be published where faults are refused',
    }),
    except: z.array(z.string().min(1).max(200)).max(500).default([]).meta({
      title: 'Operations that are left alone',
      help: 'By operationId, or as GET /books/{id} with the path of the document',
    }),
    bodyBytesMax: z.int().min(1).max(10_485_760).default(1_048_576).meta({
      title: 'Largest body that is checked',
      widget: 'bytes',
      help: 'Larger ones pass unchecked where faults are counted, and are refused where faults are',
    }),
  }),
  example: { mode: 'observe' },
})

const invalid = refuse('response_invalid')
const refusing = (refusal: Refusal): BodyFilter => ({ push: () => refusal, end: () => refusal })

export const policy = definePolicy(spec, (config, { schemas, drift }) => {
  const isStrict = config.mode === 'enforce'
  const except = new Set(config.except)
  const limits = {
    depth: 500,
    keys: 1_000_000,
    items: 1_000_000,
    stringBytes: config.bodyBytesMax,
    values: 2_000_000,
  }

  function isExcepted(ctx: PolicyContext, { key }: Operation): boolean {
    const { operationId } = ctx.route
    return except.has(key) || (operationId !== null && except.has(operationId))
  }

  /** Counts what is wrong; what stands in the answer's place, or null = it passes. */
  function judged(ctx: PolicyContext, faults: readonly DriftFault[], value?: unknown): Refusal | null {
    if (faults.length === 0) return null
    drift.note(ctx.route, 'response', faults, value)
    return isStrict ? invalid : null
  }

  function conclude(ctx: PolicyContext, checked: Checked, value: unknown): Refusal | null {
    if (checked.kind === 'valid') return null
    if (checked.kind === 'faults') return judged(ctx, bodyProblems(checked.faults), value)
    // What could not be checked is no fault of the service, and still nothing that may pass where faults are refused.
    return isStrict ? invalid : null
  }

  function check(
    ctx: PolicyContext,
    operation: Operation,
    rule: ContentRule,
    body: Uint8Array,
  ): Refusal | null | Promise<Refusal | null> {
    const read = jsonText(body, limits)
    if (read.kind === 'refusal') return judged(ctx, [{ in: 'body', pointer: '', code: read.code }])
    if (rule.schema === null) return null
    const use = { schema: rule.schema, definitions: operation.definitions, refusesReadOnly: false }
    const value: unknown = JSON.parse(read.text)
    const checked = schemas.check(use, value, body.length <= explainedBytesMax)
    return checked instanceof Promise
      ? checked.then((it) => conclude(ctx, it, value))
      : conclude(ctx, checked, value)
  }

  /** Passes on what comes, and looks at a copy of it when it is whole. */
  function observer(look: (body: Uint8Array) => unknown): BodyFilter {
    let pieces: Uint8Array[] | null = []
    let length = 0
    return {
      push(piece) {
        length += piece.length
        if (length > config.bodyBytesMax) pieces = null
        // A copy: whoever comes behind may write to what is passed on.
        else pieces?.push(piece.slice())
        return piece
      },
      end() {
        const whole = pieces
        // Behind the answer's back: whatever goes wrong there is nothing that its caller should feel.
        if (whole !== null)
          Promise.resolve()
            .then(() => look(joined(whole, length)))
            .catch(() => undefined)
        return null
      },
    }
  }

  /** Holds all of it until it is known to be right. */
  function guard(look: (body: Uint8Array) => Refusal | null | Promise<Refusal | null>): BodyFilter {
    const pieces: Uint8Array[] = []
    let length = 0
    return {
      push(piece) {
        length += piece.length
        if (length > config.bodyBytesMax) return invalid
        pieces.push(piece)
        return null
      },
      async end() {
        const body = joined(pieces, length)
        return (await look(body)) ?? body
      },
    }
  }

  return {
    responseBody(ctx) {
      const { operation } = ctx.route
      if (operation === null)
        return isStrict && config.undescribedRoutes === 'refuse' ? refusing(invalid) : null
      if (isExcepted(ctx, operation)) return null
      const rule = responseRule(operation.rules.responses, ctx.status)
      if (rule === null) {
        const refusal = judged(ctx, [{ in: 'status', pointer: String(ctx.status), code: 'undeclared' }])
        return refusal !== null && config.undescribedStatuses === 'refuse' ? refusing(refusal) : null
      }
      if (ctx.method === 'HEAD' || ctx.status === 204 || ctx.status === 304 || rule.content.length === 0)
        return null
      const type = ctx.responseHeader('content-type')
      const content = type === undefined ? null : contentRule(rule.content, essence(type))
      if (content === null) {
        const refusal = judged(ctx, [{ in: 'body', pointer: '', code: 'content-type' }])
        return refusal === null ? null : refusing(refusal)
      }
      if (content.kind !== 'json' || !isJsonType(type ?? '')) return null
      const look = (body: Uint8Array) => check(ctx, operation, content, body)
      return isStrict ? guard(look) : observer(look)
    },
  }
})

/** Larger values are told their first fault. */
const explainedBytesMax = 16_384

/** The description of a status: itself before its class before all others (OpenAPI 3.1, 4.8.16). */
function responseRule(rules: readonly ResponseRule[], status: number): ResponseRule | null {
  const exact = String(status)
  const range = `${exact.charAt(0)}XX`
  for (const wanted of [exact, range, 'default']) {
    const rule = rules.find((one) => one.status === wanted)
    if (rule !== undefined) return rule
  }
  return null
}

function contentRule(content: readonly ContentRule[], type: string): ContentRule | null {
  const exact = content.find(({ mediaType }) => mediaType === type)
  return exact ?? content.find(({ mediaType }) => covers(mediaType, type)) ?? null
}

function covers(range: string, type: string): boolean {
  return range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  return body
}
