// Work that is done every so often, by one process for all of them (BullMQ).
import { setTimeout as delay } from 'node:timers/promises'
import { jobPrefix } from '@gatewright/shared/channels'
import { Queue, Worker } from 'bullmq'
import type { Logger } from './logger.ts'
import type { Redis } from './redis.ts'

const closeMs = 1_000
const remembered = 24

export interface RecurringWork {
  /** Names it in Redis and in the log. */
  readonly name: string
  readonly everyMs: number
  run(): Promise<void>
}

export class Recurring {
  readonly #work: RecurringWork
  readonly #redis: Redis
  readonly #logger: Logger
  #queue: Queue | undefined
  #worker: Worker | undefined

  constructor(work: RecurringWork, redis: Redis, logger: Logger) {
    this.#work = work
    this.#redis = redis
    this.#logger = logger
  }

  start(): void {
    const connection = this.#redis.dedicated()
    const options = { connection, prefix: jobPrefix }
    this.#queue = new Queue(this.#work.name, {
      ...options,
      defaultJobOptions: { removeOnComplete: remembered, removeOnFail: remembered },
    })
    this.#worker = new Worker(this.#work.name, () => this.#work.run(), options)
    this.#queue.on('error', this.#ignoreOutage)
    this.#worker.on('error', this.#ignoreOutage)
    this.#worker.on('failed', (_, error) => this.failed(error))
    // Again at each connection: a Redis that lost its data has lost the schedule too.
    connection.on('ready', this.#schedule)
    this.#schedule()
  }

  async stop(): Promise<void> {
    // Forced, and even so BullMQ waits for a Redis that is away: nobody is kept from stopping by that.
    const closed = Promise.all([this.#worker?.close(true), this.#queue?.close()]).catch(this.#ignoreOutage)
    await Promise.race([closed, delay(closeMs, undefined, { ref: false })])
  }

  failed(error: unknown): void {
    this.#logger.warn({ error, work: this.#work.name }, 'Recurring work failed; it is tried again in time')
  }

  readonly #schedule = (): void => {
    const { name, everyMs } = this.#work
    this.#queue?.upsertJobScheduler(name, { every: everyMs }).catch(this.#ignoreOutage)
  }

  /** Said once by infra/redis.ts already. */
  readonly #ignoreOutage = (error: Error): void => {
    this.#logger.debug({ error: error.message, work: this.#work.name }, 'Recurring work waits for Redis')
  }
}
