// The heaps of all threads: how large the young generation of a worker may grow, how the rest is collected, and a way to empty
// the young generation before it is full.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * V8 would let it grow to 100 MB and then copy all that is alive in it in one go. A third of it is filled between two
 * collections: room for the garbage of hundreds of requests, emptied within milliseconds (ADR 15).
 */
export const youngGenerationMb = 24

/** What each thread has of the collector; why, is in ADR 17. */
const collectorFlags = [
  // Each thread collects its young generation alone: with so little to copy, waking helpers and waiting for them costs more
  // than they take off, and the other cores have workers of their own.
  '--no-parallel-scavenge',
  // It may be collected while the old generation is being marked. By default, whoever asks for it then gets all that is left
  // of the marking in one stop: a hundred milliseconds where a hundred megabytes are alive.
  '--no-separate-gc-phases',
  // One helper marks. More of them would take the core from the thread whose heap it is.
  '--concurrent-marking-max-worker-num=1',
  // A worker that learns thousands of keys is not to hold several times what it needs before the first look.
  '--initial-old-space-size=40',
  '--heap-growing-percent=80',
  // Each thread may ask for a collection.
  '--expose-gc',
]

/**
 * Before the first worker starts: flags of V8 are of the whole process, and to change them under running threads is asking for
 * trouble.
 */
export function setCollectorFlags(): void {
  for (const flag of collectorFlags) setFlagsFromString(flag)
}

let collect: ((options: { type: 'minor' }) => void) | null = null

/** Empties it now. Costs what is alive in it, so it is for who has just made much that will stay. */
export function collectYoungGeneration(): void {
  collect ??= collectorOfV8()
  collect({ type: 'minor' })
}

/** V8 hands its collector to contexts that are made while the flag is on; where no crew is, nobody has set it yet. */
function collectorOfV8(): (options: { type: 'minor' }) => void {
  const found = runInNewContext('globalThis.gc')
  if (found !== undefined) return found
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}
