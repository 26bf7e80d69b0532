import { describe, expect, test } from 'vitest'
import { bucketStarts, parseMoment, pointsMax, previousRange, resolveRange, startOfDay } from './range.ts'

const now = new Date('2026-11-21T13:07:42.500Z')
const retention = { rawDays: 7, minuteDays: 30, hourDays: 395 }
const resolve = (from: string, to = 'now', timeZone = 'UTC') =>
  resolveRange({ from, to }, now, retention, timeZone)

describe('moments', () => {
  test.each([
    ['now', '2026-11-21T13:07:42.500Z'],
    ['now-90s', '2026-11-21T13:06:12.500Z'],
    ['now-6h', '2026-11-21T07:07:42.500Z'],
    ['now-2w', '2026-11-07T13:07:42.500Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['2026-11-20T10:00:00+01:00', '2026-11-20T09:00:00.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(parseMoment(text, now, '/from').toISOString()).toBe(iso)
  })

  test.each(['', 'yesterday', 'now+1h', 'now-1y', '1732190862', '2026-13-01', 'now-6h; DROP TABLE'])(
    '"%s" is refused with a pointer',
    (text) => {
      expect(() => parseMoment(text, now, '/from')).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      )
    },
  )
})

describe('range', () => {
  test.each([
    ['now-15m', 'raw', 5],
    ['now-1h', 'minute', 60],
    ['now-6h', 'minute', 60],
    ['now-24h', 'minute', 300],
    ['now-2d', 'minute', 300],
    ['now-7d', 'hour', 3600],
    ['now-30d', 'hour', 7200],
    ['now-90d', 'day', 86_400],
    ['now-400d', 'day', 86_400],
  ])('%s is answered from %s in steps of %d s', (from, source, bucketSeconds) => {
    expect(resolve(from)).toMatchObject({ source, bucketSeconds })
  })

  test('what a table no longer keeps is asked of the next coarser one', () => {
    const day = (from: string, to: string) => resolve(from, to)
    expect(day('now-10d', 'now-239h')).toMatchObject({ source: 'minute' })
    expect(day('now-35d', 'now-34d')).toMatchObject({ source: 'hour', bucketSeconds: 3600 })
    expect(day('now-400d', 'now-399d')).toMatchObject({ source: 'day' })
  })

  test('whatever is asked, there are at most 600 points, and they fill the range without a gap', () => {
    for (let minutes = 1; minutes < 599 * 1440; minutes = Math.ceil(minutes * 1.13)) {
      const range = resolve(`now-${minutes}m`)
      const starts = bucketStarts(range)
      expect(starts.length, `${minutes} minutes`).toBeLessThanOrEqual(pointsMax)
      expect(starts[0]).toEqual(range.from)
      expect(range.to.getTime()).toBeGreaterThanOrEqual(now.getTime())
      expect((range.to.getTime() - range.from.getTime()) / 1000).toBe(starts.length * range.bucketSeconds)
    }
  })

  test('the previous period is as long and ends where this one begins', () => {
    const range = resolve('now-24h')
    const before = previousRange(range)
    expect(before.to).toEqual(range.from)
    expect(before.to.getTime() - before.from.getTime()).toBe(range.to.getTime() - range.from.getTime())
  })

  test('an end before the start, and more than 599 days, are refused', () => {
    expect(() => resolve('now', 'now-1h')).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => resolve('now-600d')).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  test('days of a tenant begin at its own midnight, also when clocks change', () => {
    const range = resolveRange(
      { from: '2025-11-01', to: '2026-11-21' },
      now,
      { ...retention, hourDays: 500 },
      'Europe/Berlin',
    )
    expect(range).toMatchObject({ source: 'hour', bucketSeconds: 86_400 })
    const starts = bucketStarts(range).map((at) => at.toISOString())
    expect(starts).toContain('2026-03-28T23:00:00.000Z')
    expect(starts).toContain('2026-03-29T22:00:00.000Z')
    expect(new Set(starts).size).toBe(starts.length)
  })

  test.each([
    ['UTC', '2026-11-21T00:00:00.000Z'],
    ['Asia/Kolkata', '2026-11-20T18:30:00.000Z'],
    ['America/Los_Angeles', '2026-11-21T08:00:00.000Z'],
    ['Pacific/Auckland', '2026-11-21T11:00:00.000Z'],
  ])('midnight in %s is %s', (timeZone, iso) => {
    expect(startOfDay(now, timeZone).toISOString()).toBe(iso)
  })
})
