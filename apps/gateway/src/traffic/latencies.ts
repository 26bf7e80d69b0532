// Latencies as counts in fixed buckets: what workers count adds up, and a percentile of the sum is a look-up.

const growth = 1.1
/** Enough for ten minutes; what took longer is in the last one. */
export const latencyBuckets = Math.ceil(Math.log(600_000) / Math.log(growth)) + 2

/** `ms` may have fractions. Up to 1 ms is bucket 0, and each bound is a tenth above the one before. */
export function bucketOf(ms: number): number {
  if (ms <= 1) return 0
  return Math.min(latencyBuckets - 1, Math.ceil(Math.log(ms) / Math.log(growth)))
}

/** Upper bound of the bucket below which `share` (0…1) of the counts lie, milliseconds; null when nothing was counted. */
export function percentile(counts: ArrayLike<number>, share: number): number | null {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i] as number
  if (total === 0) return null
  let below = 0
  for (let i = 0; i < counts.length; i++) {
    below += counts[i] as number
    if (below >= total * share) return Math.round(growth ** i * 10) / 10
  }
  return null
}
