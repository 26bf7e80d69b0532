// Leaves a service alone that keeps failing: opens at a share of failures, tries a few requests after a while, closes when all are good.
import type { circuitBreaker } from '@gatewright/shared/model/upstream'
import type { UpstreamState } from '@gatewright/shared/model/upstream-state'
import type * as z from 'zod'
import type { Clock } from './clock.ts'
import { RollingShare } from './rolling-share.ts'

export type BreakerSettings = z.output<typeof circuitBreaker>

/** What callers are told to wait while trial requests run: how long these take is not known. */
const trialRestMs = 1_000

export class Breaker {
  /** Grows whenever the state changes: what was begun in another state says nothing about this one. */
  epoch = 0
  state: NonNullable<UpstreamState['breaker']> = 'closed'
  readonly #settings: BreakerSettings
  readonly #clock: Clock
  readonly #window: RollingShare
  #openUntilMs = 0
  /** Until when the trials that run are waited for. */
  #trialsUntilMs = 0
  #trials = 0
  #goodTrials = 0

  constructor(settings: BreakerSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#window = new RollingShare(settings.windowMs, clock.nowMs())
  }

  /**
   * 0 lets a request go on; it has to tell then what came of it, with the epoch of now. Otherwise how long to stay away,
   * milliseconds.
   */
  admit(): number {
    if (this.state === 'closed') return 0
    const nowMs = this.#clock.nowMs()
    const { openMs, halfOpenRequests } = this.#settings
    if (this.state === 'open') {
      const leftMs = this.#openUntilMs - nowMs
      if (leftMs > 0) return leftMs
      this.#enter('half-open')
      this.#trialsUntilMs = nowMs + openMs
    }
    if (this.#trials >= halfOpenRequests) {
      if (nowMs < this.#trialsUntilMs) return trialRestMs
      // Clients that send slowly keep theirs from ever telling anything: others may try beside them.
      this.#trials = this.#goodTrials
      this.#trialsUntilMs = nowMs + openMs
    }
    this.#trials++
    return 0
  }

  succeeded(epoch: number): void {
    if (epoch !== this.epoch) return
    if (this.state === 'closed') this.#window.addWhole(this.#clock.nowMs())
    else if (++this.#goodTrials === this.#settings.halfOpenRequests) this.#enter('closed')
  }

  failed(epoch: number): void {
    if (epoch !== this.epoch) return
    if (this.state === 'closed') {
      const nowMs = this.#clock.nowMs()
      this.#window.addWhole(nowMs)
      this.#window.addPart(nowMs)
      const { minRequests, failurePercent } = this.#settings
      const { whole, part } = this.#window
      if (whole < minRequests || part * 100 < whole * failurePercent) return
    }
    this.#openUntilMs = this.#clock.nowMs() + this.#settings.openMs
    this.#enter('open')
  }

  /** Nobody will know what would have come of it, such as when the client left: another may try in its place. */
  abandoned(epoch: number): void {
    if (epoch === this.epoch && this.state === 'half-open') this.#trials--
  }

  #enter(state: Breaker['state']): void {
    this.state = state
    this.epoch++
    this.#trials = 0
    this.#goodTrials = 0
    this.#window.clear()
  }
}
