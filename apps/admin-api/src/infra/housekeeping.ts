// What has expired long enough goes: sessions, idempotency records, throttles. Each process may do it; it is the same work.
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from './clock.ts'
import { Database } from './database.ts'
import { LOGGER, type Logger } from './logger.ts'

const everyMs = 3_600_000

/** Ended sessions are still named in the audit log for a while. */
const keepSessionsSeconds = 30 * 86_400

@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined

  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.env.BACKGROUND_JOBS) return
    this.#timer = setInterval(() => {
      this.run().catch((error: unknown) =>
        this.logger.warn({ error }, 'Housekeeping failed; it runs again in an hour'),
      )
    }, everyMs).unref()
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer)
  }

  async run(): Promise<void> {
    const { everything } = this.database
    const now = this.clock.now()
    const longAgo = this.clock.in(-keepSessionsSeconds)
    await everything.session.deleteMany({
      where: { OR: [{ expiresAt: { lt: longAgo } }, { revokedAt: { lt: longAgo } }] },
    })
    await everything.idempotencyRecord.deleteMany({ where: { expiresAt: { lt: now } } })
    await everything.mailedLink.deleteMany({ where: { expiresAt: { lt: now } } })
    await everything.authorisationState.deleteMany({ where: { expiresAt: { lt: now } } })
    await everything.authorisationKey.deleteMany({ where: { endsAt: { lt: now } } })
    await everything.passkeyChallenge.deleteMany({ where: { expiresAt: { lt: now } } })
    await everything.signInThrottle.deleteMany({
      where: { windowEndsAt: { lt: now }, OR: [{ blockedUntil: null }, { blockedUntil: { lt: now } }] },
    })
  }
}
