// Requests under way, by key: counted where a worker is alone, or by the supervisor for all of its workers.
import type { InFlight } from '@gatewright/shared/policies/policy'

/** Counts by itself. */
interface OwnInFlight extends InFlight {
  enter(key: string, max: number): boolean
}

export function createInFlight(): OwnInFlight {
  const counts = new Map<string, number>()
  return {
    enter(key, max) {
      const count = counts.get(key) ?? 0
      if (count >= max) return false
      counts.set(key, count + 1)
      return true
    },
    leave(key) {
      const count = counts.get(key) ?? 0
      if (count > 1) counts.set(key, count - 1)
      else counts.delete(key)
    },
  }
}

interface Entry {
  readonly key: string
  readonly max: number
}

/** What happened in one turn of a worker's event loop; those that left come first. Answered by one verdict for each entry. */
export interface FlightBatch {
  readonly id: number
  readonly left: readonly string[]
  readonly entries: readonly Entry[]
}

export interface RemoteInFlight extends InFlight {
  answer(id: number, admitted: readonly boolean[]): void
}

/** Asks the supervisor. */
export function createRemoteInFlight(ask: (batch: FlightBatch) => void): RemoteInFlight {
  const waiting = new Map<number, readonly ((isAdmitted: boolean) => void)[]>()
  let left: string[] = []
  let entries: Entry[] = []
  let resolvers: ((isAdmitted: boolean) => void)[] = []
  let nextId = 1

  function schedule() {
    if (left.length + entries.length === 0) setImmediate(flush)
  }

  function flush() {
    const id = nextId++
    if (entries.length > 0) waiting.set(id, resolvers)
    ask({ id, left, entries })
    left = []
    entries = []
    resolvers = []
  }

  return {
    enter(key, max) {
      return new Promise((resolve) => {
        schedule()
        entries.push({ key, max })
        resolvers.push(resolve)
      })
    },
    leave(key) {
      schedule()
      left.push(key)
    },
    answer(id, admitted) {
      const resolve = waiting.get(id)
      waiting.delete(id)
      admitted.forEach((isAdmitted, i) => {
        resolve?.[i]?.(isAdmitted)
      })
    },
  }
}

/** The supervisor's side. A worker is known by anything that is the same for all of its life. */
export interface FlightDesk {
  take(worker: object, batch: FlightBatch): readonly boolean[]
  /** The worker has ended, and its requests with it. */
  forget(worker: object): void
}

export function createFlightDesk(): FlightDesk {
  const all = createInFlight()
  const byWorker = new Map<object, Map<string, number>>()

  function note(worker: object, key: string, change: 1 | -1) {
    const own = byWorker.get(worker) ?? new Map<string, number>()
    byWorker.set(worker, own)
    const count = (own.get(key) ?? 0) + change
    if (count > 0) own.set(key, count)
    else own.delete(key)
  }

  return {
    take(worker, { left, entries }) {
      for (const key of left) {
        all.leave(key)
        note(worker, key, -1)
      }
      return entries.map(({ key, max }) => {
        const isAdmitted = all.enter(key, max)
        if (isAdmitted) note(worker, key, 1)
        return isAdmitted
      })
    },
    forget(worker) {
      for (const [key, count] of byWorker.get(worker) ?? []) for (let i = 0; i < count; i++) all.leave(key)
      byWorker.delete(worker)
    },
  }
}
