// Questions over real rows: the answers against what was sent, whoever asks.
import { counterKey, eventGroup, eventStream, gatewaysKey } from '@gatewright/shared/channels'
import type { RequestEvent } from '@gatewright/shared/event'
import { packEvents } from '@gatewright/shared/event-batch'
import { createId } from '@gatewright/shared/ids'
import type { SecurityReport } from '@gatewright/shared/security'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { AnalyticsService } from './analytics.service.ts'
import { Intake } from './intake.ts'
import { AnalyticsReader } from './reader.ts'

let plane: ControlPlane
let analytics: AnalyticsService
let client: Redis
let intake: Intake
let reader: AnalyticsReader
let tenant: TestTenant
let other: TestTenant
let prod: { id: string; name: string }
let apiId: string
let developerId: string
const applications = new Map<string, string>()
const sent: RequestEvent[] = []

const minuteMs = 60_000
const ask = { tenant: 'acme', environment: 'prod', from: 'now-6h', to: 'now' }

beforeAll(async () => {
  plane = await ControlPlane.start()
  client = new Redis(plane.redisServer.url)
  intake = new Intake(plane.redis, plane.clock, plane.logger, plane.env)
  reader = new AnalyticsReader(plane.env, plane.logger)
  analytics = new AnalyticsService(reader, plane.redis, plane.fleet, plane.clock)
  prod = await plane.createEnvironment('prod')
  ;[tenant, other] = [await plane.createTenant('acme'), await plane.createTenant('rival')]
  apiId = (await plane.createDraft(tenant, 'books')).apiId
  const { everything } = plane.database
  developerId = (
    await everything.user.create({ data: { id: createId('usr'), email: 'dev@acme.test', name: 'Dev' } })
  ).id
  for (const [name, ownerId] of [
    ['mine', developerId],
    ['theirs', tenant.userId],
  ] as const) {
    const id = createId('app')
    await everything.application.create({ data: { id, tenantId: tenant.id, ownerId, name, title: name } })
    applications.set(name, id)
  }
  await generate()
})
afterAll(async () => {
  await intake.onApplicationShutdown()
  await reader.onApplicationShutdown()
  client.disconnect()
  await plane[Symbol.asyncDispose]()
})

/** 1,200 requests of the last two hours: some throttled, some broken, from two applications and from nobody. */
const reasons: Readonly<Record<number, string>> = {
  401: 'credential_missing',
  429: 'rate_limited',
  502: 'upstream_unreachable',
}

async function generate() {
  const now = Date.now()
  for (let i = 0; i < 1_200; i++) {
    const who = i % 3 === 0 ? 'mine' : i % 3 === 1 ? 'theirs' : null
    const status = i % 20 === 0 ? 429 : i % 30 === 1 ? 502 : who === null ? 401 : 200
    sent.push(
      own({
        at: now - 2 * 60 * minuteMs + i * 6_000 - 1,
        applicationId: who && (applications.get(who) ?? ''),
        status,
        reason: reasons[status] ?? null,
        method: i % 50 === 0 ? 'HEAD' : 'GET',
        path: `/books/${i}`,
        gatewayUs: 400 + (i % 10) * 10,
        upstreamUs: status === 200 ? 100_000 : 0,
      }),
    )
  }
  await take([
    ...sent,
    event({ tenantId: other.id, environmentId: prod.id }),
    own({ environmentId: 'env_other' }),
  ])
}

const own = (more: Partial<RequestEvent>): RequestEvent =>
  event({ environmentId: prod.id, tenantId: tenant.id, apiId, routeId: 'rte_one', planId: null, ...more })

async function take(events: readonly RequestEvent[]) {
  await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM').catch(() => undefined)
  for (let i = 0; i < events.length; i += 500) {
    await client.xadd(eventStream, '*', 'events', packEvents(events.slice(i, i + 500)))
  }
  while ((await intake.takeOnce(client, 1)) > 0);
}

const owner = () => plane.call(tenant)
const developer = () => plane.call(tenant, ['tenant:read', 'application:own', 'analytics:own'], developerId)
const amount = (wanted: (one: RequestEvent) => boolean) => sent.filter(wanted).length

