import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBalancer } from './balance.ts'
import type { UpstreamTarget } from './call.ts'

function targetsOf(weights: readonly number[]) {
  return weights.map((weight, i) => ({ weight, target: { authority: String(i) } as UpstreamTarget }))
}

function countsOf(weights: readonly number[], picks: number): number[] {
  const pick = createBalancer(targetsOf(weights))
  const counts = weights.map(() => 0)
  for (let i = 0; i < picks; i++) {
    const at = Number(pick()?.authority)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

describe('balancer', () => {
  it('A8 gives three equal targets a third of 300 requests each', () => {
    expect(countsOf([1, 1, 1], 300)).toEqual([100, 100, 100])
  })

  it('follows weights exactly over each cycle', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        fc.pre(total > 0)
        expect(countsOf(weights, total)).toEqual(weights)
      }),
    )
  })

  it('spreads a heavy target over the cycle', () => {
    const pick = createBalancer(targetsOf([5, 1, 1]))
    const names = Array.from({ length: 14 }, () => pick()?.authority).join('')
    expect(`${names}${names}`).not.toContain('0000000')
    expect(names).not.toMatch(/11|22/)
  })

  it('follows weights that share no divisor', () => {
    const weights = [1000, 999, 997, 991]
    expect(countsOf(weights, 3_987)).toEqual(weights)
  })

  it('gives nothing when no target may be used', () => {
    expect(createBalancer(targetsOf([0, 0]))()).toBeNull()
    expect(createBalancer([])()).toBeNull()
  })
})
