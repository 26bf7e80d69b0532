// Room in a bounded Map: what was put into it first goes, a few entries at a time.

const droppedMax = 64

/**
 * Deletes the oldest entries, at least one. Several at once, because each new iterator steps over the holes of all that was
 * deleted before; and a new one each time, because an iterator that lies idle holds every table that its Map has outgrown
 * since, with all that ever stood in them (ADR 15).
 */
export function dropOldest<Key, Value>(
  entries: Map<Key, Value>,
  dropped?: (value: Value, key: Key) => void,
): void {
  let left = Math.max(1, Math.min(droppedMax, entries.size >> 8))
  for (const [key, value] of entries) {
    entries.delete(key)
    dropped?.(value, key)
    if (--left === 0) return
  }
}
