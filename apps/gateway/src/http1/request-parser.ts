// Turns the bytes of one client connection into requests, one at a time, refusing everything RFC 9112 lets a server refuse.
import { METHODS } from 'node:http'
import type { ErrorCode } from '@gatewright/shared/errors'
import { noBody, unknownLength } from '../upstream/call.ts'
import { ChunkFraming } from './chunk-framing.ts'
import { FieldScanner, incomplete, violation } from './field-scanner.ts'
import { SectionReader } from './section-reader.ts'

/** Answer of `onHead`: nothing that follows this head is to be read. */
export const unread = -4

export interface RequestHead {
  readonly method: string
  /** As sent, whatever its form. */
  readonly target: string
  /** 0 or 1 of HTTP/1.x. */
  readonly minor: number
  /** Name and value in turn, as sent. */
  readonly fields: string[]
}

/** Hears what the parser finds. Ranges of `buffer` are valid only during the call. */
export interface RequestSink {
  /** Answers how its body is framed: bytes, `noBody`, `unknownLength`, or `unread`. */
  onHead(head: RequestHead): number
  onBody(buffer: Buffer, start: number, end: number): void
  onMessageEnd(trailers: readonly string[]): void
  /** What came cannot be read as HTTP; nothing more is read. */
  onFault(code: ErrorCode, detail: string): void
}

const noFields: readonly string[] = []
const knownMethods = new Set(METHODS)
// Longer than any method: who sends more before the first space does not speak HTTP.
const methodBytesMax = 32
const emptyLinesMax = 1

const atStart = 0
const inHead = 1
const inLength = 2
const inChunks = 3
const inTrailers = 4
const broken = 5

const space = 0x20
const cr = 0x0d
const lf = 0x0a

export class RequestParser {
  readonly #sink: RequestSink
  readonly #section: SectionReader
  readonly #chunks = new ChunkFraming(true)
  #state = atStart
  #left = 0
  #emptyLines = 0
  #sawReturn = false

  /** `headBytesMax`: of the request line and the fields together, and of a trailer section. */
  constructor(sink: RequestSink, headBytesMax: number) {
    this.#sink = sink
    this.#section = new SectionReader(headBytesMax, new FieldScanner(false))
  }

  /** A part of a head was read that is more than an empty line, which some clients send behind a body. */
  get hasBegun(): boolean {
    return this.#state === inHead
  }

  /** A part of a head was read, and the rest has to come. */
  get isInHead(): boolean {
    return this.#state === inHead || (this.#state === atStart && (this.#emptyLines > 0 || this.#sawReturn))
  }

