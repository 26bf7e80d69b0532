// A clock that stands still until a test moves it, and chance that is the same in every run.
import type { Clock } from '../upstream/clock.ts'

interface Alarm {
  readonly atMs: number
  readonly action: () => void
}

export class ManualClock implements Clock {
  #nowMs = 1_000
  #seed = 42
  #alarms: Alarm[] = []

  nowMs = (): number => this.#nowMs
  wallMs = (): number => 1_700_000_000_000 + this.#nowMs

  after = (delayMs: number, action: () => void): (() => void) => {
    const alarm = { atMs: this.#nowMs + delayMs, action }
    this.#alarms.push(alarm)
    return () => {
      this.#alarms = this.#alarms.filter((it) => it !== alarm)
    }
  }

  /** A linear congruential generator (Numerical Recipes). */
  random = (): number => {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }

  /** Lets time pass, and rings what is due on the way, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const [next] = this.#alarms.toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > endMs) break
      this.#alarms = this.#alarms.filter((it) => it !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.action()
    }
    this.#nowMs = endMs
  }

  /** How many alarms are set. */
  get pending(): number {
    return this.#alarms.length
  }
}
