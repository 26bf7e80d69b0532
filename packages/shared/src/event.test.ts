import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latencyBoundsUs, latencyBucket, latencyBucketCount, latencyPercentileUs } from './event.ts'

describe('latency histogram', () => {
  it('puts a latency into the bucket whose bounds hold it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000_000 }), (us) => {
        const bucket = latencyBucket(us)
        if (bucket > 0) expect(us).toBeGreaterThan((latencyBoundsUs[bucket - 1] ?? 0) - 1)
        if (bucket < latencyBoundsUs.length)
          expect(us).toBeLessThanOrEqual((latencyBoundsUs[bucket] ?? 0) + 1)
      }),
    )
  })

  it('gives percentiles within one bucket step of the truth', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 60, max: 50_000_000 }), { minLength: 1, maxLength: 500 }),
        fc.constantFrom(0.5, 0.9, 0.95, 0.99),
        (values, q) => {
          const counts = new Array<number>(latencyBucketCount).fill(0)
          for (const value of values) counts[latencyBucket(value)] = (counts[latencyBucket(value)] ?? 0) + 1
          const sorted = values.toSorted((a, b) => a - b)
          const truth = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0
          const told = latencyPercentileUs(counts, q) ?? 0
          expect(told / truth).toBeGreaterThan(1 / 1.2)
          expect(told / truth).toBeLessThan(1.2)
        },
      ),
    )
  })

  it('has no percentile of nothing', () => {
    expect(latencyPercentileUs(new Array<number>(latencyBucketCount).fill(0), 0.5)).toBeNull()
  })
})
