// Passive health: targets whose answers fail several times in a row take no requests for a while, longer each time.
import type { passiveHealth } from '@gatewright/shared/model/upstream'
import type * as z from 'zod'
import type { Clock } from '../clock.ts'
import type { Target } from '../target.ts'
import type { UpstreamCounts } from '../upstream-metrics.ts'

export type PassiveHealth = z.output<typeof passiveHealth>

/** An ejection lasts at most so many times what the first one does. */
const longestFactor = 10

/** What an upstream that watches its targets remembers of one. */
interface Record {
  failuresInRow: number
  ejections: number
  /** Calls off the return from an ejection. */
  callOff: (() => void) | null
  returnsAtMs: number
}

export class Outliers {
  readonly #settings: PassiveHealth
  readonly #clock: Clock
  /** All that are targets right now, in use or not. */
  readonly #targets: () => readonly Target[]
  readonly #changed: (target: Target) => void
  readonly #counts: UpstreamCounts
  readonly #records = new Map<Target, Record>()
  constructor(
    settings: PassiveHealth,
    clock: Clock,
    targets: () => readonly Target[],
    changed: (target: Target) => void,
    counts: UpstreamCounts,
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#targets = targets
    this.#changed = changed
    this.#counts = counts
  }

  succeeded(target: Target): void {
    const record = this.#records.get(target)
    if (record !== undefined) record.failuresInRow = 0
  }

  /** `why`: for people, such as "ECONNREFUSED" or "status 503". */
  failed(target: Target, why: string): void {
    // The last calls of one that is gone: nothing is remembered of it any more.
    if (target.draining) return
    const record = this.#recordOf(target)
    record.failuresInRow++
    const { failures } = this.#settings
    if (record.failuresInRow < failures || target.isOut || !this.#mayEject()) return
    this.#counts.ejections++
    const nowMs = this.#clock.nowMs()
    // After a long good time the first ejection is short again.
    if (nowMs - record.returnsAtMs > longestFactor * this.#settings.ejectMs) record.ejections = 0
    record.ejections = Math.min(record.ejections + 1, longestFactor)
    this.#eject(
      target,
      record,
      this.#settings.ejectMs * record.ejections,
      `${record.failuresInRow} ${record.failuresInRow === 1 ? 'failure' : 'failures in a row'}, the last one: ${why}`,
    )
  }

  /** Probes say that it is back: what its answers were before no longer counts. */
  pardon(target: Target): void {
    const record = this.#records.get(target)
    if (record === undefined) return
    record.failuresInRow = 0
    record.callOff?.()
    record.callOff = null
    target.ejected = false
  }

  forget(target: Target): void {
    this.#records.get(target)?.callOff?.()
    this.#records.delete(target)
  }

  /** Goes on with what another upstream, whose place this one takes, knew of the same target. */
  adopt(target: Target, before: Outliers, old: Target): void {
    const known = before.#records.get(old)
    if (known === undefined) return
    const record = { ...known, callOff: null }
    this.#records.set(target, record)
    const leftMs = record.returnsAtMs - this.#clock.nowMs()
    if (!old.ejected || leftMs <= 0 || !this.#mayEject()) return
    this.#eject(target, record, leftMs, old.reason ?? '')
    target.since = old.since
  }

  stop(): void {
    for (const { callOff } of this.#records.values()) callOff?.()
  }

  #recordOf(target: Target): Record {
    let record = this.#records.get(target)
    if (record === undefined) {
      record = { failuresInRow: 0, ejections: 0, callOff: null, returnsAtMs: Number.NEGATIVE_INFINITY }
      this.#records.set(target, record)
    }
    return record
  }

  /** Rather a bad target than none: those that probes took out count too, and none of weight 0 could stand in for it. */
  #mayEject(): boolean {
    const targets = this.#targets().filter(({ weight }) => weight > 0)
    let out = 0
    for (const target of targets) if (target.isOut) out++
    return out + 1 <= Math.floor((targets.length * this.#settings.maxEjectedPercent) / 100)
  }

  #eject(target: Target, record: Record, forMs: number, reason: string): void {
    record.returnsAtMs = this.#clock.nowMs() + forMs
    record.callOff = this.#clock.after(forMs, () => this.#return(target, record))
    target.ejected = true
    target.reason = reason
    this.#changed(target)
  }

  /** Its failures stay counted: unless its first answer is good it goes again at once. */
  #return(target: Target, record: Record): void {
    record.callOff = null
    target.ejected = false
    this.#changed(target)
  }
}
