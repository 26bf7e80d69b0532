// Days are there before their first event, and what nobody keeps any more goes.
import { createId } from '@gatewright/shared/ids'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { prepareStore, storeEvents } from './store.ts'
import { Upkeep } from './upkeep.ts'

const dayMs = 86_400_000

let plane: ControlPlane
let store: pg.Client
let tenant: TestTenant

/** Unix milliseconds of the plane's clock, on which it is noon: no day ends while a test runs. */
const now = () => plane.clock.now().getTime()

beforeAll(async () => {
  plane = await ControlPlane.start()
  const noonMs = Math.floor(Date.now() / dayMs) * dayMs + dayMs / 2
  plane.clock.offsetMs = noonMs - Date.now()
  tenant = await plane.createTenant('acme')
  store = new pg.Client({ connectionString: plane.env.DATABASE_URL })
  await store.connect()
  await prepareStore(store)
})
afterAll(async () => {
  await store.end()
  await plane[Symbol.asyncDispose]()
})

const createUpkeep = () => new Upkeep(plane.database, plane.redis, plane.clock, plane.logger, plane.env)

async function partitions(): Promise<string[]> {
  const { rows } = await store.query(
    `SELECT relname FROM pg_class WHERE relname ~ '^request_event_\\d{8}$' AND relkind = 'r' ORDER BY 1`,
  )
  return rows.map(({ relname }) => relname)
}

const nameOf = (ms: number) => `request_event_${new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')}`
const bucketsOf = async (table: string) =>
  (await store.query(`SELECT sum(requests)::int AS n FROM ${table} WHERE tenant_id = $1`, [tenant.id]))
    .rows[0].n

test('I25: each tenant’s rows are kept as long as it says, and whole days are dropped when nobody keeps them', async () => {
  const days = [0, 3, 6, 9, 20]
  const events = days.flatMap((age) => [
    event({ at: now() - age * dayMs, tenantId: tenant.id }),
    event({ at: now() - age * dayMs, tenantId: null }),
  ])
  await storeEvents(store, events, now())
  await plane.database.everything.tenant.update({
    where: { id: tenant.id },
    data: { rawRetentionDays: 2, minuteRetentionDays: 5, hourRetentionDays: 10 },
  })
  await createUpkeep().run()
  const { rows } = await store.query(
    'SELECT tenant_id, count(*)::int AS n FROM request_event GROUP BY 1 ORDER BY 1',
  )
  expect(rows).toEqual([
    { tenant_id: '', n: 3 },
    { tenant_id: tenant.id, n: 1 },
  ])
  expect(await partitions()).not.toContain(nameOf(now() - 9 * dayMs))
  expect(await bucketsOf('rollup_minute')).toBe(2)
  expect(await bucketsOf('rollup_hour')).toBe(4)
  expect(await bucketsOf('rollup_day')).toBe(5)
})

test('today and the next days are there at start, also while Redis is away', async () => {
  await plane.redisServer.kill()
  const upkeep = createUpkeep()
  upkeep.onApplicationBootstrap()
  await expect
    .poll(partitions)
    .toEqual(expect.arrayContaining([nameOf(now()), nameOf(now() + dayMs), nameOf(now() + 2 * dayMs)]))
  await upkeep.onApplicationShutdown()
  await plane.redisServer.restart()
})

test('two processes that make the same day do not disturb each other', async () => {
  plane.clock.offsetMs += 30 * dayMs
  await Promise.all([createUpkeep().run(), createUpkeep().run(), createUpkeep().run()])
  expect(await partitions()).toContain(nameOf(now() + 2 * dayMs))
  plane.clock.offsetMs -= 30 * dayMs
})

test('a key that is used says when it was used last', async () => {
  const prod = await plane.createEnvironment('prod')
  const { everything } = plane.database
  const application = await everything.application.create({
    data: { id: createId('app'), tenantId: tenant.id, ownerId: tenant.userId, name: 'app', title: 'App' },
  })
  const credential = await everything.credential.create({
    data: {
      id: createId('key'),
      tenantId: tenant.id,
      applicationId: application.id,
      environmentId: prod.id,
      name: 'Key',
      hash: 'a'.repeat(64),
      prefix: 'gw_prod',
      last4: '0000',
      createdBy: tenant.userId,
    },
  })
  const at = Date.now() - 5_000
  await storeEvents(
    store,
    [event({ at, credentialId: credential.id, applicationId: application.id })],
    Date.now(),
  )
  const { lastUsedAt } = await everything.credential.findUniqueOrThrow({ where: { id: credential.id } })
  expect(lastUsedAt?.getTime()).toBe(at)
})
