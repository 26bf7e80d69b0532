// Spreads the requests of a service over its targets: smooth weighted round robin, so that weights 5, 1, 1 give a a b a c a a.
import type { UpstreamTarget } from './call.ts'

export interface WeightedTarget {
  readonly target: UpstreamTarget
  /** Share of the requests; 0 = none. */
  readonly weight: number
}

/** Memory and time to create one do not depend on the weights, which are a tenant's to choose. */
export function createBalancer(targets: readonly WeightedTarget[]): () => UpstreamTarget | null {
  const usable = targets.filter(({ weight }) => weight > 0)
  const [first] = usable
  if (first === undefined) return () => null
  if (usable.length === 1) return () => first.target
  const total = usable.reduce((sum, { weight }) => sum + weight, 0)
  const credits = usable.map(() => 0)

  /** Everyone earns its weight; who has most is next, and pays for all. */
  function pick(): UpstreamTarget {
    let best = 0
    for (let i = 0; i < usable.length; i++) {
      credits[i] = (credits[i] as number) + (usable[i] as WeightedTarget).weight
      if ((credits[i] as number) > (credits[best] as number)) best = i
    }
    credits[best] = (credits[best] as number) - total
    return (usable[best] as WeightedTarget).target
  }

  // Workers start at different places, so that few requests over many workers do not all meet the first target.
  for (let skip = Math.floor(Math.random() * usable.length); skip > 0; skip--) pick()
  return pick
}
