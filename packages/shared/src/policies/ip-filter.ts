// ip-filter: which addresses may reach an API at all, by ranges of IPv4 and IPv6.
import * as z from 'zod'
import { createAddressSet, parseCidr } from '../cidr.ts'
import { definePolicy, defineSpec, refuse } from './policy.ts'

const range = z
  .string()
  .max(64)
  .refine(
    (text) => parseCidr(text) !== null,
    'Use an address such as 192.0.2.7 or a range such as 10.0.0.0/8 or 2001:db8::/32',
  )

export const spec = defineSpec({
  type: 'ip-filter',
  stage: 'edge',
  title: 'IP filter',
  summary: 'Admits or turns away callers by their address.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z
    .strictObject({
      allow: z
        .array(range)
        .max(10_000)
        .default([])
        .meta({ title: 'Allow', help: 'When anything stands here, only these addresses pass' }),
      deny: z.array(range).max(10_000).default([]).meta({ title: 'Deny', help: 'Wins over Allow' }),
    })
    .refine((config) => config.allow.length + config.deny.length > 0, {
      path: ['allow'],
      error: 'Name at least one range to allow or to deny',
    }),
  example: { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.66.0.0/16'] },
})

const denied = refuse('address_not_allowed', { detail: 'Calls from your address are not allowed here.' })

export const policy = definePolicy(spec, (config) => {
  const allow = createAddressSet(config.allow)
  const deny = createAddressSet(config.deny)
  return {
    request(ctx) {
      if (deny.size > 0 && deny.has(ctx.clientAddress)) return denied
      return allow.size === 0 || allow.has(ctx.clientAddress) ? undefined : denied
    },
  }
})
