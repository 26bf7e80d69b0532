// The gateway's way to Redis: a connection that fails fast while Redis is away and comes back by itself.
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'

const commandTimeoutMs = 1_000
const connectTimeoutMs = 2_000

/**
 * Commands are refused at once while there is no connection, and never sent twice: what a counter did not hear
 * may still have been counted.
 */
export function connectRedis(url: string, name: string, log: Logger): Redis {
  const redis = new Redis(url, {
    connectionName: `gatewright-${name}`,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    keepAlive: 10_000,
    // Jitter, so that a fleet does not come back in one instant; never above a second, because all that changed
    // meanwhile must be in force two seconds after Redis is back.
    retryStrategy: (attempt) => 50 * 2 ** Math.min(attempt, 4) * (0.75 + Math.random() / 2),
  })
  let away = false
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ name, reason: error.message }, 'Redis is away')
    away = true
  })
  redis.on('ready', () => {
    if (away) log.info({ name }, 'Redis is back')
    away = false
  })
  return redis
}

export const isReady = (redis: Redis) => redis.status === 'ready'

/** Resolves when the connection that is being made can be used, when it failed, and in any case after two seconds. */
export function attempted(redis: Redis): Promise<void> {
  if (!['connecting', 'connect'].includes(redis.status)) return Promise.resolve()
  return new Promise((resolve) => {
    // A Redis that reads a large file at its start accepts connections long before it answers.
    const timer = setTimeout(done, connectTimeoutMs)
    function done() {
      clearTimeout(timer)
      redis.off('ready', done)
      redis.off('close', done)
      resolve()
    }
    redis.on('ready', done)
    redis.on('close', done)
  })
}

/**
 * A connection that swallows packets looks alive: a command that got no answer in time drops the connection, so that
 * the next ones fail at once and a new one is made.
 */
export function dropIfSilent(redis: Redis, error: unknown): void {
  if (error instanceof Error && error.message === 'Command timed out' && isReady(redis))
    redis.disconnect(true)
}

/** A Lua script, sent by its hash and in full only where Redis does not know it yet. */
export interface Script {
  run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
}

export function createScript(lua: string): Script {
  const sha = createHash('sha1').update(lua).digest('hex')
  return {
    async run(redis, keys, args) {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args)
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return redis.eval(lua, keys.length, ...keys, ...args)
      }
    },
  }
}
