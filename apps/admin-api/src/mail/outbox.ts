// Mail on its way out: a queue in Redis (BullMQ), tried again for some hours while the mail server is away.
import { setTimeout as delay } from 'node:timers/promises'
import { jobPrefix } from '@gatewright/shared/channels'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Queue, UnrecoverableError, Worker } from 'bullmq'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Redis } from '../infra/redis.ts'
import { refuse } from '../refusal.ts'
import { Deliveries, type MailJob } from './deliveries.ts'
import type { Notice } from './letters.ts'
import { isFinal, Mailer } from './mailer.ts'

const queueName = 'mail'
const closeMs = 1_000
// 2 s, 4 s, 8 s … 14 tries reach over four hours.
const retries = { attempts: 14, backoff: { type: 'exponential', delay: 2_000, jitter: 0.2 } }
const keepFailedSeconds = 86_400

@Injectable()
export class Outbox implements OnApplicationBootstrap, OnApplicationShutdown {
  #queue: Queue<MailJob> | undefined
  #worker: Worker<MailJob> | undefined

  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly redis: Redis,
    private readonly mailer: Mailer,
    private readonly deliveries: Deliveries,
  ) {}

  get isReady(): boolean {
    return this.mailer.isReady
  }

  onApplicationBootstrap(): void {
    if (!this.mailer.isReady) return
    const prefix = jobPrefix
    this.#queue = new Queue(queueName, {
      connection: this.redis.dedicated(),
      prefix,
      defaultJobOptions: { ...retries, removeOnComplete: true, removeOnFail: { age: keepFailedSeconds } },
    })
    this.#queue.on('error', this.#ignoreOutage)
    if (!this.env.BACKGROUND_JOBS) return
    this.#worker = new Worker(queueName, ({ data }) => this.#deliver(data), {
      connection: this.redis.dedicated(),
      prefix,
      concurrency: 4,
    })
    this.#worker.on('error', this.#ignoreOutage)
    // Neither the address nor the answer of the server, which repeats it: the kind of mail and of failure.
    this.#worker.on('failed', (job, error) =>
      this.logger.warn(
        { mail: job?.data.kind, attempt: job?.attemptsMade, reason: error.message },
        'A mail was not sent',
      ),
    )
  }

  async onApplicationShutdown(): Promise<void> {
    const closed = Promise.all([this.#worker?.close(true), this.#queue?.close()]).catch(this.#ignoreOutage)
    await Promise.race([closed, delay(closeMs, undefined, { ref: false })])
  }

  /** Puts a mail into the queue; refuses when none can be sent or the queue is away. */
  async put(job: MailJob): Promise<void> {
    const queue = this.#queue
    if (!queue)
      return refuse('mail_not_configured', 'No mail can be sent here: SMTP_URL and MAIL_FROM are not set')
    // Its own connection would wait for Redis, and whoever asked with it.
    await this.redis.use(() => queue.add(job.kind, job))
  }

  /** Puts a mail into the queue that nothing depends on: whether it is. */
  async offer(job: MailJob): Promise<boolean> {
    if (!this.isReady) return false
    try {
      await this.put(job)
      return true
    } catch (error) {
      this.logger.warn({ mail: job.kind, error: String(error) }, 'A mail was not put into the queue')
      return false
    }
  }

  /** Tells a person what happened to their account. What happened has happened, whether they can be told or not. */
  async tell(userId: string, notice: Notice): Promise<void> {
    await this.offer({ kind: 'notice', userId, notice })
  }

  async #deliver(job: MailJob): Promise<void> {
    try {
      await this.deliveries.deliver(job)
    } catch (error) {
      // The cause is dropped on purpose: it would be kept in Redis, with the address in it.
      const failure = new MailFailure(error)
      throw isFinal(error) ? new UnrecoverableError(failure.message) : failure
    }
  }

  /** Said once by infra/redis.ts already. */
  readonly #ignoreOutage = (error: Error): void => {
    this.logger.debug({ error: error.message }, 'Mail waits for Redis')
  }
}

/** A failure by its kind alone, such as `EENVELOPE 550`: the words of a mail server name the address. */
class MailFailure extends Error {
  constructor(error: unknown) {
    const [code, reply] = ['code', 'responseCode'].map((name) =>
      error instanceof Error && name in error ? String(Reflect.get(error, name)) : '',
    )
    super([code || (error instanceof Error ? error.name : 'unknown'), reply].filter(Boolean).join(' '))
  }
}
