// Hour and weekday where a team lives: what rules about working hours ask.

export interface LocalTime {
  readonly hour: number
  readonly minute: number
  /** 1 = Monday, 7 = Sunday (ISO 8601). */
  readonly weekday: number
  /** YYYY-MM-DD. */
  readonly date: string
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** A clock for one time zone (IANA name). What a minute reads is worked out once while it lasts. */
export function createLocalClock(timeZone: string): (nowMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  })
  let minuteAt = Number.NaN
  let known: LocalTime = { hour: 0, minute: 0, weekday: 1, date: '' }

  return function localTime(nowMs) {
    const minute = Math.floor(nowMs / 60_000)
    if (minute === minuteAt) return known
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
    for (const { type, value } of format.formatToParts(nowMs)) parts[type] = value
    known = {
      hour: Number(parts.hour),
      minute: Number(parts.minute),
      weekday: weekdays.indexOf(parts.weekday ?? '') + 1,
      date: `${parts.year}-${parts.month}-${parts.day}`,
    }
    minuteAt = minute
    return known
  }
}
