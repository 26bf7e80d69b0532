// Whom a limit counts: the name of one counter, taken from the request.
import * as z from 'zod'
import { callerNetwork } from '../cidr.ts'
import type { PolicyContext } from './policy.ts'

export const countedBy = z
  .enum(['application', 'principal', 'address', 'route', 'api', 'everyone'])
  .default('application')
  .meta({
    title: 'Counted by',
    help: 'application: all its keys together · principal: each key, and each person who signed in · address: the client address, IPv6 by its /64 · route and api: all callers of it together · everyone: all calls of everything that this is attached to. A person without an application is counted by themselves, a caller without a credential by address',
  })

export type CountedBy = z.output<typeof countedBy>

const byAddress = ({ clientAddress }: PolicyContext) => `address:${callerNetwork(clientAddress)}`

const byPerson = (ctx: PolicyContext) => (ctx.person === null ? byAddress(ctx) : `person:${ctx.person.key}`)

/** Names of counters; chosen once at compile. */
export const counterNames: Readonly<Record<CountedBy, (ctx: PolicyContext) => string>> = {
  application: (ctx) => ctx.principal?.applicationId ?? byPerson(ctx),
  principal: (ctx) => (ctx.person === null ? (ctx.principal?.credentialId ?? byAddress(ctx)) : byPerson(ctx)),
  address: byAddress,
  route: (ctx) => ctx.route.id,
  api: (ctx) => ctx.route.apiId,
  everyone: () => 'everyone',
}

export const limitMode = z.enum(['leased', 'strict', 'local']).default('leased').meta({
  title: 'Accuracy',
  help: 'leased: never too many in all gateways together, decided without a round trip · strict: exact to the call, one round trip to Redis · local: every gateway counts for itself',
})

export const whenUnavailable = z.enum(['refuse', 'allow-local']).default('refuse').meta({
  title: 'While limits cannot be counted',
  help: 'refuse: answer 503 · allow-local: every gateway counts for itself until Redis is back',
})
