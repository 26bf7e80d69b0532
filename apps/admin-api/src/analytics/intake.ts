// Redis stream → Postgres: a consumer of the event stream; any number of processes share the work.
import { hostname } from 'node:os'
import { eventDeadStream, eventGroup, eventStream } from '@gatewright/shared/channels'
import type { RequestEvent } from '@gatewright/shared/event'
import type { DriftBatch } from '@gatewright/shared/model/drift'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import type { Redis as Client } from 'ioredis'
import pg from 'pg'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Redis } from '../infra/redis.ts'
import { type ParsedBatch, parseBatch } from './batch.ts'
import { storeDrift } from './drift-store.ts'
import { withOwners } from './owners.ts'
import { prepareStore, storeEvents } from './store.ts'

const batchesPerRead = 20
const blockMs = 1_000
/** What a consumer took and did not finish for so long belongs to whoever asks. */
const staleMs = 60_000
const claimEveryMs = 15_000
const retryMs = 1_000
/** Batches that could not be stored stay readable, the newest of them. */
const deadKept = 1_000

interface Entry {
  readonly id: string
  readonly text: string
}

@Injectable()
export class Intake implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #consumer = `${hostname()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}`
  readonly #stopping = new AbortController()
  #finished: Promise<void> = Promise.resolve()
  #client: Client | undefined
  #store: pg.Client | undefined
  #claimedAt = 0
  /** What was taken before a failure is taken again before anything else. */
  #unfinished = false
  /** Since this process started. */
  readonly counts = { stored: 0, repeated: 0, rejected: 0 }

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENV) private readonly env: Env,
  ) {}

  onApplicationBootstrap(): void {
    if (this.env.BACKGROUND_JOBS) this.#finished = this.#run()
  }

  async onApplicationShutdown(): Promise<void> {
    const isReading = this.#client?.status === 'ready'
    this.#stopping.abort()
    // A command that waits for a Redis that is away never ends, not even by disconnecting; it holds no batch either.
    if (isReading) await this.#finished
  }

  async #run(): Promise<void> {
    const client = this.redis.dedicated()
    this.#client = client
    const stop = () => client.disconnect()
    this.#stopping.signal.addEventListener('abort', stop)
    while (!this.#stopping.signal.aborted) {
      try {
        await this.takeOnce(client)
      } catch (error) {
        if (this.#stopping.signal.aborted) break
        await this.#recover(client, error)
      }
    }
    await this.#closeStore()
  }

  /** Takes what is there, or waits a moment for it; answers how many batches were handled. */
  async takeOnce(client: Client, waitMs = blockMs): Promise<number> {
    const entries = await this.#next(client, waitMs)
    if (entries.length > 0) await this.#handle(client, entries)
    return entries.length
  }

  async #next(client: Client, waitMs: number): Promise<Entry[]> {
    if (this.#unfinished) {
      const own = await this.#read(client, '0', waitMs)
      if (own.length > 0) return own
      this.#unfinished = false
    }
    const stale = await this.#claimStale(client)
    return stale.length > 0 ? stale : this.#read(client, '>', waitMs)
  }

  /** `after`: `>` for what nobody took yet, `0` for what this consumer took and did not acknowledge. */
  async #read(client: Client, after: '>' | '0', waitMs: number): Promise<Entry[]> {
    const answer = await client.xreadgroup(
      'GROUP',
      eventGroup,
      this.#consumer,
      'COUNT',
      batchesPerRead,
      'BLOCK',
      waitMs,
      'STREAMS',
      eventStream,
      after,
    )
    return toEntries(streamOf(answer))
  }

  /** Batches of a consumer that died between reading and acknowledging. */
  async #claimStale(client: Client): Promise<Entry[]> {
    const now = performance.now()
    if (this.#claimedAt !== 0 && now - this.#claimedAt < claimEveryMs) return []
    const answer = await client.xautoclaim(
      eventStream,
      eventGroup,
      this.#consumer,
      staleMs,
      '0',
      'COUNT',
      batchesPerRead,
    )
    const entries = toEntries(Array.isArray(answer) ? answer[1] : [])
    // A full answer means that there is more: ask again at once.
    this.#claimedAt = entries.length < batchesPerRead ? now : 0
    return entries
  }

  async #handle(client: Client, entries: readonly Entry[]): Promise<void> {
    const now = this.clock.now().getTime()
    const parsed = entries.map((entry) => ({ entry, batch: parseBatch(entry.text, now) }))
    const rejected = parsed.flatMap(({ batch }) => batch.rejected)
    await this.#storeAll(
      parsed.map(({ batch }) => batch.events),
      rejected,
    )
    for (const { batch } of parsed) if (batch.drift) await this.#storeDrift(batch.drift, rejected)
    await this.#bury(client, rejected)
    // Only now: whatever happens before this line, the batches are delivered again.
    const ids = entries.map(({ id }) => id)
    await client
      .multi()
      .xack(eventStream, eventGroup, ...ids)
      .xdel(eventStream, ...ids)
      .exec()
  }

  /** One transaction for all batches; if their content is what fails, each by itself, so that one cannot block the others. */
  async #storeAll(batches: readonly RequestEvent[][], rejected: ParsedBatch['rejected']): Promise<void> {
    const events = batches.flat()
    if (events.length === 0) return
    try {
      await this.#storeSome(events)
    } catch (error) {
      if (!isContentError(error)) throw error
      if (batches.length === 1) {
        rejected.push({ text: JSON.stringify(events), reason: String(error) })
        return
      }
      for (const batch of batches) await this.#storeAll([batch], rejected)
    }
  }

  async #storeDrift(drift: DriftBatch, rejected: ParsedBatch['rejected']): Promise<void> {
    this.#store ??= await this.#openStore()
    try {
      await storeDrift(this.#store, drift)
    } catch (error) {
      if (!isContentError(error)) throw error
      rejected.push({ text: JSON.stringify(drift), reason: String(error) })
    }
  }

  async #storeSome(events: readonly RequestEvent[]): Promise<void> {
    this.#store ??= await this.#openStore()
    const owned = await withOwners(this.#store, events)
    const fresh = await storeEvents(this.#store, owned, this.clock.now().getTime())
    this.counts.stored += fresh
    this.counts.repeated += events.length - fresh
  }

  async #bury(client: Client, rejected: ParsedBatch['rejected']): Promise<void> {
    if (rejected.length === 0) return
    this.counts.rejected += rejected.length
    this.logger.warn({ count: rejected.length, reason: rejected[0]?.reason }, 'Events could not be stored')
    const writes = client.multi()
    for (const { text, reason } of rejected) {
      writes.xadd(eventDeadStream, 'MAXLEN', '~', deadKept, '*', 'reason', reason, 'events', text)
    }
    await writes.exec()
  }

  async #recover(client: Client, error: unknown): Promise<void> {
    this.#unfinished = true
    if (error instanceof Error && error.message.startsWith('NOGROUP')) {
      await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM').catch(ignoreBusyGroup)
      return
    }
    this.logger.warn({ error }, 'Intake of events stopped; it is tried again')
    await this.#closeStore()
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }

  /** A connection of its own: batches wait for nobody's request, and requests not for batches. */
  async #openStore(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.env.DATABASE_URL,
      connectionTimeoutMillis: 5_000,
      application_name: 'gatewright-intake',
    })
    // The query at hand fails by itself; unheard, this would end the process.
    client.on('error', (error) => this.logger.warn({ error: error.message }, 'Intake lost Postgres'))
    await client.connect()
    await prepareStore(client)
    return client
  }

  async #closeStore(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await store?.end().catch(() => undefined)
  }
}

/** Classes 22 and 23 (bad data, violated constraint) and 21: a matter of the content, which trying again does not mend. */
function isContentError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^2[123]/.test(error.code ?? '')
}

function ignoreBusyGroup(error: unknown): void {
  if (error instanceof Error && error.message.startsWith('BUSYGROUP')) return
  throw error
}

/** The entries of the one stream in an answer of XREADGROUP; null when the time ran out. */
function streamOf(answer: unknown): unknown {
  if (!Array.isArray(answer)) return []
  const [stream] = answer
  return Array.isArray(stream) ? stream[1] : []
}

function toEntries(raw: unknown): Entry[] {
  if (!Array.isArray(raw)) return []
  return raw.flatMap((entry): Entry[] => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Array.isArray(entry[1])) return []
    const fields: unknown[] = entry[1]
    const at = fields.indexOf('events')
    return [{ id: entry[0], text: at < 0 ? '' : String(fields[at + 1]) }]
  })
}
