// A call whose end is told to those who judge its target: latency for balancing, outliers for ejection, the breaker for all.
import type { Breaker } from './breaker.ts'
import {
  noBody,
  type UpstreamCall,
  type UpstreamFailure,
  type UpstreamObserver,
  type UpstreamRequest,
} from './call.ts'
import type { Clock } from './clock.ts'
import type { Outliers } from './health/outliers.ts'
import type { Target } from './target.ts'

/** Who judges. */
export interface Judges {
  readonly clock: Clock
  readonly breaker: Breaker | null
  readonly outliers: Outliers | null
  /** Latencies decide which target is next. */
  readonly timed: boolean
}

/** What a failure counts at least where latencies decide, or a target that fails at once would look like the fastest. */
const failureLatencyMs = 1_000

export class WatchedCall implements UpstreamCall, UpstreamObserver {
  readonly #judges: Judges
  readonly #target: Target
  readonly #request: UpstreamRequest
  readonly #observer: UpstreamObserver
  readonly #startedMs: number
  readonly #epoch: number
  #call: UpstreamCall | null = null
  /** The head told how it went; what happens in the body is only news when it is bad. */
  #judged = false
  #hasFailed = false

  constructor(judges: Judges, target: Target, request: UpstreamRequest, observer: UpstreamObserver) {
    this.#judges = judges
    this.#target = target
    this.#request = request
    this.#observer = observer
    this.#startedMs = judges.clock.nowMs()
    this.#epoch = judges.breaker?.epoch ?? 0
  }

  start(): this {
    this.#call = this.#target.client.start(this.#request, this)
    return this
  }

  write(chunk: Uint8Array): boolean {
    return this.#call?.write(chunk) ?? true
  }

  end(trailers: readonly string[]): void {
    this.#call?.end(trailers)
  }

  resume(): void {
    this.#call?.resume()
  }

  /** Its end is not known: that it took so long already is. */
  cancel(): void {
    this.#call?.cancel()
    if (this.#judged) return
    this.#judged = true
    this.#judges.breaker?.abandoned(this.#epoch)
    if (this.#judges.timed) this.#time(this.#target.latency.at(this.#judges.clock.nowMs()))
  }

  /** Ends a call that broke a limit which the client knows nothing of. */
  giveUp(failure: UpstreamFailure): void {
    this.#call?.cancel()
    this.onFailure(failure)
  }

  onInterim(status: number, headers: readonly string[]): void {
    this.#observer.onInterim(status, headers)
  }

  onHead(status: number, reason: string, headers: string[], bodyLength: number): void {
    if (status >= 500) this.#failed(`status ${status}`)
    else this.#succeeded()
    this.#observer.onHead(status, reason, headers, bodyLength)
  }

  onBody(buffer: Buffer, start: number, end: number): boolean {
    return this.#observer.onBody(buffer, start, end)
  }

  onEnd(trailers: readonly string[]): void {
    // Only now: a target that breaks off all of its answers gives each a good head.
    if (!this.#hasFailed) this.#judges.outliers?.succeeded(this.#target)
    this.#observer.onEnd(trailers)
  }

  onLull(): void {
    this.#observer.onLull()
  }

  onDrain(): void {
    this.#observer.onDrain()
  }

  onFailure(failure: UpstreamFailure): void {
    if (this.#isTargetsFault(failure)) this.#failed(wordsOf(failure))
    else if (!this.#judged) this.#judges.breaker?.abandoned(this.#epoch)
    this.#judged = true
    this.#observer.onFailure(failure)
  }

  /** Nobody may put a target out by sending or reading slowly, nor by filling our own queue. */
  #isTargetsFault({ kind }: UpstreamFailure): boolean {
    switch (kind) {
      case 'busy':
      case 'queue_timeout':
        return false
      case 'idle_timeout':
      case 'total_timeout':
        return !this.#judged && this.#request.bodyLength === noBody
      default:
        return true
    }
  }

  #succeeded(): void {
    const { breaker, timed } = this.#judges
    this.#judged = true
    if (timed) this.#time(0)
    breaker?.succeeded(this.#epoch)
  }

  #failed(why: string): void {
    // A bad status and a broken body are one failure.
    if (this.#hasFailed) return
    const { breaker, outliers, timed } = this.#judges
    this.#hasFailed = true
    if (timed) this.#time(failureLatencyMs)
    outliers?.failed(this.#target, why)
    if (!this.#judged) breaker?.failed(this.#epoch)
    this.#judged = true
  }

  #time(atLeastMs: number): void {
    const nowMs = this.#judges.clock.nowMs()
    this.#target.latency.observe(Math.max(nowMs - this.#startedMs, atLeastMs), nowMs)
  }
}

/** For people: "unreachable: ECONNREFUSED". */
function wordsOf({ kind, detail }: UpstreamFailure): string {
  return `${kind.replaceAll('_', ' ')}: ${detail}`
}