describe('questions', () => {
  test('G1: requests, 4xx, 5xx and bytes equal what was sent, in every question', async () => {
    const overview = await analytics.overview(owner(), ask)
    expect(overview.current).toMatchObject({
      requests: 1_200,
      errors: amount(({ status }) => status >= 400),
      serverErrors: amount(({ status }) => status >= 500),
      bytesOut: 120_000,
    })
    expect(overview.previous.requests).toBe(0)
    expect(overview.basis).toMatchObject({ source: 'minute', bucketSeconds: 60 })
    expect(overview.basis.updatedAt).toBe(new Date(Math.max(...sent.map(({ at }) => at))).toISOString())

    const { points } = await analytics.traffic(owner(), ask)
    const sum = (field: 'requests' | 's2xx' | 's4xx' | 's5xx') =>
      points.reduce((n, point) => n + point[field], 0)
    expect([sum('requests'), sum('s2xx'), sum('s4xx'), sum('s5xx')]).toEqual([
      1_200,
      amount(({ status }) => status === 200),
      amount(({ status }) => status >= 400 && status < 500),
      amount(({ status }) => status >= 500),
    ])
    const status = await analytics.status(owner(), ask)
    expect(status.data).toEqual(
      [200, 401, 429, 502].map((code) => ({ status: code, requests: amount((one) => one.status === code) })),
    )
    const apis = await analytics.topApis(owner(), ask)
    expect(apis.data).toMatchObject([{ subject: { id: apiId, name: 'books' }, requests: 1_200 }])
    const routes = await analytics.topRoutes(owner(), ask)
    expect(routes.data).toMatchObject([{ subject: { name: 'GET /books/{id}' }, requests: 1_200 }])
  })

  test('G1: single requests, minutes, hours and days give the same numbers', async () => {
    const at = Date.now() - 5 * minuteMs
    const recent = Array.from({ length: 60 }, (_, i) =>
      own({ at: at + i * 1_000, apiId: 'api_counted', routeId: 'r' }),
    )
    await take(recent)
    const totals = await Promise.all(
      ['now-10m', 'now-6h', 'now-7d', 'now-90d'].map(async (from) => {
        const { current, basis } = await analytics.overview(owner(), { ...ask, from, route: 'r' })
        return [basis.source, current.requests, current.bytesOut]
      }),
    )
    expect(totals).toEqual([
      ['raw', 60, 6_000],
      ['minute', 60, 6_000],
      ['hour', 60, 6_000],
      ['day', 60, 6_000],
    ])
  })

  test('G2: with a 100 ms backend the split shows the backend and the gateway apart', async () => {
    const answer = await analytics.latency(owner(), { ...ask, statusClass: '2xx' })
    expect(answer.upstream.p50Ms).toBeGreaterThan(100 * 2 ** -0.25)
    expect(answer.upstream.p50Ms).toBeLessThan(100 * 2 ** 0.25)
    expect(answer.gateway.p95Ms).toBeGreaterThan(0.3)
    expect(answer.gateway.p95Ms).toBeLessThan(0.7)
    expect(answer.points.filter(({ total }) => total.p50Ms !== null).length).toBeGreaterThan(100)
    // Single requests are exact.
    await take([own({ at: Date.now() - 30_000, routeId: 'exact', upstreamUs: 100_000, gatewayUs: 500 })])
    const exact = await analytics.latency(owner(), { ...ask, from: 'now-5m', route: 'exact' })
    expect([exact.upstream.p99Ms, exact.gateway.p99Ms, exact.total.p99Ms]).toEqual([100, 0.5, 100.5])
  })

  test('percentiles of two hours are those of all requests, not a mean of minutes', async () => {
    const at = Date.now() - 60 * minuteMs
    // One minute with 900 fast requests, another with 100 slow ones: the mean of the two p95 would be half a second.
    const fast = Array.from({ length: 900 }, () =>
      own({ at, routeId: 'mixed', upstreamUs: 1_000, gatewayUs: 0 }),
    )
    const slow = Array.from({ length: 100 }, () =>
      own({ at: at + minuteMs, routeId: 'mixed', upstreamUs: 1_000_000, gatewayUs: 0 }),
    )
    await take([...fast, ...slow])
    const { total } = await analytics.latency(owner(), { ...ask, route: 'mixed' })
    expect(total.p50Ms).toBeLessThan(1.2)
    expect(total.p90Ms).toBeLessThan(1.2)
    expect(total.p95Ms).toBeGreaterThan(840)
  })

  test('G3: throttled requests are those that got 429', async () => {
    const { current } = await analytics.overview(owner(), ask)
    expect(current.throttled).toBe(amount(({ status }) => status === 429))
    const { data } = await analytics.errors(owner(), ask)
    expect(data.find(({ reason }) => reason === 'rate_limited')).toMatchObject({
      status: 429,
      requests: amount(({ status }) => status === 429),
      api: { name: 'books' },
      route: '/books/{id}',
    })
  })

  test('filters narrow by name and by id; an unknown name is refused with a pointer', async () => {
    const requests = async (filter: object) =>
      (await analytics.overview(owner(), { ...ask, ...filter })).current.requests
    const byMine = amount(({ applicationId }) => applicationId === applications.get('mine'))
    expect(await requests({ application: 'mine' })).toBe(byMine)
    expect(await requests({ application: applications.get('mine') })).toBe(byMine)
    expect(await requests({ api: 'books', method: 'HEAD' })).toBe(amount(({ method }) => method === 'HEAD'))
    expect(await requests({ statusClass: '5xx' })).toBe(amount(({ status }) => status >= 500))
    await expect(requests({ api: 'nothing' })).rejects.toMatchObject({
      code: 'not_found',
      errors: [{ pointer: '/api' }],
    })
  })

  test('C17: another tenant, and another environment, count nothing of it', async () => {
    const call = plane.call(other)
    expect((await analytics.overview(call, { ...ask, tenant: 'rival' })).current.requests).toBe(1)
    const { data } = await analytics.requests(call, { ...ask, tenant: 'rival', limit: 50 })
    expect(data).toHaveLength(1)
    const found = analytics.request(call, {
      tenant: 'rival',
      environment: 'prod',
      request: sent[0]?.id ?? '',
    })
    await expect(found).rejects.toMatchObject({ code: 'not_found' })
  })

  test('publishes stand beside the traffic, and undelivered events under the numbers', async () => {
    await plane.changes.inTenant(owner(), async (tx) => {
      tx.audit({ action: 'test', resource: { kind: 'test', id: '1', name: '1' }, before: null, after: {} })
      tx.config([prod.id], { reason: 'Publish books v1 #1' })
    })
    const { publishes } = await analytics.traffic(owner(), ask)
    expect(publishes).toMatchObject([{ revision: 1, reason: 'Publish books v1 #1' }])
    const report = {
      gatewayId: 'g',
      group: 'default',
      version: '1',
      address: null,
      startedAt: 1,
      at: Date.now(),
      workers: 1,
      revision: 1,
      hash: null,
      accessRevision: 0,
      refusal: null,
      events: { sent: 10, spooled: 7, dropped: 3 },
    }
    await client.hset(gatewaysKey('prod'), 'g', JSON.stringify(report))
    const { delivery } = await analytics.overview(owner(), ask)
    expect(delivery).toMatchObject({ spooled: 7, dropped: 3 })
  })
})

