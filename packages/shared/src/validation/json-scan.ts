// JSON text read once without building anything: how deep, how long, how many, and whether a key says what it must not (RFC 8259).

export interface JsonLimits {
  /** Arrays and objects inside each other. */
  readonly depth: number
  /** Keys of one object. */
  readonly keys: number
  /** Entries of one array. */
  readonly items: number
  /** Bytes of one string, and of one key, as they are written. */
  readonly stringBytes: number
  /** Values altogether. */
  readonly values: number
}

export type JsonFault =
  | { readonly kind: 'malformed'; readonly at: number; readonly expected: string }
  | { readonly kind: 'too-deep' }
  | { readonly kind: 'too-many-keys' | 'too-many-items' | 'too-long-string' | 'too-many-values' }
  | { readonly kind: 'duplicate-key' | 'forbidden-key' }

const quote = 0x22
const backslash = 0x5c
const small = 16
const decoder = new TextDecoder()
/** 1 = a byte at which plain text of a string ends: a quote, a backslash, a control character. */
const stops = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x20 || byte === quote || byte === backslash),
)

/** The first thing wrong with a text; null when it is JSON within the limits. Takes time in proportion to its length. */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonFault | null {
  return new Scan(bytes, limits).run()
}

/** One open object or array. */
interface Level {
  isObject: boolean
  count: number
  /** Hashes of the keys so far, and where each begins and ends; beyond a few, their texts. */
  readonly hashes: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
  /** How many of them are filled. */
  noted: number
  names: Set<string> | null
  /** Its own key in the object around it is `constructor`. */
  isConstructor: boolean
}

class Scan {
  readonly #bytes: Uint8Array
  readonly #limits: JsonLimits
  #at = 0
  #fault: JsonFault | null = null
  // What the last key was.
  #hash = 0
  #hasEscape = false
  readonly #levels: Level[] = []
  #values = 0
  #lastKeyIsConstructor = false

  constructor(bytes: Uint8Array, limits: JsonLimits) {
    this.#bytes = bytes
    this.#limits = limits
  }

