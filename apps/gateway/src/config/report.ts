// What this gateway says of itself: which revisions it runs, what it refused, how its events fare.
import { gatewaysKey, reportChannel } from '@gatewright/shared/channels'
import type { GatewayReport } from '@gatewright/shared/snapshot'
import type { Redis } from 'ioredis'
import { isReady } from '../runtime/redis.ts'

export interface Reporter {
  /** Something changed: says so at once, and wakes whoever waits for it. */
  changed(): void
  /** The gateway ends in order: it is not missing, it is gone. */
  close(): Promise<void>
}

const intervalMs = 2_000

export function createReporter(
  redis: Redis,
  environmentName: string,
  compose: () => GatewayReport,
): Reporter {
  const key = gatewaysKey(environmentName)
  const channel = reportChannel(environmentName)
  let isQueued = false

  function write(announce: boolean) {
    if (!isReady(redis)) return
    const report = compose()
    const text = JSON.stringify(report)
    const writes = [redis.hset(key, report.gatewayId, text)]
    if (announce) writes.push(redis.publish(channel, text))
    // What got lost is said again two seconds later.
    Promise.all(writes).catch(() => undefined)
  }

  const timer = setInterval(() => write(false), intervalMs)
  const onReady = () => write(true)
  redis.on('ready', onReady)

  return {
    changed() {
      if (isQueued) return
      isQueued = true
      queueMicrotask(() => {
        isQueued = false
        write(true)
      })
    },
    async close() {
      clearInterval(timer)
      redis.off('ready', onReady)
      if (!isReady(redis)) return
      await redis.hdel(key, compose().gatewayId).catch(() => undefined)
    },
  }
}
