// How much of each limit is left: read from the very counters that the gateways decide by.
import { createCalendar } from '@gatewright/shared/calendar'
import { counterKey } from '@gatewright/shared/channels'
import { spec as quotaSpec } from '@gatewright/shared/policies/quota'
import { spec as rateLimitSpec } from '@gatewright/shared/policies/rate-limit'
import type { Redis as Client } from 'ioredis'

export interface LimitPolicy {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly config: unknown
}

export interface LimitState {
  readonly policy: string
  readonly limit: number
  readonly used: number
  readonly resetAt: Date
}

interface Asked {
  readonly client: Client
  readonly tenantId: string
  /** Its name. */
  readonly environment: string
  readonly timeZone: string
  /** Names under which the application is counted: its own id, or those of its credentials. */
  readonly applicationId: string
  readonly credentialIds: readonly string[]
  readonly now: Date
}

/** State of one policy for one application; null when it does not count applications. */
export async function readLimit(asked: Asked, policy: LimitPolicy): Promise<LimitState | null> {
  if (policy.type === quotaSpec.type) return readQuota(asked, policy)
  if (policy.type === rateLimitSpec.type) return readRate(asked, policy)
  return null
}

async function readQuota(asked: Asked, policy: LimitPolicy): Promise<LimitState | null> {
  const config = quotaSpec.config.parse(policy.config)
  const period = createCalendar(config.period, asked.timeZone)(asked.now.getTime())
  const counters = countersOf(asked, policy.id, config.by, period.name)
  if (!counters) return null
  const counts = await Promise.all(counters.map((key) => asked.client.hget(key, 'n')))
  return {
    policy: policy.name,
    limit: config.limit,
    used: fullest(counts.map(Number)),
    resetAt: new Date(period.endMs),
  }
}

async function readRate(asked: Asked, policy: LimitPolicy): Promise<LimitState | null> {
  const config = rateLimitSpec.config.parse(policy.config)
  // Of an even pace nothing is ever used up.
  if (config.algorithm === 'spike-arrest') return null
  // The algorithm is part of the counter's name (gateway, runtime/limits/buckets.ts).
  const prefix = { 'fixed-window': 'f', 'sliding-window-log': 's', 'token-bucket': 't' }[config.algorithm]
  const counters = countersOf(asked, policy.id, config.by, prefix)
  if (!counters) return null
  const limit = config.algorithm === 'token-bucket' ? (config.burst ?? config.limit) : config.limit
  const states = await Promise.all(
    counters.map(async (key) => {
      const ttlMs = await asked.client.pttl(key)
      if (ttlMs < 0) return { used: 0, ttlMs: 0 }
      if (prefix === 'f') return { used: Number(await asked.client.hget(key, 'n')), ttlMs }
      if (prefix === 's') return { used: await asked.client.llen(key), ttlMs }
      const [tokens, at] = await asked.client.hmget(key, 't', 'a')
      const refilled = ((asked.now.getTime() - Number(at)) * config.limit) / config.windowMs
      return { used: Math.max(0, Math.ceil(limit - Number(tokens) - Math.max(0, refilled))), ttlMs }
    }),
  )
  return {
    policy: policy.name,
    limit,
    used: fullest(states.map(({ used }) => used)),
    resetAt: new Date(asked.now.getTime() + Math.max(0, ...states.map(({ ttlMs }) => ttlMs))),
  }
}

/** Of several keys that count for themselves, the one nearest to its limit speaks. */
const fullest = (used: readonly number[]) => Math.max(0, ...used)

function countersOf(asked: Asked, policyId: string, by: string, prefix: string): string[] | undefined {
  const names =
    by === 'application' ? [asked.applicationId] : by === 'principal' ? asked.credentialIds : undefined
  return names?.map((name) => counterKey(asked.tenantId, asked.environment, policyId, `${prefix}:${name}`))
}
