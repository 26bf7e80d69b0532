// What rate limits and quotas have in common: count the call, say where the caller stands, refuse with the limit's name.
import type { ErrorCode } from '../errors.ts'
import type { CountedBy } from './counted-by.ts'
import {
  type Attachment,
  type Limiter,
  type LimitReport,
  type Phases,
  type PolicyContext,
  refuse,
  type Taken,
  type Verdict,
} from './policy.ts'

interface LimitPhase {
  readonly at: Attachment
  readonly limiter: Limiter
  /** Names the counter of a request. */
  readonly counterName: (ctx: PolicyContext) => string
  readonly by: CountedBy
  readonly code: ErrorCode
  /** `100 calls per minute`. */
  readonly terms: string
  readonly limit: number
  readonly windowSeconds: number
  /** Callers see it on every reply, not only on refusals. */
  readonly isShown: boolean
  /** Calls above the limit pass. */
  readonly isSoft: boolean
}

const unavailable = refuse('limits_unavailable', { retryAfterMs: 1_000 })

export function limitPhase(phase: LimitPhase): Phases {
  const { at, limiter, counterName, by, code, limit, windowSeconds, isShown, isSoft } = phase
  const { name, scope } = at
  const detail = `${name} (${scope}): ${phase.terms}, counted by ${by}.`
  const extensions = Object.freeze({ limit: Object.freeze({ name, scope, counted_by: by }) })

  function decide(ctx: PolicyContext, counter: string, taken: Taken): Verdict {
    if (taken.kind === 'unavailable') return unavailable
    const { kind, remaining, resetMs } = taken
    let report: LimitReport | null = null
    if (isShown || kind === 'refused') {
      report = { name, scope, limit, windowSeconds, remaining, resetMs }
      ctx.reportLimit(report)
    }
    if (kind === 'taken') {
      if (ctx.cost > 0) ctx.hold({ limiter, counter, cost: ctx.cost, taken, report })
      return undefined
    }
    return isSoft ? undefined : refuse(code, { detail, retryAfterMs: taken.retryMs, extensions })
  }

  return {
    request(ctx) {
      const counter = counterName(ctx)
      const taken = limiter.take(counter, ctx.cost, ctx.receivedAtMs)
      return taken instanceof Promise
        ? taken.then((result) => decide(ctx, counter, result))
        : decide(ctx, counter, taken)
    },
  }
}
