// When a list of keys has to be asked for again: a key on screen is never called active after its end.

interface Ending {
  state: string
  expiresAt: string | null
}

/** Clocks differ a little, and the end itself is not asked for. */
const marginMs = 1_000
/** Timers hold no more than 24 days; after a day it is looked again. */
const longestMs = 86_400_000

/** Milliseconds until the next active key has ended; false while none ends. */
export function untilNextEnd(keys: readonly Ending[], nowMs: number): number | false {
  const ends = keys.flatMap(({ state, expiresAt }) =>
    state === 'active' && expiresAt ? [Date.parse(expiresAt)] : [],
  )
  if (ends.length === 0) return false
  return Math.min(Math.max(Math.min(...ends) - nowMs, 0) + marginMs, longestMs)
}
