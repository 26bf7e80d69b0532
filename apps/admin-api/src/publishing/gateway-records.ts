// What remains of a gateway when its report is gone from Redis: when it was seen last and what it ran then.
import type { Gateway } from '@gatewright/shared/model/environment'
import { type GatewayReport, gatewayReport } from '@gatewright/shared/snapshot'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { type Gateway as GatewayRow, Prisma } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Redis } from '../infra/redis.ts'
import { Fleet } from './fleet.ts'

const recordMs = 5_000

/** A gateway that was silent for so long is forgotten: containers come and go under new names. */
const forgetSeconds = 24 * 3_600

const refusalSchema = gatewayReport.shape.refusal

@Injectable()
export class GatewayRecords implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly fleet: Fleet,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_JOBS) this.#timer = setInterval(() => void this.record(), recordMs)
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer)
  }

  /** Every gateway of an environment: from its own report, or from what was last known when Redis has none. */
  async gateways(environment: { id: string; name: string; revision: number }): Promise<Gateway[]> {
    const reported = this.redis.ready ? await this.fleet.gateways(environment) : []
    const known = new Set(reported.map(({ id }) => id))
    const rows = await this.database.platform.gateway.findMany({
      where: {
        environmentId: environment.id,
        id: { notIn: [...known] },
        lastSeenAt: { gte: this.clock.in(-forgetSeconds) },
      },
      orderBy: [{ groupName: 'asc' }, { id: 'asc' }],
    })
    return [...reported, ...rows.map(showRecord)]
  }

  /** Keeps what gateways report now, and forgets those that were silent for too long, here and in Redis. */
  async record(): Promise<void> {
    if (!this.redis.ready) return
    try {
      for (const { id, name } of await this.database.platform.environment.findMany()) {
        const reports = await this.fleet.reports(name)
        for (const report of reports) if (this.fleet.isLive(report)) await this.#keep(id, report)
        const forgotten = reports.filter(({ at }) => at < this.clock.in(-forgetSeconds).getTime())
        await this.fleet.forget(
          name,
          forgotten.map(({ gatewayId }) => gatewayId),
        )
      }
      await this.database.platform.gateway.deleteMany({
        where: { lastSeenAt: { lt: this.clock.in(-forgetSeconds) } },
      })
    } catch (error) {
      this.logger.warn({ error }, 'Gateways could not be recorded; it is tried again')
    }
  }

  async #keep(environmentId: string, report: GatewayReport): Promise<void> {
    const what = {
      environmentId,
      groupName: report.group,
      softwareVersion: report.version,
      startedAt: new Date(report.startedAt),
      lastSeenAt: new Date(report.at),
      ackRevision: report.revision,
      ackHash: report.hash,
      ackAccess: report.accessRevision,
      refusal: report.refusal ?? Prisma.DbNull,
    }
    const { gateway } = this.database.platform
    await gateway.upsert({
      where: { id: report.gatewayId },
      create: { id: report.gatewayId, ...what },
      update: what,
    })
  }
}

function showRecord(row: GatewayRow): Gateway {
  const refusal = refusalSchema.safeParse(row.refusal).data ?? null
  return {
    id: row.id,
    group: row.groupName,
    state: 'gone',
    version: row.softwareVersion,
    workers: 0,
    revision: row.ackRevision ?? 0,
    accessRevision: row.ackAccess ?? 0,
    hash: row.ackHash,
    drift: false,
    refusal: refusal && {
      revision: refusal.revision,
      reason: refusal.reason,
      at: new Date(refusal.at).toISOString(),
    },
    events: { sent: 0, spooled: 0, dropped: 0 },
    startedAt: row.startedAt.toISOString(),
    seenAt: row.lastSeenAt.toISOString(),
  }
}
