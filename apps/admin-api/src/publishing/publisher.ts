// After a commit: builds the snapshot, stores it, wakes the gateways. And every second: compares, and heals what a crash or a loss left.
import { credentialsKey, headKey, snapshotKey, wakeChannel } from '@gatewright/shared/channels'
import { type Head, headSchema, type SnapshotEnvelope } from '@gatewright/shared/snapshot'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Redis } from '../infra/redis.ts'
import { accessHistory, publishAccess } from './access-publisher.ts'
import { Changes } from './change.ts'
import { runScript } from './head-scripts.ts'
import { buildSnapshot, sealSnapshot } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import { parseJson } from './stored-json.ts'

/** Half of the 2 s in which a loss is to be healed. */
const reconcileMs = 1_000
const pruneMs = 60_000

interface EnvironmentName {
  readonly id: string
  readonly name: string
}

@Injectable()
export class Publisher implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Environments being published; `again` when a change came meanwhile, so that a burst of commits is few builds. */
  readonly #running = new Map<string, { again: boolean; finished: Promise<void> }>()
  readonly #built = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #prunedAt = 0
  #stopped = false
  #stopHearing: (() => void) | undefined

  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly changes: Changes,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {}

  onApplicationBootstrap(): void {
    this.#stopHearing = this.changes.onCommit((environmentIds) => {
      for (const id of environmentIds) void this.publish(id)
    })
    if (!this.env.BACKGROUND_JOBS) return
    this.redis.client.on('ready', this.#soon)
    this.#soon()
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped = true
    this.#stopHearing?.()
    this.redis.client.off('ready', this.#soon)
    clearTimeout(this.#timer)
    await Promise.all([...this.#running.values()].map((run) => run.finished))
  }

  /** Resolves when what Postgres now says of an environment stands in Redis, or the attempt failed and was logged. */
  publish(environmentId: string): Promise<void> {
    const running = this.#running.get(environmentId)
    if (running) {
      running.again = true
      return running.finished
    }
    const run = { again: false, finished: Promise.resolve() }
    this.#running.set(environmentId, run)
    run.finished = this.#run(environmentId, run)
    return run.finished
  }

  async #run(environmentId: string, run: { again: boolean }): Promise<void> {
    try {
      do {
        run.again = false
        // The next comparison tries again, a second from now.
        if (this.#stopped || !this.redis.ready) return
        await this.#publishOnce(environmentId)
      } while (run.again)
    } catch (error) {
      this.logger.error({ error, environmentId }, 'Publishing failed; it is tried again')
    } finally {
      this.#running.delete(environmentId)
    }
  }

  async #publishOnce(environmentId: string): Promise<void> {
    const environment = await this.database.platform.environment.findUnique({
      where: { id: environmentId },
      select: { id: true, name: true },
    })
    if (!environment) return
    while (!(await this.#publishSnapshot(environment))) {
      // Another publisher stored one between our look and our write: look again.
    }
    await publishAccess(this.redis.client, this.database.everything, environment)
  }

  /** True when Redis has what Postgres says; false when another publisher came between. */
  async #publishSnapshot({ id, name }: EnvironmentName): Promise<boolean> {
    const { client } = this.redis
    const keys = [headKey(name), snapshotKey(name), credentialsKey(name)] as const
    // Redis first, Postgres second: Postgres is then never older than the head, unless it lost history itself.
    const [text, stored] = await Promise.all([client.get(keys[0]), client.exists(keys[1])])
    const head = text === null ? null : parseJson(headSchema, text)
    const firstLook = !this.#built.has(id)
    const built = await this.database.everything.$transaction(
      async (tx) => {
        const { revision } = await tx.environment.findUniqueOrThrow({
          where: { id },
          select: { revision: true },
        })
        // The first look of a process builds in any case: a newer version of the product may say things differently.
        if (head?.revision === revision && stored === 1 && !firstLook) return null
        return { revision, ...sealSnapshot(buildSnapshot(await readSnapshotRows(tx, id))) }
      },
      { isolationLevel: 'RepeatableRead' },
    )
    this.#built.add(id)
    if (!built) return true
    const { revision, hash, document } = built
    if (head && head.revision > revision) {
      this.logger.warn(
        { environment: name, redis: head.revision, postgres: revision },
        'Postgres went back in time; its state is published',
      )
    }
    if (head?.revision === revision && head.hash === hash && stored === 1) return true
    const envelope: SnapshotEnvelope = { revision, hash, publishedAt: this.clock.now().getTime(), document }
    const written = await runScript(client, 'storeSnapshot', keys, [
      text ?? '',
      revision,
      hash,
      JSON.stringify(envelope),
      wakeChannel(name),
    ])
    if (!written) return false
    await this.database.everything.revision.updateMany({
      where: { environmentId: id, number: revision, hash: null },
      data: { hash },
    })
    this.logger.info({ environment: name, revision, hash, bytes: document.length }, 'Published')
    return true
  }

  readonly #soon = (): void => {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(async () => {
      await this.reconcile()
      if (!this.#stopped) this.#timer = setTimeout(this.#soon, reconcileMs)
    }, 0)
  }

  /** Compares every environment with Redis and publishes those that differ. Safe in any number of processes at once. */
  async reconcile(): Promise<void> {
    if (!this.redis.ready) return
    try {
      const environments = await this.database.platform.environment.findMany({
        select: { id: true, name: true, revision: true, accessRevision: true },
      })
      const differing = await Promise.all(
        environments.map(async (environment) => ((await this.#agrees(environment)) ? [] : [environment.id])),
      )
      await Promise.all(differing.flat().map((id) => this.publish(id)))
      await this.#prune()
    } catch (error) {
      this.logger.warn({ error }, 'Comparing with Redis failed; it is tried again')
    }
  }

  async #agrees(environment: EnvironmentName & Omit<Head, 'hash'>): Promise<boolean> {
    const { client } = this.redis
    const [text, stored, position] = await Promise.all([
      client.get(headKey(environment.name)),
      client.exists(snapshotKey(environment.name)),
      client.hget(credentialsKey(environment.name), 'revision'),
    ])
    const head = text === null ? null : parseJson(headSchema, text)
    return (
      stored === 1 &&
      this.#built.has(environment.id) &&
      head?.revision === environment.revision &&
      head.accessRevision === environment.accessRevision &&
      position === String(environment.accessRevision)
    )
  }

  /** The outbox keeps as much history as the stream does: enough to restore the stream itself. */
  async #prune(): Promise<void> {
    const now = this.clock.now().getTime()
    if (now - this.#prunedAt < pruneMs) return
    this.#prunedAt = now
    await this.database.everything.$executeRaw`
      DELETE FROM access_change USING environment
      WHERE environment.id = environment_id
        AND access_change.access_revision <= environment.access_revision - ${accessHistory}`
  }
}
