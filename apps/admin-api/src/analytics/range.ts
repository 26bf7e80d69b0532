// What a question ranges over: from when to when, in steps of what size, and which table knows it. Decided here and only here.
import { refuseField } from '../refusal.ts'

export type Source = 'raw' | 'minute' | 'hour' | 'day'

export interface Range {
  readonly source: Source
  /** Aligned to buckets: the numbers are of exactly this time. */
  readonly from: Date
  readonly to: Date
  readonly bucketSeconds: number
  /** Buckets of a day begin at midnight here. */
  readonly timeZone: string
}

/** How long each table keeps a tenant's rows, days. */
export interface Retention {
  readonly rawDays: number
  readonly minuteDays: number
  readonly hourDays: number
}

const minute = 60
const hour = 3_600
const day = 86_400

const bucketSizes = [
  ...[1, 5, 10, 30],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  day,
]

/** More points than a chart has pixels to show. */
export const pointsMax = 600

/** The longest ranges worth answering from single requests, minutes and hours: beyond, the coarser table has points enough. */
const rawSecondsMax = 15 * minute
const minuteSecondsMax = 2 * day
const hourSecondsMax = 31 * day

const units: Readonly<Record<string, number>> = { s: 1, m: minute, h: hour, d: day, w: 7 * day }

/** RFC 3339, or `now`, `now-6h`, `now-7d`. */
export function parseMoment(text: string, now: Date, pointer: string): Date {
  const [, amount, unit] = /^now(?:-(\d{1,6})([smhdw]))?$/.exec(text) ?? []
  if (text === 'now') return now
  if (amount !== undefined && unit !== undefined) {
    return new Date(now.getTime() - Number(amount) * (units[unit] ?? 0) * 1000)
  }
  const isInstant = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(
    text,
  )
  const moment = isInstant ? new Date(text) : new Date(Number.NaN)
  if (Number.isNaN(moment.getTime())) {
    refuseField('invalid_input', pointer, 'Use a time such as 2026-11-21T09:00:00Z, now, now-6h or now-7d')
  }
  return moment
}

export function resolveRange(
  input: { readonly from: string; readonly to: string },
  now: Date,
  retention: Retention,
  timeZone: string,
): Range {
  const from = parseMoment(input.from, now, '/from')
  const to = parseMoment(input.to, now, '/to')
  const seconds = (to.getTime() - from.getTime()) / 1000
  if (seconds <= 0) refuseField('invalid_input', '/to', 'The end must be after the start')
  if (seconds > (pointsMax - 1) * day)
    refuseField('invalid_input', '/from', `At most ${pointsMax - 1} days at once`)
  const ageDays = (now.getTime() - from.getTime()) / 1000 / day
  const finest = finestSize(seconds, ageDays, retention)
  const bucketSeconds = bucketSizes.find((size) => size >= finest && seconds / size <= pointsMax - 1) ?? day
  return {
    source: sourceOf(bucketSeconds, timeZone, ageDays, retention),
    bucketSeconds,
    timeZone,
    from: startOfBucket(from, bucketSeconds, timeZone),
    to: endOfBucket(to, bucketSeconds, timeZone),
  }
}

/** Seconds of the smallest bucket that is still known, and worth while, for a range of this length and age. */
function finestSize(seconds: number, ageDays: number, retention: Retention): number {
  if (seconds <= rawSecondsMax && ageDays < retention.rawDays) return 1
  if (seconds <= minuteSecondsMax && ageDays < retention.minuteDays) return minute
  return seconds <= hourSecondsMax && ageDays < retention.hourDays ? hour : day
}

function sourceOf(bucketSeconds: number, timeZone: string, ageDays: number, retention: Retention): Source {
  if (bucketSeconds < minute) return 'raw'
  if (bucketSeconds < hour) return 'minute'
  if (bucketSeconds < day) return 'hour'
  // Days in Postgres are those of UTC; elsewhere a day is made of hours, as long as they are kept.
  return timeZone === 'UTC' || ageDays >= retention.hourDays ? 'day' : 'hour'
}

function startOfBucket(moment: Date, bucketSeconds: number, timeZone: string): Date {
  if (bucketSeconds === day) return startOfDay(moment, timeZone)
  const sizeMs = bucketSeconds * 1000
  return new Date(Math.floor(moment.getTime() / sizeMs) * sizeMs)
}

function endOfBucket(moment: Date, bucketSeconds: number, timeZone: string): Date {
  const start = startOfBucket(moment, bucketSeconds, timeZone)
  return start.getTime() === moment.getTime() ? moment : nextBucket(start, bucketSeconds, timeZone)
}

function nextBucket(start: Date, bucketSeconds: number, timeZone: string): Date {
  // Days have 23 to 25 hours: a moment well inside the next one has its start.
  if (bucketSeconds === day) return startOfDay(new Date(start.getTime() + 36 * hour * 1000), timeZone)
  return new Date(start.getTime() + bucketSeconds * 1000)
}

/** Starts of all buckets of a range: what a chart shows even where nothing happened. */
export function bucketStarts({ from, to, bucketSeconds, timeZone }: Range): Date[] {
  const starts: Date[] = []
  for (let at = from; at < to; at = nextBucket(at, bucketSeconds, timeZone)) starts.push(at)
  return starts
}

/** The period of the same length just before. */
export function previousRange(range: Range): Range {
  return { ...range, from: new Date(2 * range.from.getTime() - range.to.getTime()), to: range.from }
}

/** Midnight before `moment` on the wall clock of a time zone. */
export function startOfDay(moment: Date, timeZone: string): Date {
  const dayStart = Math.floor((moment.getTime() + offsetMs(moment, timeZone)) / (day * 1000)) * day * 1000
  // The offset at midnight may be another one than at the moment: look again from there.
  const guess = new Date(dayStart - offsetMs(moment, timeZone))
  return new Date(dayStart - offsetMs(guess, timeZone))
}

/** Milliseconds that the wall clock of a time zone is ahead of UTC. */
function offsetMs(moment: Date, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const parts = wallClock(timeZone).formatToParts(moment)
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  const wall = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
  return wall - Math.floor(moment.getTime() / 1000) * 1000
}

const wallClocks = new Map<string, Intl.DateTimeFormat>()

/** Making one costs a millisecond; there are as many as time zones. */
function wallClock(timeZone: string): Intl.DateTimeFormat {
  const made = wallClocks.get(timeZone)
  if (made) return made
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  wallClocks.set(timeZone, format)
  return format
}
