// Looks for attacks and anomalies in what the intake stored: every ten seconds at what was refused, every minute at everything (ADR 95).
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type { Pool } from 'pg'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Recurring } from '../infra/recurring.ts'
import { Redis } from '../infra/redis.ts'
import { anomalies, bucketMs, countPace, lastBucket } from './anomalies.ts'
import { credentialStuffing } from './credential-stuffing.ts'
import { distributedGuessing } from './distributed-guessing.ts'
import { unknownPaths, walks } from './enumeration.ts'
import { closeQuiet, lastSince, occasionOf, record } from './record.ts'
import type { Sighting, Window } from './sighting.ts'

const everyMs = 10_000
const wideEveryMs = 60_000
const windowMs = 600_000
/** Events of ten minutes are believed to be here so long after them. */
const lateMs = 60_000
/** A finding that lasts is counted from its beginning, but over no more than that: all that is suspicious since then is read again. */
const countedMs = 3_600_000
const keptMs = 180 * 86_400_000

type Pattern = (pool: Pool, window: Window) => Promise<Sighting[]>

const narrow: readonly Pattern[] = [credentialStuffing, distributedGuessing, unknownPaths]
const wide: readonly Pattern[] = [walks]

@Injectable()
export class FindingWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #recurring: Recurring
  #wideAtMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly database: Database,
    redis: Redis,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {
    this.#recurring = new Recurring({ name: 'findings', everyMs, run: () => this.run() }, redis, logger)
  }

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_JOBS) this.#recurring.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#recurring.stop()
  }

  async run(): Promise<void> {
    const now = this.clock.now()
    const { pool } = this.database
    const isWide = now.getTime() - this.#wideAtMs >= wideEveryMs
    for (const pattern of narrow) await look(pool, pattern, now, isWide)
    if (isWide) {
      this.#wideAtMs = now.getTime()
      for (const pattern of wide) await look(pool, pattern, now, true)
      await lookAtPace(pool, now)
      await pool.query('DELETE FROM finding WHERE closed_at < $1', [new Date(now.getTime() - keptMs)])
    }
    await closeQuiet(pool, now)
  }
}

/** `isWhole`: what lasts is counted as a whole, not only what of it lies in the window. */
async function look(pool: Pool, pattern: Pattern, now: Date, isWhole: boolean): Promise<void> {
  const seen = await pattern(pool, { from: new Date(now.getTime() - windowMs), to: now })
  const wholes = isWhole ? await countWhole(pool, pattern, seen, now) : new Map<string, Sighting>()
  for (const one of seen) await record(pool, wholes.get(nameOf(one)) ?? one, now)
}

async function countWhole(pool: Pool, pattern: Pattern, seen: readonly Sighting[], now: Date) {
  const earliest = now.getTime() - countedMs
  const since = await lastSince(pool, seen)
  const lasting = seen.flatMap((one) => {
    const firstAt = since.get(occasionOf(one))
    if (firstAt === undefined || firstAt >= one.firstAt) return []
    return { ...one, firstAt: new Date(Math.max(firstAt.getTime(), earliest)) }
  })
  if (lasting.length === 0) return new Map<string, Sighting>()
  const from = new Date(Math.min(...lasting.map(({ firstAt }) => firstAt.getTime())) - 1)
  const counted = await pattern(pool, { from, to: now, only: lasting })
  return new Map(counted.map((one) => [nameOf(one), one]))
}

/** One client may walk through several routes. */
const nameOf = (one: Sighting) => `${occasionOf(one)} ${one.facts.walk?.route ?? ''}`

async function lookAtPace(pool: Pool, now: Date): Promise<void> {
  const bucket = lastBucket(new Date(now.getTime() - lateMs))
  await countPace(pool, new Date(bucket.getTime() - bucketMs))
  await countPace(pool, bucket)
  for (const seen of await anomalies(pool, bucket)) await record(pool, seen, now)
}
