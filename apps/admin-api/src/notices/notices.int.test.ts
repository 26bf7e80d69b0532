// Notices over real rows and counters: each said once, to those whom it concerns.
import { counterKey } from '@gatewright/shared/channels'
import { createId } from '@gatewright/shared/ids'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepareStore, storeEvents } from '../analytics/store.ts'
import type { TenantCall } from '../call.ts'
import { ProductsService } from '../products/products.service.ts'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { NoticesService } from './notices.service.ts'
import { NoticeWatch } from './watch.ts'

const dayMs = 86_400_000

let plane: ControlPlane
let client: Redis
let store: pg.Client
let watch: NoticeWatch
let tenant: TestTenant
let other: TestTenant
let prod: { id: string; name: string }
let developerId: string
let applicationId: string
let plan: { id: string; name: string }
let policyId: string
let notices: NoticesService

/** Unix milliseconds of the plane's clock. */
const now = () => plane.clock.now().getTime()

beforeAll(async () => {
  plane = await ControlPlane.start()
  // Noon of tomorrow: today is over, and whatever was promised just now was promised before its end.
  plane.clock.offsetMs = (Math.floor(Date.now() / dayMs) + 1.5) * dayMs - Date.now()
  client = new Redis(plane.redisServer.url)
  store = new pg.Client({ connectionString: plane.env.DATABASE_URL })
  await store.connect()
  await prepareStore(store)
  notices = new NoticesService(plane.database)
  watch = new NoticeWatch(plane.database, plane.redis, plane.clock, plane.logger, plane.env)
  prod = await plane.createEnvironment('prod')
  ;[tenant, other] = [await plane.createTenant('acme'), await plane.createTenant('rival')]
  const { everything } = plane.database
  const owned = { tenantId: tenant.id }
  developerId = (
    await everything.user.create({ data: { id: createId('usr'), email: 'dev@acme.test', name: 'Dev' } })
  ).id
  applicationId = createId('app')
  await everything.application.create({
    data: { id: applicationId, ...owned, ownerId: developerId, name: 'shop', title: 'Shop' },
  })
  const product = await everything.product.create({
    data: { id: createId('prd'), ...owned, name: 'books', title: 'Books' },
  })
  plan = await everything.plan.create({
    data: { id: createId('pln'), ...owned, productId: product.id, name: 'gold', title: 'Gold' },
  })
  policyId = createId('pol')
  await everything.policyAttachment.create({
    data: {
      id: policyId,
      ...owned,
      scope: 'plan',
      planId: plan.id,
      type: 'quota',
      name: 'monthly',
      config: { limit: 1_000, period: 'month' },
      position: 0,
    },
  })
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
})
afterAll(async () => {
  await store.end()
  client.disconnect()
  await plane[Symbol.asyncDispose]()
})

const own = (more: Parameters<typeof event>[0]) =>
  event({ tenantId: tenant.id, environmentId: prod.id, applicationId, planId: plan.id, ...more })

const said = async (call = plane.call(tenant)) =>
  (await notices.list(call, { tenant: call.tenant.name, limit: 100 })).data

describe('B6: a quota that runs out', () => {
  const use = (calls: number) => {
    const month = plane.clock.now().toISOString().slice(0, 7)
    return client.hset(
      counterKey(tenant.id, 'prod', policyId, `${month}:${applicationId}`),
      'n',
      calls,
      'w',
      '1',
    )
  }
  const kinds = async () => (await said()).map(({ kind }) => kind)

  test('is told at 80 % and at 100 %, once each, however often anybody looks', async () => {
    await storeEvents(store, [own({ at: now() - 60_000 })], now())
    await use(799)
    await watch.run()
    expect(await kinds()).toEqual([])
    await use(800)
    await Promise.all([watch.run(), watch.run()])
    expect(await kinds()).toEqual(['quota_warning'])
    await use(1_000)
    await watch.run()
    await watch.run()
    expect((await kinds()).sort()).toEqual(['quota_used_up', 'quota_warning'])
    const [warning] = (await said()).filter(({ kind }) => kind === 'quota_warning')
    expect(warning).toMatchObject({
      environment: 'prod',
      application: { id: applicationId, name: 'shop' },
      plan: { name: 'gold' },
      quota: { policy: 'monthly', limit: 1_000, percent: 80 },
    })
  })

  test('is told again when the next period is used up', async () => {
    plane.clock.offsetMs += 31 * dayMs
    await storeEvents(store, [own({ at: now() - 60_000 })], now())
    await use(900)
    await watch.run()
    expect((await kinds()).filter((kind) => kind === 'quota_warning')).toHaveLength(2)
    plane.clock.offsetMs -= 31 * dayMs
  })

  test('is the business of its owner and of the tenant alone', async () => {
    const developer = plane.call(tenant, ['analytics:own'], developerId)
    expect(await said(developer)).toHaveLength(3)
    const colleague = plane.call(tenant, ['analytics:own'], tenant.userId)
    expect(await said(colleague)).toEqual([])
    expect(await said(plane.call(other))).toEqual([])
  })
})

