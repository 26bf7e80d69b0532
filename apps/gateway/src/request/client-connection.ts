// One connection of a client: its requests read one after the other, each answered before the next is looked at.
import type { Socket } from 'node:net'
import type { ErrorCode } from '@gatewright/shared/errors'
import { type RequestHead, RequestParser, unread } from '../http1/request-parser.ts'
import type { RequestContext } from './context.ts'
import { Exchange, type Wire } from './exchange.ts'
import type { Peer } from './peer.ts'

/** What connections share, and whom they tell. */
export interface ConnectionHost {
  readonly headerBytesMax: number
  /** For the whole head to arrive. */
  readonly headersTimeoutMs: number
  /** For the whole request to arrive; 0 = no limit. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly keepAliveLine: string
  /** Milliseconds of `performance.now()`, as of the last look at the connections. */
  readonly lookedAtMs: number
  /** From one look to the next, milliseconds: what is said of times is true to this. */
  readonly lookEveryMs: number
  readonly dateLine: string
  /** Each reply is the last of its connection. */
  readonly isLeaving: boolean
  /** Takes a request; answers what it makes of its head. */
  begin(exchange: Exchange, peer: Peer): RequestContext
  /** The exchange is over. */
  over(ctx: RequestContext): void
  /** The rest of the request cannot be read: answers it so, unless it has its answer. */
  broken(ctx: RequestContext, code: ErrorCode, detail: string): void
  /** The whole of a refusal for bytes that became no request, and which is counted as one. */
  refusalOf(peer: Peer, code: ErrorCode, detail: string): string
}

/**
 * How long a connection that we end reads what still comes, milliseconds: closed at once, the kernel would tell the client of its
 * unread bytes by a reset, which overtakes the reply (RFC 9112 9.6).
 */
const lingerMs = 5_000
/** How long a client may leave the end of a reply with us, milliseconds: it holds what its request holds. */
const flushMs = 60_000

export class ClientConnection implements Wire {
  readonly socket: Socket
  readonly #transport: Socket
  readonly peer: Peer
  /** The request under way. */
  exchange: Exchange | null = null
  readonly #host: ConnectionHost
  readonly #parser: RequestParser
  /** Bytes behind the request under way. */
  #held: Buffer | null = null
  /** Nothing has come on it yet. */
  #isUnused = true
  #isReading = false
  #isPaused = false
  /** What still comes is read by nobody. */
  #isClosing = false
  #isClosed = false
  /** The reply is written, and has not left yet. */
  #isFlushing = false
  /** Since when the next step is waited for: a request, its head, its body, the client's end. */
  #sinceMs: number