describe('request log', () => {
  test('pages newest first, each request once', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await analytics.requests(owner(), {
        ...ask,
        limit: 97,
        status: 200,
        ...(cursor ? { cursor } : {}),
        route: 'rte_one',
      })
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.page.next_cursor ?? undefined
    } while (cursor)
    const wanted = sent.filter(({ status }) => status === 200).map(({ id }) => id)
    expect(seen).toHaveLength(wanted.length)
    expect(new Set(seen)).toEqual(new Set(wanted))
    expect(seen[0]).toBe(wanted.at(-1))
  })

  test('searches part of a path', async () => {
    const { data } = await analytics.requests(owner(), { ...ask, limit: 50, search: '/BOOKS/117' })
    expect(data.map(({ path }) => path).sort()).toEqual(
      sent
        .map(({ path }) => path)
        .filter((path) => path.startsWith('/books/117'))
        .sort(),
    )
  })

  test('G12: a request is found by its id in under a second, with the full story, whatever the range', async () => {
    const wanted = sent.find(({ status }) => status === 429)
    const startedAt = performance.now()
    const one = await analytics.request(owner(), { ...ask, request: wanted?.id ?? '' })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    expect(one).toMatchObject({
      id: wanted?.id,
      status: 429,
      reason: 'rate_limited',
      route: '/books/{id}',
      api: { name: 'books' },
      gatewayMs: (wanted?.gatewayUs ?? 0) / 1000,
      address: '192.0.2.1',
    })
    const range = { ...ask, from: 'now-1m', limit: 50, search: wanted?.id ?? '' }
    expect((await analytics.requests(owner(), range)).data.map(({ id }) => id)).toEqual([wanted?.id])
  })
})

