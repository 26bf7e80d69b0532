// Turns the bytes of one upstream connection into responses, refusing everything RFC 9112 lets a recipient refuse.
import { ChunkFraming } from '../http1/chunk-framing.ts'
import { FieldScanner, incomplete, violation } from '../http1/field-scanner.ts'
import { SectionReader } from '../http1/section-reader.ts'
import { unknownLength } from './call.ts'

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
const interimMax = 16
const noFields: readonly string[] = []

const inHead = 0
const inLength = 1
const untilClose = 2
const inChunks = 3
const inTrailers = 4
const idle = 5
const broken = 6

const contentLength = Buffer.from('content-length')
const transferEncoding = Buffer.from('transfer-encoding')
const connection = Buffer.from('connection')
const keepAlive = Buffer.from('keep-alive')

export class ResponseParser {
  /** Seconds that the upstream said it keeps an idle connection, or -1. */
  keepAliveSeconds = -1
  readonly #sink: ResponseSink
  readonly #section = new SectionReader(headLengthMax, new FieldScanner(true))
  readonly #chunks = new ChunkFraming(false)
  #state = idle
  #headOnly = false
  #interims = 0
  #left = 0
  #reusable = false

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** A request was sent: its response comes next. `headOnly`: it was HEAD (RFC 9112 6.3 rule 1). */
  begin(headOnly: boolean): void {
    this.#state = inHead
    this.#headOnly = headOnly
    this.#interims = 0
    this.#section.begin(true)
  }

  feed(buffer: Buffer, start: number, end: number): void {
    let i = start
    while (i < end) {
      switch (this.#state) {
        case inHead:
        case inTrailers:
          i = this.#read(buffer, i, end)
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
        case inChunks:
          i = this.#readChunks(buffer, i, end)
          break
        case idle:
          this.#refuse('bytes without a request')
          return
        default:
          return
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

  #readChunks(buffer: Buffer, from: number, end: number): number {
    const chunks = this.#chunks
    if (chunks.left > 0) {
      const stop = chunks.take(from, end)
      this.#sink.onBody(buffer, from, stop)
      return stop
    }
    const next = chunks.skip(buffer, from, end)
    if (next === violation) return this.#fail(chunks.problem, end)
    if (chunks.isOver) {
      this.#state = inTrailers
      this.#section.begin(false)
    }
    return next
  }

  /** A head or a trailer section; answers the index in the fed buffer at which to go on. */
  #read(buffer: Buffer, from: number, end: number): number {
    const section = this.#section
    const next = section.read(buffer, from, end)
    if (next < 0) {
      if (next === incomplete) return end
      return this.#fail(next === violation ? section.scanner.problem : 'head too large', end)
    }
    const text = section.text()
    const fields = section.fields(text)
    const isLast = next === end
    if (this.#state === inTrailers) {
      this.#finish(fields, isLast)
      return end
    }
    const problem = this.#head(section.source, section.base, text, fields, isLast)
    if (problem !== null) return this.#fail(problem, end)
    // Without a body the response is over, and what follows (if anything) was answered for by `isLast`.
    return this.#state === idle ? end : next
  }

  /** Reads the status line and the framing fields; answers what is wrong, or null. */
  #head(source: Buffer, base: number, text: string, fields: string[], isLast: boolean): string | null {
    const { scanner } = this.#section
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
      this.#section.begin(true)
      this.#sink.onInterim(status, fields)
      return null
    }
    const reason = text.slice(13, lineEnd)
    this.#reusable = reusable
    const empty = this.#headOnly || status === 204 || status === 304
    if (chunked && status === 204) return 'Transfer-Encoding in a response without content'
    if (empty || length === 0) {
      this.#state = idle
      this.#sink.onHead(status, reason, fields, 0)
      if (this.#state === idle) this.#finish(noFields, isLast)
    } else if (chunked) {
      this.#state = inChunks
      this.#chunks.begin()
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
    list !== 'keep-alive' &&
    list.split(',').some((part) => part.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase() === name)
  )
}

function timeoutOf(keepAliveValue: string): number {
  const found = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(keepAliveValue)
  return found === null ? -1 : Number(found[1])
}
