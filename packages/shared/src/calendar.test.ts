// Calendar: periods follow the wall clock of the tenant, through changes of daylight saving time.
import { describe, expect, it } from 'vitest'
import { createCalendar } from './calendar.ts'

describe('B6: quotas reset at the boundary of the tenant’s calendar', () => {
  it.each([
    ['day', 'UTC', '2026-11-21T13:00:00Z', '2026-11-21', '2026-11-22T00:00:00Z'],
    ['day', 'Europe/Berlin', '2026-11-21T23:30:00Z', '2026-11-22', '2026-11-22T23:00:00Z'],
    ['day', 'Asia/Kolkata', '2026-11-21T18:29:59Z', '2026-11-21', '2026-11-21T18:30:00Z'],
    ['day', 'America/New_York', '2026-03-08T04:59:00Z', '2026-03-07', '2026-03-08T05:00:00Z'],
    // 23 hours long: clocks go forward.
    ['day', 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-08', '2026-03-09T04:00:00Z'],
    // Midnight does not exist: the day begins at one.
    ['day', 'Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-23', '2026-04-23T22:00:00Z'],
    ['month', 'UTC', '2026-11-21T13:00:00Z', '2026-11', '2026-12-01T00:00:00Z'],
    ['month', 'Pacific/Auckland', '2026-12-31T12:00:00Z', '2027-01', '2027-01-31T11:00:00Z'],
    ['hour', 'UTC', '2026-11-21T13:10:00Z', '2026-11-21T13+00:00', '2026-11-21T14:00:00Z'],
    ['hour', 'Asia/Kolkata', '2026-11-21T13:10:00Z', '2026-11-21T18+05:30', '2026-11-21T13:30:00Z'],
    // Clocks go back: the hour from two to three comes twice, and each has a counter of its own.
    ['hour', 'Europe/Berlin', '2026-10-25T00:59:59Z', '2026-10-25T02+02:00', '2026-10-25T01:00:00Z'],
    ['hour', 'Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25T02+01:00', '2026-10-25T02:00:00Z'],
    // By half an hour.
    ['hour', 'Australia/Lord_Howe', '2026-04-04T15:15:00Z', '2026-04-05T01+10:30', '2026-04-04T15:30:00Z'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', '2026-10-25T23:00:00Z'],
    ['week', 'UTC', '2026-11-22T23:59:59Z', 'w2026-11-16', '2026-11-23T00:00:00Z'],
    // An hour shorter, an hour longer, and over the end of a year.
    ['week', 'Europe/Berlin', '2026-03-29T12:00:00Z', 'w2026-03-23', '2026-03-29T22:00:00Z'],
    ['week', 'America/New_York', '2026-11-01T12:00:00Z', 'w2026-10-26', '2026-11-02T05:00:00Z'],
    ['week', 'UTC', '2027-01-01T12:00:00Z', 'w2026-12-28', '2027-01-04T00:00:00Z'],
    ['month', 'America/Los_Angeles', '2026-03-01T07:59:59Z', '2026-02', '2026-03-01T08:00:00Z'],
  ] as const)('%s in %s at %s is %s and ends at %s', (period, timeZone, now, name, end) => {
    const { name: actual, endMs } = createCalendar(period, timeZone)(Date.parse(now))
    expect([actual, new Date(endMs).toISOString()]).toEqual([name, new Date(end).toISOString()])
  })

  it('goes on to the next period by itself', () => {
    const periodAt = createCalendar('day', 'UTC')
    const noon = Date.parse('2026-11-21T12:00:00Z')
    expect(periodAt(noon).name).toBe('2026-11-21')
    expect(periodAt(noon + 11 * 3_600_000).name).toBe('2026-11-21')
    expect(periodAt(noon + 12 * 3_600_000).name).toBe('2026-11-22')
  })
})
