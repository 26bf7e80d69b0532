import { type Priority, priorities } from '@gatewright/shared/policies/policy'
import { describe, expect, it } from 'vitest'
import { Overload, rankOf } from './overload.ts'

const targetMs = 50

/**
 * A worker as a queue: everything that arrived while the loop went round is handled in the next round. What is admitted costs
 * 0.1 ms (10,000 requests a second), what is refused a fifth of that. No clock but its own.
 */
function simulate(
  perSecond: Partial<Record<Priority, number>>,
  seconds: number,
  { overload = new Overload(targetMs), from = 0 } = {},
) {
  const owed = priorities.map(() => 0)
  const came = priorities.map(() => 0)
  const admitted = priorities.map(() => 0)
  const rounds: number[] = []
  let nowMs = from * 1_000
  let roundMs = 1
  let sampledAt = nowMs
  while (nowMs < (from + seconds) * 1_000) {
    let costMs = 0.5
    priorities.forEach((priority, rank) => {
      owed[rank] = (owed[rank] as number) + ((perSecond[priority] ?? 0) * roundMs) / 1_000
      for (; (owed[rank] as number) >= 1; owed[rank] = (owed[rank] as number) - 1) {
        const isAdmitted = overload.admits(rank)
        costMs += isAdmitted ? 0.1 : 0.02
        came[rank] = (came[rank] as number) + 1
        if (isAdmitted) admitted[rank] = (admitted[rank] as number) + 1
      }
    })
    roundMs = costMs
    nowMs += roundMs
    rounds.push(roundMs)
    if (nowMs - sampledAt >= 25) {
      overload.sample(Math.max(0, nowMs - sampledAt - 25), nowMs)
      sampledAt = nowMs
    }
  }
  const shareOf = (priority: Priority) =>
    (admitted[rankOf(priority)] as number) / (came[rankOf(priority)] as number)
  return { shareOf, overload, tail: rounds.slice(Math.floor(rounds.length / 2)) }
}

describe('an overloaded worker', () => {
  it.each([1.2, 2, 4])('stays fast for what it admits at %s times its capacity', (factor) => {
    const { tail, shareOf } = simulate({ normal: 10_000 * factor }, 60)
    expect(Math.max(...tail)).toBeLessThan(targetMs * 5)
    expect(tail.reduce((sum, ms) => sum + ms, 0) / tail.length).toBeLessThan(targetMs * 5)
    // And busy: it does not refuse what it could have done.
    const possible = (1 - 0.2 * factor) / (0.8 * factor)
    expect(shareOf('normal')).toBeGreaterThan(Math.max(0.01, possible * 0.75))
  })

  it('refuses the lowest priority first, and the highest not at all while that is enough', () => {
    const { shareOf } = simulate({ critical: 1_000, high: 2_000, normal: 4_000, low: 10_000 }, 60)
    expect(shareOf('critical')).toBe(1)
    expect(shareOf('high')).toBe(1)
    expect(shareOf('normal')).toBeGreaterThan(0.9)
    expect(shareOf('low')).toBeLessThan(0.4)
  })

  it('takes from the next one when the lowest is not enough', () => {
    const { shareOf } = simulate({ critical: 2_000, normal: 16_000, low: 2_000 }, 60)
    // But for the moment in which nobody knew yet how much there is.
    expect(shareOf('critical')).toBeGreaterThan(0.98)
    expect(shareOf('low')).toBeLessThan(0.1)
    expect(shareOf('normal')).toBeLessThan(0.8)
  })

  it('admits everything again when the load is gone', () => {
    const { overload } = simulate({ normal: 30_000 }, 20)
    expect(overload.state.shed).toBeGreaterThan(0.3)
    const { shareOf } = simulate({ normal: 5_000 }, 20, { overload, from: 20 })
    expect(overload.state.shed).toBe(0)
    expect(shareOf('normal')).toBeGreaterThan(0.7)
  })
})

describe('a worker that keeps up', () => {
  it('refuses nothing at nine tenths of its capacity', () => {
    expect(simulate({ normal: 9_000 }, 30).shareOf('normal')).toBe(1)
  })

  it('takes a pause for what it is: one late round is no queue', () => {
    const overload = new Overload(targetMs)
    for (let nowMs = 0; nowMs < 10_000; nowMs += 25) {
      overload.sample(nowMs % 250 === 0 ? 200 : 1, nowMs)
      expect(overload.admits(rankOf('low'))).toBe(true)
    }
  })
})

it('a request that turns out to be worth less counts for what it is', () => {
  const overload = new Overload(targetMs)
  // All callers might have been of a high plan; a tenth were.
  for (let nowMs = 0; nowMs < 5_000; nowMs += 25) {
    for (let i = 0; i < 10; i++) {
      if (overload.admits(rankOf('high')) && i > 0) overload.stillAdmits(rankOf('normal'), rankOf('high'))
    }
    overload.sample(targetMs * 1.5, nowMs)
  }
  const { refused } = overload.state
  expect(refused[rankOf('normal')]).toBeGreaterThan(500)
  expect(refused[rankOf('high')]).toBeLessThan((refused[rankOf('normal')] as number) / 4)
})
