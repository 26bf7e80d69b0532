// How many of the requests of the last seconds were of a kind (failures, retries), counted in slices that fall off one by one.

const sliceCount = 10

export class RollingShare {
  /** All of them, in the window. */
  whole = 0
  /** Those of the kind, in the window. */
  part = 0
  readonly #sliceMs: number
  readonly #wholes = new Uint32Array(sliceCount)
  readonly #parts = new Uint32Array(sliceCount)
  #slice = 0
  #sliceEndsMs: number

  constructor(windowMs: number, nowMs: number) {
    this.#sliceMs = windowMs / sliceCount
    this.#sliceEndsMs = nowMs + this.#sliceMs
  }

  addWhole(nowMs: number): void {
    this.advance(nowMs)
    this.whole++
    this.#wholes[this.#slice] = (this.#wholes[this.#slice] as number) + 1
  }

  addPart(nowMs: number): void {
    this.advance(nowMs)
    this.part++
    this.#parts[this.#slice] = (this.#parts[this.#slice] as number) + 1
  }

  /** Forgets what has left the window. */
  advance(nowMs: number): void {
    if (nowMs < this.#sliceEndsMs) return
    const passed = 1 + Math.floor((nowMs - this.#sliceEndsMs) / this.#sliceMs)
    for (let i = Math.min(passed, sliceCount); i > 0; i--) {
      this.#slice = (this.#slice + 1) % sliceCount
      this.whole -= this.#wholes[this.#slice] as number
      this.part -= this.#parts[this.#slice] as number
      this.#wholes[this.#slice] = 0
      this.#parts[this.#slice] = 0
    }
    this.#sliceEndsMs += passed * this.#sliceMs
  }

  clear(): void {
    this.whole = 0
    this.part = 0
    this.#wholes.fill(0)
    this.#parts.fill(0)
  }
}
