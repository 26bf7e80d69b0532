// Ticks of a time axis: round moments, as many as fit, said as shortly as the range allows.

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const steps = [
  second,
  5 * second,
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
]

/** Round moments between two times, at most about `count`, aligned to the local clock. */
export function timeTicks(
  from: number,
  to: number,
  count: number,
  offsetMs = new Date(to).getTimezoneOffset() * minute,
): number[] {
  if (to <= from) return [from]
  const step = steps.find((candidate) => (to - from) / candidate <= count) ?? 30 * day
  const ticks: number[] = []
  for (let at = Math.ceil((from - offsetMs) / step) * step + offsetMs; at <= to; at += step) ticks.push(at)
  return ticks
}

export function axisTime(at: number, spanMs: number, language: string): string {
  const time = new Date(at)
  if (spanMs > 2 * day) return time.toLocaleDateString(language, { month: 'short', day: 'numeric' })
  return time.toLocaleTimeString(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(spanMs < 5 * minute ? { second: '2-digit' } : {}),
  })
}
