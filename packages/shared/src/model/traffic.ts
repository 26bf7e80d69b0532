// How a deployment spreads its requests over the upstreams of its version: canaries, blue and green, mirrors.
import * as z from 'zod'
import { canonicalJson } from '../canonical.ts'
import { cookieName, fieldName, queryName } from './match.ts'
import { upstreamName } from './upstream.ts'

const values = z.array(z.string().min(1).max(100)).min(1).max(20).meta({ title: 'Values' })

/** One thing that a request may say about itself; `application` is known only behind an identify policy. */
export const trafficCondition = z.discriminatedUnion('on', [
  z.strictObject({ on: z.literal('header'), name: fieldName, values }).meta({ title: 'Header' }),
  z.strictObject({ on: z.literal('cookie'), name: cookieName, values }).meta({ title: 'Cookie' }),
  z.strictObject({ on: z.literal('query'), name: queryName, values }).meta({ title: 'Query parameter' }),
  z
    .strictObject({ on: z.literal('application'), values: values.meta({ title: 'Names of applications' }) })
    .meta({ title: 'Application' }),
])

export const trafficRule = z.strictObject({ when: trafficCondition, upstream: upstreamName })

export const trafficShare = z.strictObject({
  upstream: upstreamName,
  weight: z.number().min(0).max(100).multipleOf(0.1).meta({ title: 'Share', widget: 'percent' }),
})

/** By what a caller stays with the release it was given; without it every request is drawn anew. */
export const stickiness = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('none') }).meta({ title: 'Nothing' }),
  z.strictObject({ by: z.literal('application') }).meta({ title: 'Application, or address without one' }),
  z.strictObject({ by: z.literal('address') }).meta({ title: 'Client address' }),
  z.strictObject({ by: z.literal('header'), name: fieldName }).meta({ title: 'Header' }),
  z
    .strictObject({ by: z.literal('cookie'), name: cookieName })
    .meta({ title: 'Cookie that the gateway sets' }),
])

/**
 * Takes every share but the first away from an upstream that does badly, on all gateways, until a person resets it or
 * changes the shares. "Badly" is relative to nothing: the bounds are absolute, so that nobody has to guess what held.
 */
export const trafficGuard = z.strictObject({
  errorPercent: z
    .number()
    .min(0.1)
    .max(100)
    .default(5)
    .meta({ title: 'Errors above', help: 'Of all answers: 5xx and failures', widget: 'percent' }),
  p95Ms: z
    .int()
    .min(1)
    .max(600_000)
    .nullable()
    .default(null)
    .meta({ title: 'p95 above', widget: 'duration' }),
  minRequests: z.int().min(1).max(100_000).default(20).meta({ title: 'Judged from so many requests' }),
  windowMs: z.int().min(1_000).max(600_000).default(10_000).meta({ title: 'Over', widget: 'duration' }),
})

export const mirror = z.strictObject({
  upstream: upstreamName,
  percent: z
    .number()
    .min(0.1)
    .max(100)
    .default(100)
    .meta({ title: 'Share of the requests', widget: 'percent' }),
})

export const traffic = z.strictObject({
  rules: z
    .array(trafficRule)
    .max(20)
    .default([])
    .meta({ title: 'Rules', help: 'The first that holds decides' }),
  shares: z
    .array(trafficShare)
    .max(10)
    .default([])
    .meta({ title: 'Shares', help: 'Add up to 100; none = everything to the upstream called default' }),
  stickiness: stickiness.default({ by: 'none' }).meta({ title: 'Callers stay by' }),
  guard: trafficGuard.nullable().default(null).meta({ title: 'Guard' }),
  mirror: mirror.nullable().default(null).meta({ title: 'Mirror' }),
})
export type Traffic = z.output<typeof traffic>

export const plainTraffic: Traffic = {
  rules: [],
  shares: [],
  stickiness: { by: 'none' },
  guard: null,
  mirror: null,
}

/** Traffic that does nothing is kept as none, so that equal configuration is equal everywhere. */
export function plainAsNone(traffic: Traffic | null): Traffic | null {
  return traffic && canonicalJson(traffic) === canonicalJson(plainTraffic) ? null : traffic
}

/** What no single field can say; `upstreams`: the names that the deployed revision has. */
export function trafficFault(
  { rules, shares, mirror: copy }: Traffic,
  upstreams: readonly string[],
): { readonly path: string; readonly message: string } | null {
  const unknown = (path: string, name: string) =>
    upstreams.includes(name)
      ? null
      : {
          path,
          message: `There is no upstream ${name}; there ${upstreams.length === 1 ? 'is' : 'are'} ${upstreams.join(', ') || 'none'}`,
        }
  for (const [i, rule] of rules.entries()) {
    const fault = unknown(`rules.${i}.upstream`, rule.upstream)
    if (fault) return fault
  }
  for (const [i, share] of shares.entries()) {
    const fault = unknown(`shares.${i}.upstream`, share.upstream)
    if (fault) return fault
    if (shares.findIndex((other) => other.upstream === share.upstream) !== i) {
      return { path: `shares.${i}.upstream`, message: `${share.upstream} has a share already` }
    }
  }
  const total = shares.reduce((sum, { weight }) => sum + Math.round(weight * 10), 0)
  if (shares.length > 0 && total !== 1000) {
    return { path: 'shares', message: `The shares add up to ${total / 10} instead of 100` }
  }
  return copy === null ? null : unknown('mirror.upstream', copy.upstream)
}
