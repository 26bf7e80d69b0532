// rate-limit: at most so many calls per window, counted by application, key, address, route, API or all together.
import * as z from 'zod'
import { countedBy, counterNames, limitMode, whenUnavailable } from './counted-by.ts'
import { limitPhase } from './limit-phase.ts'
import { definePolicy, defineSpec, type LimitRule } from './policy.ts'

export const spec = defineSpec({
  type: 'rate-limit',
  stage: 'admit',
  title: 'Rate limit',
  summary: 'Admits at most so many calls per window and tells callers where they stand.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z
    .strictObject({
      limit: z.int().min(1).max(1_000_000_000).meta({ title: 'Calls' }),
      windowMs: z.int().min(1_000).max(86_400_000).default(60_000).meta({ title: 'Per', widget: 'duration' }),
      algorithm: z
        .enum(['fixed-window', 'sliding-window-log', 'token-bucket', 'spike-arrest'])
        .default('fixed-window')
        .meta({
          title: 'Algorithm',
          help: 'fixed-window: a window opens with the first call · sliding-window-log: in no stretch of time more than the limit · token-bucket: an even pace with bursts · spike-arrest: an even pace without bursts, 10 per second is one every 100 ms',
          group: 'How it counts',
        }),
      burst: z.int().min(1).max(1_000_000_000).nullable().default(null).meta({
        title: 'Burst',
        help: 'Size of the token bucket; empty = as many as the limit',
        group: 'How it counts',
      }),
      by: countedBy.meta({ group: 'How it counts' }),
      mode: limitMode.meta({ group: 'How it counts' }),
      whenUnavailable: whenUnavailable.meta({ group: 'How it counts' }),
    })
    .refine((config) => config.burst === null || config.algorithm === 'token-bucket', {
      path: ['burst'],
      error: 'Only a token bucket has a burst',
    })
    .refine((config) => config.algorithm !== 'sliding-window-log' || config.limit <= 100_000, {
      path: ['limit'],
      error: 'A sliding window log remembers every call: at most 100000',
    }),
  example: { limit: 100, windowMs: 60_000, by: 'application' },
})

type Config = z.output<(typeof spec)['config']>

export const policy = definePolicy(spec, (config, { counters, environment }, at) =>
  limitPhase({
    at,
    limiter: counters.limiter({
      id: at.id,
      tenantId: at.tenantId,
      environment,
      mode: config.mode,
      whenUnavailable: config.whenUnavailable,
      window: windowOf(config),
    }),
    counterName: counterNames[config.by],
    by: config.by,
    code: 'rate_limited',
    terms: `${config.limit} calls per ${readableMs(config.windowMs)}${config.algorithm === 'spike-arrest' ? ', evenly' : ''}`,
    limit: config.algorithm === 'token-bucket' ? (config.burst ?? config.limit) : config.limit,
    windowSeconds: Math.ceil(config.windowMs / 1000),
    // It has nothing left after every call it admits: a caller that heeded it would wait for a second each time.
    isShown: config.algorithm !== 'spike-arrest',
    isSoft: false,
  }),
)

function windowOf({ algorithm, limit, windowMs, burst }: Config): LimitRule['window'] {
  switch (algorithm) {
    case 'fixed-window':
      return { kind: 'fixed', limit, windowMs }
    case 'sliding-window-log':
      return { kind: 'sliding-log', limit, windowMs }
    case 'token-bucket':
      return { kind: 'token-bucket', burst: burst ?? limit, perSecond: (limit * 1000) / windowMs }
    case 'spike-arrest':
      return { kind: 'paced', perSecond: (limit * 1000) / windowMs }
  }
}

const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/** 60000 → "minute", 90000 → "90 seconds". */
function readableMs(ms: number): string {
  for (const [size, unit] of units) {
    if (ms % size === 0) return ms === size ? unit : `${ms / size} ${unit}s`
  }
  return `${ms} ms`
}
