// Rendezvous hashing: each target draws a lot for the key, the best lot wins; a target that goes takes along only its own keys.
import type { Target } from './target.ts'

/** FNV-1a with the final mix of MurmurHash3, 32 bits: spreads well, and protects nothing. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/**
 * The lots are weighted (Schindelhauer and Schomaker 2005): a target of weight 2 wins twice as many keys, and a changed
 * weight moves only the keys that it has to.
 */
export function createRendezvous(targets: readonly Target[]): (key: string) => Target | null {
  const seeds = targets.map(({ facts }) => hashText(facts.url))
  return (key) => {
    const keyHash = hashText(key)
    let best: Target | null = null
    let bestLot = Number.POSITIVE_INFINITY
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as Target
      const uniform = (mix(keyHash ^ (seeds[i] as number)) + 0.5) / 2 ** 32
      const lot = -Math.log(uniform) / target.share
      if (lot < bestLot) {
        best = target
        bestLot = lot
      }
    }
    return best
  }
}

function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
