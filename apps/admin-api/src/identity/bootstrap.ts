// What an empty installation begins with: a platform admin, from ADMIN_EMAIL and ADMIN_PASSWORD, and FIRST_ENVIRONMENT.
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Passwords } from './passwords.ts'

const retryMs = 1_000

@Injectable()
export class Bootstrap {
  #stopped = false
  /** Settles when there is nothing left to create. */
  finished: Promise<void> = Promise.resolve()

  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly passwords: Passwords,
  ) {}

  /** Does nothing once there is any user. Waits for Postgres, which may come up later than we do. */
  onApplicationBootstrap(): void {
    const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = this.env
    if (email !== undefined && password !== undefined) this.finished = this.#createAdmin(email, password)
  }

  onApplicationShutdown(): void {
    this.#stopped = true
  }

  async #createAdmin(email: string, password: string): Promise<void> {
    while (!this.#stopped) {
      try {
        if ((await this.database.platform.user.count()) > 0) return
        const now = this.clock.now()
        const passwordHash = await this.passwords.hash(password)
        // Before the admin, whose presence says that all of it is done.
        await this.#createEnvironment(now)
        // Two processes may start at once; the unique address lets one of them win.
        await this.database.everything.user.createMany({
          data: [
            {
              id: createId('usr'),
              email,
              name: 'Platform admin',
              passwordHash,
              passwordChangedAt: now,
              emailVerifiedAt: now,
              platformAdmin: true,
            },
          ],
          skipDuplicates: true,
        })
        this.logger.info({ email }, 'Created the platform admin')
        return
      } catch (error) {
        this.logger.warn(
          { error: String(error) },
          'Postgres is away; the platform admin is created when it is back',
        )
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
  }

  async #createEnvironment(now: Date): Promise<void> {
    if (this.env.FIRST_ENVIRONMENT === undefined) return
    const [name, gatewayUrl] = this.env.FIRST_ENVIRONMENT
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const { environment, gatewayGroup } = this.database.everything
    await environment.createMany({
      data: [{ id: createId('env'), name, title, production: true, gatewayUrl, createdAt: now }],
      skipDuplicates: true,
    })
    const { id: environmentId } = await environment.findUniqueOrThrow({ where: { name } })
    await gatewayGroup.createMany({
      data: [{ id: createId('grp'), environmentId, name: 'default', title: 'default' }],
      skipDuplicates: true,
    })
    this.logger.info({ name, gatewayUrl }, 'Created the first environment')
  }
}
