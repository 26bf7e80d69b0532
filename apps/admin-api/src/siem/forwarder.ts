// Outbox → sinks: each sink gets every event in order, again and again until it arrived. Any number of processes share the work.
import type { SinkTarget } from '@gatewright/shared/contract/event-sinks'
import { sinkTarget } from '@gatewright/shared/contract/event-sinks'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import pg from 'pg'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Sealer } from '../infra/sealer.ts'
import { BatchTooLarge, sendHttp } from './http-sink.ts'
import { orderOutbox, readOutbox, sweepOutbox } from './outbox.ts'
import type { OutboxEvent } from './sink-event.ts'
import { sendSyslog } from './syslog.ts'

const everyMs = 1_000
const sweepEveryMs = 600_000
const batchMax = 200
const timeoutMs = 10_000
/** Longest turn of a sink with much to send: what happens meanwhile has to get its order, and the others want it. */
const turnMs = 2_000
/** One for each sink, and one for the order. */
const connectionsMax = 11
const retryMinSeconds = 1
const retryMaxSeconds = 60
const keptSeconds = 7 * 86_400
/** Of the advisory locks, those of sinks: the second number is a hash of the sink's id. */
const lockClass = 0x6777_736b

interface DueSink {
  readonly id: string
  readonly name: string
  readonly target: unknown
  readonly secret: string | null
  readonly kinds: string[]
  readonly position: string
  readonly failures: number
}

/** `unfinished`: it takes events, and more of them wait. */
type Turn = 'done' | 'unfinished'

/** Where a sink's secret is sealed to. */
export const sinkSecretPlace = (id: string) => ({ table: 'event_sink', column: 'secret', id })

