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
import { closeQuiet, lastsSince, record } from './record.ts'
import type { Sighting, Window } from './sighting.ts'

const everyMs = 10_000
const wideEveryMs = 60_000
const windowMs = 600_000
/** Events of ten minutes are believed to be here so long after them. */
const lateMs = 60_000
/** A finding that lasts is counted from its beginning, but over no more than that. */
const countedMs = 86_400_000
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
    for (const pattern of narrow) await look(pool, pattern, now)
    if (now.getTime() - this.#wideAtMs >= wideEveryMs) {
      this.#wideAtMs = now.getTime()
      for (const pattern of wide) await look(pool, pattern, now)
      await lookAtPace(pool, now)
      await pool.query('DELETE FROM finding WHERE closed_at < $1', [new Date(now.getTime() - keptMs)])
    }
    await closeQuiet(pool, now)
  }
}

async function look(pool: Pool, pattern: Pattern, now: Date): Promise<void> {
  const from = new Date(now.getTime() - windowMs)
  for (const seen of await pattern(pool, { from, to: now })) {
    const since = await lastsSince(pool, seen)
    // What lasts is counted as a whole, not only what of it lies in the window.
    const whole = since && since < seen.firstAt ? await count(pool, pattern, seen, since, now) : undefined
    await record(pool, whole ?? seen, now)
  }
}

async function count(pool: Pool, pattern: Pattern, only: Sighting, since: Date, now: Date) {
  const from = new Date(Math.max(since.getTime() - 1, now.getTime() - countedMs))
  const all = await pattern(pool, { from, to: now, only })
  return all.find(({ facts }) => (facts.walk === undefined) === (only.facts.walk === undefined))
}

async function lookAtPace(pool: Pool, now: Date): Promise<void> {
  const bucket = lastBucket(new Date(now.getTime() - lateMs))
  await countPace(pool, new Date(bucket.getTime() - bucketMs))
  await countPace(pool, bucket)
  for (const seen of await anomalies(pool, bucket)) await record(pool, seen, now)
}
