// What policies remember of tokens: one bound for all attachments of a worker, so that no API takes the memory of the others.
import type { TokenMemory } from '@gatewright/shared/policies/token-ports'

interface Bounds {
  readonly entries: number
  readonly bytes: number
}

interface Entry {
  readonly sha256: string
  readonly bytes: number
  readonly forget: (sha256: string) => void
}

/** Beside what its caller says of it: the digest, the places in maps. */
const entryBytes = 200

/** The oldest entries make room, whosever they are. */
export function createTokenMemory(bounds: Bounds): TokenMemory & { readonly size: number } {
  // In the order they came: a ring, so that an entry costs nothing more while it is there.
  const ring: (Entry | undefined)[] = []
  let [oldest, size, bytes] = [0, 0, 0]

  function forgetOldest(): void {
    const entry = ring[oldest]
    ring[oldest] = undefined
    oldest = (oldest + 1) % bounds.entries
    size--
    if (entry === undefined) return
    bytes -= entry.bytes
    entry.forget(entry.sha256)
  }

  return {
    open<Value>() {
      const values = new Map<string, Value>()
      const forget = (sha256: string) => void values.delete(sha256)
      return {
        get: (sha256: string) => values.get(sha256),
        put(sha256: string, value: Value, valueBytes: number) {
          if (!values.has(sha256)) {
            const entry = { sha256, bytes: entryBytes + valueBytes, forget }
            while (size > 0 && (size >= bounds.entries || bytes + entry.bytes > bounds.bytes)) forgetOldest()
            ring[(oldest + size) % bounds.entries] = entry
            size++
            bytes += entry.bytes
          }
          values.set(sha256, value)
        },
      }
    },
    get size() {
      return size
    },
  }
}
