// One request of a client and the reply to it, on one connection: what was read, and what is written.
import { STATUS_CODES } from 'node:http'
import type { RequestHead } from '../http1/request-parser.ts'
import type { RequestContext } from './context.ts'
import { is } from './fields.ts'

/** Hears of the body of a request. */
export interface BodyListener {
  /** `piece` is the listener's to keep. */
  onPiece(piece: Buffer): void
  /** The body is whole. */
  onWhole(trailers: readonly string[]): void
  /** The exchange ended before the body did. */
  onGone?(): void
}

/** What an exchange asks of its connection. */
export interface Wire {
  /** Whether the connection ends with this reply, whatever it says. */
  readonly isLeaving: boolean
  /** A field that tells how long the connection is kept, with its line break. */
  readonly keepAliveLine: string
  /** Field line of `Date`, with its line break. */
  readonly dateLine: string
  /** Characters stand for bytes. */
  writeText(text: string): boolean
  writePieces(pieces: readonly (string | Buffer)[], taken?: (error?: Error | null) => void): boolean
  /** The reply is written to its end. */
  finish(exchange: Exchange): void
  /** The client should, or should not, send on. */
  regulate(): void
  /** Breaks the connection. `abruptly`: its end would pass for the end of the reply. */
  destroy(abruptly?: boolean): void
}

// Pieces of a body up to here leave in one string with the head.
const oneWriteMax = 16 * 1024
const noTrailers: readonly string[] = []

export class Exchange implements RequestHead {
  readonly method: string
  readonly target: string
  readonly minor: number
  readonly fields: string[]
  /** Whose it is; null until a handler took it, and for what was refused unread. */
  ctx: RequestContext | null = null

  /** The whole request was read. */
  complete = false
  /** What arrives of the body is held back for the moment. */
  isPaused = false
  /** The head of the reply is fixed. */
  headersSent = false
  /** The reply was written to its end and has left. */
  isSent = false
  /** Nothing more happens: the reply has left, or the connection is gone. */
  isOver = false
  /** The client will send another request when this one is answered. */
  keepAlive = false
  /** The connection takes bytes again after a write answered false. */
  onDrain: (() => void) | null = null

  readonly #wire: Wire | null
  #listeners: BodyListener[] | null = null
  // What arrived of the body before somebody listened: no more than one read brings.
  #early: Buffer[] | null = null
  #trailers = noTrailers
  /** The head that was not sent yet. */
  #head = ''
  #hasContent = false
  #isChunked = false
  /** The body is over when the connection is (HTTP/1.0). */
  #endsWithConnection = false
  #replyTrailers = noTrailers

  /** `wire`: null for a request that only stands for one, and that nobody answers. */
  constructor(head: RequestHead, wire: Wire | null) {
    this.method = head.method
    this.target = head.target
    this.minor = head.minor
    this.fields = head.fields
    this.#wire = wire
  }

  // The request.

