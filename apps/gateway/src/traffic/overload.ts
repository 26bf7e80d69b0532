// Load shedding of a worker: notices that it cannot keep up, and refuses what is worth least before it costs anything.
import { type Priority, priorities, type Refusal, refuse } from '@gatewright/shared/policies/policy'
import type { Sample } from '../ops/metrics.ts'

/** Rank of a priority: 0 is refused last. */
export const rankOf = (priority: Priority): number => priorities.indexOf(priority)
export const normalRank = rankOf('normal')

export interface Admission {
  /** Called once for each request that could be refused, with the best that it may turn out to be worth. */
  admits(rank: number): boolean
  /** It turned out to be worth less: is it still admitted? */
  stillAdmits(rank: number, before: number): boolean
}

export const overloaded: Refusal = refuse('overloaded', { retryAfterMs: 1_000 })

const intervalMs = 100
const sampleEveryMs = 25
// Shedding begins at half the target and leaves hardly anything at four times the target.
const beginsAt = 0.5
const endsAt = 4
/** Something of everything comes through, or nobody would notice that the load is gone. */
const shedMax = 0.98
/** How much of the share stays from one interval to the next when the delay would allow less: it must not swing. */
const memory = 0.9
/** The same for who came: a pause between two waves of callers must not look like other callers. */
const mixMemory = 0.9
/** Intervals for which everything below a priority was refused before it is refused itself. */
const patience = 5

export interface OverloadState {
  /** The least delay of the last two intervals, milliseconds. */
  readonly delayMs: number
  /** Share of the requests that is refused, 0…1. */
  readonly shed: number
  /** Refused since the start, by rank. */
  readonly refused: readonly number[]
}

/**
 * The signal is how late the event loop is, read as CoDel reads queues (RFC 8289): not the worst delay of an interval but the
 * least, over two of them, which a burst or a pause of the garbage collector does not lift, and a queue that stands does.
 * The share that is refused grows with it, and is taken from the lowest priority that there is.
 *
 * A queue adds up what comes too much, so a share that was added up in turn would swing; it is read off the delay instead.
 */
export class Overload implements Admission {
  readonly #targetMs: number
  /** In this interval, by rank. */
  readonly #arrived: number[] = priorities.map(() => 0)
  /** Lately, what is longer ago counting less. */
  readonly #came: number[] = priorities.map(() => 0)
  /** For how many intervals all of a rank has been refused. */
  readonly #exhausted: number[] = priorities.map(() => 0)
  /** Share that is refused of each rank. */
  readonly #refusing: number[] = priorities.map(() => 0)
  /** What rounding still owes: a share of 0.3 refuses each third or fourth, and none by chance. */
  readonly #owed: number[] = priorities.map(() => 0)
  readonly #refused: number[] = priorities.map(() => 0)
  #isShedding = false
  #shed = 0
  #leastMs = Number.POSITIVE_INFINITY
  /** The least delay of the interval before. */
  #leastBeforeMs = 0
  #delayMs = 0
  #since = 0

  /** `targetMs`: the delay that nobody minds. */
  constructor(targetMs: number) {
    this.#targetMs = targetMs
  }

  get state(): OverloadState {
    return { delayMs: this.#delayMs, shed: this.#shed, refused: [...this.#refused] }
  }

  admits(rank: number): boolean {
    this.#arrived[rank] = (this.#arrived[rank] as number) + 1
    return !this.#isShedding || this.#draw(rank)
  }

  stillAdmits(rank: number, before: number): boolean {
    this.#arrived[before] = (this.#arrived[before] as number) - 1
    return this.admits(rank)
  }

  #draw(rank: number): boolean {
    const owed = (this.#owed[rank] as number) + (this.#refusing[rank] as number)
    this.#owed[rank] = owed < 1 ? owed : owed - 1
    if (owed < 1) return true
    this.#refused[rank] = (this.#refused[rank] as number) + 1
    return false
  }

  /** The event loop was `delayMs` late at `nowMs`. */
  sample(delayMs: number, nowMs: number): void {
    if (delayMs < this.#leastMs) this.#leastMs = delayMs
    if (nowMs - this.#since < intervalMs) return
    this.#since = nowMs
    this.#delayMs = Math.min(this.#leastMs, this.#leastBeforeMs)
    this.#leastBeforeMs = this.#leastMs
    this.#leastMs = Number.POSITIVE_INFINITY
    const kept = this.#shed * memory
    this.#shed = Math.max(shedAt(this.#delayMs / this.#targetMs), kept < 0.01 ? 0 : kept)
    this.#isShedding = this.#shed > 0
    this.#share()
  }

  /**
   * From whom the share is taken, going by who came lately. A priority is spared until all below it have been refused for a
   * while: what they left behind takes its time, and is no reason yet to refuse what is worth more.
   */
  #share(): void {
    for (let rank = 0; rank < priorities.length; rank++) {
      this.#came[rank] = (this.#came[rank] as number) * mixMemory + (this.#arrived[rank] as number)
      this.#arrived[rank] = 0
    }
    let left = this.#shed * this.#came.reduce((sum, count) => sum + count, 0)
    let isSpared = false
    for (let rank = priorities.length - 1; rank >= 0; rank--) {
      const came = this.#came[rank] as number
      const taken = isSpared ? 0 : Math.min(came, left)
      left -= taken
      // Of a priority that does not come, all or nothing, as of the next one above.
      const share = came >= 1 ? taken / came : left > 0 && !isSpared ? 1 : 0
      this.#refusing[rank] = Math.min(shedMax, share)
      this.#exhausted[rank] = share >= shedMax ? (this.#exhausted[rank] as number) + 1 : 0
      isSpared ||= came >= 1 && (this.#exhausted[rank] as number) < patience
    }
  }
}

/** `late`: the delay in targets. Each doubling adds the same. */
function shedAt(late: number): number {
  if (late <= beginsAt) return 0
  return Math.min(shedMax, Math.log(late / beginsAt) / Math.log(endsAt / beginsAt))
}

/**
 * Watches the event loop of this thread; null when `targetMs` is 0 and nothing is ever refused. A thread that is late because
 * other programs have the machine is not relieved by refusing requests: only what it computed itself counts.
 */
export function watchEventLoop(targetMs: number): Overload | null {
  if (targetMs === 0) return null
  const overload = new Overload(targetMs)
  let due = performance.now() + sampleEveryMs
  let computed = computedMs()
  setInterval(() => {
    const now = performance.now()
    const computedBefore = computed
    computed = computedMs()
    overload.sample(Math.max(0, Math.min(now - due, computed - computedBefore)), now)
    due = now + sampleEveryMs
  }, sampleEveryMs).unref()
  return overload
}

/** Processor time of this thread, milliseconds. */
function computedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** For metrics; gauges of workers do not add up, so each stands for itself. */
export function overloadSamples(overload: Overload | null, worker: number): readonly Sample[] {
  if (overload === null) return []
  const { delayMs, shed, refused } = overload.state
  const labels = { worker: String(worker) }
  return [
    {
      name: 'gw_event_loop_delay_seconds',
      help: 'How late the event loop of a worker is at least.',
      type: 'gauge',
      labels,
      value: delayMs / 1_000,
    },
    {
      name: 'gw_shed_ratio',
      help: 'Share of its requests that a worker turns away.',
      type: 'gauge',
      labels,
      value: shed,
    },
    ...priorities.map(
      (priority, rank): Sample => ({
        name: 'gw_shed_requests_total',
        help: 'Requests turned away for want of time.',
        type: 'counter',
        labels: { priority },
        value: refused[rank] ?? 0,
      }),
    ),
  ]
}
