// Tells callers where they stand: the RateLimit fields of the IETF draft and the X-RateLimit fields many clients know.
import type { LimitReport } from '@gatewright/shared/policies/policy'

/** Adds both styles. All limits are named; the older style has room for one: the one that is nearest to refusing. */
export function pushLimitFields(reports: readonly LimitReport[], fields: string[]): void {
  const first = reports[0]
  if (first === undefined) return
  let nearest = first
  let policy = ''
  let state = ''
  for (const report of reports) {
    if (report.remaining < nearest.remaining) nearest = report
    const separator = policy === '' ? '' : ', '
    policy += `${separator}"${report.name}";q=${report.limit};w=${report.windowSeconds}`
    state += `${separator}"${report.name}";r=${report.remaining};t=${seconds(report.resetMs)}`
  }
  fields.push(
    'RateLimit-Policy',
    policy,
    'RateLimit',
    state,
    'X-RateLimit-Limit',
    String(nearest.limit),
    'X-RateLimit-Remaining',
    String(nearest.remaining),
    'X-RateLimit-Reset',
    String(seconds(nearest.resetMs)),
  )
}

// Rounded up: a client that waits that long is never too early.
const seconds = (ms: number): number => Math.ceil(ms / 1_000)
