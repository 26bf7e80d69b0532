// priority: what a request is worth when a gateway has more to do than it can.
import * as z from 'zod'
import { definePolicy, defineSpec, priorities } from './policy.ts'

export const spec = defineSpec({
  type: 'priority',
  stage: 'admit',
  title: 'Priority',
  summary: 'Says which requests an overloaded gateway refuses last.',
  scopes: ['global', 'version', 'plan', 'route'],
  config: z.strictObject({
    priority: z.enum(priorities).meta({
      title: 'Priority',
      help: 'Requests without one are normal; low ones are refused first, critical ones last. Attached to everything, it is the most that any API may claim',
    }),
  }),
  example: { priority: 'high' },
})

// Nothing is left to do for a request: which of the attached ones holds is decided when the route is compiled.
export const policy = definePolicy(spec, ({ priority }) => ({ priority }))