describe('D4, D5: what the firewall said of a request', () => {
  const match = { rule: 942100, message: 'SQL injection', severity: 'critical', target: 'ARGS:id' } as const
  const report: SecurityReport = {
    ...{ kind: 'waf', action: 'blocked', score: 5, rules: [942100], detail: null },
    firewall: { policy: 'waf', scope: 'version', threshold: 5, paranoia: 1, matches: [match] },
  }
  const refused = (who: string | null) =>
    own({
      applicationId: who && (applications.get(who) ?? ''),
      at: Date.now() - 7 * 60 * minuteMs,
      status: 403,
      reason: 'waf_blocked',
      policy: 'waf',
      security: [report],
    })

  test('C17, G12: is shown to who sees all traffic of the API’s team, and to no caller, by whatever id', async () => {
    const [mine, theirs, nobodys] = [refused('mine'), refused('theirs'), refused(null)]
    await take([mine, theirs, nobodys])
    for (const { id } of [mine, theirs, nobodys]) {
      const story = await analytics.request(owner(), { ...ask, request: id })
      expect(story).toMatchObject({ reason: 'waf_blocked', routeId: 'rte_one', security: [report] })
    }
    for (const { id } of [mine, nobodys]) {
      const story = await analytics.request(developer(), { ...ask, request: id })
      expect(story).toMatchObject({ reason: 'waf_blocked', security: [] })
    }
    const colleagues = analytics.request(developer(), { ...ask, request: theirs.id })
    await expect(colleagues).rejects.toMatchObject({ code: 'not_found' })
    const stranger = analytics.request(plane.call(other), { ...ask, tenant: 'rival', request: mine.id })
    await expect(stranger).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a report that Postgres has no text for is stored all the same', async () => {
    const odd = own({ at: Date.now() - 7 * 60 * minuteMs, security: [{ ...report, detail: 'a\u0000\tb\\' }] })
    await take([odd])
    const { security } = await analytics.request(owner(), { ...ask, request: odd.id })
    expect(security[0]?.detail).toBe('a\u0000\tb\\')
  })
})

describe('analytics:own', () => {
  test('a developer counts their own applications, and nothing else', async () => {
    const byMine = amount(({ applicationId }) => applicationId === applications.get('mine'))
    expect((await analytics.overview(developer(), ask)).current.requests).toBe(byMine)
    const tops = await analytics.topApplications(developer(), ask)
    expect(tops.data.map(({ subject }) => subject.name)).toEqual(['mine'])
    const theirs = analytics.overview(developer(), { ...ask, application: 'theirs' })
    await expect(theirs).rejects.toMatchObject({ code: 'not_found' })
    const { data } = await analytics.requests(developer(), { ...ask, limit: 200 })
    expect(new Set(data.map(({ application }) => application?.name))).toEqual(new Set(['mine']))
  })

  test('J10: the id of a failed call finds it, also when it proved no application or found no API; without whose it was', async () => {
    const of = (who: string | null) => sent.find(({ applicationId }) => applicationId === who)?.id ?? ''
    const find = (request: string) => analytics.request(developer(), { ...ask, request })
    expect(await find(of(applications.get('mine') ?? ''))).toMatchObject({ address: '192.0.2.1' })
    await expect(find(of(applications.get('theirs') ?? ''))).rejects.toMatchObject({ code: 'not_found' })
    expect(await find(of(null))).toMatchObject({ reason: 'credential_missing', address: '', agent: '' })
    const lost = event({
      environmentId: prod.id,
      tenantId: null,
      apiId: null,
      versionId: null,
      routeId: null,
      route: null,
      applicationId: null,
      status: 404,
      reason: 'route_not_found',
    })
    await take([lost])
    expect(await find(lost.id)).toMatchObject({ reason: 'route_not_found', api: null, address: '' })
  })
})

