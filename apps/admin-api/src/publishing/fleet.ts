// Who runs which revision: what gateways report of themselves, and waiting until all of them caught up.
import { EventEmitter } from 'node:events'
import { gatewaysKey, headKey, reportChannel } from '@gatewright/shared/channels'
import type { Gateway } from '@gatewright/shared/model/environment'
import type { Propagation } from '@gatewright/shared/model/wire'
import { type GatewayReport, gatewayReport, type Head, headSchema } from '@gatewright/shared/snapshot'
import { Injectable } from '@nestjs/common'
import type { Redis as Client } from 'ioredis'
import type { CausedRevision } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import { Redis } from '../infra/redis.ts'
import { parseJson } from './stored-json.ts'

/** A gateway reports every 2 s; one that was silent for so long is gone. */
export const silentMs = 10_000

/** A lost notice costs at most this long: the interval at which everything between us and gateways is compared. */
const compareMs = 2_000

type Live = NonNullable<Propagation['live']>[number]

@Injectable()
export class Fleet {
  readonly #heard = new EventEmitter().setMaxListeners(0)
  readonly #subscriptions = new Map<string, Promise<unknown>>()
  #subscriber: Client | undefined

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {}

  /** The last report of every gateway of an environment, also of those that are gone, until they are forgotten. */
  async reports(environment: string): Promise<GatewayReport[]> {
    const stored = await this.redis.use((client) => client.hvals(gatewaysKey(environment)))
    return stored.flatMap((text) => parseJson(gatewayReport, text) ?? [])
  }

  /** What stands in Redis for gateways to compare with; null when nothing does. */
  async head(environment: string): Promise<Head | null> {
    const text = await this.redis.use((client) => client.get(headKey(environment)))
    return text === null ? null : parseJson(headSchema, text)
  }

  /** Drops reports of gateways that nobody asks for any more. One that lives after all is back with its next report. */
  async forget(environment: string, gatewayIds: readonly string[]): Promise<void> {
    if (gatewayIds.length > 0)
      await this.redis.use((client) => client.hdel(gatewaysKey(environment), ...gatewayIds))
  }

  isLive(report: GatewayReport): boolean {
    return this.clock.now().getTime() - report.at < silentMs
  }

  /** Every gateway of an environment and how it stands to the environment's revision and the hash of its snapshot. */
  async gateways(environment: { name: string; revision: number }): Promise<Gateway[]> {
    const [reports, head] = await Promise.all([this.reports(environment.name), this.head(environment.name)])
    return reports
      .map((report) => this.#gateway(report, environment.revision, head))
      .sort((a, b) => a.group.localeCompare(b.group) || a.id.localeCompare(b.id))
  }

  #gateway(report: GatewayReport, revision: number, head: Head | null): Gateway {
    const { refusal } = report
    // Equal revision, other bytes: somebody touched a snapshot on its way, or two builds of the product disagree.
    const drift = head !== null && report.revision === head.revision && report.hash !== head.hash
    return {
      id: report.gatewayId,
      group: report.group,
      state: this.#state(report, revision, drift),
      version: report.version,
      workers: report.workers,
      revision: report.revision,
      accessRevision: report.accessRevision,
      hash: report.hash,
      drift,
      refusal: refusal && {
        revision: refusal.revision,
        reason: refusal.reason,
        at: new Date(refusal.at).toISOString(),
      },
      events: report.events,
      startedAt: new Date(report.startedAt).toISOString(),
      seenAt: new Date(report.at).toISOString(),
    }
  }

  #state(report: GatewayReport, revision: number, drift: boolean): Gateway['state'] {
    if (!this.isLive(report)) return 'gone'
    if (report.revision >= revision && !drift) return 'live'
    return report.refusal && report.refusal.revision > report.revision ? 'refused' : 'lagging'
  }

  /** Waits until every live gateway runs what was caused, at most `timeoutMs`; says per environment how it stands then. */
  async waitLive(caused: readonly CausedRevision[], timeoutMs: number): Promise<Live[]> {
    const deadline = AbortSignal.timeout(timeoutMs)
    return Promise.all(newest(caused).map((target) => this.#waitOne(target, deadline)))
  }

  async #waitOne(target: CausedRevision, deadline: AbortSignal): Promise<Live> {
    // Subscribed before the first look: a report that comes between the two is heard.
    await Promise.race([this.#hear(target.environment), aborted(deadline)])
    for (;;) {
      const heard = this.#nextReport(target.environment, deadline)
      const state = await this.#compare(target)
      if (state.live || deadline.aborted || state.laggards.some((laggard) => laggard.refusal !== null))
        return state
      await heard
    }
  }

  async #compare(target: CausedRevision): Promise<Live> {
    const { environment } = target
    // An unreachable store means unknown, and unknown is not live.
    const [reports, head] = await Promise.all([this.reports(environment), this.head(environment)]).catch(
      () => [[], null] as const,
    )
    const live = reports.filter((report) => this.isLive(report))
    const laggards = live.filter((report) => isBehind(report, target))
    return {
      environment,
      live: head !== null && !isBehind(head, target) && laggards.length === 0,
      gateways: live.length,
      laggards: laggards.map(({ gatewayId, revision, accessRevision, refusal }) => ({
        gatewayId,
        revision,
        accessRevision,
        refusal: refusal && refusal.revision >= target.revision ? refusal.reason : null,
      })),
    }
  }

  /** Resolves at the next report of an environment, at the deadline, or when it is time to compare again. */
  async #nextReport(environment: string, deadline: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = () => resolve()
    const timer = setTimeout(done, compareMs)
    const channel = reportChannel(environment)
    this.#heard.once(channel, done)
    deadline.addEventListener('abort', done, { once: true })
    await promise
    clearTimeout(timer)
    this.#heard.off(channel, done)
    deadline.removeEventListener('abort', done)
  }

  /** One connection hears the reports of every environment that was ever waited for. */
  #hear(environment: string): Promise<unknown> {
    const channel = reportChannel(environment)
    if (!this.#subscriber) {
      this.#subscriber = this.redis.dedicated()
      this.#subscriber.on('message', (on: string) => this.#heard.emit(on))
    }
    let subscribed = this.#subscriptions.get(channel)
    if (!subscribed) {
      subscribed = this.#subscriber.subscribe(channel).catch(() => this.#subscriptions.delete(channel))
      this.#subscriptions.set(channel, subscribed)
    }
    return subscribed
  }
}

const isBehind = (
  at: { readonly revision: number; readonly accessRevision: number },
  target: { readonly revision: number; readonly accessRevision: number },
) => at.revision < target.revision || at.accessRevision < target.accessRevision

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** One target per environment: the newest of what was caused there. */
function newest(caused: readonly CausedRevision[]): CausedRevision[] {
  const byEnvironment = new Map<string, CausedRevision>()
  for (const one of caused) {
    const other = byEnvironment.get(one.environmentId)
    byEnvironment.set(one.environmentId, {
      ...one,
      revision: Math.max(one.revision, other?.revision ?? 0),
      accessRevision: Math.max(one.accessRevision, other?.accessRevision ?? 0),
    })
  }
  return [...byEnvironment.values()]
}
