// Finds what was put into a Map first, at a cost that does not grow: a bounded cache asks this for each entry it evicts.

/**
 * A function that answers the oldest key that it has not answered yet. The cursor is kept, because a new iterator would step over the
 * holes of everything deleted before, each time.
 */
export function createOldest<Key>(entries: ReadonlyMap<Key, unknown>): () => Key | undefined {
  let cursor = entries.keys()
  return function nextOldest() {
    let step = cursor.next()
    if (step.done) {
      cursor = entries.keys()
      step = cursor.next()
    }
    return step.done ? undefined : step.value
  }
}
