// Counters of the whole gateway, kept by the supervisor: what a worker uses when it is not the only one.
import { monotonicNow } from './memory-store.ts'
import type { Ask, Bucket, CounterStore, Grant } from './store.ts'

interface TakeItem {
  readonly bucket: Bucket
  readonly ask: Readonly<Ask>
}

/** A question to the supervisor; it answers with the grants in the same order. */
export interface TakeBatch {
  readonly id: number
  readonly items: readonly TakeItem[]
}

export interface CounterLine {
  ask(batch: TakeBatch): void
  giveBack(bucket: Bucket, ticket: string, amount: number): void
}

export interface RemoteStore extends CounterStore {
  answer(id: number, grants: readonly Grant[]): void
}

export function createRemoteStore(line: CounterLine): RemoteStore {
  const waiting = new Map<number, readonly ((grant: Grant) => void)[]>()
  let items: TakeItem[] = []
  let resolvers: ((grant: Grant) => void)[] = []
  let nextId = 1

  // All calls of one turn of the event loop travel together.
  function flush() {
    const id = nextId++
    waiting.set(id, resolvers)
    line.ask({ id, items: items.map(({ bucket, ask }) => ({ bucket, ask: { ...ask } })) })
    items = []
    resolvers = []
  }

  return {
    take(bucket, ask) {
      return new Promise((resolve) => {
        if (items.length === 0) setImmediate(flush)
        items.push({ bucket, ask })
        resolvers.push(resolve)
      })
    },
    giveBack: (bucket, ticket, amount) => line.giveBack(bucket, ticket, amount),
    answer(id, grants) {
      const resolve = waiting.get(id)
      waiting.delete(id)
      grants.forEach((grant, i) => {
        resolve?.[i]?.(grant)
      })
    },
    nowMs: monotonicNow(),
  }
}
