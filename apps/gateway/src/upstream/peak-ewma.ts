// How slow a target is right now: an average that jumps to each peak at once and forgets it slowly.

/** After so long a peak counts about a third, milliseconds. */
const memoryMs = 10_000

export class PeakEwma {
  #valueMs = 0
  #atMs = 0
  /** How many answers it has heard of. */
  samples = 0

  observe(latencyMs: number, nowMs: number): void {
    if (this.samples++ === 0 || latencyMs > this.#valueMs) {
      this.#valueMs = latencyMs
    } else {
      const kept = this.#kept(nowMs)
      this.#valueMs = this.#valueMs * kept + latencyMs * (1 - kept)
    }
    this.#atMs = nowMs
  }

  /** A target that nobody asks gets another chance in time: without news its value falls. */
  at(nowMs: number): number {
    return this.samples === 0 ? 0 : this.#valueMs * this.#kept(nowMs)
  }

  #kept(nowMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#atMs) / memoryMs)
  }
}
