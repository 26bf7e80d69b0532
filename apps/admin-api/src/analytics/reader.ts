// Connections for questions alone: however many charts are open, a publish never waits behind them; and the place for a read replica.
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import pg from 'pg'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'

const connectionsMax = 4

// Postgres overestimates histograms a thousandfold, and would compile each question for longer than it takes to answer.
const settings = `SET jit = off; SET statement_timeout = '30s'; SET default_transaction_read_only = on`

@Injectable()
export class AnalyticsReader implements OnApplicationShutdown {
  readonly pool: pg.Pool

  constructor(@Inject(ENV) env: Env, @Inject(LOGGER) logger: Logger) {
    this.pool = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: connectionsMax,
      connectionTimeoutMillis: 10_000,
      onConnect: async (client) => {
        await client.query(settings)
      },
    })
    // The pool hears a client's errors only while it is idle; of one in use, the query under way tells.
    this.pool.on('connect', (client) => client.on('error', () => undefined))
    // An idle connection that Postgres drops is replaced at the next question; unheard, it would end the process.
    this.pool.on('error', (error) =>
      logger.warn({ error: error.message }, 'A connection to Postgres was lost'),
    )
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end()
  }
}
