import { expect, it } from 'vitest'
import { Clock } from '../infra/clock.ts'
import { RequestBudget } from './request-budget.ts'

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
