// Follows the changes of keys, subscriptions and blocks, so that every worker forgets what is no longer true within a moment.
import { accessStream } from '@gatewright/shared/channels'
import { changedBlock } from '@gatewright/shared/model/block'
import type { Head } from '@gatewright/shared/snapshot'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { BlockRecords } from './blocks/block-records.ts'
import type { BlockChange } from './blocks/blocklist.ts'
import type { KnownKeyStore } from './known-keys.ts'

export interface AccessFollower {
  /** Brings this gateway to the access revision of a head. */
  follow(head: Head): Promise<void>
  /** Up to where every worker has followed. */
  readonly position: number
}

/** Resolves when every worker has forgotten these keys (null: all of them), and blocks whom it has to. */
export type Forget = (
  hashes: readonly string[] | null,
  position: number,
  blocks: BlockChange | null,
) => Promise<void>

const entriesPerRead = 1_000
// A publisher restores a Redis that lost data within seconds; what is still behind after this is the truth of a Postgres
// that was restored from a backup.
const adoptAfterMs = 60_000

export function createAccessFollower(
  redis: Redis,
  environmentName: string,
  known: KnownKeyStore,
  blocks: BlockRecords,
  forget: Forget,
  log: Logger,
): AccessFollower {
  const stream = accessStream(environmentName)
  let position = known.position
  let behindSince: number | null = null

  /** `changes`: names as they stand in the stream; null: everything may be other than before. */
  async function moveTo(next: number, changes: readonly string[] | null) {
    const hashes = changes?.filter((name) => changedBlock(name) === null) ?? null
    const ids = changes?.flatMap((name) => changedBlock(name) ?? []) ?? null
    const isSame = ids?.length === 0 && blocks.isRead
    const change = isSame ? null : await blocks.read(blocks.isRead ? ids && [...new Set(ids)] : null)
    if (hashes === null) known.clear()
    else known.drop(hashes)
    await forget(hashes, next, change)
    if (change !== null) blocks.told()
    position = next
    known.position = next
  }

  /** What changed after `position`; null when entries in between are no longer there. */
  async function changesSince(): Promise<string[] | null> {
    const [oldest] = await redis.xrange(stream, '-', '+', 'COUNT', 1)
    if (!oldest || revisionOf(oldest[0]) > position + 1) return null
    const hashes: string[] = []
    let from = `${position + 1}-0`
    for (;;) {
      const entries = await redis.xrange(stream, from, '+', 'COUNT', entriesPerRead)
      for (const [, fields] of entries) hashes.push(fields[1] ?? '')
      const last = entries.at(-1)
      if (!last || entries.length < entriesPerRead) return hashes
      from = `(${last[0]}`
    }
  }

  return {
    async follow({ accessRevision }) {
      if (accessRevision === position) {
        behindSince = null
        if (!blocks.isRead) await moveTo(position, [])
        return
      }
      if (accessRevision > position) {
        behindSince = null
        await moveTo(accessRevision, await changesSince())
        return
      }
      if (behindSince === null) {
        behindSince = performance.now()
        log.warn(
          { redis: accessRevision, gateway: position },
          'Redis has lost changes of access: known keys keep working',
        )
      } else if (performance.now() - behindSince > adoptAfterMs) {
        behindSince = null
        log.warn({ accessRevision }, 'Access went back in time for good: starting from what Redis says')
        await moveTo(accessRevision, null)
      }
    },
    get position() {
      return position
    },
  }
}

const revisionOf = (entryId: string) => Number.parseInt(entryId, 10)
