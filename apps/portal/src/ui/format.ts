// Numbers, bytes, durations and times as people read them, in the language of the UI.

import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

export interface Format {
  /** 12,403 */
  count(value: number): string
  /** 12.4K, for axes and stats. */
  compact(value: number): string
  /** 0.031 → 3.1% */
  percent(ratio: number): string
  /** 1536 → 1.5 kB (SI units, as RFC 9110 counts octets). */
  bytes(value: number): string
  /** Microseconds, milliseconds, seconds … whichever reads best; given in ms. */
  duration(ms: number): string
  date(time: string | Date): string
  dateTime(time: string | Date): string
  /** With seconds and milliseconds, for logs. */
  instant(time: string | Date): string
  /** "3 minutes ago" */
  ago(time: string | Date, now?: Date): string
}

export function createFormat(language: string, timeZone?: string): Format {
  const zone = timeZone ? { timeZone } : {}
  const count = new Intl.NumberFormat(language)
  const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 })
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 })
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...zone })
  // One clock everywhere: logs and axes have no room for AM and PM.
  const dateTime = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    hourCycle: 'h23',
    ...zone,
  })
  const instant = new Intl.DateTimeFormat(language, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    ...zone,
  })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const at = (time: string | Date) => (typeof time === 'string' ? new Date(time) : time)
  return {
    count: (value) => count.format(value),
    compact: (value) => compact.format(value),
    percent: (ratio) => percent.format(ratio),
    bytes(value) {
      const step = stepFor(byteSteps, value)
      return step ? `${short.format(value / step.size)} ${step.unit}` : String(value)
    },
    duration(ms) {
      const step = stepFor(durationSteps, ms)
      return step ? `${short.format(ms / step.size)} ${step.unit}` : String(ms)
    },
    date: (time) => date.format(at(time)),
    dateTime: (time) => dateTime.format(at(time)),
    instant: (time) => instant.format(at(time)),
    ago(time, now = new Date()) {
      const seconds = (at(time).getTime() - now.getTime()) / 1000
      const step = agoSteps.find(({ size, below }) => Math.round(Math.abs(seconds) / size) * size < below)
      return step ? relative.format(Math.round(seconds / step.size), step.unit) : date.format(at(time))
    },
  }
}

interface Step {
  below: number
  size: number
  unit: string
}

/** The smallest unit in which the number, as it will be written, stays below the next: 999.9 ms is 1 s. */
function stepFor(steps: readonly Step[], value: number): Step | undefined {
  const written = ({ size }: Step) => Number((Math.abs(value) / size).toPrecision(3)) * size
  return steps.find((step) => written(step) < step.below) ?? steps.at(-1)
}

const byteSteps = [
  { below: 1e3, size: 1, unit: 'B' },
  { below: 1e6, size: 1e3, unit: 'kB' },
  { below: 1e9, size: 1e6, unit: 'MB' },
  { below: 1e12, size: 1e9, unit: 'GB' },
  { below: 1e15, size: 1e12, unit: 'TB' },
]

const durationSteps = [
  { below: 1, size: 0.001, unit: 'µs' },
  { below: 1e3, size: 1, unit: 'ms' },
  { below: 6e4, size: 1e3, unit: 's' },
  { below: 3.6e6, size: 6e4, unit: 'min' },
  { below: 8.64e7, size: 3.6e6, unit: 'h' },
  { below: Number.POSITIVE_INFINITY, size: 8.64e7, unit: 'd' },
]

const agoSteps: ReadonlyArray<{ below: number; size: number; unit: Intl.RelativeTimeFormatUnit }> = [
  { below: 60, size: 1, unit: 'second' },
  { below: 3_600, size: 60, unit: 'minute' },
  { below: 86_400, size: 3_600, unit: 'hour' },
  { below: 30 * 86_400, size: 86_400, unit: 'day' },
]

export function useFormat(): Format {
  const { i18n } = useTranslation()
  return useMemo(() => createFormat(i18n.language), [i18n.language])
}
