// Spreads the requests of a service over its targets: smooth weighted round robin, worked out ahead as a cycle.
import type { UpstreamTarget } from './call.ts'

export interface WeightedTarget {
  readonly target: UpstreamTarget
  /** Share of the requests; 0 = none. */
  readonly weight: number
}

export function createBalancer(targets: readonly WeightedTarget[]): () => UpstreamTarget | null {
  const cycle = cycleOf(targets.filter(({ weight }) => weight > 0))
  const [only] = cycle
  if (only === undefined) return () => null
  if (cycle.length === 1) return () => only
  // Workers start at different places, so that few requests over many workers do not all meet the first target.
  let next = Math.floor(Math.random() * cycle.length)
  return () => {
    const target = cycle[next] as UpstreamTarget
    next = next + 1 === cycle.length ? 0 : next + 1
    return target
  }
}

/** Each target as often as its weight says, spread evenly: weights 5, 1, 1 give a a b a c a a. */
function cycleOf(targets: readonly WeightedTarget[]): UpstreamTarget[] {
  const divisor = targets.reduce((found, { weight }) => greatestCommonDivisor(found, weight), 0)
  const credits = targets.map(() => 0)
  const total = targets.reduce((sum, { weight }) => sum + weight / divisor, 0)
  const cycle: UpstreamTarget[] = []
  for (let turn = 0; turn < total; turn++) {
    let best = 0
    targets.forEach(({ weight }, i) => {
      credits[i] = (credits[i] as number) + weight / divisor
      if ((credits[i] as number) > (credits[best] as number)) best = i
    })
    credits[best] = (credits[best] as number) - total
    cycle.push((targets[best] as WeightedTarget).target)
  }
  return cycle
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
