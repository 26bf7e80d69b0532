// call-cost: how many calls a request counts as, in all limits that count it.
import * as z from 'zod'
import { definePolicy, defineSpec } from './policy.ts'

export const spec = defineSpec({
  type: 'call-cost',
  stage: 'edge',
  title: 'Cost',
  summary: 'Says as how many calls a request counts, in every rate limit and quota that counts it.',
  scopes: ['version', 'plan', 'route'],
  config: z.strictObject({
    cost: z.int().min(1).max(1_000_000).meta({
      title: 'Counts as',
      help: 'Calls. Requests without a cost count as one; of several costs the innermost holds',
    }),
  }),
  example: { cost: 10 },
})

// In the first stage, so that limits of all scopes come after it; inner scopes come after outer ones and overrule them.
export const policy = definePolicy(spec, ({ cost }) => ({
  request(ctx) {
    ctx.charge(cost)
    return undefined
  },
}))
