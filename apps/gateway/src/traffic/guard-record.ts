// Where trips of guards are kept: in Redis for all gateways of an environment, on disk for a start without it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guardsKept, guardsKey, wakeChannel } from '@gatewright/shared/channels'
import { type GuardTrip, guardTrip } from '@gatewright/shared/model/guard'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import * as z from 'zod'
import { isReady } from '../runtime/redis.ts'

/** Guard id → why and when. */
export type Trips = ReadonlyMap<string, GuardTrip>

/** What the gateways of an environment know together. */
export interface GuardRecord {
  /** null: it cannot be read now. `isKept`: false when what was written was lost, as opposed to taken back. */
  read(): Promise<{ readonly trips: Trips; readonly isKept: boolean } | null>
  /** Adds trips, leaves those that are there, and wakes all gateways. */
  write(trips: Trips): Promise<void>
}

export function createGuardRecord(redis: Redis, environmentName: string, log: Logger): GuardRecord {
  const key = guardsKey(environmentName)
  return {
    async read() {
      if (!isReady(redis)) return null
      const { [guardsKept]: kept, ...fields } = await redis.hgetall(key)
      const trips = new Map<string, GuardTrip>()
      for (const [id, text] of Object.entries(fields)) {
        const trip = parseTrip(text)
        if (trip !== null) trips.set(id, trip)
        else log.warn({ guard: id }, 'A trip that cannot be read is not obeyed')
      }
      return { trips, isKept: kept !== undefined }
    },
    async write(trips) {
      const batch = redis.multi().hset(key, guardsKept, '1')
      for (const [id, trip] of trips) batch.hsetnx(key, id, JSON.stringify(trip))
      const results = await batch.publish(wakeChannel(environmentName), '').exec()
      // Taken for written, it would look as if somebody had reset it.
      const error = results === null ? new Error('the trip was not written') : results.find(([it]) => it)?.[0]
      if (error) throw error
    },
  }
}

function parseTrip(text: string): GuardTrip | null {
  try {
    return guardTrip.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** The trips that this gateway knew last; a disk that fails costs no more than the memory over a restart without Redis. */
export interface KeptTrips {
  load(): Trips
  save(trips: Trips): void
}

export function createKeptTrips(dataDir: string, log: Logger): KeptTrips {
  const path = join(dataDir, 'guards.json')
  const failed = (what: string, error: unknown) =>
    log.error({ path, reason: (error as Error).message }, `The trips of guards cannot be ${what}`)
  return {
    load() {
      try {
        return new Map(
          z.array(z.tuple([z.string(), guardTrip])).parse(JSON.parse(readFileSync(path, 'utf8'))),
        )
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failed('read', error)
        return new Map()
      }
    },
    save(trips) {
      try {
        writeFileSync(`${path}.next`, JSON.stringify([...trips]), { mode: 0o600 })
        renameSync(`${path}.next`, path)
      } catch (error) {
        failed('kept', error)
      }
    },
  }
}
