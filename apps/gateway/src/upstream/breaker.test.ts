import { circuitBreaker } from '@gatewright/shared/model/upstream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { Breaker } from './breaker.ts'
import { Budget } from './budget.ts'
import { RollingShare } from './rolling-share.ts'

function startBreaker(settings: Parameters<typeof circuitBreaker.parse>[0] = {}) {
  const clock = new ManualClock()
  const breaker = new Breaker(circuitBreaker.parse(settings), clock)
  /** A request that goes well or not; false when it was not let through. */
  const request = (isGood: boolean) => {
    if (breaker.admit() > 0) return false
    if (isGood) breaker.succeeded(breaker.epoch)
    else breaker.failed(breaker.epoch)
    return true
  }
  return { clock, breaker, request }
}

describe('circuit breaker', () => {
  it('A16: opens at the share of failures, of at least so many requests', () => {
    const { breaker, request } = startBreaker({ minRequests: 10, failurePercent: 50 })
    for (let i = 0; i < 9; i++) request(false)
    expect(breaker.state).toBe('closed')
    request(false)
    expect(breaker.state).toBe('open')
    expect(request(true)).toBe(false)
  })

  it('A16: what is older than its window does not count', () => {
    const { breaker, clock, request } = startBreaker({ minRequests: 10, windowMs: 1_000 })
    for (let i = 0; i < 9; i++) request(false)
    clock.advance(1_100)
    for (let i = 0; i < 9; i++) request(false)
    expect(breaker.state).toBe('closed')
  })

  it('A16: trials that do not end keep nobody else from trying for ever', () => {
    const { breaker, clock, request } = startBreaker({ minRequests: 1, openMs: 5_000, halfOpenRequests: 2 })
    request(false)
    clock.advance(5_000)
    expect([breaker.admit(), breaker.admit()]).toEqual([0, 0])
    expect(request(true)).toBe(false)
    clock.advance(5_000)
    expect([request(true), request(true)]).toEqual([true, true])
    expect(breaker.state).toBe('closed')
  })

  it('A16: says how long to stay away, then lets trials through and closes when all are good', () => {
    const { breaker, clock, request } = startBreaker({ minRequests: 1, openMs: 5_000, halfOpenRequests: 2 })
    request(false)
    expect(breaker.admit()).toBe(5_000)
    clock.advance(5_000)
    expect(breaker.admit()).toBe(0)
    expect(breaker.admit()).toBe(0)
    expect(breaker.state).toBe('half-open')
    expect(breaker.admit()).toBeGreaterThan(0)
    breaker.succeeded(breaker.epoch)
    expect(breaker.state).toBe('half-open')
    breaker.succeeded(breaker.epoch)
    expect(breaker.state).toBe('closed')
  })

  it('A16: one bad trial opens it again, and a trial that nobody waited for makes place for another', () => {
    const { breaker, clock } = startBreaker({ minRequests: 1, openMs: 100, halfOpenRequests: 1 })
    breaker.failed(breaker.epoch)
    clock.advance(100)
    expect(breaker.admit()).toBe(0)
    breaker.abandoned(breaker.epoch)
    expect(breaker.admit()).toBe(0)
    breaker.failed(breaker.epoch)
    expect(breaker.state).toBe('open')
    expect(breaker.admit()).toBe(100)
  })

  it('A16: requests of before it opened say nothing about the trials', () => {
    const { breaker, clock } = startBreaker({ minRequests: 1, openMs: 100, halfOpenRequests: 1 })
    const before = breaker.epoch
    breaker.failed(before)
    clock.advance(100)
    breaker.admit()
    breaker.succeeded(before)
    expect(breaker.state).toBe('half-open')
    breaker.failed(before)
    expect(breaker.state).toBe('half-open')
  })
})

describe('rolling share', () => {
  it('counts what a list of times counts, to a tenth of the window', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), isPart: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const share = new RollingShare(1_000, 0)
        const events: { atMs: number; isPart: boolean }[] = []
        let nowMs = 0
        for (const { afterMs, isPart } of steps) {
          nowMs += afterMs
          share.addWhole(nowMs)
          if (isPart) share.addPart(nowMs)
          events.push({ atMs: nowMs, isPart })
          // A slice falls off as a whole: the window is between nine and ten slices long.
          const sinceMs = (Math.floor(nowMs / 100) - 9) * 100
          const counted = events.filter(({ atMs }) => atMs >= sinceMs)
          expect(share.whole).toBe(counted.length)
          expect(share.part).toBe(counted.filter((it) => it.isPart).length)
        }
      }),
    )
  })
})

describe('budget', () => {
  it('A17: gives a share of the requests of the last 10 s, and a few where there are hardly any', () => {
    const clock = new ManualClock()
    const budget = new Budget(20, clock)
    const takeAll = () => {
      let taken = 0
      while (budget.take()) taken++
      return taken
    }
    expect(takeAll()).toBe(10)
    for (let i = 0; i < 100; i++) budget.request()
    expect(takeAll()).toBe(10)
    clock.advance(11_000)
    expect(takeAll()).toBe(10)
  })
})
