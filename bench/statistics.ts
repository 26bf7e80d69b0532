// What is made of the rounds: medians, and ratios that are taken within each round before their median is.

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('A median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** The two of a round ran seconds apart: a slow minute of the machine slows both, and leaves their ratio alone. */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, i) => value / (base[i] as number)))
}

/** (Most - least) / median: how much the rounds disagree. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