@Injectable()
export class SinkForwarder implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  /** Of its own: who sends waits for receivers, and requests shall not wait for that. A lock lives as long as its connection. */
  readonly #pool: pg.Pool
  #sweptMs = Number.NEGATIVE_INFINITY
  #isStopping = false

  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {
    this.#pool = new pg.Pool({
      connectionString: env.DATABASE_URL,
      max: connectionsMax,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 5_000,
      application_name: 'gatewright-sinks',
    })
    // The query at hand fails by itself; unheard, these would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined))
    this.#pool.on('error', () => undefined)
  }

  onApplicationBootstrap(): void {
    if (!this.env.BACKGROUND_JOBS) return
    this.#timer = setInterval(() => {
      this.run().catch((error: unknown) =>
        this.logger.warn({ error }, 'Events could not be sent to the sinks'),
      )
    }, everyMs).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#timer)
    await this.#running?.catch(() => undefined)
    await this.#pool.end()
  }

  /** Orders what came, and sends what is due, until nothing is left or a sink fails. One run at a time. */
  run(): Promise<void> {
    this.#running ??= this.#runOnce().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Sends these events to a target at once. Throws when they did not arrive. */
  async send(
    id: string,
    target: SinkTarget,
    secret: string | null,
    events: readonly OutboxEvent[],
  ): Promise<void> {
    if (target.protocol === 'syslog') return sendSyslog(target, events, timeoutMs)
    const opened = secret === null ? null : this.sealer.open(secret, sinkSecretPlace(id))
    await sendHttp(target, opened, events, this.clock.now(), timeoutMs)
  }

  async #runOnce(): Promise<void> {
    while ((await this.#round()) && !this.#isStopping);
  }

  /** Answers whether a sink's turn ended before it had everything. */
  async #round(): Promise<boolean> {
    const due = await this.#connected(async (client) => {
      while (!this.#isStopping && (await orderOutbox(client)) > 0);
      const { rows } = await client.query<DueSink>(
        `SELECT id, name, target, secret, kinds, position, failures FROM event_sink
         WHERE enabled AND (next_attempt_at IS NULL OR next_attempt_at <= $1)
           AND EXISTS (SELECT FROM sink_event AS event WHERE event.position > event_sink.position)`,
        [this.clock.now()],
      )
      return rows
    })
    const turns = await Promise.all(due.map((sink) => this.#connected((client) => this.#serve(client, sink))))
    if (performance.now() - this.#sweptMs >= sweepEveryMs) {
      this.#sweptMs = performance.now()
      await this.#connected((client) => sweepOutbox(client, this.clock.in(-keptSeconds)))
    }
    return turns.includes('unfinished')
  }

  async #connected<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      // Its locks end with it, so that another process goes on.
      client.release(true)
      throw error
    }
  }

  /** One process at a time sends to a sink. */
  async #serve(client: pg.PoolClient, sink: DueSink): Promise<Turn> {
    const key = [lockClass, sink.id]
    const { rows } = await client.query<{ mine: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS mine',
      key,
    )
    if (rows[0]?.mine !== true) return 'done'
    const turn = await this.#drain(client, sink)
    await client.query('SELECT pg_advisory_unlock($1, hashtext($2))', key)
    return turn
  }

  async #drain(client: pg.PoolClient, due: DueSink): Promise<Turn> {
    let size = batchMax
    const endMs = performance.now() + turnMs
    while (!this.#isStopping) {
      // Read again each time: it may have been changed or switched off, and another process may have sent meanwhile.
      const { rows } = await client.query<DueSink>(
        `SELECT id, name, target, secret, kinds, position, failures FROM event_sink
         WHERE id = $1 AND enabled AND (next_attempt_at IS NULL OR next_attempt_at <= $2)`,
        [due.id, this.clock.now()],
      )
      const sink = rows[0]
      if (!sink) return 'done'
      if (performance.now() > endMs) return 'unfinished'
      const events = await readOutbox(client, BigInt(sink.position), sink.kinds, size)
      const last = events.at(-1)
      if (!last) {
        await this.#skipOthers(client, sink)
        return 'done'
      }
      try {
        await this.send(sink.id, sinkTarget.parse(sink.target), sink.secret, events)
      } catch (error) {
        if (error instanceof BatchTooLarge && events.length > 1) {
          size = Math.ceil(events.length / 2)
          continue
        }
        await this.#failed(client, sink, error)
        return 'done'
      }
      await client.query(
        `UPDATE event_sink SET position = $2, delivered = delivered + $3, failures = 0, next_attempt_at = NULL,
           last_error = NULL, last_error_at = NULL, last_delivered_at = $4 WHERE id = $1 AND position = $5`,
        [sink.id, String(last.position), events.length, this.clock.now(), sink.position],
      )
      if (sink.failures > 0) this.logger.info({ sink: sink.name }, 'An event sink takes events again')
    }
    return 'done'
  }

  /** Nothing of its kinds is left: what it does not want does not count as waiting for it. */
  async #skipOthers(client: pg.PoolClient, sink: DueSink): Promise<void> {
    await client.query(
      `UPDATE event_sink SET position = greatest(position, (SELECT coalesce(max(event.position), 0) FROM sink_event AS event
         WHERE NOT EXISTS (SELECT FROM sink_event AS other WHERE other.position > event_sink.position
           AND other.position <= event.position AND other.kind = ANY (event_sink.kinds))))
       WHERE id = $1 AND position = $2`,
      [sink.id, sink.position],
    )
  }

  async #failed(client: pg.PoolClient, sink: DueSink, error: unknown): Promise<void> {
    const reason = reasonOf(error)
    if (sink.failures === 0)
      this.logger.warn({ sink: sink.name, reason }, 'An event sink takes no events; they wait')
    const waitSeconds = Math.min(retryMaxSeconds, retryMinSeconds * 2 ** Math.min(sink.failures, 10))
    await client.query(
      `UPDATE event_sink SET failures = failures + 1, next_attempt_at = $2, last_error = $3, last_error_at = $4 WHERE id = $1`,
      [sink.id, this.clock.in(waitSeconds), reason, this.clock.now()],
    )
  }
}

/** What people read of a failure: the innermost message, short. */
export function reasonOf(error: unknown): string {
  let reason = String(error)
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
    reason = cause.message || code || reason
  }
  return reason.slice(0, 300)
}
