// For the orchestrator: alive at all, and ready with what works behind it.
import { Controller, Get, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Database } from '../infra/database.ts'
import { Redis } from '../infra/redis.ts'

const checkMs = 1_000

@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
  ) {}

  /** Asks nothing outside the process: a restart would not bring Postgres back. */
  @Get('/livez')
  livez() {
    return { status: 'alive' }
  }

  /** Without Redis writes are kept and published later, so only a missing Postgres makes it unready. */
  @Get('/readyz')
  async readyz(@Res() reply: FastifyReply) {
    const [postgres, redis] = await Promise.all([this.database.ping(checkMs), this.#redisAnswers()])
    const status = !postgres ? 'unavailable' : redis ? 'ready' : 'degraded'
    reply
      .code(postgres ? 200 : 503)
      .send({ status, checks: { postgres: words(postgres), redis: words(redis) } })
  }

  async #redisAnswers(): Promise<boolean> {
    const late = new Promise<false>((resolve) => setTimeout(resolve, checkMs, false).unref())
    const asked = this.redis
      .use((client) => client.ping())
      .then(
        () => true,
        () => false,
      )
    return Promise.race([asked, late])
  }
}

const words = (up: boolean) => (up ? 'up' : 'down')
