// What a soak says of a gateway: whether its memory grows, and whether it becomes slower.

/** One look at a gateway under load. */
export interface Sample {
  /** Since the start. */
  readonly seconds: number
  readonly rssMb: number
  /** Of the requests since the look before. */
  readonly p99Ms: number
}

export interface Verdict {
  readonly rssMb: number
  readonly rssSlopeMbPerHour: number
  /** What the memory grew by while it was measured, by the slope. */
  readonly rssGrowthMb: number
  /** p99 of the last third by that of the middle third. */
  readonly p99Drift: number
  /** What is wrong; empty = nothing. */
  readonly faults: readonly string[]
}

// Caches fill and compilers learn in the first third; what grows after that grows for ever.
const warmUp = 1 / 3
const growthShareMax = 0.1
/** Less than this is how a garbage collector breathes. */
const growthMbMin = 16
const driftMax = 1.5

/** `failures`: requests without a whole answer, or with another one than 200. Throws without a sample in each third. */
export function verdictOf(samples: readonly Sample[], failures: number): Verdict {
  const lastSecond = samples.at(-1)?.seconds ?? 0
  const within = (from: number, to: number) =>
    samples.filter(({ seconds }) => seconds > lastSecond * from && seconds <= lastSecond * to)
  const [middle, last] = [within(warmUp, 2 / 3), within(2 / 3, 1)]
  const measured = [...middle, ...last]
  if (middle.length === 0 || last.length === 0)
    throw new Error('too short: a soak needs a sample in each third')

  const rssMb = median(measured.map((it) => it.rssMb))
  const slopePerSecond = slopeOf(measured.map(({ seconds, rssMb }) => [seconds, rssMb]))
  const rssGrowthMb = slopePerSecond * lastSecond * (1 - warmUp)
  const p99Drift = median(last.map((it) => it.p99Ms)) / median(middle.map((it) => it.p99Ms))
  const faults: string[] = []
  if (rssGrowthMb > Math.max(growthMbMin, rssMb * growthShareMax)) {
    faults.push(`memory grew by ${rssGrowthMb.toFixed(0)} MB`)
  }
  if (p99Drift > driftMax) faults.push(`p99 rose to ${p99Drift.toFixed(2)} of what it was`)
  if (failures > 0) faults.push(`${failures} requests failed`)
  return { rssMb, rssSlopeMbPerHour: slopePerSecond * 3_600, rssGrowthMb, p99Drift, faults }
}

/**
 * Theil–Sen: the middle one of the slopes between all pairs, which a few wild samples do not move. 0 for one point.
 * Quadratic, so the points are those of one run and not of a month.
 */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes: number[] = []
  for (const [i, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(i + 1)) slopes.push((otherY - y) / (otherX - x))
  }
  return slopes.length === 0 ? 0 : median(slopes)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
