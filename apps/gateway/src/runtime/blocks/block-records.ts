// What the supervisor knows of the blocklist: followed in Redis, and kept on disk for a start without it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksKey } from '@gatewright/shared/channels'
import { type BlockRecord, blockRecord } from '@gatewright/shared/model/block'
import type { Redis } from 'ioredis'
import * as z from 'zod'
import { type BlockChange, differenceOf } from './blocklist.ts'

interface Log {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface BlockRecords {
  /** Everything, for a worker that is new. */
  all(): BlockChange
  /** Reads these blocks, or (null) all of them; what is other than before. */
  read(ids: readonly string[] | null): Promise<BlockChange>
  /** All workers have what was read last. Until they do, the next reading is one of everything. */
  told(): void
  /** Whether it was read from Redis since the start: what stands on disk may be older. */
  readonly isRead: boolean
}

const perRead = 5_000

export function openBlockRecords(
  redis: Redis,
  environmentName: string,
  dataDir: string,
  log: Log,
): BlockRecords {
  const key = blocksKey(environmentName)
  const path = join(dataDir, 'blocks.json')
  let records = new Map(load().map((record) => [record.id, record]))
  let isRead = false
  let isUntold = false

  function load(): readonly BlockRecord[] {
    try {
      return z
        .array(z.unknown())
        .parse(JSON.parse(readFileSync(path, 'utf8')))
        .flatMap((value) => readRecord(value) ?? [])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.error({ path, reason: (error as Error).message }, 'The blocklist on disk cannot be read')
      return []
    }
  }

  function save(): void {
    try {
      writeFileSync(`${path}.next`, JSON.stringify([...records.values()]), { mode: 0o600 })
      renameSync(`${path}.next`, path)
    } catch (error) {
      log.error({ path, reason: (error as Error).message }, 'The blocklist cannot be kept on disk')
    }
  }

  /** null: this release cannot read it. That is told in the log, and takes none of the others with it. */
  function readRecord(value: unknown): BlockRecord | null {
    const parsed = blockRecord.safeParse(value)
    if (parsed.success) return parsed.data
    log.error(
      { block: JSON.stringify(value)?.slice(0, 200) },
      'A block cannot be read; a newer control plane may have written it',
    )
    return null
  }

  /** What stands under an id; where that cannot be read, what stood there before: nobody lifted it. */
  function recordIn(id: string, text: string): BlockRecord | null {
    return readRecord(jsonOf(text)) ?? records.get(id) ?? null
  }

  async function readAll(): Promise<Map<string, BlockRecord>> {
    const found = new Map<string, BlockRecord>()
    let cursor = '0'
    do {
      const [next, fields] = await redis.hscan(key, cursor, 'COUNT', perRead)
      for (let i = 0; i + 1 < fields.length; i += 2) {
        const record = recordIn(fields[i] as string, fields[i + 1] as string)
        if (record !== null) found.set(record.id, record)
      }
      cursor = next
    } while (cursor !== '0')
    return found
  }

  const everything = (): BlockChange => ({ isAll: true, put: [...records.values()], drop: [] })

  return {
    all: everything,
    told() {
      isUntold = false
    },
    get isRead() {
      return isRead
    },
    async read(ids) {
      if (ids === null || isUntold) {
        const before = records
        records = await readAll()
        isRead = true
        save()
        // Workers have what was there before: tens of thousands of blocks at once would hold each of them for a tenth of a second.
        const change = isUntold ? everything() : differenceOf(before, records)
        isUntold = true
        return change
      }
      isUntold = true
      const put: BlockRecord[] = []
      const drop: string[] = []
      for (let from = 0; from < ids.length; from += perRead) {
        const some = ids.slice(from, from + perRead)
        const texts = await redis.hmget(key, ...some)
        for (const [i, id] of some.entries()) {
          const text = texts[i] ?? null
          if (text === null) {
            drop.push(id)
            records.delete(id)
            continue
          }
          const record = recordIn(id, text)
          if (record === null || record === records.get(id)) continue
          put.push(record)
          records.set(id, record)
        }
      }
      if (ids.length > 0) save()
      return { isAll: false, put, drop }
    },
  }
}

/** The text itself where it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
