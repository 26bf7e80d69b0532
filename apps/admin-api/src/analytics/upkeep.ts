// Every hour: days for what comes, and away with what nobody keeps any more.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Recurring } from '../infra/recurring.ts'
import { Redis } from '../infra/redis.ts'
import { createPartitions, dropPartitions, upcomingDays } from './partitions.ts'

const dayMs = 86_400_000

/** Rows of no tenant (no route was found) are kept as long as a tenant's are by default. */
const nobodys = { rawDays: 7, minuteDays: 30, hourDays: 395 }

@Injectable()
export class Upkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #recurring: Recurring

  constructor(
    private readonly database: Database,
    redis: Redis,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {
    const work = { name: 'analytics-upkeep', everyMs: 3_600_000, run: () => this.run() }
    this.#recurring = new Recurring(work, redis, logger)
  }

  onApplicationBootstrap(): void {
    if (!this.env.BACKGROUND_JOBS) return
    // At once and without Redis: today's table must be there, whatever else is not.
    void this.run().catch((error) => this.#recurring.failed(error))
    this.#recurring.start()
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#recurring.stop()
  }

  /** Makes the partitions of the next days and removes what is older than its tenant keeps it. */
  async run(): Promise<void> {
    const now = this.clock.now()
    const client = await this.database.pool.connect()
    try {
      await createPartitions(client, upcomingDays(now.getTime()))
      const { rows } = await client.query<{ days: number }>(
        'SELECT greatest(max(raw_retention_days), $1)::int AS days FROM tenant',
        [nobodys.rawDays],
      )
      const keptDays = rows[0]?.days ?? nobodys.rawDays
      const dropped = await dropPartitions(client, now.getTime() - keptDays * dayMs)
      if (dropped.length > 0) this.logger.info({ dropped }, 'Days of raw events were dropped')
      await client.query(remove('request_event', 'at', 'raw_retention_days'), [now, nobodys.rawDays])
      await client.query(remove('rollup_minute', 'bucket', 'minute_retention_days'), [
        now,
        nobodys.minuteDays,
      ])
      await client.query(remove('rollup_hour', 'bucket', 'hour_retention_days'), [now, nobodys.hourDays])
      // A batch that old is not taken any more, so nobody need know whether it came before.
      await client.query(`DELETE FROM drift_source WHERE last_at < $1::timestamptz - interval '32 days'`, [
        now,
      ])
    } finally {
      client.release()
    }
  }
}

/** Deletes per tenant, so that each runs along the index (tenant, time). */
function remove(table: string, time: string, retention: string): string {
  return `
    DELETE FROM ${table} USING (
      SELECT id, $1::timestamptz - make_interval(days => ${retention}) AS before FROM tenant
      UNION ALL SELECT '', $1::timestamptz - make_interval(days => $2::int)
    ) AS owner
    WHERE ${table}.tenant_id = owner.id AND ${table}.${time} < owner.before`
}
