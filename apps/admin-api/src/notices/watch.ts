// Looks every minute at what somebody should know: quotas that run out, days that did not keep what a plan promises.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Recurring } from '../infra/recurring.ts'
import { Redis } from '../infra/redis.ts'
import { usedUpQuotas } from './quotas.ts'
import { note } from './record.ts'
import { judgeDays } from './service-levels.ts'

@Injectable()
export class NoticeWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #recurring: Recurring

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {
    this.#recurring = new Recurring(
      { name: 'notices', everyMs: 60_000, run: () => this.run() },
      redis,
      logger,
    )
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
    await judgeDays(pool, now)
    await this.redis.use(async (client) => {
      for await (const findings of usedUpQuotas(pool, client, now)) await note(pool, findings, now)
    })
  }
}
