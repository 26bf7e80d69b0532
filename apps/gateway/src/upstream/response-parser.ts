// Turns the bytes of one upstream connection into responses, refusing everything RFC 9112 lets a recipient refuse.
import { unknownLength } from './call.ts'
import { FieldScanner, incomplete, violation } from './field-scanner.ts'

/** Hears what the parser finds. Ranges of `buffer` are valid only during the call. */
export interface ResponseSink {
  onInterim(status: number, headers: readonly string[]): void
  onHead(status: number, reason: string, headers: string[], bodyLength: number): void
  onBody(buffer: Buffer, start: number, end: number): void
  /** `reusable`: the response left the connection clean, so another request may follow. */
  onMessageEnd(trailers: readonly string[], reusable: boolean): void
  onViolation(problem: string): void
}

const headLengthMax = 64 * 1024
const chunkExtensionsMax = 16 * 1024
const interimMax = 16
const noFields: readonly string[] = []

const inHead = 0
const inLength = 1
const untilClose = 2
const atChunkSize = 3
const inChunkSize = 4
const beforeChunkExtension = 5
const inChunkExtension = 6
const atChunkSizeEnd = 7
const inChunk = 8
const atChunkEnd = 9
const atChunkLineFeed = 10
const inTrailers = 11
const idle = 12
const broken = 13

const contentLength = Buffer.from('content-length')
const transferEncoding = Buffer.from('transfer-encoding')
const connection = Buffer.from('connection')
const keepAlive = Buffer.from('keep-alive')

const cr = 0x0d
const lf = 0x0a
const semicolon = 0x3b

export class ResponseParser {
  /** Seconds that the upstream said it keeps an idle connection, or -1. */
  keepAliveSeconds = -1
  readonly #sink: ResponseSink
  readonly #scanner = new FieldScanner()
  #state = idle
  #headOnly = false
  #interims = 0
  #left = 0
  #digits = 0
  #extensionBytes = 0
  #reusable = false
  // Bytes of a head that did not fit into one read.
  #held: Buffer | null = null
  #heldLength = 0

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** A request was sent: its response comes next. `headOnly`: it was HEAD (RFC 9112 6.3 rule 1). */
  begin(headOnly: boolean): void {
    this.#state = inHead
    this.#headOnly = headOnly
    this.#interims = 0
    this.#held = null
    this.#scanner.begin(true)
  }

