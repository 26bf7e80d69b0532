import type { Balancing } from '@gatewright/shared/model/upstream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../testing/manual-clock.ts'
import { createPick } from './balance.ts'
import type { Caller } from './call.ts'
import { Target } from './target.ts'

const roundRobin: Balancing = { algorithm: 'round-robin' }
const nobody: Caller = { clientAddress: '192.0.2.1', principal: null, header: () => undefined }

function targetsOf(weights: readonly number[]): Target[] {
  const client = {
    start() {
      throw new Error('never called')
    },
  }
  return weights.map((weight, i) => {
    const url = `http://10.0.0.${i}`
    const facts = { url, hostName: null, region: null, source: 'settings' } as const
    return new Target(facts, { client, authority: String(i), pathPrefix: '' }, weight, 0)
  })
}

function countsOf(weights: readonly number[], picks: number, balancing = roundRobin): number[] {
  const pick = createPick(balancing, targetsOf(weights), new ManualClock())
  const counts = weights.map(() => 0)
  for (let i = 0; i < picks; i++) {
    const at = Number(pick(nobody)?.authority)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

const from = (clientAddress: string): Caller => ({ ...nobody, clientAddress })

describe('round robin', () => {
  it('A8: gives three equal targets a third of 300 requests each', () => {
    expect(countsOf([1, 1, 1], 300)).toEqual([100, 100, 100])
  })

  it('A8: follows weights exactly over each cycle', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        expect(countsOf(weights, total)).toEqual(weights)
      }),
    )
  })

  it('spreads a heavy target over the cycle', () => {
    const pick = createPick(roundRobin, targetsOf([5, 1, 1]), new ManualClock())
    const names = Array.from({ length: 14 }, () => pick(nobody)?.authority).join('')
    expect(`${names}${names}`).not.toContain('0000000')
    expect(names).not.toMatch(/11|22/)
  })

  it('follows weights that share no divisor', () => {
    const weights = [1000, 999, 997, 991]
    expect(countsOf(weights, 3_987)).toEqual(weights)
  })

  it('gives nothing when no target may be used', () => {
    expect(createPick(roundRobin, [], new ManualClock())(nobody)).toBeNull()
  })
})

/** A service as queueing theory has it: each target takes its time for a request, a fixed number of them run at once. */
function simulate(balancing: Balancing, weights: readonly number[], durationsMs: readonly number[]) {
  const clock = new ManualClock()
  const targets = targetsOf(weights)
  const pick = createPick(balancing, targets, clock)
  const counts = weights.map(() => 0)
  let left = 1_000
  function next(): void {
    if (left-- <= 0) return
    const target = pick(nobody) as Target
    const at = Number(target.authority)
    const startedMs = clock.nowMs()
    counts[at] = (counts[at] ?? 0) + 1
    target.load.open++
    clock.after(durationsMs[at] as number, () => {
      target.load.open--
      target.latency.observe(clock.nowMs() - startedMs, clock.nowMs())
      next()
    })
  }
  for (let i = 0; i < 50; i++) next()
  clock.advance(1_000_000)
  return counts
}

describe('least connections', () => {
  const leastConnections: Balancing = { algorithm: 'least-connections' }

  it('A9: gives a target that is ten times slower less than a fifth of 1,000 requests, 50 at a time', () => {
    const [slow = 0, ...others] = simulate(leastConnections, [1, 1, 1], [100, 10, 10])
    expect(slow).toBeLessThan(200)
    expect(slow).toBeGreaterThan(0)
    expect(Math.abs((others[0] as number) - (others[1] as number))).toBeLessThan(100)
  })

  it('gives idle targets their turns by weight, and busy ones open requests by weight', () => {
    expect(countsOf([3, 1], 40, leastConnections)).toEqual([30, 10])
    const [heavy = 0, light = 0] = simulate(leastConnections, [3, 1], [10, 10])
    expect(heavy / light).toBeCloseTo(3, 0)
  })
})

