// Guards of a worker: count how the releases beside the first do, report it to the supervisor, and obey its verdict.
import { guardId } from '@gatewright/shared/model/guard'
import type { Traffic, trafficGuard } from '@gatewright/shared/model/traffic'
import type * as z from 'zod'
import { bucketOf, latencyBuckets } from './latencies.ts'

export type GuardBounds = z.output<typeof trafficGuard>

/** What came of the requests of one share since the last report. Plain data: it crosses threads. */
export interface ShareCounts {
  readonly upstream: string
  readonly requests: number
  readonly errors: number
  /** Requests that took longer than the guard's bound of the p95. */
  readonly slow: number
  /** Of `latencyBuckets`. */
  readonly latencies: readonly number[]
}

export interface GuardReport {
  readonly id: string
  readonly versionId: string
  readonly bounds: GuardBounds
  readonly shares: readonly ShareCounts[]
}

export interface GuardFacts {
  readonly id: string
  /** Those that it watches. */
  readonly upstreams: readonly string[]
}

/** The guard of one deployment, shared by all generations that have the same shares and bounds. */
export interface Guard {
  readonly facts: GuardFacts
  readonly isTripped: boolean
  /** A request that was drawn to `share` is over after `ms`. */
  count(share: number, isError: boolean, ms: number): void
}

export interface Guards {
  acquire(versionId: string, traffic: Traffic): { readonly guard: Guard; release(): void } | null
  /** All guards that are tripped, whether they are in use here or not. */
  setTripped(ids: readonly string[]): void
}

// Soon enough that a bad release hurts few requests, seldom enough to cost nothing.
const reportAfterMs = 100

/** `report` hears of guards that counted something; never more often than every 100 ms. */
export function createGuards(report: (reports: readonly GuardReport[]) => void): Guards {
  const guards = new Map<string, { readonly guard: WorkerGuard; uses: number }>()
  let tripped: ReadonlySet<string> = new Set()
  let isScheduled = false

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setTimeout(flush, reportAfterMs).unref()
  }

  function flush(): void {
    isScheduled = false
    const reports: GuardReport[] = []
    for (const { guard } of guards.values()) if (guard.hasCounts) reports.push(guard.take())
    if (reports.length > 0) report(reports)
  }

  return {
    acquire(versionId, traffic) {
      const { guard: bounds, shares } = traffic
      if (bounds === null || shares.length < 2) return null
      const id = guardId(versionId, traffic)
      const held = guards.get(id) ?? {
        guard: new WorkerGuard(
          id,
          versionId,
          bounds,
          shares.map((share) => share.upstream),
          schedule,
        ),
        uses: 0,
      }
      held.uses++
      held.guard.isTripped = tripped.has(id)
      guards.set(id, held)
      return {
        guard: held.guard,
        release() {
          if (--held.uses === 0) guards.delete(id)
        },
      }
    },
    setTripped(ids) {
      tripped = new Set(ids)
      for (const [id, { guard }] of guards) guard.isTripped = tripped.has(id)
    },
  }
}

class WorkerGuard implements Guard {
  readonly facts: GuardFacts
  isTripped = false
  hasCounts = false
  readonly #versionId: string
  readonly #bounds: GuardBounds
  readonly #upstreams: readonly string[]
  readonly #schedule: () => void
  #shares: Counts[]

  constructor(
    id: string,
    versionId: string,
    bounds: GuardBounds,
    upstreams: readonly string[],
    schedule: () => void,
  ) {
    this.facts = { id, upstreams: upstreams.slice(1) }
    this.#versionId = versionId
    this.#bounds = bounds
    this.#upstreams = upstreams
    this.#schedule = schedule
    this.#shares = upstreams.map(() => new Counts())
  }

  count(share: number, isError: boolean, ms: number): void {
    const counts = this.#shares[share] as Counts
    counts.requests++
    if (isError) counts.errors++
    const { p95Ms } = this.#bounds
    if (p95Ms !== null && ms > p95Ms) counts.slow++
    const bucket = bucketOf(ms)
    counts.latencies[bucket] = (counts.latencies[bucket] as number) + 1
    if (this.hasCounts) return
    this.hasCounts = true
    this.#schedule()
  }

  /** What was counted since the last time. */
  take(): GuardReport {
    const shares = this.#shares.flatMap((counts, i) =>
      counts.requests === 0 ? [] : [{ upstream: this.#upstreams[i] as string, ...counts }],
    )
    this.#shares = this.#upstreams.map(() => new Counts())
    this.hasCounts = false
    return { id: this.facts.id, versionId: this.#versionId, bounds: this.#bounds, shares }
  }
}

class Counts implements Omit<ShareCounts, 'upstream'> {
  requests = 0
  errors = 0
  slow = 0
  readonly latencies = new Array<number>(latencyBuckets).fill(0)
}