  feed(buffer: Buffer, start: number, end: number): void {
    let i = start
    while (i < end) {
      switch (this.#state) {
        case inHead:
        case inTrailers:
          i = this.#held === null ? this.#scan(buffer, i, end) : this.#scanHeld(buffer, i, end)
          break
        case inLength: {
          const stop = Math.min(end, i + this.#left)
          this.#left -= stop - i
          const from = i
          i = stop
          this.#sink.onBody(buffer, from, stop)
          if (this.#left === 0 && this.#state === inLength) {
            this.#finish(noFields, i === end)
            return
          }
          break
        }
        case untilClose: {
          const from = i
          i = end
          this.#sink.onBody(buffer, from, end)
          break
        }
        case inChunk: {
          const stop = Math.min(end, i + this.#left)
          this.#left -= stop - i
          const from = i
          i = stop
          if (this.#left === 0) this.#state = atChunkEnd
          this.#sink.onBody(buffer, from, stop)
          break
        }
        case idle:
          this.#refuse('bytes without a request')
          return
        case broken:
          return
        default:
          i = this.#chunkFraming(buffer, i, end)
      }
    }
  }

  /** Nobody listens any more: what still arrives is dropped. */
  stop(): void {
    this.#state = broken
  }

  /** The upstream closed its side: the end of a body that has no other end, else a loss. */
  close(): void {
    if (this.#state === untilClose) this.#finish(noFields, false)
  }

  /** Index after the next step of the framing around chunks (RFC 9112 7.1). */
  #chunkFraming(buffer: Buffer, from: number, end: number): number {
    let i = from
    const byte = buffer[i] as number
    switch (this.#state) {
      case atChunkSize:
        this.#left = 0
        this.#digits = 0
        this.#state = inChunkSize
        return i
      case inChunkSize: {
        const digit = hexValue(byte)
        if (digit >= 0) {
          // 12 digits stay far below 2^53, so the sum is exact.
          if (++this.#digits > 12) return this.#fail('chunk size too large', end)
          this.#left = this.#left * 16 + digit
          return i + 1
        }
        if (this.#digits === 0) return this.#fail('chunk size without digits', end)
        if (byte === cr) this.#state = atChunkSizeEnd
        else if (byte === semicolon) this.#state = inChunkExtension
        else if (byte === 0x20 || byte === 0x09) this.#state = beforeChunkExtension
        else return this.#fail('chunk size with an illegal character', end)
        return i + 1
      }
      case beforeChunkExtension:
        if (byte === semicolon) this.#state = inChunkExtension
        else if (byte !== 0x20 && byte !== 0x09) return this.#fail('chunk size followed by whitespace', end)
        return this.#countExtension(i + 1, 1, end)
      case inChunkExtension: {
        while (i < end && isExtensionByte(buffer[i] as number)) i++
        if (i < end) {
          if (buffer[i] !== cr) return this.#fail('control character in a chunk extension', end)
          this.#state = atChunkSizeEnd
          i++
        }
        return this.#countExtension(i, i - from, end)
      }
      case atChunkSizeEnd:
        if (byte !== lf) return this.#fail('bare carriage return after a chunk size', end)
        if (this.#left > 0) {
          this.#state = inChunk
        } else {
          this.#state = inTrailers
          this.#scanner.begin(false)
        }
        return i + 1
      case atChunkEnd:
        if (byte !== cr) return this.#fail('chunk longer than its size', end)
        this.#state = atChunkLineFeed
        return i + 1
      default:
        if (byte !== lf) return this.#fail('bare carriage return after a chunk', end)
        this.#state = atChunkSize
        return i + 1
    }
  }

  // Extensions carry nothing for us; a stream of them is a way to make us work for nothing.
  #countExtension(next: number, bytes: number, end: number): number {
    this.#extensionBytes += bytes
    return this.#extensionBytes > chunkExtensionsMax ? this.#fail('chunk extensions too long', end) : next
  }

  #scan(buffer: Buffer, from: number, end: number): number {
    const next = this.#scanner.scan(buffer, from, from, end)
    if (next >= 0) return this.#section(buffer, from, next, next, next === end, end)
    if (next === violation) return this.#fail(this.#scanner.problem, end)
    if (end - from > headLengthMax) return this.#fail('head too large', end)
    this.#held = Buffer.allocUnsafe(Math.max(4096, (end - from) * 2))
    this.#heldLength = buffer.copy(this.#held, 0, from, end)
    return end
  }

  #scanHeld(buffer: Buffer, from: number, end: number): number {
    let held = this.#held as Buffer
    const before = this.#heldLength
    const length = Math.min(before + end - from, headLengthMax + 1)
    if (length > held.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, held.length * 2))
      held.copy(larger, 0, 0, before)
      held = larger
      this.#held = held
    }
    buffer.copy(held, before, from, from + length - before)
    this.#heldLength = length
    const next = this.#scanner.scan(held, 0, before, length)
    if (next >= 0) {
      const consumed = from + next - before
      this.#held = null
      return this.#section(held, 0, next, consumed, consumed === end, end)
    }
    if (next === violation) return this.#fail(this.#scanner.problem, end)
    return next === incomplete && length <= headLengthMax
      ? from + length - before
      : this.#fail('head too large', end)
  }

