// Watches over the guards of a gateway: adds up what its workers count, trips what does badly, and agrees with other gateways.
import { type GuardTrip, guardPrefix } from '@gatewright/shared/model/guard'
import type { GuardState } from '@gatewright/shared/model/upstream-state'
import type { Logger } from 'pino'
import type { GuardRecord, KeptTrips, Trips } from './guard-record.ts'
import { GuardWindow, type Totals } from './guard-window.ts'
import type { GuardBounds, GuardReport } from './guards.ts'
import { percentile } from './latencies.ts'

export interface GuardWatch {
  hear(reports: readonly GuardReport[]): void
  /** Compares with the other gateways: obeys their trips, hands over ours, and lets go what was reset. */
  sync(): Promise<void>
  stateOf(guardId: string, upstreams: readonly string[]): GuardState
}

export interface GuardWatchDeps {
  /** null: a standalone gateway, which agrees with nobody and forgets at a restart. */
  readonly shared: { readonly record: GuardRecord; readonly kept: KeptTrips } | null
  /** Tells all workers which guards are tripped. */
  readonly announce: (ids: readonly string[]) => void
  readonly nowMs: () => number
  readonly log: Logger
}

/** How many of a hundred requests a p95 leaves above it. */
const aboveP95 = 0.05

export function createGuardWatch({ shared, announce, nowMs, log }: GuardWatchDeps): GuardWatch {
  /** Guard id → upstream → what it did lately. */
  const windows = new Map<string, Map<string, GuardWindow>>()
  let trips: Trips = shared?.kept.load() ?? new Map()
  /** Trips of ours that are not in the record yet. */
  const unwritten = new Map<string, GuardTrip>()
  let running: Promise<void> = Promise.resolve()
  if (trips.size > 0) announce([...trips.keys()])

  function hearOne({ id, versionId, bounds, shares }: GuardReport): void {
    // What was in flight when it tripped says nothing of what comes after a reset.
    if (trips.has(id)) return
    const now = nowMs()
    if (!windows.has(id)) forgetOthers(versionId, now)
    for (const { upstream, ...counts } of shares) {
      const window = windowOf(id, upstream, bounds)
      window.add(counts, now)
      const fault = faultIn(window.totals(now), bounds)
      if (fault === null) continue
      trip(id, { versionId, reason: `${upstream}: ${fault}`, at: now })
      return
    }
  }

  /** What the version did under other shares is nobody's question any more; and a version that is silent may be gone. */
  function forgetOthers(versionId: string, now: number) {
    const prefix = guardPrefix(versionId)
    for (const [other, ofGuard] of windows) {
      const isSilent = [...ofGuard.values()].every((window) => window.totals(now).requests === 0)
      if (isSilent || other.startsWith(prefix)) windows.delete(other)
    }
  }

  function windowOf(id: string, upstream: string, { windowMs }: GuardBounds): GuardWindow {
    const ofGuard = windows.get(id) ?? new Map<string, GuardWindow>()
    windows.set(id, ofGuard)
    const window = ofGuard.get(upstream) ?? new GuardWindow(windowMs)
    ofGuard.set(upstream, window)
    return window
  }

  function trip(id: string, reason: GuardTrip): void {
    log.warn({ guard: id, ...reason }, 'A release did badly: its requests go to the first share again')
    if (shared) unwritten.set(id, reason)
    obey(new Map([...trips, [id, reason]]))
    if (shared) void sync()
  }

  function obey(next: Trips): void {
    const reset = [...trips.keys()].filter((id) => !next.has(id))
    if (reset.length === 0 && next.size === trips.size) return
    for (const id of reset) windows.delete(id)
    trips = next
    announce([...next.keys()])
    shared?.kept.save(next)
  }

  /** One at a time, so that what is read is never older than what was written. */
  function sync(): Promise<void> {
    if (shared === null) return Promise.resolve()
    const { record } = shared
    running = running
      .then(() => syncOnce(record))
      .catch((error: unknown) =>
        log.warn(
          { reason: (error as Error).message },
          'Comparing guards with Redis failed; it is tried again',
        ),
      )
    return running
  }

  async function syncOnce(record: GuardRecord): Promise<void> {
    const found = await record.read()
    if (found === null) return
    // A store that lost what gateways wrote gets it again; nobody has reset anything.
    const missing = found.isKept ? unwritten : trips
    const written = new Map([...missing].filter(([id]) => !found.trips.has(id)))
    if (written.size > 0) await record.write(written)
    for (const id of [...written.keys(), ...found.trips.keys()]) unwritten.delete(id)
    obey(new Map([...unwritten, ...written, ...found.trips]))
  }

  return {
    hear(reports) {
      for (const report of reports) hearOne(report)
    },
    sync,
    stateOf(id, upstreams) {
      const tripped = trips.get(id)
      return {
        state: tripped ? 'tripped' : 'watching',
        reason: tripped?.reason ?? null,
        at: tripped?.at ?? null,
        upstreams: upstreams.map((name) => {
          const totals = windows.get(id)?.get(name)?.totals(nowMs())
          return {
            name,
            requests: totals?.requests ?? 0,
            errors: totals?.errors ?? 0,
            p95Ms: totals ? percentile(totals.latencies, 1 - aboveP95) : null,
          }
        }),
      }
    },
  }
}

/** What is wrong, as a person reads it; null = nothing that the bounds forbid. */
function faultIn(totals: Totals, bounds: GuardBounds): string | null {
  const { requests, errors, slow } = totals
  if (requests < bounds.minRequests) return null
  const errorPercent = (errors / requests) * 100
  if (errorPercent > bounds.errorPercent) {
    return `${Math.round(errorPercent * 10) / 10} % errors of ${requests} requests`
  }
  if (bounds.p95Ms !== null && slow / requests > aboveP95) {
    const slowPercent = Math.round((slow / requests) * 1_000) / 10
    return `${slowPercent} % of ${requests} requests took longer than ${bounds.p95Ms} ms`
  }
  return null
}
