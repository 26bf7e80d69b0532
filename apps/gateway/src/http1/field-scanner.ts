// Finds the lines of a head (or of a trailer section) in one strict pass over the bytes (RFC 9112 2–5).

/** `scan` needs more bytes. */
export const incomplete = -1
/** `scan` met something that is not HTTP; `problem` says what. */
export const violation = -2

const token = 1
const fieldByte = 2
const blank = 4

// What a byte may be part of: a token (RFC 9110 5.6.2), a field value (5.5: no CTL but HTAB), optional whitespace.
const kinds = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  kinds[char.charCodeAt(0)] = token
}
for (let byte = 0x20; byte < 256; byte++) if (byte !== 0x7f) kinds[byte] = (kinds[byte] ?? 0) | fieldByte
kinds[0x20] = fieldByte | blank
kinds[0x09] = fieldByte | blank

const cr = 0x0d
const lf = 0x0a
const colon = 0x3a

const atStartLine = 0
const atStartLineEnd = 1
const atField = 2
const inName = 3
const afterName = 4
const beforeValue = 5
const inValue = 6
const atValueEnd = 7
const atEnd = 8

const fieldCountMax = 256
/** Enough for most messages: each connection has a scanner, and most of them are idle. */
const fieldCountUsual = 32

export class FieldScanner {
  /** Four offsets per field: name start, name end, value start, value end; counted from the start of the head. */
  offsets = new Int32Array(fieldCountUsual * 4)
  /** Fields found so far. */
  count = 0
  /** Length of the start line without its CRLF. */
  startLineEnd = 0
  problem = ''
  readonly #spaceBeforeColon: boolean
  #state = atStartLine
  #mark = 0
  #valueEnd = 0

  /** RFC 9112 5.1: a proxy removes whitespace before the colon of a response's field, and refuses that of a request. */
  constructor(spaceBeforeColon: boolean) {
    this.#spaceBeforeColon = spaceBeforeColon
  }

  /** `startLine`: false for a trailer section. */
  begin(startLine: boolean): void {
    this.count = 0
    this.startLineEnd = 0
    this.#state = startLine ? atStartLine : atField
  }

  /**
   * Goes on at `from`; `base` is where the head starts in `buffer`. Answers the index after the empty line that ends
   * it, `incomplete` or `violation`. The bytes seen so far have to stand before `from` in later calls.
   */
  scan(buffer: Uint8Array, base: number, from: number, end: number): number {
    let state = this.#state
    let i = from
    while (i < end) {
      switch (state) {
        case atStartLine:
          while (i < end && (kinds[buffer[i] as number] as number) & fieldByte) i++
          if (i === end) break
          if (buffer[i] !== cr) return this.#refuse('control character or bare line feed in the start line')
          this.startLineEnd = i - base
          state = atStartLineEnd
          i++
          break
        case atStartLineEnd:
          if (buffer[i] !== lf) return this.#refuse('bare carriage return in the start line')
          state = atField
          i++
          break
        case atField: {
          const byte = buffer[i] as number
          if (byte === cr) {
            state = atEnd
          } else if ((kinds[byte] as number) & token) {
            this.#mark = i - base
            state = inName
          } else if ((kinds[byte] as number) & blank) {
            // RFC 9112 5.2 allows to refuse obsolete line folding; a fold that two parsers read apart is an attack.
            return this.#refuse('folded field line')
          } else {
            return this.#refuse('field line without a name')
          }
          i++
          break
        }
        case inName: {
          while (i < end && (kinds[buffer[i] as number] as number) & token) i++
          if (i === end) break
          if (this.count === fieldCountMax) return this.#refuse('too many fields')
          const at = this.count * 4
          if (at === this.offsets.length) this.#grow()
          this.offsets[at] = this.#mark
          this.offsets[at + 1] = i - base
          const byte = buffer[i] as number
          if (byte === colon) state = beforeValue
          else if (this.#spaceBeforeColon && (kinds[byte] as number) & blank) state = afterName
          else return this.#refuse('field name with an illegal character')
          i++
          break
        }
        case afterName: {
          const byte = buffer[i] as number
          if (byte === colon) state = beforeValue
          else if (!((kinds[byte] as number) & blank))
            return this.#refuse('field name with whitespace inside')
          i++
          break
        }
        case beforeValue: {
          while (i < end && (kinds[buffer[i] as number] as number) & blank) i++
          if (i === end) break
          this.#mark = i - base
          this.#valueEnd = i - base
          state = inValue
          break
        }
        case inValue: {
          while (i < end && (kinds[buffer[i] as number] as number) & fieldByte) i++
          // Trailing whitespace is not part of the value; found by looking back, once.
          let last = i
          while (last > base + this.#mark && (kinds[buffer[last - 1] as number] as number) & blank) last--
          if (last > base + this.#mark) this.#valueEnd = last - base
          if (i === end) break
          if (buffer[i] !== cr) return this.#refuse('control character or bare line feed in a field value')
          const at = this.count * 4
          this.offsets[at + 2] = this.#mark
          this.offsets[at + 3] = this.#valueEnd
          this.count++
          state = atValueEnd
          i++
          break
        }
        case atValueEnd:
          if (buffer[i] !== lf) return this.#refuse('bare carriage return in a field value')
          state = atField
          i++
          break
        default:
          if (buffer[i] !== lf) return this.#refuse('bare carriage return at the end of the head')
          return i + 1
      }
    }
    this.#state = state
    return incomplete
  }

  #grow(): void {
    const larger = new Int32Array(this.offsets.length * 2)
    larger.set(this.offsets)
    this.offsets = larger
  }

  #refuse(problem: string): number {
    this.problem = problem
    return violation
  }
}
