// quota: at most so many calls per calendar hour, day, week or month of the tenant.
import * as z from 'zod'
import { calendarPeriods } from '../calendar.ts'
import { countedBy, counterNames, limitMode, whenUnavailable } from './counted-by.ts'
import { limitPhase } from './limit-phase.ts'
import { definePolicy, defineSpec } from './policy.ts'

export const spec = defineSpec({
  type: 'quota',
  stage: 'admit',
  title: 'Quota',
  summary: 'Admits so many calls per calendar hour, day, week or month, in the time zone of the tenant.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    limit: z.int().min(1).max(1_000_000_000_000).meta({ title: 'Calls' }),
    period: z.enum(calendarPeriods).default('month').meta({
      title: 'Per calendar',
      help: 'It starts anew with the hour, at midnight, on Monday or on the first of the month, in the time zone of the tenant',
    }),
    whenExceeded: z.enum(['refuse', 'allow']).default('refuse').meta({
      title: 'When it is used up',
      help: 'refuse: answer 429 until it starts anew · allow: calls pass, and the limit fields say that nothing remains',
    }),
    by: countedBy.meta({ group: 'How it counts' }),
    mode: limitMode.meta({ group: 'How it counts' }),
    whenUnavailable: whenUnavailable.meta({ group: 'How it counts' }),
  }),
  example: { limit: 10_000, period: 'month' },
})

// What `w=` in RateLimit-Policy says of a window whose length varies.
const windowSeconds = { hour: 3_600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 } as const

export const policy = definePolicy(spec, (config, { counters, environment }, at) => {
  const { limit, period, by } = config
  return limitPhase({
    at,
    limiter: counters.limiter({
      id: at.id,
      tenantId: at.tenantId,
      environment,
      mode: config.mode,
      whenUnavailable: config.whenUnavailable,
      window: { kind: 'calendar', limit, period, timeZone: at.timeZone },
    }),
    counterName: counterNames[by],
    by,
    code: 'quota_exceeded',
    terms: `${limit} calls per calendar ${period} (${at.timeZone})`,
    limit,
    windowSeconds: windowSeconds[period],
    isShown: true,
    isSoft: config.whenExceeded === 'allow',
  })
})
