// Tells callers where they stand: the RateLimit fields of the IETF draft and the X-RateLimit fields many clients know.
import type { LimitReport } from '@gatewright/shared/policies/policy'

/** Adds both styles. All limits are named; the older style has room for one: the one that is nearest to refusing. */
export function pushLimitFields(reports: readonly LimitReport[], fields: string[]): void {
  const first = reports[0]
  if (first === undefined) return
  let nearest = first
  let { policy } = termsOf(first, nameOf(first, reports))
  let state = stateOf(first, nameOf(first, reports))
  for (let i = 1; i < reports.length; i++) {
    const report = reports[i] as LimitReport
    const name = nameOf(report, reports)
    if (report.remaining < nearest.remaining) nearest = report
    policy += `, ${termsOf(report, name).policy}`
    state += `, ${stateOf(report, name)}`
  }
  fields.push(
    'RateLimit-Policy',
    policy,
    'RateLimit',
    state,
    'X-RateLimit-Limit',
    termsOf(nearest, nearest.name).limitText,
    'X-RateLimit-Remaining',
    String(nearest.remaining),
    'X-RateLimit-Reset',
    String(seconds(nearest.resetMs)),
  )
}

/** Its own name; where limits of several scopes have the same one, each says of which scope it is. */
function nameOf(report: LimitReport, reports: readonly LimitReport[]): string {
  for (let i = 0; i < reports.length; i++) {
    const other = reports[i] as LimitReport
    if (other !== report && other.name === report.name && report.scope !== undefined)
      return `${report.scope}.${report.name}`
  }
  return report.name
}

const stateOf = (report: LimitReport, name: string): string =>
  `"${name}";r=${report.remaining};t=${seconds(report.resetMs)}`

/** What is the same in all reports of one limit, in words. */
interface Terms {
  readonly limit: number
  readonly windowSeconds: number
  readonly policy: string
  readonly limitText: string
}

// By name, though others may have a limit of that name: then each finds that these are not its own.
const known = new Map<string, Terms>()
const knownMax = 1_000

function termsOf({ limit, windowSeconds }: LimitReport, name: string): Terms {
  const found = known.get(name)
  if (found !== undefined && found.limit === limit && found.windowSeconds === windowSeconds) return found
  const terms = {
    limit,
    windowSeconds,
    policy: `"${name}";q=${limit};w=${windowSeconds}`,
    limitText: String(limit),
  }
  if (known.size >= knownMax) known.clear()
  known.set(name, terms)
  return terms
}

// Rounded up: a client that waits that long is never too early.
const seconds = (ms: number): number => Math.ceil(ms / 1_000)
