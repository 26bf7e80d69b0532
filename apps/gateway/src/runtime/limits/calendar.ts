// Calendar days and months of a time zone: where the period at hand begins and ends.

export interface Period {
  /** `2026-11-21` or `2026-11`. */
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

const hourMs = 3_600_000

/** A function that knows the period of a moment and computes it only when a new one begins. */
export function createCalendar(period: 'day' | 'month', timeZone: string): (nowMs: number) => Period {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  // en-CA writes 2026-11-21, which sorts by time.
  const nameOf = (ms: number) => format.format(ms).slice(0, period === 'day' ? 10 : 7)
  const longestMs = (period === 'day' ? 2 : 33) * 24 * hourMs
  let current: Period | null = null

  /** First moment at or after `fromMs` whose name is no longer the one before; names only grow with time. */
  function nextBoundary(fromMs: number): number {
    const name = nameOf(fromMs)
    let low = fromMs
    let high = fromMs + longestMs
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (nameOf(middle) > name) high = middle
      else low = middle
    }
    return high
  }

  return function periodAt(nowMs) {
    if (current && nowMs >= current.startMs && nowMs < current.endMs) return current
    const now = Math.floor(nowMs)
    const endMs = nextBoundary(now)
    current = { name: nameOf(now), startMs: now, endMs }
    return current
  }
}
