// How many further attempts an upstream's requests may cause: a share of what came in, so that retries never feed an outage.
import type { Clock } from './clock.ts'
import { RollingShare } from './rolling-share.ts'

const windowMs = 10_000
/** So many are free per window, or an API with little traffic could never retry. */
const floor = 10

export class Budget {
  readonly #percent: number
  readonly #clock: Clock
  readonly #share: RollingShare

  constructor(percent: number, clock: Clock) {
    this.#percent = percent
    this.#clock = clock
    this.#share = new RollingShare(windowMs, clock.nowMs())
  }

  /** A request came. */
  request(): void {
    this.#share.addWhole(this.#clock.nowMs())
  }

  /** Takes one further attempt, if there is one left. */
  take(): boolean {
    const nowMs = this.#clock.nowMs()
    this.#share.advance(nowMs)
    const { whole, part } = this.#share
    if (part >= Math.max(floor, (whole * this.#percent) / 100)) return false
    this.#share.addPart(nowMs)
    return true
  }
}
