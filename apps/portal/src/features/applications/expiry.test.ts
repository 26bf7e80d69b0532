import { expect, test } from 'vitest'
import { untilNextEnd } from './expiry.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const key = (expiresAt: string | null, state = 'active') => ({ state, expiresAt })

test('J9: keys are asked for again just after the next of them ends', () => {
  const keys = [key(null), key('2026-11-21T13:00:00Z'), key('2026-11-21T12:05:00Z')]
  expect(untilNextEnd(keys, now)).toBe(5 * 60_000 + 1_000)
})

test('an active key whose end has passed here is asked for again soon: the server’s clock may be behind', () => {
  expect(untilNextEnd([key('2026-11-21T11:59:59Z')], now)).toBe(1_000)
})

test('keys without an end, and those that ended, ask for nothing', () => {
  expect(untilNextEnd([key(null), key('2026-11-21T11:00:00Z', 'expired')], now)).toBe(false)
})

test('a far end does not overflow a timer', () => {
  expect(untilNextEnd([key('2027-11-21T12:00:00Z')], now)).toBe(86_400_000)
})