describe('C18: a quota of another team’s plan', () => {
  test('is told to the team whose application uses it up, and to the one that offers it', async () => {
    const third = await plane.createTenant('third')
    const reader = createId('app')
    const { everything } = plane.database
    await everything.application.create({
      data: { id: reader, tenantId: other.id, ownerId: other.userId, name: 'reader', title: 'Reader' },
    })
    const { productId } = await everything.plan.findUniqueOrThrow({ where: { id: plan.id } })
    await everything.subscription.create({
      data: {
        id: createId('sub'),
        tenantId: other.id,
        providerId: tenant.id,
        applicationId: reader,
        planId: plan.id,
        productId,
        state: 'active',
        createdBy: other.userId,
      },
    })
    const month = plane.clock.now().toISOString().slice(0, 7)
    await client.hset(counterKey(tenant.id, 'prod', policyId, `${month}:${reader}`), 'n', 800, 'w', '1')
    await storeEvents(store, [own({ at: now() - 60_000, applicationId: reader })], now())
    await watch.run()
    const about = async (call: TenantCall) =>
      (await said(call)).filter((notice) => 'application' in notice && notice.application?.id === reader)
    expect(await about(plane.call(tenant))).toHaveLength(1)
    expect(await said(plane.call(other))).toMatchObject([{ application: { name: 'reader' } }])
    expect(await said(plane.call(other, ['analytics:own'], developerId))).toEqual([])
    expect(await said(plane.call(third))).toEqual([])
  })
})

describe('B10: what a plan promises of each day', () => {
  const products = () => new ProductsService(plane.changes, plane.clock)
  const days = async () =>
    (
      await products().serviceLevel(plane.call(tenant), {
        tenant: 'acme',
        product: 'books',
        plan: 'gold',
        environment: 'prod',
      })
    ).data
  const promise = (p95Ms: number | null, availability: number | null) =>
    plane.database.everything.plan.update({
      where: { id: plan.id },
      data: { sloP95Ms: p95Ms, sloAvailability: availability },
    })
  const today = () => Math.floor(Date.now() / dayMs) * dayMs

  beforeAll(async () => {
    // 90 fast ones, 10 slow ones, of which 2 fail; what the gateway refuses counts for nothing, nor does trying.
    const events = Array.from({ length: 100 }, (_, i) =>
      own({ at: today() + i * 60_000, upstreamUs: i < 90 ? 50_000 : 900_000, status: i < 98 ? 200 : 503 }),
    )
    const refused = Array.from({ length: 500 }, (_, i) =>
      own({ at: today() + i * 1_000, status: 429, reason: 'rate_limited', upstreamUs: 0 }),
    )
    const tried = Array.from({ length: 50 }, (_, i) =>
      own({ at: today() + i * 1_000, status: 500, tryIt: true }),
    )
    await storeEvents(store, [...events, ...refused, ...tried], now())
  })

  test('is judged when the day is over; a day that kept it says nothing more', async () => {
    await watch.run()
    expect(await days()).toEqual([])
    await promise(1_200, 98)
    await watch.run()
    expect(await days()).toEqual([
      {
        day: new Date(today()).toISOString().slice(0, 10),
        requests: 100,
        p95Ms: expect.closeTo(900, -2),
        availability: 98,
        promised: { p95Ms: 1_200, availability: 98 },
        isMet: true,
      },
    ])
    expect((await said()).filter(({ kind }) => kind === 'service_level_missed')).toEqual([])
  })

  test.each([
    ['its p95', 300, null, { p95TargetMs: 300, availabilityTarget: null }],
    ['its availability', null, 99.5, { p95TargetMs: null, availabilityTarget: 99.5 }],
  ])('a day that missed %s is told once', async (_, p95Ms, availability, targets) => {
    await plane.database.everything.serviceLevelDay.deleteMany()
    await plane.database.everything.notice.deleteMany({ where: { kind: 'service_level_missed' } })
    await promise(p95Ms, availability)
    // Where the process ends between the two, the notice must be there, not the judgement alone.
    await store.query('ALTER TABLE service_level_day ADD CONSTRAINT full_disk CHECK (false) NOT VALID')
    await expect(watch.run()).rejects.toThrow()
    expect((await said()).filter(({ kind }) => kind === 'service_level_missed')).toHaveLength(1)
    await store.query('ALTER TABLE service_level_day DROP CONSTRAINT full_disk')
    await watch.run()
    await watch.run()
    expect(await days()).toMatchObject([{ isMet: false, promised: { p95Ms, availability } }])
    expect((await said()).filter(({ kind }) => kind === 'service_level_missed')).toMatchObject([
      { plan: { name: 'gold' }, missed: { availability: 98, ...targets } },
    ])
  })

  test('what is promised today is not asked of the day before', async () => {
    await plane.database.everything.serviceLevelDay.deleteMany()
    plane.clock.offsetMs -= dayMs
    await storeEvents(store, [own({ at: today() - dayMs + 1_000 })], now())
    await watch.run()
    expect(await days()).toEqual([])
    plane.clock.offsetMs += dayMs
  })
})
