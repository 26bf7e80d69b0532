import { expect, test } from 'vitest'
import { createFormat } from './format.ts'

const format = createFormat('en', 'UTC')

test('durations pick the unit that reads best', () => {
  expect(format.duration(0.42)).toBe('420 µs')
  expect(format.duration(12.34)).toBe('12.3 ms')
  expect(format.duration(1_500)).toBe('1.5 s')
  expect(format.duration(90_000)).toBe('1.5 min')
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
