// ip-reputation: does anybody who keeps lists of attackers know the address that calls.
import * as z from 'zod'
import { createAddressSet, parseCidr } from '../cidr.ts'
import { slug } from '../ids.ts'
import { definePolicy, defineSpec, refuse } from './policy.ts'

export const spec = defineSpec({
  type: 'ip-reputation',
  stage: 'edge',
  title: 'IP reputation',
  summary: 'Turns away addresses that stand on lists of attackers, such as Spamhaus DROP or FireHOL.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    lists: z.array(slug).min(1).max(20).meta({
      title: 'Lists',
      help: 'Their names on the gateways: a file spamhaus-drop.txt is the list spamhaus-drop',
    }),
    except: z
      .array(
        z
          .string()
          .max(64)
          .refine((text) => parseCidr(text) !== null, 'Use an address or a range such as 192.0.2.0/24'),
      )
      .max(1_000)
      .default([])
      .meta({ title: 'Except', help: 'Addresses and ranges that pass, whatever the lists say' }),
    action: z.enum(['block', 'detect']).default('block').meta({
      title: 'What becomes of calls from listed addresses',
      help: 'block: 403 · detect: they pass, and their event names the list',
    }),
  }),
  example: { lists: ['spamhaus-drop'], except: ['192.0.2.0/24'] },
})

// By which list is nothing for attackers to know.
const refused = refuse('address_listed')
const unavailable = refuse('reputation_unavailable', { retryAfterMs: 5_000 })

export const policy = definePolicy(spec, (config, { addressLists }) => {
  // Asked when a request comes: a gateway without a list refuses these calls alone, and goes on as soon as it is there.
  const isBlind = () => config.lists.some((name) => addressLists.missing(name) !== null)
  const except = createAddressSet(config.except)
  const isBlocking = config.action === 'block'
  return {
    request(ctx) {
      const list = addressLists.find(config.lists, ctx.clientAddress)
      if (list === null && !isBlind()) return undefined
      if (except.has(ctx.clientAddress)) return undefined
      const action = list === null ? 'unseen' : isBlocking ? 'blocked' : 'detected'
      ctx.reportSecurity({ kind: 'reputation', action, score: null, rules: [], detail: list })
      if (!isBlocking) return undefined
      return list === null ? unavailable : refused
    },
  }
})
