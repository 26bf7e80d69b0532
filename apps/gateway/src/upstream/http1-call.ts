// One request on its way through our HTTP/1.1 client: its framing, its time limits, and its right to a second try.
import {
  noBody,
  type UpstreamCall,
  type UpstreamFailureKind,
  type UpstreamObserver,
  type UpstreamRequest,
  unknownLength,
} from './call.ts'
import type { Deadlines, Limited } from './deadlines.ts'
import type { Http1Client } from './http1-client.ts'
import type { Http1Connection } from './http1-connection.ts'
import { isRepeatable } from './repeatable.ts'

const noFields: readonly string[] = []
const lastChunk = '0\r\n'

export class Http1Call implements UpstreamCall, Limited {
  readonly request: UpstreamRequest
  readonly observer: UpstreamObserver
  deadlineMs = Number.POSITIVE_INFINITY
  deadlineIndex = -1
  /** The connection that carries (or will carry) the call; null while it waits for one and after it is over. */
  connection: Http1Connection | null = null
  /** The head is on the wire. */
  sent = false
  /** The whole request is on the wire. */
  sentWhole = false
  /** At least one byte of the response arrived, so a second try might run the request twice. */
  answered = false
  retried = false
  over = false
  readonly #client: Http1Client
  readonly #deadlines: Deadlines
  readonly #totalDeadlineMs: number
  #limitKind: UpstreamFailureKind = 'connect_timeout'
  #bodyLeft: number
  // Body bytes that came before a connection did: at most what one write brings, since it answers false.
  #early: Uint8Array[] | null = null
  #earlyTrailers: readonly string[] | null = null

  constructor(
    client: Http1Client,
    deadlines: Deadlines,
    request: UpstreamRequest,
    observer: UpstreamObserver,
    nowMs: number,
  ) {
    const { timeouts, bodyLength } = request
    this.#client = client
    this.#deadlines = deadlines
    this.request = request
    this.observer = observer
    this.#bodyLeft = bodyLength
    this.#totalDeadlineMs = timeouts.totalMs > 0 ? nowMs + timeouts.totalMs : Number.POSITIVE_INFINITY
    this.limit('connect_timeout', timeouts.connectMs, nowMs)
  }

  /** From now on `limitMs` counts, beside the total. */
  limit(kind: UpstreamFailureKind, limitMs: number, nowMs: number): void {
    this.#limitKind = kind
    const at = limitMs > 0 ? nowMs + limitMs : Number.POSITIVE_INFINITY
    this.deadlineMs = Math.min(at, this.#totalDeadlineMs)
  }

  /** Something moved. */
  touch(): void {
    this.limit('idle_timeout', this.request.timeouts.idleMs, this.#deadlines.nowMs)
  }

  /** The request is out and the final response is not yet here. */
  awaitResponse(): void {
    if (this.sentWhole) {
      this.limit('first_byte_timeout', this.request.timeouts.firstByteMs, this.#deadlines.nowMs)
    }
  }

  /** Only the total limit counts: we are the ones who make the upstream wait. */
  suspendLimit(): void {
    this.deadlineMs = this.#totalDeadlineMs
  }

  onDeadline(nowMs: number): void {
    let kind: UpstreamFailureKind = nowMs >= this.#totalDeadlineMs ? 'total_timeout' : this.#limitKind
    // Who has no connection yet, not even one that opens, waited for others to be done with theirs.
    if (kind === 'connect_timeout' && this.connection === null) kind = 'queue_timeout'
    this.connection?.discard()
    this.#client.fail(this, kind, 'time limit reached')
  }

  /** A request that may run twice (RFC 9110 9.2.2) and whose bytes we still have, since there are none. */
  get replayable(): boolean {
    return !this.retried && !this.answered && isRepeatable(this.request)
  }

  /** Puts the head on the wire, and what was waiting behind it. */
  send(connection: Http1Connection, nowMs: number): void {
    const { request } = this
    this.connection = connection
    this.sent = true
    const { socket } = connection
    if (request.bodyLength === noBody || request.bodyLength === 0) {
      this.sentWhole = true
      this.limit('first_byte_timeout', request.timeouts.firstByteMs, nowMs)
      socket.write(headOf(request), 'latin1')
      return
    }
    this.limit('idle_timeout', request.timeouts.idleMs, nowMs)
    // Most bodies are in the next tick's hands: head and body then leave in one write.
    socket.cork()
    process.nextTick(uncork, socket)
    socket.write(headOf(request), 'latin1')
    const early = this.#early
    if (early !== null) {
      this.#early = null
      for (const chunk of early) this.write(chunk)
    }
    if (this.#earlyTrailers !== null) this.end(this.#earlyTrailers)
    else if (early !== null && !socket.writableNeedDrain) this.observer.onDrain()
  }

  write(chunk: Uint8Array): boolean {
    if (this.over || chunk.length === 0) return true
    const { connection } = this
    if (!this.sent || connection === null) {
      this.#early ??= []
      this.#early.push(chunk)
      return false
    }
    this.touch()
    const { socket } = connection
    if (this.#bodyLeft === unknownLength) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      const more = socket.write('\r\n', 'latin1')
      socket.uncork()
      return more
    }
    this.#bodyLeft -= chunk.length
    if (this.#bodyLeft < 0) {
      connection.discard()
      this.#client.fail(this, 'closed_early', 'request body longer than declared')
      return true
    }
    return socket.write(chunk)
  }

  end(trailers: readonly string[] = noFields): void {
    if (this.over || this.sentWhole) return
    const { connection } = this
    if (!this.sent || connection === null) {
      this.#earlyTrailers = trailers
      return
    }
    if (this.#bodyLeft === unknownLength) {
      connection.socket.write(`${lastChunk}${fieldLines(trailers)}\r\n`, 'latin1')
    } else if (this.#bodyLeft !== 0) {
      connection.discard()
      this.#client.fail(this, 'closed_early', 'request body shorter than declared')
      return
    }
    this.sentWhole = true
    if (!this.answered) this.awaitResponse()
  }

  resume(): void {
    if (this.over) return
    this.touch()
    this.connection?.resume()
  }

  cancel(): void {
    if (this.over) return
    this.connection?.abandon()
    this.#client.finish(this)
  }
}

function headOf(request: UpstreamRequest): string {
  const { headers, bodyLength } = request
  let head = `${request.method} ${request.target} HTTP/1.1\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  if (bodyLength === unknownLength) head += 'Transfer-Encoding: chunked\r\n'
  else if (bodyLength !== noBody) head += `Content-Length: ${bodyLength}\r\n`
  return `${head}\r\n`
}

function fieldLines(fields: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`
  return lines
}

function uncork(socket: { uncork(): void }): void {
  socket.uncork()
}
