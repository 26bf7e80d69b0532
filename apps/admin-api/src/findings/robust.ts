// How far a number is from its own history, in words that a few wild numbers of that history cannot bend.

/** 0.75 quantile of the normal distribution: makes the MAD of normal data its standard deviation. */
const normal = 0.6745

/** Above it a number is an outlier (Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers, p. 12). */
export const outlierScore = 3.5

export interface Centre {
  readonly median: number
  /** Median of the absolute deviations from the median. */
  readonly mad: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2
}

export function centreOf(values: readonly number[]): Centre {
  const middle = median(values)
  return { median: middle, mad: median(values.map((value) => Math.abs(value - middle))) }
}

/**
 * Modified z-score of Iglewicz and Hoaglin: 0.6745 · (value − median) ÷ MAD. Histories that hardly vary have a MAD near 0, in which any
 * step would be endless: `spreadMin` is the least MAD that is believed.
 */
export function modifiedZ(value: number, { median: middle, mad }: Centre, spreadMin: number): number {
  return (normal * (value - middle)) / Math.max(mad, spreadMin)
}
