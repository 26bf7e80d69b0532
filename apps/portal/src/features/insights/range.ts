// The time range as people choose it: presets, `now-6h` text, or two times; the server resolves it.

export const presets = ['now-15m', 'now-1h', 'now-6h', 'now-24h', 'now-7d', 'now-30d', 'now-90d'] as const
export type Preset = (typeof presets)[number]

export const defaultFrom: Preset = 'now-24h'

const relative = /^now(?:-(\d{1,6})([smhdw]))?$/
const absolute = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/
const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** The range of a link: what nobody can read there is as if it were left out. */
export function rangeOf(from: string | undefined, to: string | undefined): { from: string; to: string } {
  const readable = (text: string | undefined) =>
    text !== undefined && momentOf(text, 0) !== undefined ? text : undefined
  return { from: readable(from) ?? defaultFrom, to: readable(to) ?? 'now' }
}

/** Unix milliseconds of `now`, `now-6h` or an RFC 3339 time; undefined when it is none of these. */
export function momentOf(text: string, nowMs: number): number | undefined {
  const [whole, amount, unit] = relative.exec(text) ?? []
  if (whole !== undefined) return nowMs - (amount && unit ? Number(amount) * (unitMs[unit] ?? 0) : 0)
  if (!absolute.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

export function isRelative(text: string): boolean {
  return relative.test(text)
}

/** The longest range the server answers: as many days as a chart has points. */
const longestMs = 599 * 86_400_000

export type RangeProblem = 'from' | 'to' | 'order' | 'long'

export function rangeProblem(from: string, to: string, nowMs: number): RangeProblem | undefined {
  const start = momentOf(from, nowMs)
  const end = momentOf(to, nowMs)
  if (start === undefined) return 'from'
  if (end === undefined) return 'to'
  if (end <= start) return 'order'
  return end - start > longestMs ? 'long' : undefined
}

/** Twice as long around the same middle, never beyond now and never longer than the server answers. */
export function zoomedOut(from: string, to: string, nowMs: number): { from: string; to: string } {
  const start = momentOf(from, nowMs) ?? nowMs - 86_400_000
  const end = momentOf(to, nowMs) ?? nowMs
  const half = (end - start) / 2
  const newEnd = Math.min(end + half, nowMs)
  return {
    from: new Date(Math.max(start - half, newEnd - longestMs)).toISOString(),
    to: newEnd >= nowMs ? 'now' : new Date(newEnd).toISOString(),
  }
}
