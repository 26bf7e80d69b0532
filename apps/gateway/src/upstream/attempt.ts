// One of several attempts at a request: its own copy of what is sent, and an ear that keeps apart what several targets say.
import type {
  AimedRequest,
  Load,
  UpstreamFailure,
  UpstreamObserver,
  UpstreamRequest,
  UpstreamTimeouts,
} from './call.ts'
import type { Target } from './target.ts'
import type { WatchedCall } from './watched-call.ts'

/** Who decides what becomes of an attempt. */
export interface AttemptJudge {
  /** true: this is the response; false: it is dropped, and the judge goes on without it. */
  takes(attempt: Attempt, status: number, headers: readonly string[]): boolean
  failed(attempt: Attempt, failure: UpstreamFailure): void
}

/** So much of a response that nobody wants is read, so that its connection lives on. */
const drainedBytesMax = 64 * 1024

export class Attempt implements UpstreamRequest, UpstreamObserver {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
  readonly bodyLength: number
  readonly timeouts: UpstreamTimeouts
  readonly load: Load
  readonly to: Target
  readonly startedMs: number
  call: WatchedCall | null = null
  readonly #request: AimedRequest
  readonly #judge: AttemptJudge
  #taken = false
  #over = false
  #bytesDropped = 0
  #callOffLimit: (() => void) | null = null

  /** The request is aimed at the target. */
  constructor(
    request: AimedRequest,
    to: Target,
    timeouts: UpstreamTimeouts,
    startedMs: number,
    judge: AttemptJudge,
  ) {
    this.method = request.method
    this.target = request.target
    this.headers = request.headers
    this.bodyLength = request.bodyLength
    this.timeouts = timeouts
    this.load = to.load
    this.to = to
    this.startedMs = startedMs
    this.#request = request
    this.#judge = judge
  }

  /** `after`: runs the action later unless it is called off. */
  limit(withinMs: number, after: (delayMs: number, action: () => void) => () => void): void {
    this.#callOffLimit = after(withinMs, () =>
      this.call?.giveUp({ kind: 'first_byte_timeout', detail: 'time limit of one attempt reached' }),
    )
  }

  cancel(): void {
    this.#finish()
    this.call?.cancel()
  }

  onInterim(status: number, headers: readonly string[]): void {
    if (this.#over) return
    this.#request.heardFrom(this.to, this.startedMs)
    this.#request.onInterim(status, headers)
  }

  onHead(status: number, reason: string, headers: string[], bodyLength: number): void {
    if (this.#over) return
    this.#callOffLimit?.()
    if (this.#judge.takes(this, status, headers)) {
      this.#taken = true
      this.#request.heardFrom(this.to, this.startedMs)
      this.#request.onHead(status, reason, headers, bodyLength)
      return
    }
    this.#over = true
    if (bodyLength > drainedBytesMax) this.call?.cancel()
  }

  onBody(buffer: Buffer, start: number, end: number): boolean {
    if (this.#taken) return this.#request.onBody(buffer, start, end)
    this.#bytesDropped += end - start
    if (this.#bytesDropped > drainedBytesMax) this.call?.cancel()
    return true
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#taken) this.#request.onEnd(trailers)
  }

  onLull(): void {
    if (this.#taken) this.#request.onLull()
  }

  onDrain(): void {
    if (this.#taken) this.#request.onDrain()
  }

  onFailure(failure: UpstreamFailure): void {
    if (this.#over) return
    this.#finish()
    if (this.#taken) this.#request.onFailure(failure)
    else this.#judge.failed(this, failure)
  }

  #finish(): void {
    this.#over = true
    this.#callOffLimit?.()
  }
}
