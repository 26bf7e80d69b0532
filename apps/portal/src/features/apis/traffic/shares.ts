// Shares that always add up to 100 %: whatever one is set to, the others give or take. Counted in tenths of a per cent, which is exact.

export interface Share {
  upstream: string
  /** Per cent, with one digit after the point. */
  weight: number
}

const whole = 1_000
const tenths = (weight: number) => Math.round(weight * 10)

/** Everything to one upstream, which stays first; the others stand ready with nothing. */
export function allTo(shares: readonly Share[], upstream: string): Share[] {
  return shares.map((share) => ({ ...share, weight: share.upstream === upstream ? 100 : 0 }))
}

/**
 * One share is set, the others keep their proportions in what is left. When nothing of the others is left to keep
 * proportions by, the first of them takes it all: it is the one that a guard returns to.
 */
export function withShare(shares: readonly Share[], upstream: string, weight: number): Share[] {
  const others = shares.filter((share) => share.upstream !== upstream)
  if (others.length === 0) return shares.map((share) => ({ ...share, weight: 100 }))
  const own = Math.min(whole, Math.max(0, tenths(weight)))
  const divided = divide(
    whole - own,
    others.map((share) => tenths(share.weight)),
  )
  const given = new Map(others.map((share, index) => [share.upstream, divided[index] ?? 0]))
  return shares.map((share) => ({ ...share, weight: (given.get(share.upstream) ?? own) / 10 }))
}

/** Another upstream stands ready; it takes nothing yet. */
export function withUpstream(shares: readonly Share[], upstream: string): Share[] {
  return [...shares, { upstream, weight: shares.length === 0 ? 100 : 0 }]
}

/** What a removed upstream had goes to the others. */
export function withoutUpstream(shares: readonly Share[], upstream: string): Share[] {
  return withShare(shares, upstream, 0).filter((share) => share.upstream !== upstream)
}

/** The one that requests return to when a guard trips: the first. */
export function asFirst(shares: readonly Share[], upstream: string): Share[] {
  return [...shares].sort((a, b) => Number(b.upstream === upstream) - Number(a.upstream === upstream))
}

/** Parts of `total` in the proportions given, as whole numbers that add up to it (largest remainders). */
function divide(total: number, proportions: readonly number[]): number[] {
  const sum = proportions.reduce((all, one) => all + one, 0)
  if (sum === 0) return proportions.map((_, index) => (index === 0 ? total : 0))
  const exact = proportions.map((one) => (one * total) / sum)
  const parts = exact.map(Math.floor)
  const missing = total - parts.reduce((all, one) => all + one, 0)
  const byRemainder = exact
    .map((one, index) => ({ index, rest: one - Math.floor(one) }))
    .sort((a, b) => b.rest - a.rest)
  for (const { index } of byRemainder.slice(0, missing)) parts[index] = (parts[index] ?? 0) + 1
  return parts
}