  /** `transport`: what the socket encrypts, or the socket itself. */
  constructor(socket: Socket, transport: Socket, peer: Peer, host: ConnectionHost) {
    this.socket = socket
    this.#transport = transport
    this.peer = peer
    this.#host = host
    this.#sinceMs = host.lookedAtMs
    this.#parser = new RequestParser(this, host.headerBytesMax)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#ended())
    socket.on('drain', () => this.#drained())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  // What comes.

  #receive(chunk: Buffer): void {
    this.#isUnused = false
    if (this.#isClosing) return
    if (this.exchange?.complete === true) {
      this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
      this.regulate()
      return
    }
    this.#read(chunk)
  }

  /** Reads until the bytes are used up, or a request is under way and they belong to the next one. */
  #read(chunk: Buffer): void {
    let i = 0
    this.#isReading = true
    while (i < chunk.length && !this.#isClosing) {
      if (this.exchange === null && !this.#parser.isInHead) this.#sinceMs = this.#host.lookedAtMs
      i = this.#parser.feed(chunk, i, chunk.length)
      if (this.exchange?.complete !== true || i === chunk.length) continue
      this.#held = chunk.subarray(i)
      this.regulate()
      break
    }
    this.#isReading = false
  }

  onHead(head: RequestHead): number {
    const exchange = new Exchange(head, this)
    this.exchange = exchange
    const ctx = this.#host.begin(exchange, this.peer)
    return this.#isClosing ? unread : ctx.wireLength
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.exchange?.receive(buffer.subarray(start, end))
  }

  onMessageEnd(trailers: readonly string[]): void {
    const { exchange } = this
    if (exchange === null) return
    exchange.receivedAll(trailers)
    if (exchange.isOver) this.#next(exchange)
  }

  onFault(code: ErrorCode, detail: string): void {
    this.#refuse(code, detail)
  }

  /** The client has said all it had to say. */
  #ended(): void {
    if (this.#isClosing || this.#isClosed) this.socket.destroySoon()
    else if (this.exchange === null && !this.#parser.hasBegun) this.socket.destroySoon()
    // Nobody waits for an answer who closes the connection behind a request; one that is on its way may arrive.
    else if (this.exchange?.complete === true && !this.#isFlushing) this.socket.destroy()
    else this.#refuse('malformed_request', 'the end of the connection in the middle of it')
  }

  #closed(): void {
    this.#isClosed = true
    this.#parser.stop()
    const { exchange } = this
    if (exchange === null || exchange.isOver) return
    exchange.over(false)
    if (exchange.ctx !== null) this.#host.over(exchange.ctx)
  }

  /** Ends the connection with a refusal of what cannot be read. */
  #refuse(code: ErrorCode, detail: string): void {
    this.#parser.stop()
    const { exchange } = this
    if (!this.socket.writable) {
      this.socket.destroy()
    } else if (exchange === null || exchange.ctx === null) {
      // Its length is that of UTF-8.
      this.socket.write(this.#host.refusalOf(this.peer, code, detail))
      this.#close()
    } else if (exchange.isOver) {
      // It has its answer: another one would be taken for that of another request.
      this.#close()
    } else if (this.#isFlushing) {
      exchange.keepAlive = false
    } else if (exchange.headersSent) {
      // A reply that has begun cannot be taken back, and a second one must not follow it.
      this.socket.destroy()
    } else {
      exchange.keepAlive = false
      this.#host.broken(exchange.ctx, code, detail)
    }
  }

  // What goes.

  get isLeaving(): boolean {
    return this.#host.isLeaving
  }

  get keepAliveLine(): string {
    return this.#host.keepAliveLine
  }

  get dateLine(): string {
    return this.#host.dateLine
  }

  writeText(text: string): boolean {
    return this.socket.write(text, 'latin1')
  }

  writePieces(pieces: readonly (string | Buffer)[], taken?: (error?: Error | null) => void): boolean {
    const { socket } = this
    const last = pieces.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i++) socket.write(pieces[i] as string | Buffer, 'latin1')
    const more = socket.write(pieces[last] as string | Buffer, 'latin1', taken)
    if (last > 0) socket.uncork()
    return more
  }

  /** In the next tick: who wrote the last of the reply has things to finish first. */
  finish(exchange: Exchange): void {
    this.#isFlushing = true
    this.#sinceMs = this.#host.lookedAtMs
    if (this.socket.writableLength === 0) process.nextTick(sent, this, exchange)
    else this.socket.write('', () => sent(this, exchange))
  }

  sent(exchange: Exchange): void {
    this.#isFlushing = false
    // A connection that broke meanwhile says so itself.
    if (exchange.isOver || this.socket.destroyed) return
    exchange.over(true)
    if (exchange.ctx !== null) this.#host.over(exchange.ctx)
    if (!exchange.keepAlive) this.#close()
    else if (exchange.complete) this.#next(exchange)
    else {
      // The rest of what was answered early is read, and dropped, to come to the next request.
      this.#sinceMs = this.#host.lookedAtMs
      this.regulate()
    }
  }

  #drained(): void {
    const onDrain = this.exchange?.onDrain ?? null
    if (onDrain === null || this.exchange === null) return
    this.exchange.onDrain = null
    onDrain()
  }

  /** The exchange is over and its request was read: the next one may begin. */
  #next(exchange: Exchange): void {
    if (this.exchange !== exchange || this.#isClosing) return
    this.exchange = null
    this.#sinceMs = this.#host.lookedAtMs
    if (this.#isReading) return
    const held = this.#held
    this.#held = null
    if (held !== null) this.#read(held)
    this.regulate()
  }

  regulate(): void {
    const { exchange } = this
    const pauses =
      !this.#isClosing &&
      (this.#held !== null ||
        (exchange !== null && !exchange.isOver && (exchange.isPaused || exchange.isHoldingBody)))
    if (pauses === this.#isPaused) return
    this.#isPaused = pauses
    if (pauses) this.socket.pause()
    else this.socket.resume()
  }

  // The end.

  /** Ends our side when all is written, and waits a while for the client to end its own. */
  #close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#held = null
    this.exchange = null
    this.#parser.stop()
    this.#sinceMs = this.#host.lookedAtMs
    this.socket.end()
    this.regulate()
  }

  destroy(abruptly = false): void {
    if (abruptly) this.#transport.resetAndDestroy()
    else this.socket.destroy()
  }

  /** No request, not even a part of one, is under way, nor a reply that unread bytes of its client could still take back. */
  get isIdle(): boolean {
    return this.exchange === null && !this.#parser.hasBegun && !this.#isClosing
  }

  /** Looks whether the client takes too long. */
  look(nowMs: number): void {
    const { exchange } = this
    const host = this.#host
    const waitedMs = nowMs - this.#sinceMs - host.lookEveryMs
    if (this.#isFlushing) {
      if (waitedMs > flushMs) this.socket.destroy()
    } else if (this.#isClosing) {
      if (waitedMs > lingerMs) this.socket.destroy()
    } else if (exchange === null) {
      if (this.#parser.hasBegun) {
        if (waitedMs > host.headersTimeoutMs) this.#refuse('request_timeout', late)
      } else {
        // A connection that was opened ahead and never used asked for nothing.
        if (waitedMs > (this.#isUnused ? host.headersTimeoutMs : host.keepAliveTimeoutMs))
          this.socket.destroy()
      }
    } else if (exchange.isOver) {
      if (waitedMs > lingerMs) this.socket.destroy()
    } else if (!exchange.complete && host.requestTimeoutMs > 0 && waitedMs > host.requestTimeoutMs) {
      this.#refuse('request_timeout', late)
    }
  }

  /** The body of the request under way comes too slowly. */
  giveUpBody(): void {
    this.#refuse('request_timeout', late)
  }
}

const late = 'The request did not arrive in time.'

function sent(connection: ClientConnection, exchange: Exchange): void {
  connection.sent(exchange)
}
