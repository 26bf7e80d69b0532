import { setTimeout as delay } from 'node:timers/promises'
import { plainTraffic, type Traffic } from '@gatewright/shared/model/traffic'
import { describe, expect, it } from 'vitest'
import { createGuards, type GuardReport } from './guards.ts'
import { bucketOf, latencyBuckets, percentile } from './latencies.ts'

const traffic = (more: Partial<Traffic> = {}): Traffic => ({
  ...plainTraffic,
  shares: [
    { upstream: 'stable', weight: 90 },
    { upstream: 'canary', weight: 10 },
  ],
  guard: { errorPercent: 5, p95Ms: 100, minRequests: 20, windowMs: 10_000 },
  ...more,
})

function world() {
  const reports: GuardReport[] = []
  let heard = Promise.withResolvers<void>()
  const guards = createGuards((some) => {
    reports.push(...some)
    heard.resolve()
    heard = Promise.withResolvers<void>()
  })
  return { guards, reports, next: () => heard.promise }
}

describe('guards of a worker', () => {
  it('report what was counted since the last time, by share, and only when something was', async () => {
    const { guards, reports, next } = world()
    const held = guards.acquire('ver_1', traffic())
    held?.guard.count(1, false, 3)
    held?.guard.count(1, true, 250)
    await next()
    held?.guard.count(1, false, 99)
    await next()
    await delay(150)
    expect(reports).toMatchObject([
      { versionId: 'ver_1', shares: [{ upstream: 'canary', requests: 2, errors: 1, slow: 1 }] },
      { versionId: 'ver_1', shares: [{ upstream: 'canary', requests: 1, errors: 0, slow: 0 }] },
    ])
    expect(reports[0]?.shares[0]?.latencies[bucketOf(250)]).toBe(1)
  })

  it('are one for all generations with the same shares, and another one for others', () => {
    const { guards } = world()
    const first = guards.acquire('ver_1', traffic())
    const again = guards.acquire('ver_1', traffic({ mirror: { upstream: 'stable', percent: 1 } }))
    expect(again?.guard).toBe(first?.guard)
    const shares = [
      { upstream: 'stable', weight: 80 },
      { upstream: 'canary', weight: 20 },
    ]
    expect(guards.acquire('ver_1', traffic({ shares }))?.guard.facts.id).not.toBe(first?.guard.facts.id)
    expect(guards.acquire('ver_2', traffic())?.guard.facts.id).not.toBe(first?.guard.facts.id)
    expect(guards.acquire('ver_1', traffic({ guard: null }))).toBeNull()
  })

  it('obey a verdict at once, whether it came before them or after', () => {
    const { guards } = world()
    const first = guards.acquire('ver_1', traffic())
    guards.setTripped([first?.guard.facts.id ?? ''])
    expect(first?.guard.isTripped).toBe(true)
    first?.release()
    const later = guards.acquire('ver_1', traffic())
    expect(later?.guard.isTripped).toBe(true)
    guards.setTripped([])
    expect(later?.guard.isTripped).toBe(false)
  })
})

describe('latencies', () => {
  it('have a percentile that is at most a tenth above the true one', () => {
    const counts = new Array<number>(latencyBuckets).fill(0)
    for (let ms = 1; ms <= 1_000; ms++) counts[bucketOf(ms)] = (counts[bucketOf(ms)] as number) + 1
    for (const share of [0.5, 0.95, 0.99]) {
      const found = percentile(counts, share) ?? 0
      expect(found).toBeGreaterThanOrEqual(share * 1_000 * 0.999)
      expect(found).toBeLessThanOrEqual(share * 1_000 * 1.101)
    }
    expect(percentile([0, 0], 0.95)).toBeNull()
  })

  it('beyond all bounds stay in the last bucket', () => {
    expect([bucketOf(0), bucketOf(1), bucketOf(1.01)]).toEqual([0, 0, 1])
    expect(bucketOf(600_000)).toBeLessThan(latencyBuckets)
    expect(bucketOf(1e12)).toBe(latencyBuckets - 1)
  })
})
