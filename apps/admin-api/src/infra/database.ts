// Postgres for the services: platform-wide tables as they are, tenant-owned ones only through a tenant.
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { LOGGER, type Logger } from './logger.ts'
import { type TenantDb, tenantDb } from './tenant-db.ts'

/** Tables that belong to no tenant. */
export type PlatformDb = Pick<
  Prisma.TransactionClient,
  | 'user'
  | 'session'
  | 'personalAccessToken'
  | 'signInThrottle'
  | 'hostCertificate'
  | 'identityProvider'
  | 'userIdentity'
  | 'platform'
  | 'totp'
  | 'passkey'
  | 'passkeyChallenge'
  | 'recoveryCode'
  | 'mailedLink'
  | 'tenant'
  | 'environment'
  | 'gatewayGroup'
  | 'gateway'
  | 'auditHead'
  | 'eventSink'
>

@Injectable()
export class Database implements OnApplicationShutdown {
  /** Every table of every tenant: for the publisher, the snapshot and sign-in only. Services use the two below. */
  readonly everything: PrismaClient
  readonly platform: PlatformDb
  /** For the SQL of `analytics/queries` and `COPY`. */
  readonly pool: pg.Pool

  constructor(@Inject(ENV) env: Env, @Inject(LOGGER) logger: Logger) {
    this.pool = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: env.DATABASE_POOL,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
    })
    // The pool hears a client's errors only while it is idle; of one in use, the query under way tells.
    this.pool.on('connect', (client) => client.on('error', () => undefined))
    // An idle connection that Postgres drops is replaced at the next query; unheard, it would end the process.
    this.pool.on('error', (error) =>
      logger.warn({ error: error.message }, 'A connection to Postgres was lost'),
    )
    this.everything = new PrismaClient({
      adapter: new PrismaPg(this.pool),
      transactionOptions: { maxWait: 5_000, timeout: 30_000 },
    })
    this.platform = this.everything
  }

  /** The tables of one tenant, and nothing of any other. */
  tenant(tenantId: string): TenantDb {
    return tenantDb(this.everything, tenantId)
  }

  async ping(timeoutMs: number): Promise<boolean> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const late = new Promise<false>((resolve) => timeout.addEventListener('abort', () => resolve(false)))
    const asked = this.pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
    return Promise.race([asked, late])
  }

  async onApplicationShutdown(): Promise<void> {
    await this.everything.$disconnect()
    if (!this.pool.ended) await this.pool.end()
  }
}

export type { TenantDb }
