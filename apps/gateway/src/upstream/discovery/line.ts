// Discovery as workers have it: the supervisor asks the registries, once for all of them, and says what it found.
import type { Discovery } from '@gatewright/shared/model/upstream'
import type { FromWorker, ToWorker } from '../../messages.ts'
import { type DiscoverySource, type DiscoveryState, sameTargets } from './hub.ts'

export interface DiscoveryLine extends DiscoverySource {
  /** The supervisor says what is known of what was asked for under this number. */
  hear(id: number, state: DiscoveryState): void
  /**
   * Resolves when all that is followed was read once, could not be, or had the time for it: a configuration that goes live then
   * knows its targets.
   */
  settled(): Promise<void>
}

// A registry that answers at all answers within that. A configuration waits no longer for one that does not.
const patienceMs = 1_000

interface Followed {
  readonly onState: (state: DiscoveryState) => void
  targets: DiscoveryState['targets']
  /** Resolved by the first state; null when there was one. */
  first: { readonly done: Promise<void>; readonly finish: () => void } | null
}

export function createDiscoveryLine(say: (message: FromWorker) => void): DiscoveryLine {
  const followed = new Map<number, Followed>()
  let nextId = 1

  return {
    subscribe(tenantId: string, settings: Discovery, onState) {
      const id = nextId++
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, patienceMs)
      const finish = () => {
        clearTimeout(timer)
        resolve()
      }
      followed.set(id, { onState, targets: [], first: { done: promise, finish } })
      void promise.then(() => {
        const it = followed.get(id)
        if (it) it.first = null
      })
      say({ kind: 'discover', id, tenantId, settings })
      return () => {
        const it = followed.get(id)
        if (!it) return
        followed.delete(id)
        it.first?.finish()
        say({ kind: 'discover-end', id })
      }
    },
    hear(id, state) {
      const it = followed.get(id)
      if (!it) return
      // A message carries a copy; the same list stays the same object here too.
      if (!sameTargets(it.targets, state.targets)) it.targets = state.targets
      it.onState({ ...state, targets: it.targets })
      it.first?.finish()
    },
    async settled() {
      await Promise.all(Array.from(followed.values(), ({ first }) => first?.done))
    },
  }
}

/** The other end: what each worker follows, so that it is followed no longer than the worker lives. */
export interface DiscoveryDesk {
  /** `reply`: the way to the worker, the same for its whole life. */
  follow(message: Extract<FromWorker, { kind: 'discover' }>, reply: (message: ToWorker) => void): void
  end(id: number, reply: (message: ToWorker) => void): void
  /** The worker has ended. */
  forget(reply: (message: ToWorker) => void): void
}

export function createDiscoveryDesk(source: DiscoverySource): DiscoveryDesk {
  const workers = new Map<(message: ToWorker) => void, Map<number, () => void>>()

  return {
    follow({ id, tenantId, settings }, reply) {
      const ends = workers.get(reply) ?? new Map<number, () => void>()
      workers.set(reply, ends)
      ends.set(
        id,
        source.subscribe(tenantId, settings, (state) => reply({ kind: 'discovered', id, state })),
      )
    },
    end(id, reply) {
      workers.get(reply)?.get(id)?.()
      workers.get(reply)?.delete(id)
    },
    forget(reply) {
      for (const end of workers.get(reply)?.values() ?? []) end()
      workers.delete(reply)
    },
  }
}
