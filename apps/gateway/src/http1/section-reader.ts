// Reads the head of a message, or its trailer section, whether it comes in one read or in many.
import { FieldScanner, incomplete, violation } from './field-scanner.ts'

/** `read` met more bytes than a section may have. */
export const tooLarge = -3

export class SectionReader {
  readonly scanner: FieldScanner
  /** The bytes of the section that was read last, and where they begin. */
  source: Buffer = nothing
  base = 0
  readonly #lengthMax: number
  #end = 0
  // What came of it so far, when it did not fit into one read.
  #held: Buffer | null = null
  #heldLength = 0

  /** `lengthMax`: bytes of a section. */
  constructor(lengthMax: number, scanner: FieldScanner) {
    this.#lengthMax = lengthMax
    this.scanner = scanner
  }

  /** `startLine`: false for a trailer section. */
  begin(startLine: boolean): void {
    this.#held = null
    this.scanner.begin(startLine)
  }

  /** Bytes of the section in `buffer`; answers the index after it, `incomplete`, `violation` or `tooLarge`. */
  read(buffer: Buffer, from: number, end: number): number {
    if (this.#held !== null) return this.#readHeld(this.#held, buffer, from, end)
    const next = this.scanner.scan(buffer, from, from, end)
    if (next >= 0) return this.#whole(buffer, from, next, next - from) ? next : tooLarge
    if (next === violation) return violation
    if (end - from > this.#lengthMax) return this.#heldTooLarge(buffer, from)
    this.#held = Buffer.allocUnsafe(Math.max(4096, (end - from) * 2))
    this.#heldLength = buffer.copy(this.#held, 0, from, end)
    return incomplete
  }

  #readHeld(before: Buffer, buffer: Buffer, from: number, end: number): number {
    const heldLength = this.#heldLength
    const length = Math.min(heldLength + end - from, this.#lengthMax + 1)
    const held = length > before.length ? grown(before, heldLength, length) : before
    this.#held = held
    buffer.copy(held, heldLength, from, from + length - heldLength)
    this.#heldLength = length
    const next = this.scanner.scan(held, 0, heldLength, length)
    if (next === violation) return violation
    if (next >= 0 && this.#whole(held, 0, next, next)) {
      this.#held = null
      return from + next - heldLength
    }
    return next === incomplete && length <= this.#lengthMax ? incomplete : this.#heldTooLarge(held, 0)
  }

  #whole(source: Buffer, base: number, end: number, length: number): boolean {
    this.source = source
    this.base = base
    this.#end = end
    return length <= this.#lengthMax
  }

  #heldTooLarge(source: Buffer, base: number): number {
    this.source = source
    this.base = base
    return tooLarge
  }

  /** Whether a part of a section was read, and the rest has to come. */
  get isWaiting(): boolean {
    return this.#held !== null
  }

  /** The section that was read last, a character for each byte. */
  text(): string {
    return this.source.toString('latin1', this.base, this.#end)
  }

  /** Lets go of its bytes: a connection may wait long for its next message. */
  release(): void {
    this.source = nothing
  }

  /** Its fields, name and value in turn, as parts of what `text` answered. */
  fields(text: string): string[] {
    const { offsets, count } = this.scanner
    const fields = new Array<string>(count * 2)
    for (let f = 0; f < count; f++) {
      const at = f * 4
      fields[f * 2] = text.substring(offsets[at] as number, offsets[at + 1])
      fields[f * 2 + 1] = text.substring(offsets[at + 2] as number, offsets[at + 3])
    }
    return fields
  }
}

const nothing = Buffer.alloc(0)

function grown(held: Buffer, heldLength: number, length: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(length, held.length * 2))
  held.copy(larger, 0, 0, heldLength)
  return larger
}
