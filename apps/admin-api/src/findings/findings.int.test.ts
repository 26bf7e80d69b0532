// Findings over real rows: what is one and what is none, counted while it lasts, and seen by those alone whose traffic it is.
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { prepareStore, storeEvents } from '../analytics/store.ts'
import { NoticesService } from '../notices/notices.service.ts'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { credentialStuffing } from './credential-stuffing.ts'
import { unknownPaths } from './enumeration.ts'
import { FindingsService } from './findings.service.ts'
import { FindingWatch } from './watch.ts'

let plane: ControlPlane
let store: pg.Client
let acme: TestTenant
let other: TestTenant
let prod: { id: string; name: string }
let findings: FindingsService

beforeAll(async () => {
  plane = await ControlPlane.start()
  store = new pg.Client({ connectionString: plane.env.DATABASE_URL })
  await store.connect()
  await prepareStore(store)
  prod = await plane.createEnvironment('prod')
  ;[acme, other] = [await plane.createTenant('acme'), await plane.createTenant('rival')]
  findings = new FindingsService(plane.database, plane.changes, plane.clock)
})
afterAll(async () => {
  await store.end()
  await plane[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await store.query('TRUNCATE finding, notice, request_event, credential_pace, sink_event, event_sink')
  plane.clock.offsetMs = 0
})

const now = () => plane.clock.now().getTime()
/** Each look is one of another process, which begins with everything. */
const look = () => new FindingWatch(plane.database, plane.redis, plane.clock, plane.logger, plane.env).run()
const keep = (events: ReturnType<typeof event>[]) => storeEvents(store, events, now())
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const seen = async (tenant = acme) =>
  (await findings.list(plane.call(tenant), { tenant: tenant.name, limit: 50 })).data
const platformSees = async () => (await findings.listPlatform({ ...plane.call(acme) }, { limit: 50 })).data

const own = (more: Parameters<typeof event>[0]) =>
  event({ tenantId: acme.id, environmentId: prod.id, at: now() - 60_000, credentialId: 'key_good', ...more })
/** A credential that was refused; `n` tells it from others. */
const refused = (n: number, more: Parameters<typeof event>[0] = {}) =>
  own({
    status: 401,
    reason: 'credential_invalid',
    policy: 'api-key',
    attempt: `attempt${n}`,
    credentialId: null,
    applicationId: null,
    address: '198.51.100.7',
    ...more,
  })

describe('D10 credential stuffing', () => {
  test('D10: one client that tries many credentials is one finding, counted on while it lasts, closed after quiet', async () => {
    await keep([
      ...times(12, (i) => refused(i)),
      // Beside it: many clients, each with a key that is mistyped or old, and good callers.
      ...times(300, (i) => own({ address: `192.0.2.${i % 250}` })),
      ...times(60, (i) => refused(1_000 + i, { address: `203.0.113.${i}` })),
      ...times(80, () => refused(5_000, { address: '203.0.113.200' })),
    ])
    await look()
    await look()
    expect(await seen()).toMatchObject([
      {
        pattern: 'credential_stuffing',
        client: { kind: 'network', id: '198.51.100.7' },
        environment: 'prod',
        severity: 'medium',
        count: 12,
        facts: { credentials: 12 },
        state: 'open',
        closedAt: null,
      },
    ])
    // Half an hour of it: the window is shorter than the finding, which counts all the same.
    for (const minutes of [8, 16, 24]) {
      plane.clock.offsetMs = minutes * 60_000
      await keep(times(30, (i) => refused(100 * minutes + i)))
      await look()
    }
    const [one, ...more] = await seen()
    expect(more).toEqual([])
    expect(one).toMatchObject({ count: 102, severity: 'high', facts: { credentials: 102 }, closedAt: null })
    expect(one?.requests).toHaveLength(20)
    plane.clock.offsetMs += 17 * 60_000
    await look()
    expect((await seen())[0]?.closedAt).not.toBeNull()
    // It comes again: that is another one.
    await keep(times(12, (i) => refused(9_000 + i)))
    await look()
    expect((await seen()).map(({ count }) => count)).toEqual([12, 102])
  })

  test('a client that gets in after many failures is critical; one that was good before is none', async () => {
    const good = { address: '192.0.2.50', credentialId: 'key_old' }
    await keep([
      own({ ...good, at: now() - 3_600_000 }),
      ...times(25, () => refused(1, { address: '192.0.2.50' })),
      own({ ...good, at: now() - 30_000 }),
      ...times(25, () => refused(1, { address: '192.0.2.51' })),
      own({ id: 'req_in', address: '192.0.2.51', credentialId: 'key_new', at: now() - 30_000 }),
    ])
    await look()
    expect(await seen()).toMatchObject([
      {
        client: { id: '192.0.2.51' },
        severity: 'critical',
        facts: { credentials: 1, succeeded: { credentialId: 'key_new', request: 'req_in' } },
      },
    ])
  })

  test('all addresses of a /64 are one client; a crowd behind one address is none', async () => {
    await keep([
      ...times(12, (i) => refused(i, { address: `2001:db8:0:1::${i + 1}` })),
      ...times(12, (i) => refused(100 + i, { address: '192.0.2.9' })),
      ...times(200, () => own({ address: '192.0.2.9' })),
    ])
    await look()
    expect((await seen()).map(({ client }) => client.id)).toEqual(['2001:db8:0:1::/64'])
  })

  test('many addresses that try one application are a finding about it', async () => {
    await keep(
      times(14, (i) =>
        refused(i, { address: `192.0.2.${i}`, applicationId: 'app_1', reason: 'credential_revoked' }),
      ),
    )
    await look()
    expect(await seen()).toMatchObject([
      {
        pattern: 'distributed_guessing',
        client: { kind: 'application', id: 'app_1' },
        facts: { networks: 14, credentials: 14 },
      },
    ])
  })
})

describe('D10 enumeration', () => {
  test('many paths that there are not, and ids in a row, are one finding of one caller', async () => {
    await keep([
      ...times(60, (i) => own({ status: 404, path: `/guess/${i}x`, route: null, credentialId: 'key_bad' })),
      ...times(150, (i) => own({ path: `/books/${1_000 + i}`, credentialId: 'key_bad' })),
      // Others: the same path again and again, and ids all over the place.
      ...times(200, () => own({ status: 404, path: '/favicon.ico', credentialId: 'key_same' })),
      ...times(200, (i) => own({ path: `/books/${i * 37}`, credentialId: 'key_wide' })),
    ])
    await look()
    expect(await seen()).toMatchObject([
      {
        pattern: 'enumeration',
        client: { kind: 'credential', id: 'key_bad' },
        facts: { walk: { route: '/books/{id}', ids: 150, from: 1_000, to: 1_149 } },
      },
    ])
  })

  test('of calls that match nobody the platform hears, and no tenant', async () => {
    const scan = times(60, (i) =>
      own({
        tenantId: null,
        status: 404,
        reason: 'route_not_found',
        path: `/.git/${i}`,
        address: '192.0.2.66',
        credentialId: null,
      }),
    )
    await keep(scan)
    await look()
    expect(await seen()).toEqual([])
    expect(await seen(other)).toEqual([])
    expect(await platformSees()).toMatchObject([
      { pattern: 'enumeration', client: { kind: 'network', id: '192.0.2.66' }, facts: { notFound: 60 } },
    ])
    expect((await store.query('SELECT FROM notice')).rowCount).toBe(0)
  })
})

describe('D10 clients that make up networks', () => {
  const networksOf = (from: number, count: number) =>
    times(count * 10, (i) =>
      refused(i, { address: `2001:db8:${(from + Math.floor(i / 10)).toString(16)}::1`, credentialId: null }),
    )

  test('D10: of hundreds the worst are judged, with as many questions as of one; another tenant is seen as ever', async () => {
    const window = { from: new Date(now() - 600_000), to: new Date(now()) }
    await keep([...networksOf(1, 230), ...times(12, (i) => refused(i, { tenantId: other.id }))])
    const asked = vi.spyOn(plane.database.pool, 'query')
    const found = await credentialStuffing(plane.database.pool, window)
    expect(asked).toHaveBeenCalledTimes(2)
    expect(found.filter(({ tenantId }) => tenantId === acme.id)).toHaveLength(200)
    expect(found.filter(({ tenantId }) => tenantId === other.id)).toHaveLength(1)
    await keep(
      times(210 * 40, (i) =>
        own({
          status: 404,
          path: `/x${i}`,
          address: `2001:db8:1:${(i % 210).toString(16)}::1`,
          credentialId: null,
        }),
      ),
    )
    asked.mockClear()
    expect(await unknownPaths(plane.database.pool, window)).toHaveLength(200)
    expect(asked).toHaveBeenCalledTimes(2)
    asked.mockRestore()
  })

  test('D10: no more of them last at a time than anybody would read, whoever moves on', async () => {
    for (const round of [0, 1, 2]) {
      await keep(networksOf(1_000 * (round + 1), 200))
      await look()
      // They are over for the next look, and last all the same.
      await store.query('TRUNCATE request_event')
    }
    const { rows } = await store.query(
      'SELECT count(*)::int AS lasting FROM finding WHERE occasion IS NOT NULL',
    )
    expect(rows).toEqual([{ lasting: 500 }])
  })
})

describe('D10 anomalies of a credential against its own history', () => {
  /** Start of the ten minutes that are looked at. */
  const bucket = () => Math.floor((now() - 60_000) / 600_000) * 600_000 - 600_000
  const history = (requests: (i: number) => number, errors: (i: number) => number) =>
    store.query(
      `INSERT INTO credential_pace (credential_id, environment_id, bucket, tenant_id, requests, errors)
       SELECT 'key_paced', $1, to_timestamp($2 / 1000.0) - n * interval '10 minutes', $3, r, e
       FROM unnest($4::int[], $5::int[]) WITH ORDINALITY AS given (r, e, n)`,
      [prod.id, bucket() - 600_000, acme.id, times(40, requests), times(40, errors)],
    )
  const calls = (count: number, status: number) =>
    times(count, (i) => own({ at: bucket() + i, credentialId: 'key_paced', status, path: '/books' }))

  test('far more calls than ever, and far more errors, are found once; usual ups and downs are not', async () => {
    await history(
      (i) => 40 + (i % 7) * 5,
      () => 1,
    )
    await keep(calls(75, 200))
    await look()
    expect(await seen()).toEqual([])
    await keep([...calls(400, 200), ...calls(300, 500)])
    await look()
    await look()
    const found = await seen()
    expect(found.map(({ pattern }) => pattern).sort()).toEqual(['error_anomaly', 'volume_anomaly'])
    expect(found.find(({ pattern }) => pattern === 'volume_anomaly')).toMatchObject({
      client: { kind: 'credential', id: 'key_paced' },
      count: 775,
      facts: { value: 775, median: 55 },
    })
  })

  test('D10: a credential that calls APIs of two tenants (ADR 97) is judged in each, and stops no look', async () => {
    await history(
      () => 40,
      () => 1,
    )
    await keep([...calls(400, 200), ...calls(30, 200).map((one) => ({ ...one, tenantId: other.id }))])
    await look()
    expect(await seen()).toMatchObject([{ pattern: 'volume_anomaly', count: 400 }])
    expect(await seen(other)).toEqual([])
  })

  test('of a credential without a history nothing is said', async () => {
    await keep([...calls(400, 500)])
    await look()
    expect(await seen()).toEqual([])
  })
})

describe('D10 who sees and decides', () => {
  test('sinks and the tenant are told; another tenant neither sees nor decides', async () => {
    await store.query(
      `INSERT INTO event_sink (id, name, title, target, kinds, position, updated_at)
       VALUES ('snk_1', 'siem', 'SIEM', '{}', '{security}', 0, now())`,
    )
    await keep(times(12, (i) => refused(i)))
    await look()
    const [found] = await seen()
    if (!found) throw new Error('nothing was found')
    const { rows } = await store.query(`SELECT body FROM sink_event WHERE body->>'category' = 'finding'`)
    expect(rows).toMatchObject([
      {
        body: {
          event: 'opened',
          finding: found.id,
          pattern: 'credential_stuffing',
          client: { id: '198.51.100.7' },
        },
      },
    ])
    const notices = new NoticesService(plane.database)
    const of = (tenant: TestTenant, permissions?: ['analytics:own']) =>
      notices.list(plane.call(tenant, permissions), { tenant: tenant.name, limit: 10 })
    expect((await of(acme)).data).toMatchObject([{ kind: 'security_finding', finding: { id: found.id } }])
    expect((await of(acme, ['analytics:own'])).data).toEqual([])
    expect((await of(other)).data).toEqual([])

    const foreign = { tenant: 'rival', finding: found.id, state: 'dismissed', comment: '' } as const
    await expect(findings.get(plane.call(other), foreign)).rejects.toMatchObject({ code: 'not_found' })
    await expect(findings.decide(plane.call(other), foreign)).rejects.toMatchObject({ code: 'not_found' })
    await expect(findings.decidePlatform({ ...plane.call(acme) }, foreign)).rejects.toMatchObject({
      code: 'not_found',
    })

    const decided = await findings.decide(
      { ...plane.call(acme), expectedVersion: found.version },
      { tenant: 'acme', finding: found.id, state: 'acknowledged', comment: 'Ours: a load test' },
    )
    expect(decided).toMatchObject({ state: 'acknowledged', comment: 'Ours: a load test', decidedBy: 'Test' })
    await expect(
      findings.decide(
        { ...plane.call(acme), expectedVersion: found.version },
        { tenant: 'acme', finding: found.id, state: 'open', comment: '' },
      ),
    ).rejects.toMatchObject({ code: 'version_stale' })
    // What was decided stays so while it goes on.
    await keep(times(5, (i) => refused(500 + i)))
    await look()
    expect(await seen()).toMatchObject([{ count: 17, state: 'acknowledged' }])
  })
})
