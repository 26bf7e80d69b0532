// The admin API's connection to Redis: absent at start or lost later, it never stops the process.
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { Redis as Client } from 'ioredis'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { refuse } from '../refusal.ts'
import { LOGGER, type Logger } from './logger.ts'

@Injectable()
export class Redis implements OnApplicationShutdown {
  /** For commands. Refuses at once while Redis is away, instead of queueing what may be stale later. */
  readonly client: Client
  readonly #env: Env
  readonly #logger: Logger
  readonly #subscribers: Client[] = []

  constructor(@Inject(ENV) env: Env, @Inject(LOGGER) logger: Logger) {
    this.#env = env
    this.#logger = logger
    this.client = this.#connect({ enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  }

  /** A connection of one's own for subscriptions or blocking reads; it waits while Redis is away. */
  dedicated(): Client {
    const client = this.#connect({ maxRetriesPerRequest: null })
    this.#subscribers.push(client)
    return client
  }

  get ready(): boolean {
    return this.client.status === 'ready'
  }

  /** Runs `work`; an unreachable Redis becomes `store_unavailable`. */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (!this.ready) refuse('store_unavailable')
    return work(this.client)
  }

  async onApplicationShutdown(): Promise<void> {
    for (const client of [this.client, ...this.#subscribers]) client.disconnect()
  }

  #connect(options: { enableOfflineQueue?: boolean; maxRetriesPerRequest: number | null }): Client {
    const client = new Client(this.#env.REDIS_URL, {
      ...options,
      connectTimeout: 2_000,
      // What was committed meanwhile must be on the gateways two seconds after Redis is back.
      retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 800),
    })
    let away = false
    client.on('error', (error: Error) => {
      if (!away) this.#logger.warn({ error: error.message }, 'Redis is away; trying again')
      away = true
    })
    client.on('ready', () => {
      if (away) this.#logger.info('Redis is back')
      away = false
    })
    return client
  }
}
