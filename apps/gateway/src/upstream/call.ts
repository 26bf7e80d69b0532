// The one door to upstreams: what the request journey asks of a client, whatever protocol it speaks.
import type { UpstreamState } from '@gatewright/shared/model/upstream-state'
import type { Target } from './target.ts'

/** `bodyLength` of a request without content. */
export const noBody = -1
/** `bodyLength` of a request whose length is not known ahead: chunked on the wire. */
export const unknownLength = -2

export interface UpstreamRequest {
  readonly method: string
  /** Origin-form: path and query. */
  readonly target: string
  /**
   * Name and value in turn, `Host` included, hop-by-hop fields and framing (`Content-Length`, `Transfer-Encoding`)
   * excluded: only the client writes framing, so it cannot contradict itself.
   */
  readonly headers: readonly string[]
  /** Bytes, `noBody` or `unknownLength`. */
  readonly bodyLength: number
  readonly timeouts: UpstreamTimeouts
  /** Counts the call while it runs. */
  readonly load?: Load
}

/** How many calls run right now. */
export interface Load {
  open: number
}

/** All in milliseconds; 0 switches a limit off. */
export interface UpstreamTimeouts {
  /** Waiting for a connection: a free place in the pool, TCP and TLS. */
  readonly connectMs: number
  /** From the last byte of the request to the first byte of the response. */
  readonly firstByteMs: number
  /** Between two signs of life in either direction. */
  readonly idleMs: number
  /** From start to end. */
  readonly totalMs: number
}

export type UpstreamFailureKind =
  | 'unreachable'
  | 'busy'
  /** All connections were in use for as long as it might wait for one. */
  | 'queue_timeout'
  | 'connect_timeout'
  | 'first_byte_timeout'
  | 'idle_timeout'
  | 'total_timeout'
  | 'closed_early'
  | 'invalid_response'

/** Why a call has no (whole) response. `detail` is for the log, never for the caller. */
export interface UpstreamFailure {
  readonly kind: UpstreamFailureKind
  readonly detail: string
}

/** Hears what happens to a call, in order; never again after `onEnd` or `onFailure`. */
export interface UpstreamObserver {
  /** An interim response (1xx). */
  onInterim(status: number, headers: readonly string[]): void
  /** `headers`: name and value in turn, as received. `bodyLength`: bytes, or `unknownLength`. */
  onHead(status: number, reason: string, headers: string[], bodyLength: number): void
  /** `buffer` is reused after the call returns. false: stop reading until `resume()`. */
  onBody(buffer: Buffer, start: number, end: number): boolean
  onEnd(trailers: readonly string[]): void
  /** All that has arrived so far was told, and the response is not over: what is held back may have to wait long. */
  onLull(): void
  /** The connection takes request bytes again after `write()` answered false. */
  onDrain(): void
  onFailure(failure: UpstreamFailure): void
}

/** A running call. */
export interface UpstreamCall {
  /** Sends a piece of the request body; false: wait for `onDrain()`. */
  write(chunk: Uint8Array): boolean
  /** The request body is complete. */
  end(trailers: readonly string[]): void
  /** Reads on after `onBody` answered false. */
  resume(): void
  /** Drops the call; its observer hears nothing more. */
  cancel(): void
}

/** A client for one origin. */
export interface UpstreamClient {
  start(request: UpstreamRequest, observer: UpstreamObserver): UpstreamCall
}

/** One instance of a service. */
export interface UpstreamTarget {
  readonly client: UpstreamClient
  /** Value of `Host` when the upstream is to see its own name. */
  readonly authority: string
  /** Path that stands before the route's own, without a final slash. */
  readonly pathPrefix: string
  /** The calls that this upstream has with it; what others have with the same instance is theirs. */
  readonly load: Load
}

/** What balancing may know of a request. */
export interface Caller {
  readonly clientAddress: string
  readonly principal: { readonly applicationId: string } | null
  /** `name`: lower case. */
  header(name: string): string | undefined
}

/** A service behind a route. */
export interface Upstream {
  readonly name: string
  readonly hostHeader: 'upstream' | 'client'
  readonly timeouts: UpstreamTimeouts
  /** The target of the next request; null when none may be used. */
  pick(caller: Caller): Target | null
  /** How requests are put to its targets when more is asked for than one plain call; null = it is not. */
  readonly plan: CallPlan | null
  /** What it looks like from here. */
  state(): UpstreamState
}

/** A request that can be put to any target of its upstream. */
export interface AimedRequest extends UpstreamRequest, UpstreamObserver {
  readonly caller: Caller
  /** Writes the request for this target; what it says until the next call. */
  aim(target: UpstreamTarget): void
  /** What is heard next comes from this target, which was asked at `startedMs`. */
  heardFrom(target: UpstreamTarget, startedMs: number): void
  /** An attempt that came to nothing; `status`: null when no response came. */
  tried(target: UpstreamTarget, startedMs: number, status: number | null): void
}

/** Retries, hedging, a breaker, or targets whose answers are watched. */
export interface CallPlan {
  /** 0: the request may go on, and has to be started. Otherwise how long the upstream is left alone, milliseconds. */
  admit(): number
  /** `target`: where the first attempt goes, and what the request is aimed at. */
  start(request: AimedRequest, target: Target): UpstreamCall
}
