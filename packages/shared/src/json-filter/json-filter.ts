// Takes members out of JSON while it passes by: strict reading (RFC 8259), and no more memory than one name and the depth.
import type { Place } from './field-paths.ts'

export class NotJson extends Error {}

interface Frame {
  readonly isObject: boolean
  readonly place: Place
  /** Elements so far. */
  index: number
  /** Members or elements that were passed on. */
  kept: number
}

const depthMax = 512
const nameBytesMax = 65_536
/** Room for what was held back of the piece before, and for masks. */
const spareBytes = 256
const nothing = new Uint8Array(0)
const scalarLengthMax = 1_000
const maskedValue = new TextEncoder().encode('"[masked]"')
const comma = new Uint8Array([0x2c])
const decoder = new TextDecoder('utf-8', { fatal: true })

type State =
  | 'value'
  | 'first-element'
  | 'first-name'
  | 'name'
  | 'colon'
  | 'after'
  | 'string'
  | 'scalar'
  | 'done'

export interface JsonFilterOptions {
  /** More than one value may follow, with white space between them (NDJSON, RFC 7464). */
  readonly isSequence: boolean
}

/** Throws `NotJson` from `push` and `end`; what was passed on before is right. */
export class JsonFilter {
  readonly #root: Place
  readonly #isSequence: boolean
  readonly #frames: Frame[] = []
  #state: State = 'value'
  /** Where the value that comes stands. */
  #place: Place
  /** Depth at which leaving things out began; -1 = nothing is left out. */
  #skipDepth = -1
  /** A name is being read, else a value. */
  #inName = false
  /** Bytes of the name with its quotes and what stands around it, until it is known whether it stays. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  #name: Uint8Array[] = []
  #scalar = ''
  /** After a backslash: 1; inside of `\uXXXX`: digits that are missing, plus 1. */
  #escape = 0
  #isFirstByte = true
  // What this piece becomes, one byte after the other: texts of many small values would else be as many small arrays.
  #out = nothing
  #outLength = 0

  constructor(root: Place, { isSequence }: JsonFilterOptions) {
    this.#root = root
    this.#place = root
    this.#isSequence = isSequence
  }

