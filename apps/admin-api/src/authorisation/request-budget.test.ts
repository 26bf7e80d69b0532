import { expect, it } from 'vitest'
import { Clock } from '../infra/clock.ts'
import { addressAsker, RequestBudget } from './request-budget.ts'

class SetClock extends Clock {
  ms = 0
  override now(): Date {
    return new Date(this.ms)
  }
}

it('C3 counts each asker by itself, tells how long to wait, and begins anew with the minute', () => {
  const clock = new SetClock()
  const budget = new RequestBudget({ TOKEN_REQUESTS_PER_MINUTE: 2 } as never, clock)
  clock.ms = 15_000
  expect([budget.take('a'), budget.take('a'), budget.take('a')]).toEqual([null, null, 45])
  expect(budget.take('b')).toBeNull()
  expect([budget.take('c', 2), budget.take('c', 2), budget.take('c', 2)]).toEqual([null, null, null])
  clock.ms = 60_000
  expect(budget.take('a')).toBeNull()
})

it('C3 takes the networks that one holder of IPv6 addresses has for one asker, and every IPv4 address for another', () => {
  expect(addressAsker('203.0.113.9')).toBe('203.0.113.9')
  expect(addressAsker('::ffff:203.0.113.9')).toBe('::ffff:203.0.113.9')
  expect(addressAsker('2001:db8:1:2::1')).toBe(addressAsker('2001:db8:1:2:ffff:0:0:9'))
  expect(addressAsker('2001:db8::1')).toBe('2001:db8:0:0')
  expect(addressAsker('2001:db8:1:3::1')).not.toBe(addressAsker('2001:db8:1:2::1'))
})
