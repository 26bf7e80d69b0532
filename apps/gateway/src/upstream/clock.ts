// Time and chance as upstreams know them; tests bring their own.

export interface Clock {
  /** Milliseconds that never jump: for durations and limits. */
  nowMs(): number
  /** Unix milliseconds: for people. */
  wallMs(): number
  /** Runs the action once, later; the answer calls it off. Never keeps the process alive. */
  after(delayMs: number, action: () => void): () => void
  /** From 0 up to, but not including, 1. */
  random(): number
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs).unref()
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
