// Tells bodies that come from bodies that only pretend to: one drop every minute would hold an upstream's connection for ever.
import type { RequestContext } from './context.ts'

/** The pace of the bodies of one connection, looked at from time to time. */
export class BodyPace {
  #request: RequestContext | null = null
  #bytes = 0
  #wasSlow = false

  /** True when fewer than `bytesMin` arrived since the last look, and before the last look too. */
  isTooSlow(current: RequestContext | null, bytesMin: number): boolean {
    if (current === null || !isAwaited(current)) {
      this.#request = null
      return false
    }
    const isNew = this.#request !== current
    const isSlow = !isNew && current.bytesIn - this.#bytes < bytesMin
    const isTooSlow = isSlow && this.#wasSlow
    this.#request = current
    this.#bytes = current.bytesIn
    this.#wasSlow = isSlow
    return isTooSlow
  }
}

/** Nothing but the client keeps its body from coming. */
function isAwaited({ exchange, call, isReadingBody, expectsContinue, continued }: RequestContext): boolean {
  return (
    (call !== null || isReadingBody) &&
    !exchange.complete &&
    // The upstream reads slowly, or has no connection yet.
    !exchange.isPaused &&
    // A conversation: what it answered may be what the client thinks about.
    !exchange.headersSent &&
    (continued || !expectsContinue)
  )
}
