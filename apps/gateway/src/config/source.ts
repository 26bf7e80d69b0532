// Where a managed gateway's configuration comes from: compares positions with Redis, pulls what differs, repairs every gap.
import { headKey, snapshotKey, wakeChannel } from '@gatewright/shared/channels'
import { type Head, headSchema, type SnapshotEnvelope } from '@gatewright/shared/snapshot'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { dropIfSilent, isReady } from '../runtime/redis.ts'
import type { LastGood } from './last-good.ts'
import { parseEnvelope } from './parts.ts'
import { readSnapshot } from './read-snapshot.ts'
import type { Rollout } from './rollout.ts'

export interface SourceDeps {
  readonly redis: Redis
  /** A connection of its own: one that subscribes can do nothing else. */
  readonly subscriber: Redis
  readonly environmentName: string
  readonly rollout: Rollout
  readonly lastGood: LastGood
  /** Hears of every head, so that changes of access are followed too. */
  readonly onHead: (head: Head) => Promise<void>
  readonly intervalMs: number
  readonly log: Logger
}

export interface ConfigSource {
  /** Resolves when the first snapshot is live, or it is clear that there is none for now. */
  start(): Promise<void>
  stop(): void
}

// How long a start waits for Redis before it serves what is on disk.
const patienceMs = 1_000

/**
 * A wake-up is only a hint: positions are compared at each of them, whenever the connection is made, and at an interval.
 * What a gateway runs thus depends on what stands in Redis, never on which messages arrived.
 */
export function createConfigSource(deps: SourceDeps): ConfigSource {
  const { redis, subscriber, environmentName, rollout, lastGood, log } = deps
  const head = headKey(environmentName)
  const snapshot = snapshotKey(environmentName)
  const wake = wakeChannel(environmentName)
  let running: Promise<void> | null = null
  let isAskedAgain = false
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  /** One comparison at a time; what is asked for meanwhile happens once, after it. */
  function compare(): Promise<void> {
    if (isStopped) return Promise.resolve()
    if (running) {
      isAskedAgain = true
      return running
    }
    running = compareOnce().finally(() => {
      running = null
      if (!isAskedAgain) return
      isAskedAgain = false
      void compare()
    })
    return running
  }

  async function compareOnce(): Promise<void> {
    if (!isReady(redis)) return
    try {
      const found = readHead(await redis.get(head))
      // A Redis that lost its data has no head: what is live stays live until the publisher has restored it.
      if (!found) return
      // Access first: a revoked key must not wait for a large snapshot to compile.
      await deps.onHead(found)
      if (rollout.needs(found)) await pull(found)
    } catch (error) {
      dropIfSilent(redis, error)
      log.warn({ reason: (error as Error).message }, 'Comparing with Redis failed; it is tried again')
    }
  }

  async function pull({ revision, hash }: Head): Promise<void> {
    const text = await redis.get(snapshot)
    if (text === null) return
    let envelope: SnapshotEnvelope
    try {
      envelope = parseEnvelope(text)
    } catch (error) {
      // Refused under the name that was announced, so that it is reported, and not fetched again until another one is.
      await rollout.apply({ revision, hash }, () => {
        throw error
      })
      return
    }
    if (!rollout.needs(envelope)) return
    if (await take(envelope)) await lastGood.save(text)
  }

  /** True when all workers run it. */
  function take(envelope: SnapshotEnvelope): Promise<boolean> {
    const { revision, hash } = envelope
    return rollout.apply({ revision, hash }, () => readSnapshot({ envelope, environmentName }))
  }

  function onMessage() {
    void compare()
  }

  async function subscribe() {
    try {
      await subscriber.subscribe(wake)
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'Subscribing failed; it is tried again on reconnect')
    }
  }

  return {
    async start() {
      subscriber.on('message', onMessage)
      subscriber.on('ready', subscribe)
      redis.on('ready', onMessage)
      if (isReady(subscriber)) void subscribe()
      timer = setInterval(compare, deps.intervalMs)
      if (!isReady(redis)) await readyWithin(redis, patienceMs)
      await compare()
      if (rollout.live) return
      const kept = await lastGood.load()
      if (!kept || rollout.live) return
      log.warn({ revision: kept.revision }, 'No snapshot from Redis: serving the last good one from disk')
      await take(kept)
    },
    stop() {
      isStopped = true
      clearInterval(timer)
      subscriber.off('message', onMessage)
      subscriber.off('ready', subscribe)
      redis.off('ready', onMessage)
    },
  }
}

function readHead(text: string | null): Head | null {
  if (text === null) return null
  const head = headSchema.safeParse(JSON.parse(text))
  return head.success ? head.data : null
}

function readyWithin(redis: Redis, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done() {
      clearTimeout(timer)
      redis.off('ready', done)
      resolve()
    }
    redis.once('ready', done)
  })
}