  /** Reads up to the end of one request; answers the index after what was read. */
  feed(buffer: Buffer, start: number, end: number): number {
    let i = start
    while (i < end) {
      switch (this.#state) {
        case atStart:
          i = this.#begin(buffer, i, end)
          break
        case inHead:
          i = this.#readHead(buffer, i, end)
          if (this.#isBetween) return i
          break
        case inLength: {
          const stop = Math.min(end, i + this.#left)
          this.#left -= stop - i
          const from = i
          i = stop
          this.#sink.onBody(buffer, from, stop)
          if (this.#left > 0 || this.#state !== inLength) break
          this.#finish(noFields)
          return i
        }
        case inChunks:
          i = this.#readChunks(buffer, i, end)
          break
        case inTrailers:
          i = this.#readTrailers(buffer, i, end)
          if (this.#isBetween) return i
          break
        default:
          return end
      }
    }
    return i
  }

  get #isBetween(): boolean {
    return this.#state === atStart
  }

  /** Nothing more is read. */
  stop(): void {
    this.#state = broken
  }

  /** RFC 9112 2.2: an empty line before a request is forgiven, as some clients send one behind a body. */
  #begin(buffer: Buffer, from: number, end: number): number {
    const byte = buffer[from] as number
    if (this.#sawReturn) {
      if (byte !== lf) return this.#fail('malformed_request', 'bare carriage return before a request', end)
      this.#sawReturn = false
      this.#emptyLines++
      return from + 1
    }
    if (byte === cr && this.#emptyLines < emptyLinesMax) {
      this.#sawReturn = true
      return from + 1
    }
    this.#emptyLines = 0
    this.#section.begin(true)
    this.#state = inHead
    return from
  }

  #readHead(buffer: Buffer, from: number, end: number): number {
    const section = this.#section
    const next = section.read(buffer, from, end)
    if (next === incomplete) return end
    if (next < 0) return this.#failSection(next, end)
    const text = section.text()
    const lineEnd = section.scanner.startLineEnd
    const afterMethod = text.indexOf(' ')
    const afterTarget = text.indexOf(' ', afterMethod + 1)
    // Exactly two spaces in the line, and something between them (RFC 9112 3).
    if (
      afterTarget < 0 ||
      afterTarget === afterMethod + 1 ||
      text.lastIndexOf(' ', lineEnd - 1) !== afterTarget
    ) {
      return this.#fail('malformed_request', 'the request line is not “method target version”', end)
    }
    const method = text.substring(0, afterMethod)
    if (!knownMethods.has(method)) return this.#fail('malformed_request', 'a method that nobody knows', end)
    const minor = minorVersion(text, afterTarget + 1, lineEnd)
    if (minor < 0) {
      return /^HTTP\/[1-9]\.\d$/.test(text.substring(afterTarget + 1, lineEnd))
        ? this.#fail('http_version_not_supported', '', end)
        : this.#fail(
            'malformed_request',
            'the request line names no version of HTTP that is still spoken',
            end,
          )
    }
    const target = text.substring(afterMethod + 1, afterTarget)
    const fields = section.fields(text)
    section.release()
    // Before the sink hears of it: what it does with the head may end in `stop`.
    this.#state = atStart
    const length = this.#sink.onHead({ method, target, minor, fields })
    if (!this.#isBetween) return next
    if (length === noBody || length === 0) this.#finish(noFields)
    else if (length === unknownLength) {
      this.#state = inChunks
      this.#chunks.begin()
    } else if (length === unread) {
      this.#state = broken
    } else {
      this.#state = inLength
      this.#left = length
    }
    return next
  }

  #readChunks(buffer: Buffer, from: number, end: number): number {
    const chunks = this.#chunks
    if (chunks.left > 0) {
      const stop = chunks.take(from, end)
      this.#sink.onBody(buffer, from, stop)
      return stop
    }
    const next = chunks.skip(buffer, from, end)
    if (next === violation) {
      return this.#fail(
        chunks.hasTooLongExtensions ? 'body_too_large' : 'malformed_request',
        chunks.problem,
        end,
      )
    }
    if (chunks.isOver) {
      this.#state = inTrailers
      this.#section.begin(false)
    }
    return next
  }

  #readTrailers(buffer: Buffer, from: number, end: number): number {
    const section = this.#section
    const next = section.read(buffer, from, end)
    if (next === incomplete) return end
    if (next < 0) return this.#failSection(next, end)
    const trailers = section.scanner.count === 0 ? noFields : section.fields(section.text())
    section.release()
    for (let i = 0; i < trailers.length; i += 2) {
      if (framingName.test(trailers[i] as string))
        return this.#fail('malformed_request', 'a trailer that frames the message', end)
    }
    this.#finish(trailers)
    return next
  }

  #finish(trailers: readonly string[]): void {
    this.#state = atStart
    this.#sink.onMessageEnd(trailers)
  }

  #failSection(outcome: number, end: number): number {
    const { scanner, source, base } = this.#section
    if (outcome === violation) {
      const isTooMuch = scanner.problem === 'too many fields'
      return this.#fail(isTooMuch ? 'headers_too_large' : 'malformed_request', scanner.problem, end)
    }
    const method = source.subarray(base, base + methodBytesMax + 1)
    if (this.#state === inHead && !method.includes(space))
      return this.#fail('malformed_request', 'a method without end', end)
    return this.#fail('headers_too_large', '', end)
  }

  #fail(code: ErrorCode, problem: string, end: number): number {
    this.#state = broken
    this.#sink.onFault(code, problem)
    return end
  }
}

const framingName = /^(?:content-length|transfer-encoding|host)$/i

/** 0 or 1 of HTTP/1.x; -1 for anything else. */
function minorVersion(text: string, from: number, end: number): number {
  if (end - from !== 8 || !text.startsWith('HTTP/1.', from)) return -1
  const minor = text.charCodeAt(from + 7) - 0x30
  return minor === 0 || minor === 1 ? minor : -1
}
