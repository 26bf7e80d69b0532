import { expect, test } from 'vitest'
import { timeTicks } from './time-axis.ts'

test('ticks are round and not too many', () => {
  const from = Date.parse('2026-11-21T00:07:00Z')
  const ticks = timeTicks(from, from + 86_400_000, 6, 0)
  expect(ticks.length).toBeLessThanOrEqual(7)
  expect(ticks.every((tick) => new Date(tick).getUTCMinutes() === 0)).toBe(true)
})

test('a range of nothing has one tick', () => {
  expect(timeTicks(5, 5, 6, 0)).toEqual([5])
})
