import { expect, test } from 'vitest'
import { spanOf, startOf } from './span.ts'

const now = new Date(2026, 10, 21, 8, 30)

test('a span begins at midnight where the reader is', () => {
  expect(startOf('today', now)).toBe(new Date(2026, 10, 21).toISOString())
  expect(startOf('week', now)).toBe(new Date(2026, 10, 15).toISOString())
  expect(startOf('all', now)).toBeUndefined()
})

test('what was picked is recognised; a link of another day is shown as what it is', () => {
  for (const span of ['today', 'week', 'quarter'] as const)
    expect(spanOf({ from: startOf(span, now) }, now)).toBe(span)
  expect(spanOf({}, now)).toBe('all')
  expect(spanOf({ from: startOf('week', now) }, new Date(2026, 10, 22))).toBe('other')
  expect(spanOf({ from: startOf('today', now), to: now.toISOString() }, now)).toBe('other')
  expect(spanOf({ to: now.toISOString() }, now)).toBe('other')
})
