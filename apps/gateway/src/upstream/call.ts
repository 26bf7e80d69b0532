// The one door to upstreams: what the request journey asks of a client, whatever protocol it speaks.

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
}

/** A service behind a route. */
export interface Upstream {
  readonly hostHeader: 'upstream' | 'client'
  readonly timeouts: UpstreamTimeouts
  /** The target of the next request; null when none may be used. */
  pick(): UpstreamTarget | null
}
