// What policies remember of tokens: one bound for all attachments of a worker, so that no API takes the memory of the others.
import type { TokenMemory } from '@gatewright/shared/policies/token-ports'

/** At most `capacity` entries in all; the oldest ones make room, whosever they are. */
export function createTokenMemory(capacity: number): TokenMemory & { readonly size: number } {
  // In the order they came: a ring, so that an entry costs nothing more while it is there.
  const ring: { readonly sha256: string; readonly forget: (sha256: string) => void }[] = []
  let next = 0

  return {
    open<Value>() {
      const values = new Map<string, Value>()
      const forget = (sha256: string) => void values.delete(sha256)
      return {
        get: (sha256: string) => values.get(sha256),
        put(sha256: string, value: Value) {
          if (!values.has(sha256)) {
            const oldest = ring[next]
            oldest?.forget(oldest.sha256)
            ring[next] = { sha256, forget }
            next = (next + 1) % capacity
          }
          values.set(sha256, value)
        },
      }
    },
    get size() {
      return ring.length
    },
  }
}