  run(): JsonFault | null {
    const { depth: depthMax, items, values } = this.#limits
    let depth = 0
    this.#space()
    for (;;) {
      // A value starts here.
      if (++this.#values > values) return { kind: 'too-many-values' }
      const byte = this.#bytes[this.#at]
      if (byte === 0x7b || byte === 0x5b) {
        if (depth === depthMax) return { kind: 'too-deep' }
        this.#at++
        const level = this.#open(depth++, byte === 0x7b)
        this.#space()
        const empty = this.#bytes[this.#at] === (level.isObject ? 0x7d : 0x5d)
        if (!empty) {
          level.count = 1
          if (level.isObject && !this.#key(level)) return this.#fault
          continue
        }
        this.#at++
        depth--
      } else if (!this.#scalar(byte)) return this.#fault
      // A value ended: close what ends with it, or go on to the next one beside it.
      for (;;) {
        this.#space()
        if (depth === 0) return this.#at === this.#bytes.length ? null : this.#malformed('the end')
        const level = this.#levels[depth - 1] as Level
        const next = this.#bytes[this.#at]
        if (next === 0x2c) {
          this.#at++
          this.#space()
          level.count++
          if (level.isObject) {
            if (!this.#key(level)) return this.#fault
          } else if (level.count > items) return { kind: 'too-many-items' }
          break
        }
        if (next !== (level.isObject ? 0x7d : 0x5d))
          return this.#malformed(level.isObject ? '"," or "}"' : '"," or "]"')
        this.#at++
        depth--
      }
    }
  }

  #open(depth: number, isObject: boolean): Level {
    let level = this.#levels[depth]
    if (level === undefined) {
      level = {
        isObject,
        count: 0,
        hashes: new Int32Array(small),
        from: new Int32Array(small),
        to: new Int32Array(small),
        noted: 0,
        names: null,
        isConstructor: false,
      }
      this.#levels.push(level)
    }
    level.isObject = isObject
    level.count = 0
    level.noted = 0
    level.names = null
    level.isConstructor = this.#lastKeyIsConstructor
    this.#lastKeyIsConstructor = false
    return level
  }

  /** A key and its colon; false = a fault. */
  #key(level: Level): boolean {
    if (level.count > this.#limits.keys) return this.#fail('too-many-keys')
    if (this.#bytes[this.#at] !== quote) return this.#expect('a key')
    const from = this.#at + 1
    if (!this.#keyText()) return false
    const to = this.#at - 1
    if (!this.#isNew(level, from, to)) return false
    this.#space()
    if (this.#bytes[this.#at] !== 0x3a) return this.#expect('":"')
    this.#at++
    this.#space()
    return true
  }

  /** Notes a key; false when it was there before, or is one that nobody may send. */
  #isNew(level: Level, from: number, to: number): boolean {
    const length = to - from
    const escaped = this.#hasEscape
    let name: string | null = escaped ? this.#decoded(from, to) : null
    const nameLength = name?.length ?? length
    this.#lastKeyIsConstructor = false
    if (nameLength === 9 || nameLength === 11) {
      name ??= this.#decoded(from, to)
      if (name === '__proto__' || (name === 'prototype' && level.isConstructor))
        return this.#fail('forbidden-key')
      this.#lastKeyIsConstructor = name === 'constructor'
    }
    // Written with escapes, a key may be the same as one without: then texts are compared.
    if (level.names === null && (escaped || level.noted === small)) {
      level.names = new Set()
      for (let i = 0; i < level.noted; i++)
        level.names.add(this.#decoded(level.from[i] as number, level.to[i] as number))
    }
    if (level.names !== null) {
      name ??= this.#decoded(from, to)
      if (level.names.has(name)) return this.#fail('duplicate-key')
      level.names.add(name)
      return true
    }
    const hash = this.#hash
    for (let i = 0; i < level.noted; i++) {
      if (level.hashes[i] === hash && this.#isSame(level.from[i] as number, level.to[i] as number, from, to))
        return this.#fail('duplicate-key')
    }
    const { noted } = level
    level.hashes[noted] = hash
    level.from[noted] = from
    level.to[noted] = to
    level.noted = noted + 1
    return true
  }

  #isSame(from: number, to: number, otherFrom: number, otherTo: number): boolean {
    if (to - from !== otherTo - otherFrom) return false
    for (let i = 0; i < to - from; i++) if (this.#bytes[from + i] !== this.#bytes[otherFrom + i]) return false
    return true
  }

  /** Two keys are the same when their decoded texts are. */
  #decoded(from: number, to: number): string {
    const text = decoder.decode(this.#bytes.subarray(from, to))
    if (!text.includes('\\')) return text
    try {
      return String(JSON.parse(`"${text}"`))
    } catch {
      return text
    }
  }

  #scalar(byte: number | undefined): boolean {
    this.#lastKeyIsConstructor = false
    if (byte === quote) return this.#string()
    if (byte === 0x74) return this.#word(0x72, 0x75, 0x65)
    if (byte === 0x66) return this.#word(0x61, 0x6c, 0x73, 0x65)
    if (byte === 0x6e) return this.#word(0x75, 0x6c, 0x6c)
    return this.#number()
  }

  #word(...rest: number[]): boolean {
    this.#at++
    for (const byte of rest) if (this.#bytes[this.#at++] !== byte) return this.#expect('a value')
    return true
  }

  #number(): boolean {
    const bytes = this.#bytes
    if (bytes[this.#at] === 0x2d) this.#at++
    if (bytes[this.#at] === 0x30) this.#at++
    else if (!this.#digits()) return this.#expect('a value')
    if (bytes[this.#at] === 0x2e) {
      this.#at++
      if (!this.#digits()) return this.#expect('a digit')
    }
    const e = bytes[this.#at]
    if (e === 0x65 || e === 0x45) {
      this.#at++
      const sign = bytes[this.#at]
      if (sign === 0x2b || sign === 0x2d) this.#at++
      if (!this.#digits()) return this.#expect('a digit')
    }
    return true
  }

  #digits(): boolean {
    const from = this.#at
    for (let byte = this.#bytes[from]; byte !== undefined && byte >= 0x30 && byte <= 0x39; )
      byte = this.#bytes[++this.#at]
    return this.#at > from
  }

  /** A key from its opening quote to behind the closing one; leaves its hash and whether it has escapes. */
  #keyText(): boolean {
    const bytes = this.#bytes
    const from = this.#at + 1
    let at = from
    let hash = 0x811c9dc5
    for (; at < bytes.length && stops[bytes[at] as number] === 0; at++)
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    this.#hash = hash
    this.#hasEscape = bytes[at] === backslash
    return this.#restOfString(from, at)
  }

  /** A string from its opening quote to behind the closing one. */
  #string(): boolean {
    return this.#restOfString(this.#at + 1, this.#at + 1)
  }

  /** `from`: where its text begins; `at`: how far it was read. */
  #restOfString(from: number, at: number): boolean {
    const bytes = this.#bytes
    const end = bytes.length
    for (;;) {
      while (at < end && stops[bytes[at] as number] === 0) at++
      const byte = bytes[at]
      if (byte === quote) {
        if (at - from > this.#limits.stringBytes) return this.#fail('too-long-string')
        this.#at = at + 1
        return true
      }
      this.#at = at
      if (byte !== backslash)
        return this.#expect(byte === undefined ? 'the end of a string' : 'no control character in a string')
      const escaped = bytes[++at]
      this.#at = at
      if (escaped === 0x75) {
        for (let i = 0; i < 4; i++) {
          this.#at = ++at
          if (!isHex(bytes[at])) return this.#expect('four hexadecimal digits')
        }
      } else if (!isEscape(escaped)) return this.#expect('an escape')
      at++
    }
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #malformed(expected: string): JsonFault {
    return { kind: 'malformed', at: this.#at, expected }
  }

  #expect(what: string): false {
    this.#fault = this.#malformed(what)
    return false
  }

  #fail(kind: 'too-many-keys' | 'too-long-string' | 'duplicate-key' | 'forbidden-key'): false {
    this.#fault = { kind }
    return false
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)
}

function isEscape(byte: number | undefined): boolean {
  switch (byte) {
    case quote:
    case backslash:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true
    default:
      return false
  }
}
