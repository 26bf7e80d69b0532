// Calendar hours, days, weeks and months of a time zone: where the period at hand ends, and what its counters are called.

export const calendarPeriods = ['hour', 'day', 'week', 'month'] as const
export type CalendarPeriod = (typeof calendarPeriods)[number]

export interface Period {
  /** `2026-11-21T13+01:00`, `2026-11-21`, `w2026-11-16` (the Monday of the week) or `2026-11`. */
  readonly name: string
  readonly startMs: number
  readonly endMs: number
}

const dayMs = 24 * 3_600_000
// Longer than any period of the kind, and shorter than two of them.
const longestMs = { hour: 1.5 * 3_600_000, day: 1.5 * dayMs, week: 8 * dayMs, month: 33 * dayMs } as const

/** A function that knows the period of a moment and computes it only when a new one begins. */
export function createCalendar(period: CalendarPeriod, timeZone: string): (nowMs: number) => Period {
  const nameOf = createNames(period, timeZone)
  let current: Period | null = null

  /** First moment after `fromMs` that has another name; within one period's length no name comes back. */
  function nextBoundary(fromMs: number): number {
    const name = nameOf(fromMs)
    let low = fromMs
    let high = fromMs + longestMs[period]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (nameOf(middle) === name) low = middle
      else high = middle
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

function createNames(period: CalendarPeriod, timeZone: string): (ms: number) => string {
  // en-CA writes 2026-11-21.
  const days = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  })
  switch (period) {
    case 'hour': {
      const hours = new Intl.DateTimeFormat('en-CA', {
        timeZone,
        numberingSystem: 'latn',
        hour: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'longOffset',
      })
      // The offset tells the two hours apart that have one name when clocks go back.
      return (ms) => `${days.format(ms)}T${hours.format(ms).replace(/ GMT/, '')}`
    }
    case 'day':
      return (ms) => days.format(ms)
    case 'week':
      return (ms) => `w${mondayOf(days.format(ms))}`
    case 'month':
      return (ms) => days.format(ms).slice(0, 7)
  }
}

/** Weeks begin on Monday (ISO 8601). */
function mondayOf(date: string): string {
  const ms = Date.parse(`${date}T00:00:00Z`)
  const sinceMonday = (new Date(ms).getUTCDay() + 6) % 7
  return new Date(ms - sinceMonday * dayMs).toISOString().slice(0, 10)
}
