import { expect, test } from 'vitest'
import { createFormat } from './format.ts'

const format = createFormat('en', 'UTC')

test('durations pick the unit that reads best', () => {
  expect(format.duration(0.42)).toBe('420 µs')
  expect(format.duration(12.34)).toBe('12.3 ms')
  expect(format.duration(1_500)).toBe('1.5 s')
  expect(format.duration(90_000)).toBe('1.5 min')
  expect(format.duration(0)).toBe('0 µs')
})

test('a number that rounds up to the next unit is written in it', () => {
  expect(format.duration(999.9)).toBe('1 s')
  expect(format.duration(59_990)).toBe('1 min')
  expect(format.bytes(999_900)).toBe('1 MB')
  const now = new Date('2026-11-21T12:00:00Z')
  expect(format.ago('2026-11-21T12:59:50Z', now)).toBe('in 1 hour')
  expect(format.ago('2026-11-21T11:59:00.400Z', now)).toBe('1 minute ago')
})

test('a moment is written on the clock of the logs', () => {
  expect(format.dateTime('2026-11-21T15:04:00Z')).toBe('Nov 21, 2026, 15:04')
})

test('bytes use decimal units', () => {
  expect(format.bytes(999)).toBe('999 B')
  expect(format.bytes(1_536)).toBe('1.54 kB')
  expect(format.bytes(104_857_600)).toBe('105 MB')
})

test('relative times turn into dates after a month', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  expect(format.ago('2026-11-21T11:57:00Z', now)).toBe('3 minutes ago')
  expect(format.ago('2026-08-01T00:00:00Z', now)).toBe('Aug 1, 2026')
})
