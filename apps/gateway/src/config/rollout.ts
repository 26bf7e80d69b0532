// One snapshot to all workers in two steps, so that either all of them run it or none: compile everywhere, then swap.
import type { Logger } from 'pino'
import type { StaticCredentials } from '../messages.ts'
import type { Identity } from './compile.ts'
import { type SnapshotParcel, SnapshotRefused } from './parts.ts'

/** The workers, as a rollout sees them. */
export interface Crew {
  /** Resolves when every worker has compiled it; throws `SnapshotRefused` with the reason of the first that would not, or could not. */
  prepare(parcel: SnapshotParcel, credentials: StaticCredentials | null): Promise<void>
  /** Resolves when every worker serves it. */
  commit(identity: Identity): Promise<void>
  /** Forgets what was prepared. */
  abort(identity: Identity): void
}

interface Refused extends Identity {
  readonly reason: string
  readonly at: number
}

/** What all workers serve, as a worker gets it. */
interface Current {
  readonly parcel: SnapshotParcel
  readonly credentials: StaticCredentials | null
}

export interface Rollout {
  /** What all workers serve; null before the first. */
  readonly live: Identity | null
  /** The snapshot that was refused last, until another one is taken. */
  readonly refusal: Refused | null
  /** False for what is live, and for what was refused already; what may pass meanwhile is tried again after some seconds. */
  needs(identity: Identity): boolean
  /** `pack` may throw `SnapshotRefused`. True when it is live everywhere. */
  apply(
    identity: Identity,
    pack: () => SnapshotParcel | Promise<SnapshotParcel>,
    credentials?: StaticCredentials | null,
  ): Promise<boolean>
  /** Runs `action` with what is current, between two rollouts, so that it stays current until `action` is done; not before the first. */
  withCurrent(action: (current: Current) => Promise<void>): Promise<void>
}

const againMs = 10_000

/** `nowMs`: milliseconds of any clock. */
export function createRollout(
  crew: Crew,
  log: Logger,
  onChange: () => void,
  nowMs: () => number = () => performance.now(),
): Rollout {
  /** When what was refused is worth another try. */
  let againAtMs = Number.POSITIVE_INFINITY
  let live: Identity | null = null
  let refusal: Refused | null = null
  let current: Current | null = null
  let queue: Promise<unknown> = Promise.resolve()

  async function run(
    identity: Identity,
    pack: () => SnapshotParcel | Promise<SnapshotParcel>,
    credentials: StaticCredentials | null,
  ): Promise<boolean> {
    const startedAt = performance.now()
    try {
      const parcel = await pack()
      await crew.prepare(parcel, credentials)
      current = { parcel, credentials }
      await crew.commit(identity)
    } catch (error) {
      crew.abort(identity)
      const reason = error instanceof Error ? error.message : String(error)
      if (!(error instanceof SnapshotRefused))
        log.error({ err: error }, 'Compiling failed in a way it should not')
      refusal = { ...identity, reason, at: Date.now() }
      againAtMs =
        error instanceof SnapshotRefused && error.isPassing ? nowMs() + againMs : Number.POSITIVE_INFINITY
      log.error(
        { ...identity, reason, live: live?.revision ?? null },
        'Snapshot refused; the one before keeps serving',
      )
      onChange()
      return false
    }
    live = identity
    refusal = null
    log.info({ ...identity, ms: Math.round(performance.now() - startedAt) }, 'Snapshot live in all workers')
    onChange()
    return true
  }

  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = queue.then(action)
    queue = result.catch(() => undefined)
    return result
  }

  return {
    get live() {
      return live
    },
    get refusal() {
      return refusal
    },
    needs: (identity) => !isSame(identity, live) && (!isSame(identity, refusal) || nowMs() >= againAtMs),
    apply(identity, pack, credentials = null) {
      return inTurn(() => run(identity, pack, credentials))
    },
    withCurrent: (action) => inTurn(async () => (current ? action(current) : undefined)),
  }
}

function isSame(a: Identity, b: Identity | null): boolean {
  return b !== null && a.revision === b.revision && a.hash === b.hash
}