  push(piece: Uint8Array): Uint8Array {
    this.#out = new Uint8Array(piece.length + spareBytes)
    this.#outLength = 0
    /** Start of the bytes that were looked at and not passed on. */
    let from = 0
    let at = 0
    if (this.#isFirstByte && piece.length > 0) {
      this.#isFirstByte = false
      // A byte order mark may be ignored (RFC 8259 8.1).
      if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) from = at = 3
    }
    while (at < piece.length) {
      const byte = piece[at] as number
      switch (this.#state) {
        case 'string': {
          const end = this.#string(piece, at)
          at = end.at
          if (!end.isOver) break
          if (this.#inName) {
            this.#name.push(piece.subarray(from, at))
            this.#hold(piece.subarray(from, at))
            from = at
            this.#inName = false
            this.#state = 'colon'
          } else {
            from = this.#flush(piece, from, at)
            this.#valueOver()
          }
          break
        }
        case 'scalar':
          if (isScalarByte(byte)) {
            this.#scalar += String.fromCharCode(byte)
            if (this.#scalar.length > scalarLengthMax) throw new NotJson('a number is too long')
            at++
          } else {
            from = this.#flush(piece, from, at)
            this.#scalarOver()
          }
          break
        case 'colon':
          if (isSpace(byte)) at++
          else if (byte === 0x3a) {
            at++
            this.#hold(piece.subarray(from, at))
            from = at
            this.#nameOver()
          } else throw new NotJson('a colon is missing')
          break
        default:
          if (isSpace(byte) || (this.#isSequence && byte === 0x1e && this.#frames.length === 0)) {
            at++
            break
          }
          // White space before belongs to what was decided already; what comes may be left out.
          from = this.#inPassage() ? this.#flush(piece, from, at) : this.#holdUpTo(piece, from, at)
          from = this.#structural(piece, byte, at)
          at++
      }
    }
    if (this.#inName || this.#state === 'colon') {
      if (this.#inName) this.#name.push(piece.subarray(from))
      this.#hold(piece.subarray(from))
    } else if (this.#inPassage()) this.#flush(piece, from, piece.length)
    else this.#holdUpTo(piece, from, piece.length)
    return this.#taken()
  }

  end(): Uint8Array {
    this.#outLength = 0
    if (this.#state === 'scalar' && this.#frames.length === 0) this.#scalarOver()
    const isEmpty =
      this.#state === 'value' && this.#frames.length === 0 && (this.#isSequence || this.#isFirstByte)
    if (this.#state !== 'done' && !isEmpty) throw new NotJson('the value is not complete')
    return this.#taken()
  }

  #taken(): Uint8Array {
    const out = this.#out.subarray(0, this.#outLength)
    this.#out = nothing
    this.#outLength = 0
    return out
  }

  #put(bytes: Uint8Array, from: number, to: number): void {
    const end = this.#outLength + to - from
    if (end > this.#out.length) {
      const larger = new Uint8Array(Math.max(end, this.#out.length * 2) + spareBytes)
      larger.set(this.#out.subarray(0, this.#outLength))
      this.#out = larger
    }
    if (to - from > 32) this.#out.set(bytes.subarray(from, to), this.#outLength)
    else for (let i = from; i < to; i++) this.#out[this.#outLength + i - from] = bytes[i] as number
    this.#outLength = end
  }

  #putHeld(): void {
    for (const bytes of this.#held) this.#put(bytes, 0, bytes.length)
  }

  /** Bytes are passed on as they come: not between the members of an object, where a name may be left out. */
  #inPassage(): boolean {
    return this.#state !== 'first-name' && this.#state !== 'name'
  }

  /** Handles a byte that is no part of a string or scalar; answers where the bytes begin that are not passed on yet. */
  #structural(piece: Uint8Array, byte: number, at: number): number {
    switch (this.#state) {
      case 'done':
        if (!this.#isSequence) throw new NotJson('something follows the value')
        this.#place = this.#root
        this.#state = 'value'
        return this.#begin(piece, byte, at)
      case 'first-element':
        if (byte === 0x5d) return this.#close(piece, at)
        this.#nextElement()
        return this.#begin(piece, byte, at)
      case 'value':
        return this.#begin(piece, byte, at)
      case 'first-name':
        if (byte === 0x7d) {
          this.#putHeld()
          this.#held = []
          this.#heldBytes = 0
          return this.#close(piece, at)
        }
        return this.#beginName(byte, at)
      case 'name':
        return this.#beginName(byte, at)
      default:
        return this.#afterValue(piece, byte, at)
    }
  }

  #afterValue(piece: Uint8Array, byte: number, at: number): number {
    const frame = this.#frames.at(-1)
    if (frame === undefined) throw new NotJson('something follows the value')
    if (byte === (frame.isObject ? 0x7d : 0x5d)) return this.#close(piece, at)
    if (byte !== 0x2c) throw new NotJson('a comma is missing')
    // The comma is written again before the next one that stays.
    if (frame.isObject) this.#state = 'name'
    else this.#nextElement()
    return at + 1
  }

  #nextElement(): void {
    const frame = this.#frames.at(-1) as Frame
    this.#enter(frame, frame.place.element(frame.index++))
    this.#state = 'value'
  }

  #beginName(byte: number, at: number): number {
    if (byte !== 0x22) throw new NotJson('a name is missing')
    this.#name = []
    this.#inName = true
    this.#state = 'string'
    return at
  }

  #nameOver(): void {
    const frame = this.#frames.at(-1) as Frame
    let name: unknown
    try {
      name = JSON.parse(decoder.decode(concat(this.#name)))
    } catch {
      throw new NotJson('a name is not readable')
    }
    this.#enter(frame, frame.place.isFree ? frame.place : frame.place.member(String(name)))
    this.#name = []
    this.#held = []
    this.#heldBytes = 0
    this.#state = 'value'
  }

  /** The next value of a frame comes, and stands at `place`: what is held goes before it, if it stays. */
  #enter(frame: Frame, place: Place): void {
    this.#place = place
    if (this.#skipDepth >= 0) return
    if (place.action === 'remove') {
      this.#skipDepth = this.#frames.length
      return
    }
    if (frame.kept++ > 0) this.#put(comma, 0, 1)
    this.#putHeld()
    if (place.action === 'mask') {
      this.#put(maskedValue, 0, maskedValue.length)
      this.#skipDepth = this.#frames.length
    }
  }

  #begin(piece: Uint8Array, byte: number, at: number): number {
    if (byte === 0x22) {
      this.#state = 'string'
      return at
    }
    if (byte === 0x7b || byte === 0x5b) {
      if (this.#frames.length >= depthMax) throw new NotJson('it is too deep')
      const isObject = byte === 0x7b
      this.#frames.push({ isObject, place: this.#place, index: 0, kept: 0 })
      this.#state = isObject ? 'first-name' : 'first-element'
      return this.#flush(piece, at, at + 1)
    }
    if (!isScalarByte(byte)) throw new NotJson('a value is missing')
    this.#state = 'scalar'
    this.#scalar = String.fromCharCode(byte)
    return at
  }

  #close(piece: Uint8Array, at: number): number {
    this.#frames.pop()
    const from = this.#flush(piece, at, at + 1)
    this.#valueOver()
    return from
  }

  #scalarOver(): void {
    const text = this.#scalar
    const isLiteral = text === 'true' || text === 'false' || text === 'null'
    if (!isLiteral && !/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text))
      throw new NotJson('a value is neither a number nor true, false or null')
    this.#valueOver()
  }

  #valueOver(): void {
    if (this.#skipDepth === this.#frames.length) this.#skipDepth = -1
    this.#state = this.#frames.length === 0 ? 'done' : 'after'
  }

  /** Passes bytes on unless they are left out. */
  #flush(piece: Uint8Array, from: number, to: number): number {
    if (to > from && this.#skipDepth < 0) this.#put(piece, from, to)
    return to
  }

  #holdUpTo(piece: Uint8Array, from: number, to: number): number {
    if (to > from) this.#hold(piece.subarray(from, to))
    return to
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#heldBytes += bytes.length
    if (this.#heldBytes > nameBytesMax) throw new NotJson('a name is too long')
    // A piece is the filter's to keep, so what is held may stay a part of it.
    if (this.#skipDepth < 0) this.#held.push(bytes)
  }

  /** From inside a string to its end, or to the end of the piece. */
  #string(piece: Uint8Array, start: number): { at: number; isOver: boolean } {
    let at = start
    for (; at < piece.length; at++) {
      const byte = piece[at] as number
      if (this.#escape > 0) {
        if (this.#escape === 1) {
          if (byte === 0x75) this.#escape = 5
          else if (escapable.has(byte)) this.#escape = 0
          else throw new NotJson('an escape is wrong')
        } else {
          if (!isHex(byte)) throw new NotJson('an escape is wrong')
          this.#escape = this.#escape === 2 ? 0 : this.#escape - 1
        }
      } else if (byte === 0x22) {
        return { at: at + 1, isOver: true }
      } else if (byte === 0x5c) this.#escape = 1
      else if (byte < 0x20) throw new NotJson('a control character stands in a text')
    }
    return { at, isOver: false }
  }
}

const escapable = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)))

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const isHex = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
/** Letters, digits, `+`, `-`, `.`: what numbers and literals are made of, and everything that only looks so. */
const isScalarByte = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array
  if (parts.length === 0) return nothing
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
