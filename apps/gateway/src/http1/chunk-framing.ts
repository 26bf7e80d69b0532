// What stands around the chunks of a chunked body (RFC 9112 7.1), read byte by byte.
import { violation } from './field-scanner.ts'

const atSize = 0
const inSize = 1
const beforeExtension = 2
const inExtension = 3
const atName = 4
const inName = 5
const atValue = 6
const inValue = 7
const inQuotes = 8
const escaped = 9
const afterQuotes = 10
const atSizeEnd = 11
const atChunkEnd = 12
const atLineFeed = 13

/** Bytes of all extensions of a body together: they carry nothing for us, and a stream of them is work for nothing. */
const extensionBytesMax = 16 * 1024

const cr = 0x0d
const lf = 0x0a
const semicolon = 0x3b
const equals = 0x3d
const quote = 0x22
const backslash = 0x5c

const isTokenByte = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  isTokenByte[char.charCodeAt(0)] = 1

export class ChunkFraming {
  /** Bytes of the current chunk that are still to come; 0 between chunks. */
  left = 0
  /** The last chunk was read: trailers follow. */
  isOver = false
  problem = ''
  /** The extensions are more than anybody needs. */
  hasTooLongExtensions = false
  readonly #strictExtensions: boolean
  #state = atSize
  #size = 0
  #digits = 0
  #extensionBytes = 0

  /**
   * `strictExtensions`: an extension has to be `;name`, `;name=token` or `;name="text"`. Of a server behind us any text will do,
   * since nobody reads it; what a client sends might be read by somebody who believes in other line ends.
   */
  constructor(strictExtensions: boolean) {
    this.#strictExtensions = strictExtensions
  }

  begin(): void {
    this.left = 0
    this.isOver = false
    this.hasTooLongExtensions = false
    this.#extensionBytes = 0
    this.#state = atSize
  }

  /** The next bytes up to `end` are of the current chunk; answers where they end in `[from, end)`. */
  take(from: number, end: number): number {
    const stop = Math.min(end, from + this.left)
    this.left -= stop - from
    if (this.left === 0) this.#state = atChunkEnd
    return stop
  }

  /** Goes on at `from` until a chunk begins, the last one was read or `end`; the index reached, or `violation`. */
  skip(buffer: Uint8Array, from: number, end: number): number {
    let i = from
    while (i < end) {
      const byte = buffer[i] as number
      switch (this.#state) {
        case atSize:
          this.#size = 0
          this.#digits = 0
          this.#state = inSize
          break
        case inSize: {
          const digit = hexValue(byte)
          if (digit >= 0) {
            // 12 digits stay far below 2^53, so the sum is exact.
            if (++this.#digits > 12) return this.#refuse('chunk size too large')
            this.#size = this.#size * 16 + digit
          } else if (this.#digits === 0) return this.#refuse('chunk size without digits')
          else if (byte === cr) this.#state = atSizeEnd
          else if (byte === semicolon) this.#state = this.#strictExtensions ? atName : inExtension
          else if (isBlank(byte) && !this.#strictExtensions) this.#state = beforeExtension
          else return this.#refuse('chunk size with an illegal character')
          i++
          break
        }
        case atSizeEnd:
          if (byte !== lf) return this.#refuse('bare carriage return after a chunk size')
          this.left = this.#size
          this.isOver = this.#size === 0
          return i + 1
        case atChunkEnd:
          if (byte !== cr) return this.#refuse('chunk longer than its size')
          this.#state = atLineFeed
          i++
          break
        case atLineFeed:
          if (byte !== lf) return this.#refuse('bare carriage return after a chunk')
          this.#state = atSize
          i++
          break
        default:
          if (++this.#extensionBytes > extensionBytesMax) {
            this.hasTooLongExtensions = true
            return this.#refuse('chunk extensions too long')
          }
          if (!this.#extension(byte)) return this.#refuse('malformed chunk extension')
          i++
      }
    }
    return i
  }

  /** One byte of an extension; false: it cannot stand there. */
  #extension(byte: number): boolean {
    switch (this.#state) {
      case beforeExtension:
        if (byte === semicolon) this.#state = inExtension
        return byte === semicolon || isBlank(byte)
      case inExtension:
        if (byte === cr) this.#state = atSizeEnd
        return byte === cr || isText(byte)
      case atName:
        this.#state = inName
        return isTokenByte[byte] === 1
      case inName:
        if (byte === equals) this.#state = atValue
        else return isTokenByte[byte] === 1 || this.#ends(byte)
        return true
      case atValue:
        this.#state = byte === quote ? inQuotes : inValue
        return byte === quote || isTokenByte[byte] === 1
      case inValue:
        return isTokenByte[byte] === 1 || this.#ends(byte)
      case inQuotes:
        if (byte === quote) this.#state = afterQuotes
        else if (byte === backslash) this.#state = escaped
        return isText(byte)
      case escaped:
        this.#state = inQuotes
        return isText(byte)
      default:
        return this.#ends(byte)
    }
  }

  /** An extension is followed by another one, or by the end of the line. */
  #ends(byte: number): boolean {
    if (byte === cr) this.#state = atSizeEnd
    else if (byte === semicolon) this.#state = atName
    else return false
    return true
  }

  #refuse(problem: string): number {
    this.problem = problem
    return violation
  }
}

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}

function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 0x09
}