  /** A head or a trailer section is complete in `source`; answers the index in the fed buffer at which to go on. */
  #section(
    source: Buffer,
    base: number,
    limit: number,
    next: number,
    isLast: boolean,
    fedEnd: number,
  ): number {
    const text = source.toString('latin1', base, limit)
    const fields = this.#fields(text)
    if (this.#state === inTrailers) {
      this.#finish(fields, isLast)
      return fedEnd
    }
    const problem = this.#head(source, base, text, fields, isLast)
    if (problem !== null) return this.#fail(problem, fedEnd)
    // Without a body the response is over, and what follows (if anything) was answered for by `isLast`.
    return this.#state === idle ? fedEnd : next
  }

  #fields(text: string): string[] {
    const { offsets, count } = this.#scanner
    const fields = new Array<string>(count * 2)
    for (let f = 0; f < count; f++) {
      const at = f * 4
      fields[f * 2] = text.substring(offsets[at] as number, offsets[at + 1])
      fields[f * 2 + 1] = text.substring(offsets[at + 2] as number, offsets[at + 3])
    }
    return fields
  }

  /** Reads the status line and the framing fields; answers what is wrong, or null. */
  #head(source: Buffer, base: number, text: string, fields: string[], isLast: boolean): string | null {
    const scanner = this.#scanner
    const lineEnd = scanner.startLineEnd
    const minor = text.charCodeAt(7) - 0x30
    if (lineEnd < 12 || !text.startsWith('HTTP/1.') || minor < 0 || minor > 1 || text[8] !== ' ') {
      return 'status line that is not HTTP/1.x'
    }
    const status = threeDigits(text, 9)
    // A status without reason may lack the space that RFC 9112 4 asks for; no reading of it is ambiguous.
    if (status < 100 || (lineEnd > 12 && text[12] !== ' ')) return 'status line without a valid status'

    let length = -1
    let chunked = false
    let reusable = minor === 1
    this.keepAliveSeconds = -1
    for (let f = 0; f < scanner.count; f++) {
      const at = f * 4
      const start = base + (scanner.offsets[at] as number)
      switch ((scanner.offsets[at + 1] as number) - (scanner.offsets[at] as number)) {
        case 10:
          if (isName(source, start, connection)) {
            if (hasToken(fields[f * 2 + 1] as string, 'close')) reusable = false
          } else if (isName(source, start, keepAlive)) {
            this.keepAliveSeconds = timeoutOf(fields[f * 2 + 1] as string)
          }
          break
        case 14:
          if (isName(source, start, contentLength)) {
            const value = lengthOf(fields[f * 2 + 1] as string)
            if (value < 0) return 'invalid Content-Length'
            if (length >= 0 && length !== value) return 'conflicting Content-Length'
            length = value
          }
          break
        case 17:
          if (isName(source, start, transferEncoding)) {
            // We send no TE, so chunked, once and alone, is the only coding an upstream may choose.
            if (chunked || (fields[f * 2 + 1] as string).toLowerCase() !== 'chunked') {
              return 'unsupported Transfer-Encoding'
            }
            chunked = true
          }
          break
      }
    }
    if (chunked && length >= 0) return 'both Content-Length and Transfer-Encoding'
    if (chunked && minor === 0) return 'Transfer-Encoding in HTTP/1.0'

    if (status < 200) {
      if (status === 101) return 'switch of protocols that nobody asked for'
      if (chunked || length > 0) return 'interim response with a body'
      if (++this.#interims > interimMax) return 'too many interim responses'
      scanner.begin(true)
      this.#sink.onInterim(status, fields)
      return null
    }
    const reason = text.slice(13, lineEnd)
    this.#reusable = reusable
    this.#extensionBytes = 0
    const empty = this.#headOnly || status === 204 || status === 304
    if (chunked && status === 204) return 'Transfer-Encoding in a response without content'
    if (empty || length === 0) {
      this.#state = idle
      this.#sink.onHead(status, reason, fields, 0)
      if (this.#state === idle) this.#finish(noFields, isLast)
    } else if (chunked) {
      this.#state = atChunkSize
      this.#sink.onHead(status, reason, fields, unknownLength)
    } else if (length > 0) {
      this.#state = inLength
      this.#left = length
      this.#sink.onHead(status, reason, fields, length)
    } else {
      this.#state = untilClose
      this.#sink.onHead(status, reason, fields, unknownLength)
    }
    return null
  }

  #finish(trailers: readonly string[], isLast: boolean): void {
    this.#state = idle
    this.#sink.onMessageEnd(trailers, this.#reusable && isLast)
  }

  #refuse(problem: string): void {
    this.#state = broken
    this.#sink.onViolation(problem)
  }

  #fail(problem: string, end: number): number {
    this.#refuse(problem)
    return end
  }
}

function threeDigits(text: string, at: number): number {
  let value = 0
  for (let i = at; i < at + 3; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Compares a field name with a lower-case one of the same length; both are tokens, so `| 0x20` only folds letters. */
function isName(source: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (((source[start + i] as number) | 0x20) !== name[i]) return false
  return true
}

/** Bytes, or -1. A list of equal values is one value (RFC 9112 6.3 rule 5). */
function lengthOf(value: string): number {
  let length = 0
  if (value.length === 0) return -1
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9 || i > 14) return repeatedLengthOf(value)
    length = length * 10 + digit
  }
  return length
}

function repeatedLengthOf(value: string): number {
  const parts = value.split(',').map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''))
  const first = parts[0] as string
  return parts.length > 1 && /^\d{1,15}$/.test(first) && parts.every((part) => part === first)
    ? Number(first)
    : -1
}

function hasToken(list: string, name: string): boolean {
  if (list.length === name.length) return list.toLowerCase() === name
  return (
    list.length > name.length &&
    list.split(',').some((part) => part.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase() === name)
  )
}

function timeoutOf(keepAliveValue: string): number {
  const found = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(keepAliveValue)
  return found === null ? -1 : Number(found[1])
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function isExtensionByte(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 0x09
}
