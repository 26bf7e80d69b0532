// quota: at most so many calls per calendar day or month of the tenant.
import * as z from 'zod'
import { countedBy, counterNames, limitMode, whenUnavailable } from './counted-by.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Taken, type Verdict } from './policy.ts'

export const spec = defineSpec({
  type: 'quota',
  stage: 'admit',
  title: 'Quota',
  summary: 'Admits so many calls per calendar day or month, in the time zone of the tenant.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    limit: z.int().min(1).max(1_000_000_000_000).meta({ title: 'Calls' }),
    period: z.enum(['day', 'month']).default('month').meta({
      title: 'Per',
      help: 'It starts anew at midnight, or on the first of the month, in the time zone of the tenant',
    }),
    by: countedBy.meta({ group: 'How it counts' }),
    mode: limitMode.meta({ group: 'How it counts' }),
    whenUnavailable: whenUnavailable.meta({ group: 'How it counts' }),
  }),
  example: { limit: 10_000, period: 'month' },
})

// What `w=` in RateLimit-Policy says of a window whose length varies.
const windowSeconds = { day: 86_400, month: 30 * 86_400 } as const

const unavailable = refuse('limits_unavailable', { retryAfterMs: 1_000 })

export const policy = definePolicy(spec, (config, { counters, environment }, at) => {
  const { limit, period } = config
  const limiter = counters.limiter({
    id: at.id,
    tenantId: at.tenantId,
    environment,
    mode: config.mode,
    whenUnavailable: config.whenUnavailable,
    window: { kind: 'calendar', limit, period, timeZone: at.timeZone },
  })
  const counterName = counterNames[config.by]
  const detail = `${at.name}: ${limit} calls per calendar ${period} (${at.timeZone}), counted by ${config.by}.`

  function decide(ctx: PolicyContext, taken: Taken): Verdict {
    if (taken.kind === 'unavailable') return unavailable
    ctx.reportLimit({
      name: at.name,
      limit,
      windowSeconds: windowSeconds[period],
      remaining: taken.remaining,
      resetMs: taken.resetMs,
    })
    return taken.kind === 'taken'
      ? undefined
      : refuse('quota_exceeded', { detail, retryAfterMs: taken.retryMs })
  }

  return {
    request(ctx) {
      const taken = limiter.take(counterName(ctx), ctx.cost, ctx.receivedAtMs)
      return taken instanceof Promise ? taken.then((result) => decide(ctx, result)) : decide(ctx, taken)
    },
  }
})
