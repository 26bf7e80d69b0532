// rate-limit and quota: what they count by, what they ask of the counters, what they tell the caller.
import { expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy as callCost } from './call-cost.ts'
import type { Principal, Taken } from './policy.ts'
import { policy as quota } from './quota.ts'
import { policy as rateLimit } from './rate-limit.ts'

const at = {
  id: 'pol_1',
  name: 'per-minute',
  scope: 'plan',
  tenantId: 'ten_1',
  timeZone: 'Europe/Berlin',
} as const
const principal: Principal = {
  kind: 'application',
  tenantId: 'ten_1',
  credentialId: 'key_1',
  applicationId: 'app_1',
  applicationName: 'app',
  subscriptionId: 'sub_1',
  planId: 'pln_1',
  planName: 'free',
  tryIt: false,
}
const limit = (config: object) => rateLimit.spec.config.parse({ limit: 10, ...config })

it.each([
  ['application', 'app_1', 'address:192.0.2.7'],
  ['principal', 'key_1', 'address:192.0.2.7'],
  ['address', 'address:192.0.2.7', 'address:192.0.2.7'],
  ['route', 'rte_1', 'rte_1'],
  ['api', 'api_1', 'api_1'],
  ['everyone', 'everyone', 'everyone'],
] as const)('B4: by %s counts %s, and %s without a credential', (by, known, unknown) => {
  const deps = createDeps()
  const phases = rateLimit.create(limit({ by }), deps, at)
  phases.request?.(createContext({ principal }))
  phases.request?.(createContext())
  expect(deps.counted).toEqual([known, unknown])
})

it('B4: IPv6 callers are counted by their network, whichever of its addresses they take', () => {
  const deps = createDeps()
  const phases = rateLimit.create(limit({ by: 'address' }), deps, at)
  for (const clientAddress of ['2001:db8:1:2::7', '2001:db8:1:2:ffff::1', '2001:db8:1:3::7']) {
    phases.request?.(createContext({ clientAddress }))
  }
  expect(deps.counted[0]).toBe(deps.counted[1])
  expect(deps.counted[2]).not.toBe(deps.counted[0])
})

it('B8: a refusal names the limit and when to come back; both verdicts report where the caller stands', () => {
  const taken = { kind: 'refused', remaining: 0, resetMs: 60_000, retryMs: 1_500, ticket: '' } as const
  const ctx = createContext({ principal })
  const verdict = rateLimit.create(limit({}), createDeps({ taken }), at).request?.(ctx)
  expect(verdict).toEqual({
    kind: 'refusal',
    code: 'rate_limited',
    detail: 'per-minute (plan): 10 calls per minute, counted by application.',
    retryAfterMs: 1_500,
    extensions: { limit: { name: 'per-minute', scope: 'plan', counted_by: 'application' } },
  })
  expect(ctx.limits).toEqual([
    { name: 'per-minute', scope: 'plan', limit: 10, windowSeconds: 60, remaining: 0, resetMs: 60_000 },
  ])
})

it.each([
  [{}, { kind: 'fixed', limit: 10, windowMs: 60_000 }],
  [{ algorithm: 'sliding-window-log' }, { kind: 'sliding-log', limit: 10, windowMs: 60_000 }],
  [
    { algorithm: 'token-bucket', windowMs: 1_000 },
    { kind: 'token-bucket', burst: 10, perSecond: 10 },
  ],
  [
    { algorithm: 'token-bucket', windowMs: 2_000, burst: 20 },
    { kind: 'token-bucket', burst: 20, perSecond: 5 },
  ],
  [
    { algorithm: 'spike-arrest', windowMs: 60_000, limit: 120 },
    { kind: 'paced', perSecond: 2 },
  ],
])('%o asks for %o', (config, window) => {
  const deps = createDeps()
  rateLimit.create(limit(config), deps, at)
  expect(deps.rules).toEqual([
    {
      id: 'pol_1',
      tenantId: 'ten_1',
      environment: 'prod',
      mode: 'leased',
      whenUnavailable: 'refuse',
      window,
    },
  ])
})

it('what is taken is held, so that it can be given back; an explained request and a refused one hold nothing', () => {
  const ctx = createContext({ principal })
  const deps = createDeps()
  rateLimit.create(limit({}), deps, at).request?.(ctx)
  expect(ctx.held).toMatchObject([{ counter: 'app_1', cost: 1, report: ctx.limits[0] }])
  const taken = { kind: 'refused', remaining: 0, resetMs: 1, retryMs: 1, ticket: '' } as const
  const refused = createContext({ principal })
  rateLimit.create(limit({}), createDeps({ taken }), at).request?.(refused)
  const explained = createContext({ principal })
  explained.charge(0)
  rateLimit.create(limit({}), deps, at).request?.(explained)
  expect([refused.held, explained.held]).toEqual([[], []])
})

it('a request of a dear operation counts as many calls; the innermost cost holds', () => {
  const ctx = createContext({ principal })
  for (const cost of [3, 7]) callCost.create({ cost }, createDeps(), at).request?.(ctx)
  rateLimit.create(limit({}), createDeps(), at).request?.(ctx)
  expect(ctx.held).toMatchObject([{ cost: 7 }])
})

it('B8: a spike arrest is told only when it refuses: it has nothing left after every call', () => {
  const phases = (taken?: Taken) =>
    rateLimit.create(limit({ algorithm: 'spike-arrest' }), createDeps(taken && { taken }), at)
  const [passed, refused] = [createContext({ principal }), createContext({ principal })]
  phases().request?.(passed)
  expect([passed.limits, passed.held.length]).toEqual([[], 1])
  phases({ kind: 'refused', remaining: 0, resetMs: 5, retryMs: 5, ticket: '' }).request?.(refused)
  expect(refused.limits).toHaveLength(1)
})

it('B6: a soft quota lets calls pass and says that nothing remains', () => {
  const taken = { kind: 'refused', remaining: 0, resetMs: 60_000, retryMs: 60_000, ticket: '' } as const
  const ctx = createContext({ principal })
  const config = quota.spec.config.parse({ limit: 5, whenExceeded: 'allow' })
  expect(quota.create(config, createDeps({ taken }), at).request?.(ctx)).toBeUndefined()
  expect(ctx.limits).toMatchObject([{ remaining: 0 }])
  expect(ctx.held).toEqual([])
})

it('B6: a quota asks for the calendar of the tenant', () => {
  const deps = createDeps()
  quota.create(quota.spec.config.parse({ limit: 5, period: 'day' }), deps, at)
  expect(deps.rules[0]?.window).toEqual({
    kind: 'calendar',
    limit: 5,
    period: 'day',
    timeZone: 'Europe/Berlin',
  })
})

it('a burst belongs to a token bucket, and a log has an end', () => {
  expect(rateLimit.spec.config.safeParse({ limit: 5, burst: 9 }).success).toBe(false)
  expect(rateLimit.spec.config.safeParse({ limit: 200_000, algorithm: 'sliding-window-log' }).success).toBe(
    false,
  )
})
