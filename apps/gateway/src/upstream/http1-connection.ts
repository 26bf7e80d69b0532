// One keep-alive connection to an upstream: carries one call at a time and is never used again once in doubt.
import type net from 'node:net'
import type { SecureContext } from 'node:tls'
import { dial, type Origin, openEvent } from './dial.ts'
import type { Http1Call } from './http1-call.ts'
import type { Http1Client } from './http1-client.ts'
import { ResponseParser, type ResponseSink } from './response-parser.ts'

const readBufferBytes = 64 * 1024
/** How long a connection may take to open that no call waits for any more, milliseconds: calls bring limits of their own. */
const openingMaxMs = 10_000

// Reading and parsing is one synchronous step for plain TCP, so all connections of a worker read into one warm buffer.
const sharedReadBuffer = Buffer.allocUnsafeSlow(readBufferBytes)

export class Http1Connection implements ResponseSink {
  readonly socket: net.Socket
  /** As whom it was opened; null without TLS. */
  readonly context: SecureContext | null
  /** Until when the upstream is expected to keep it open, on the clock of `performance.now()`. */
  idleUntilMs = 0
  /** How many calls it finished. */
  served = 0
  /** The call it carries, or that waits for it to open. */
  call: Http1Call | null
  readonly #client: Http1Client
  readonly #parser = new ResponseParser(this)
  #open = false
  #closed = false
  #paused = false
  #error = ''
  #openingLimit: NodeJS.Timeout | undefined

  /** `call`: null opens a connection ahead of need. */
  constructor(client: Http1Client, origin: Origin, session: Buffer | undefined, call: Http1Call | null) {
    this.#client = client
    this.call = call
    this.context = origin.tls === null ? null : origin.tls.trust.context
    this.socket = dial(origin, {
      alpn: 'http/1.1',
      session,
      onread: {
        // A TLS socket can hand on decrypted bytes while others are parsed, so it has a buffer of its own.
        buffer: origin.tls === null ? sharedReadBuffer : Buffer.allocUnsafeSlow(readBufferBytes),
        callback: (length: number, buffer: Uint8Array) => this.#read(length, buffer as Buffer),
      },
    })
    // Not before: a call knows no connection that could not even be begun.
    if (call !== null) call.connection = this
    this.socket.once(openEvent(origin), () => this.#ready())
    if (origin.tls !== null) this.socket.on('session', (ticket: Buffer) => client.keepSession(this, ticket))
    this.socket.on('drain', () => this.#drained())
    this.socket.on('end', () => this.#ended())
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? error.message
    })
    this.socket.on('close', () => this.#lost())
    if (call === null) this.#limitOpening()
  }

  /** Sends a call; the connection is open and idle. */
  carry(call: Http1Call, nowMs: number): void {
    this.call = call
    this.#parser.begin(call.request.method === 'HEAD')
    call.send(this, nowMs)
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.socket.resume()
  }

  /** The call is no longer wanted. An opening connection stays for the next one, a used one is beyond repair. */
  abandon(): void {
    this.call = null
    if (this.#open) this.destroy()
    else this.#limitOpening()
  }

  /** The call is over and took the connection with it. */
  discard(): void {
    this.call = null
    this.destroy()
  }

  destroy(): void {
    this.#parser.stop()
    this.#closed = true
    clearTimeout(this.#openingLimit)
    this.socket.destroy()
  }

  /** An upstream that never shakes hands would keep its place among the connections for ever. */
  #limitOpening(): void {
    this.#openingLimit = setTimeout(() => this.destroy(), openingMaxMs).unref()
  }

  #ready(): void {
    this.#open = true
    clearTimeout(this.#openingLimit)
    const { call } = this
    if (call === null) this.#client.release(this)
    else this.carry(call, performance.now())
  }

  #read(length: number, buffer: Buffer): boolean {
    const { call } = this
    if (call !== null) {
      if (!call.answered) call.answered = true
      if (call.sentWhole) call.touch()
    }
    this.#parser.feed(buffer, 0, length)
    if (call !== null && this.call === call) call.observer.onLull()
    return !this.#paused
  }

  #drained(): void {
    const { call } = this
    if (call === null || call.sentWhole) return
    call.touch()
    call.observer.onDrain()
  }

  #ended(): void {
    this.#parser.close()
    this.#lost()
  }

  /** The socket is gone or going. */
  #lost(): void {
    const { call } = this
    this.call = null
    const wasOpen = this.#open
    if (!this.#closed) this.destroy()
    this.#client.forget(this)
    if (call === null || call.over) return
    if (!wasOpen) {
      this.#client.fail(call, 'unreachable', this.#error || 'connection closed while opening')
    } else if (this.served > 0 && call.replayable) {
      // The upstream closed an idle connection while our request was on its way (RFC 9112 9.3.1).
      this.#client.retry(call)
    } else {
      this.#client.fail(
        call,
        'closed_early',
        this.#error || 'connection closed before the response was whole',
      )
    }
  }

  onInterim(status: number, headers: readonly string[]): void {
    const { call } = this
    if (call === null) return
    call.awaitResponse()
    call.observer.onInterim(status, headers)
  }

  onHead(status: number, reason: string, headers: string[], bodyLength: number): void {
    this.call?.observer.onHead(status, reason, headers, bodyLength)
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    const { call } = this
    if (call === null || call.observer.onBody(buffer, start, end) || this.call !== call) return
    this.#paused = true
    call.suspendLimit()
  }

  onMessageEnd(trailers: readonly string[], reusable: boolean): void {
    const { call } = this
    if (call === null) return
    this.call = null
    this.served++
    this.resume()
    this.#client.finish(call)
    // An upstream that answers before it read the whole request has bytes of it still to come.
    if (reusable && call.sentWhole && !this.#closed) this.#client.release(this, this.#parser.keepAliveSeconds)
    else this.destroy()
    call.observer.onEnd(trailers)
  }

  onViolation(problem: string): void {
    const { call } = this
    this.call = null
    this.destroy()
    if (call !== null) this.#client.fail(call, 'invalid_response', problem)
  }
}
