// What a release did in the last stretch of time, in ten slots that grow old one after the other.
import type { ShareCounts } from './guards.ts'
import { latencyBuckets } from './latencies.ts'

const slotCount = 10

export type Totals = Omit<ShareCounts, 'upstream'>

interface Slot {
  /** Number of the slot since the beginning of time; -1 = never used. */
  index: number
  requests: number
  errors: number
  slow: number
  readonly latencies: number[]
}

export class GuardWindow {
  readonly #slotMs: number
  readonly #slots: readonly Slot[]

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slotCount
    this.#slots = Array.from({ length: slotCount }, () => ({
      index: -1,
      requests: 0,
      errors: 0,
      slow: 0,
      latencies: noLatencies(),
    }))
  }

  add(counts: Totals, nowMs: number): void {
    const index = Math.floor(nowMs / this.#slotMs)
    const slot = this.#slots[index % slotCount] as Slot
    if (slot.index !== index) {
      slot.index = index
      slot.requests = slot.errors = slot.slow = 0
      slot.latencies.fill(0)
    }
    slot.requests += counts.requests
    slot.errors += counts.errors
    slot.slow += counts.slow
    addTo(slot.latencies, counts.latencies)
  }

  /** Nothing that is older than the window, and all that is younger than nine tenths of it. */
  totals(nowMs: number): Totals {
    const oldest = Math.floor(nowMs / this.#slotMs) - slotCount + 1
    const sum = { requests: 0, errors: 0, slow: 0, latencies: noLatencies() }
    for (const slot of this.#slots) {
      if (slot.index < oldest) continue
      sum.requests += slot.requests
      sum.errors += slot.errors
      sum.slow += slot.slow
      addTo(sum.latencies, slot.latencies)
    }
    return sum
  }
}

function noLatencies(): number[] {
  return new Array<number>(latencyBuckets).fill(0)
}

function addTo(sum: number[], counts: readonly number[]): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (counts[i] ?? 0)
}