describe('limits', () => {
  test('B6: what is left of a plan’s limits is read from the counters that gateways decide by', async () => {
    const { everything } = plane.database
    const owned = { tenantId: tenant.id }
    const product = await everything.product.create({
      data: { id: createId('prd'), ...owned, name: 'books', title: 'Books' },
    })
    const plan = await everything.plan.create({
      data: { id: createId('pln'), ...owned, productId: product.id, name: 'free', title: 'Free' },
    })
    const policies = [
      { type: 'quota', name: 'monthly', config: { limit: 1_000, period: 'month' } },
      { type: 'rate-limit', name: 'pace', config: { limit: 60, windowMs: 60_000 } },
      { type: 'rate-limit', name: 'per-address', config: { limit: 5, windowMs: 60_000, by: 'address' } },
    ]
    const ids: string[] = []
    for (const [position, { type, name, config }] of policies.entries()) {
      const id = createId('pol')
      await everything.policyAttachment.create({
        data: { id, ...owned, scope: 'plan', planId: plan.id, type, name, config, position },
      })
      ids.push(id)
    }
    const applicationId = applications.get('mine') ?? ''
    await everything.subscription.create({
      data: {
        id: createId('sub'),
        ...owned,
        providerId: tenant.id,
        applicationId,
        planId: plan.id,
        productId: product.id,
        state: 'active',
        createdBy: developerId,
      },
    })
    const month = new Date().toISOString().slice(0, 7)
    await client.hset(
      counterKey(tenant.id, 'prod', ids[0] ?? '', `${month}:${applicationId}`),
      'n',
      250,
      'w',
      '1',
    )
    const window = counterKey(tenant.id, 'prod', ids[1] ?? '', `f:${applicationId}`)
    await client.hset(window, 'n', 12, 'w', '1')
    await client.pexpire(window, 30_000)
    const { data } = await analytics.quota(developer(), { ...ask, application: 'mine' })
    expect(data).toMatchObject([
      { plan: 'free', policy: 'monthly', limit: 1_000, used: 250 },
      { plan: 'free', policy: 'pace', limit: 60, used: 12 },
    ])
    expect(data[0]?.resetAt).toMatch(/-01T00:00:00.000Z$/)
    expect(Date.parse(data[1]?.resetAt ?? '') - Date.now()).toBeLessThanOrEqual(30_000)
    await expect(analytics.quota(developer(), { ...ask, application: 'theirs' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  test('C18: of another team’s plan they are read where that team’s gateways count, by its calendar', async () => {
    const { everything } = plane.database
    const provider = await plane.createTenant('provider', 'Pacific/Kiritimati')
    const owned = { tenantId: provider.id }
    const product = await everything.product.create({
      data: { id: createId('prd'), ...owned, name: 'books', title: 'Books' },
    })
    const plan = await everything.plan.create({
      data: { id: createId('pln'), ...owned, productId: product.id, name: 'gold', title: 'Gold' },
    })
    const policy = createId('pol')
    const config = { limit: 10, period: 'day' }
    await everything.policyAttachment.create({
      data: { id: policy, ...owned, scope: 'plan', planId: plan.id, type: 'quota', name: 'daily', config },
    })
    const applicationId = createId('app')
    const consumed = { tenantId: other.id, applicationId, planId: plan.id, productId: product.id }
    await everything.application.create({
      data: { id: applicationId, tenantId: other.id, ownerId: other.userId, name: 'reader', title: 'Reader' },
    })
    await everything.subscription.create({
      data: {
        id: createId('sub'),
        ...consumed,
        providerId: provider.id,
        state: 'active',
        createdBy: other.userId,
      },
    })
    // Kiritimati is 14 hours ahead of UTC, all year.
    const day = new Date(Date.now() + 14 * 60 * minuteMs).toISOString().slice(0, 10)
    await client.hset(counterKey(provider.id, 'prod', policy, `${day}:${applicationId}`), 'n', 7, 'w', '1')
    const asked = { ...ask, tenant: 'rival', application: 'reader' }
    const { data } = await analytics.quota(plane.call(other), asked)
    expect(data).toMatchObject([{ plan: 'gold', policy: 'daily', limit: 10, used: 7 }])
    expect(data[0]?.resetAt).toMatch(/T10:00:00.000Z$/)
    await expect(
      analytics.quota(plane.call(provider), { ...asked, tenant: 'provider' }),
    ).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