  /** From now on `listener` hears of the body; what has arrived already in the next tick. */
  listen(listener: BodyListener): void {
    if (this.#listeners !== null) {
      this.#listeners.push(listener)
      return
    }
    this.#listeners = [listener]
    if (this.#early !== null || this.complete) process.nextTick(tellEarly, this)
  }

  /** The next piece of the body. */
  receive(piece: Buffer): void {
    if (this.isOver) return
    if (this.#listeners === null || this.#early !== null) {
      this.#early ??= []
      this.#early.push(piece)
      this.#wire?.regulate()
      return
    }
    for (const listener of this.#listeners) listener.onPiece(piece)
  }

  /** The request was read to its end. */
  receivedAll(trailers: readonly string[]): void {
    this.complete = true
    this.#trailers = trailers
    if (this.isOver || this.#listeners === null || this.#early !== null) return
    for (const listener of this.#listeners) listener.onWhole(trailers)
  }

  /** A body that is whole, and was listened to, is told once more to those who listen from now on. */
  rewind(body: Buffer): void {
    this.#listeners = null
    this.#early = body.length === 0 ? null : [body]
  }

  /** True while bytes that arrived wait for somebody to hear of them. */
  get isHoldingBody(): boolean {
    return this.#early !== null
  }

  tellEarly(): void {
    const early = this.#early
    const listeners = this.#listeners
    this.#early = null
    if (this.isOver || listeners === null) return
    if (early !== null)
      for (const piece of early) for (const listener of listeners) if (!this.isOver) listener.onPiece(piece)
    if (this.complete && !this.isOver) for (const listener of listeners) listener.onWhole(this.#trailers)
    this.#wire?.regulate()
  }

  pause(): void {
    this.isPaused = true
    this.#wire?.regulate()
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.#wire?.regulate()
  }

  // The reply.

  /**
   * Fixes the head. `fields`: name and value in turn, scanned or checked before, since they are written as they are. With a `Content-Length` among them the body is sent as it is written, without
   * one in chunks, or to the end of the connection where the client cannot read chunks.
   */
  writeHead(status: number, reason: string, fields: readonly string[]): void {
    const wire = this.#wire
    if (this.headersSent || wire === null) throw new Error('a reply has one head')
    let head = `HTTP/1.1 ${status} ${reason || (STATUS_CODES[status] ?? 'Unknown')}\r\n`
    let hasDate = false
    let hasLength = false
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string
      switch (name.length) {
        case 4:
          hasDate ||= is(name, 'date')
          break
        case 10:
          if (is(name, 'connection')) {
            if (is(fields[i + 1] as string, 'close')) this.keepAlive = false
            continue
          }
          break
        case 14:
          hasLength ||= is(name, 'content-length')
          break
      }
      head += `${name}: ${fields[i + 1]}\r\n`
    }
    this.headersSent = true
    this.#hasContent = status !== 204 && status !== 304 && this.method !== 'HEAD'
    if (this.#hasContent && !hasLength) {
      if (this.minor === 1) {
        this.#isChunked = true
        head += 'Transfer-Encoding: chunked\r\n'
      } else {
        this.keepAlive = false
        this.#endsWithConnection = true
      }
    }
    if (!hasDate) head += wire.dateLine
    if (wire.isLeaving) this.keepAlive = false
    head += this.keepAlive ? wire.keepAliveLine : 'Connection: close\r\n'
    this.#head = `${head}\r\n`
  }

  /** Sends the head now, before anything of the body. */
  flushHead(): void {
    if (this.#head === '' || this.isOver) return
    const head = this.#head
    this.#head = ''
    this.#wire?.writeText(head)
  }

  /**
   * Sends a piece of the body; false: wait for `onDrain`. `taken` hears when the kernel has it, or that it never will.
   */
  write(piece: Buffer, taken?: (error?: Error | null) => void): boolean {
    const wire = this.#wire
    if (wire === null || this.isOver) return true
    if (!this.#hasContent) {
      taken?.()
      return true
    }
    const pieces: (string | Buffer)[] = []
    if (this.#head !== '') pieces.push(this.#head)
    this.#head = ''
    if (this.#isChunked) pieces.push(`${piece.length.toString(16)}\r\n`, piece, '\r\n')
    else pieces.push(piece)
    return wire.writePieces(pieces, taken)
  }

  /** Fields to follow a chunked body; they were scanned or checked before. */
  addTrailers(trailers: readonly string[]): void {
    this.#replyTrailers = trailers
  }

  /** The reply is whole. `rest`: the last of its body, a character for each byte. */
  end(rest = ''): void {
    const wire = this.#wire
    if (wire === null || this.isOver) return
    let text = this.#head
    this.#head = ''
    if (this.#hasContent) {
      if (this.#isChunked) {
        if (rest !== '') text += `${rest.length.toString(16)}\r\n${rest}\r\n`
        text += '0\r\n'
        for (let i = 0; i < this.#replyTrailers.length; i += 2)
          text += `${this.#replyTrailers[i]}: ${this.#replyTrailers[i + 1]}\r\n`
        text += '\r\n'
      } else text += rest
    }
    if (text !== '') wire.writeText(text)
    wire.finish(this)
  }

  /** As `end`, with the whole of a body that is in memory. */
  endWith(body: Buffer): void {
    if (body.length > oneWriteMax && this.#hasContent && !this.isOver) {
      this.write(body)
      this.end()
    } else this.end(body.toString('latin1'))
  }

  /** Tells the client to send the body that it holds back (RFC 9110 10.1.1). */
  writeContinue(): void {
    if (!this.isOver) this.#wire?.writeText('HTTP/1.1 100 Continue\r\n\r\n')
  }

  /** Tells the client what it will need (RFC 8297). `links`: values of `Link`. */
  writeEarlyHints(links: readonly string[]): void {
    if (links.length === 0 || this.isOver || this.headersSent) return
    this.#wire?.writeText(`HTTP/1.1 103 Early Hints\r\nLink: ${links.join(', ')}\r\n\r\n`)
  }

  /** Breaks the connection, so that the client sees that the reply is not whole. */
  destroy(): void {
    this.#wire?.destroy(this.#endsWithConnection)
  }

  /** The last word, by the connection. */
  over(isSent: boolean): void {
    if (this.isOver) return
    this.isSent = isSent
    this.isOver = true
    this.#early = null
    if (!this.complete && this.#listeners !== null)
      for (const listener of this.#listeners) listener.onGone?.()
  }
}

function tellEarly(exchange: Exchange): void {
  exchange.tellEarly()
}