describe('the faster of two', () => {
  const peakEwma: Balancing = { algorithm: 'peak-ewma' }

  it('A9: leaves a target that is ten times slower to those that wait least', () => {
    const [slow = 0] = simulate(peakEwma, [1, 1, 1], [100, 10, 10])
    expect(slow).toBeLessThan(200)
    expect(slow).toBeGreaterThan(0)
  })

  it('shares between equal ones', () => {
    for (const count of simulate(peakEwma, [1, 1, 1, 1], [10, 10, 10, 10])) expect(count).toBeGreaterThan(180)
  })
})

describe('consistent hash', () => {
  const onAddress: Balancing = { algorithm: 'hash', on: 'address', name: null }
  const addresses = Array.from({ length: 4_000 }, (_, i) => `10.${i >> 8}.${i & 255}.7`)
  const homes = (targets: readonly Target[]) => {
    const pick = createPick(onAddress, targets, new ManualClock())
    return addresses.map((address) => pick(from(address))?.authority)
  }

  it('A10: leads one client address to the same target always', () => {
    const targets = targetsOf([1, 1, 1, 1])
    const mixed = [...targets].reverse()
    expect(homes(targets)).toEqual(homes(mixed))
  })

  it('A10: moves only the clients of a target that goes, about a quarter of four', () => {
    const targets = targetsOf([1, 1, 1, 1])
    const before = homes(targets)
    const after = homes(targets.slice(0, 3))
    const moved = addresses.filter((_, i) => before[i] !== after[i])
    expect(moved.length / addresses.length).toBeGreaterThan(0.22)
    expect(moved.length / addresses.length).toBeLessThan(0.28)
    for (const [i, home] of before.entries()) if (home !== '3') expect(after[i]).toBe(home)
  })

  it('A10: follows weights', () => {
    const heavy = homes(targetsOf([3, 1])).filter((home) => home === '0').length
    expect(heavy / addresses.length).toBeGreaterThan(0.72)
    expect(heavy / addresses.length).toBeLessThan(0.78)
  })

  it('A10: stays by a header, a cookie or the application', () => {
    const targets = targetsOf([1, 1, 1, 1])
    const distinct = (balancing: Balancing, callers: readonly Caller[]) => {
      const pick = createPick(balancing, targets, new ManualClock())
      return new Set(callers.map((caller) => pick(caller)?.authority)).size
    }
    const named = (name: string, value: string, clientAddress: string): Caller => ({
      clientAddress,
      principal: null,
      header: (asked) => (asked === name ? value : undefined),
    })
    const application = (applicationId: string, clientAddress: string): Caller => ({
      ...from(clientAddress),
      principal: { applicationId },
    })
    const twenty = addresses.slice(0, 20)
    const byHeader: Balancing = { algorithm: 'hash', on: 'header', name: 'X-Session' }
    const byCookie: Balancing = { algorithm: 'hash', on: 'cookie', name: 'sid' }
    const byPrincipal: Balancing = { algorithm: 'hash', on: 'principal', name: null }
    expect(
      distinct(
        byHeader,
        twenty.map((it) => named('x-session', 'a', it)),
      ),
    ).toBe(1)
    expect(
      distinct(
        byHeader,
        twenty.map((it) => named('x-session', it, it)),
      ),
    ).toBe(4)
    expect(
      distinct(
        byCookie,
        twenty.map((it) => named('cookie', `lang=de; sid=7; x=${it}`, it)),
      ),
    ).toBe(1)
    expect(
      distinct(
        byCookie,
        twenty.map((it) => named('cookie', `sid=${it}`, 'one')),
      ),
    ).toBe(4)
    expect(
      distinct(
        byPrincipal,
        twenty.map((it) => application('app_1', it)),
      ),
    ).toBe(1)
    expect(
      distinct(
        byPrincipal,
        twenty.map((it) => application(it, 'one')),
      ),
    ).toBe(4)
    expect(
      distinct(
        byPrincipal,
        twenty.map((it) => from(it)),
      ),
    ).toBe(4)
  })

  it('gives those in turn who say nothing to stay by', () => {
    const pick = createPick(
      { algorithm: 'hash', on: 'header', name: 'x' },
      targetsOf([1, 1]),
      new ManualClock(),
    )
    expect(new Set([pick(nobody), pick(nobody)]).size).toBe(2)
  })
})
