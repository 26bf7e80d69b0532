// concurrency-limit: at most so many requests of one caller, route or API under way at the same time.
import * as z from 'zod'
import { countedBy, counterNames } from './counted-by.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Verdict } from './policy.ts'

export const spec = defineSpec({
  type: 'concurrency-limit',
  stage: 'admit',
  title: 'Concurrency limit',
  summary: 'Admits at most so many requests at the same time, so that slow ones cannot pile up.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    limit: z.int().min(1).max(1_000_000).meta({
      title: 'Requests at the same time',
      help: 'Exact on each gateway: three gateways admit up to three times as many',
    }),
    by: countedBy,
  }),
  example: { limit: 20, by: 'application' },
})

export const policy = definePolicy(spec, ({ limit, by }, { inFlight }, at) => {
  const counterName = counterNames[by]
  const refusal = refuse('concurrency_limited', {
    detail: `${at.name}: ${limit} at the same time, counted by ${by}.`,
    retryAfterMs: 1_000,
  })
  /** Requests that were let in → what they are counted under. */
  const running = new Map<PolicyContext, string>()
  /** Requests whose admission is being asked for. */
  const asking = new Set<PolicyContext>()

  async function settle(ctx: PolicyContext, key: string, entered: Promise<boolean>): Promise<Verdict> {
    asking.add(ctx)
    const isAdmitted = await entered
    const isStillThere = asking.delete(ctx)
    if (!isAdmitted) return refusal
    if (isStillThere) running.set(ctx, key)
    else inFlight.leave(key)
    return undefined
  }

  return {
    request(ctx) {
      if (ctx.cost === 0) return undefined
      const key = `${at.id} ${counterName(ctx)}`
      const entered = inFlight.enter(key, limit)
      if (entered instanceof Promise) return settle(ctx, key, entered)
      if (!entered) return refusal
      running.set(ctx, key)
      return undefined
    },
    done(ctx) {
      if (asking.size > 0 && asking.delete(ctx)) return
      const key = running.get(ctx)
      if (key === undefined) return
      running.delete(ctx)
      inFlight.leave(key)
    },
  }
})
