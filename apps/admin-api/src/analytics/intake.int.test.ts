// Stream → rows → rollups over real stores: counted once, never lost, never blocked.
import { eventDeadStream, eventGroup, eventStream } from '@gatewright/shared/channels'
import type { RequestEvent } from '@gatewright/shared/event'
import { packEvents } from '@gatewright/shared/event-batch'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { DocumentReader } from '../catalog/document-reader.ts'
import { PublishingService } from '../publishing/publishing.service.ts'
import { TrafficService } from '../publishing/traffic.service.ts'
import { ControlPlane, type TestTenant, type TestVersion } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { Intake } from './intake.ts'

let plane: ControlPlane
let client: Redis
let intake: Intake

beforeAll(async () => {
  plane = await ControlPlane.start()
  client = new Redis(plane.redisServer.url)
  intake = createIntake()
})
afterEach(async () => {
  await client.flushall()
  await plane.database.pool.query('TRUNCATE request_event, rollup_minute, rollup_hour, rollup_day')
})
afterAll(async () => {
  await intake.onApplicationShutdown()
  client.disconnect()
  await plane[Symbol.asyncDispose]()
})

const createIntake = () => new Intake(plane.redis, plane.clock, plane.logger, plane.env)

const send = (events: string | RequestEvent[]) =>
  client.xadd(eventStream, '*', 'events', typeof events === 'string' ? events : packEvents(events))

async function takeAll(by = intake): Promise<void> {
  await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM').catch(() => undefined)
  while ((await by.takeOnce(client, 1)) > 0);
}

async function count(table: string, column = 'count(*)'): Promise<number> {
  const { rows } = await plane.database.pool.query(`SELECT coalesce(${column}, 0)::float8 AS n FROM ${table}`)
  return rows[0].n
}

describe('intake', () => {
  test('G1: every event is stored once, and minute, hour and day say the same to the request', async () => {
    const start = Date.UTC(2026, 10, 20, 10, 0)
    plane.clock.offsetMs = start - Date.now()
    const events = Array.from({ length: 3_000 }, (_, i) =>
      event({
        at: start + i * 1_237,
        status: i % 10 === 0 ? 429 : i % 7 === 0 ? 502 : 200,
        method: i % 3 === 0 ? 'HEAD' : 'GET',
        gatewayUs: 100 + i,
        upstreamUs: i * 17,
        bytesOut: i,
      }),
    )
    for (let i = 0; i < events.length; i += 500) await send(events.slice(i, i + 500))
    await takeAll()
    expect(await count('request_event')).toBe(3_000)
    const raw = await plane.database.pool.query(
      'SELECT status, method, count(*)::int AS n, sum(bytes_out)::float8 AS bytes FROM request_event GROUP BY 1, 2 ORDER BY 1, 2',
    )
    for (const table of ['rollup_minute', 'rollup_hour', 'rollup_day']) {
      const rolled = await plane.database.pool.query(
        `SELECT status, method, sum(requests)::int AS n, sum(bytes_out)::float8 AS bytes FROM ${table} GROUP BY 1, 2 ORDER BY 1, 2`,
      )
      expect(rolled.rows, table).toEqual(raw.rows)
      for (const histogram of ['total_hist', 'gateway_hist', 'upstream_hist']) {
        expect(await count(`${table}, unnest(${histogram}) AS n`, 'sum(n)'), `${table} ${histogram}`).toBe(
          3_000,
        )
      }
    }
    expect(await client.xlen(eventStream)).toBe(0)
    plane.clock.offsetMs = 0
  })

  test('G12: a request that found no route is of the team at whose place it came, others stay nobody’s', async () => {
    const prod = await plane.createEnvironment('prod')
    const [acme, other] = [await plane.createTenant('acme'), await plane.createTenant('other')]
    const publishing = new PublishingService(
      plane.changes,
      plane.clock,
      new TrafficService(plane.changes),
      new DocumentReader(),
    )
    const publish = async (tenant: TestTenant, name: string, basePath: string, hosts: string[] = []) => {
      const draft = await plane.createDraft(tenant, name, basePath)
      await plane.database.everything.apiVersion.update({ where: { id: draft.id }, data: { hosts } })
      const input = { tenant: tenant.name, api: name, apiVersion: 'v1', groups: [], note: '' }
      await publishing.publish(plane.call(tenant), { ...input, environments: ['prod'] })
      return draft
    }
    const books = await publish(acme, 'books', '/books')
    const inner = await publish(acme, 'inner', '/books/inner')
    const named = await publish(other, 'named', '/films', ['*.films.example.org'])
    const lost = {
      environmentId: prod.id,
      ...{ tenantId: null, apiId: null, versionId: null, routeId: null, route: null },
      ...{ status: 404, reason: 'route_not_found' },
    }
    const at = Date.now() + 1_000
    await send([
      event({ ...lost, at, path: '/books/none' }),
      event({ ...lost, at, path: '/books' }),
      event({ ...lost, at, path: '/books/inner/none', status: 405, reason: 'method_not_allowed' }),
      event({ ...lost, at, path: '/films/none', host: 'eu.films.example.org' }),
      // Elsewhere, before anybody answered there, or refused before there was a place.
      event({ ...lost, at, path: '/films/none' }),
      event({ ...lost, at, path: '/booksellers' }),
      event({ ...lost, at: Date.now() - 3_600_000, path: '/books/old' }),
      event({ ...lost, at, path: '/books/none', status: 400, reason: 'invalid_path' }),
      event({ ...lost, at, path: '/books/none', environmentId: 'env_other' }),
    ])
    await takeAll()
    const { rows } = await plane.database.pool.query(
      'SELECT tenant_id, api_id, version_id, count(*)::int FROM request_event GROUP BY 1, 2, 3 ORDER BY api_id',
    )
    const of = (tenant: TestTenant, { id, apiId }: TestVersion, count: number) => ({
      ...{ tenant_id: tenant.id, api_id: apiId, version_id: id, count },
    })
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(
      expect.arrayContaining([
        { tenant_id: '', api_id: '', version_id: '', count: 5 },
        of(acme, books, 2),
        of(acme, inner, 1),
        of(other, named, 1),
      ]),
    )
    expect(await count("rollup_day WHERE tenant_id <> ''", 'sum(requests)')).toBe(4)
  })

  test('a redelivered batch, or an event twice in one batch, counts once', async () => {
    const twice = event()
    const batch = [twice, event(), event()]
    await send([...batch, twice])
    await send(batch)
    await takeAll()
    await send([...batch, event()])
    await takeAll()
    expect(await count('request_event')).toBe(4)
    expect(await count('rollup_minute', 'sum(requests)')).toBe(4)
    expect(await count('rollup_day', 'sum(requests)')).toBe(4)
  })

  test('what a dead consumer took is taken over', async () => {
    await send([event()])
    await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM')
    await client.xreadgroup('GROUP', eventGroup, 'dead', 'COUNT', 10, 'STREAMS', eventStream, '>')
    const [pending] = (await client.xpending(eventStream, eventGroup, '-', '+', 10)) as [[string]]
    await client.xclaim(eventStream, eventGroup, 'dead', 0, pending[0], 'IDLE', 61_000)
    const survivor = createIntake()
    await takeAll(survivor)
    await survivor.onApplicationShutdown()
    expect(await count('request_event')).toBe(1)
    expect(await client.xpending(eventStream, eventGroup)).toEqual([0, null, null, null])
  })

  test('poison goes to the dead letters and blocks nothing: no JSON, no batch, wrong fields, other centuries', async () => {
    const before = intake.counts.rejected
    await send('{"not json')
    await send('{"not":"a batch"}')
    const wrongStatus = { ...event(), status: 'ok' } as unknown as RequestEvent
    await send([event(), wrongStatus, event({ at: 0 })])
    await send('{"shared":{},"rows":[0],"own":{"id":["a"],"extra":[1]}}')
    await send([event({ status: 999 })])
    await takeAll()
    expect(await count('request_event')).toBe(2)
    expect(intake.counts.rejected - before).toBe(5)
    const dead = await client.xrange(eventDeadStream, '-', '+')
    expect(dead.map(([, [, reason]]) => reason)).toEqual([
      'not JSON',
      'not a batch of events',
      expect.stringContaining('status'),
      'at: older than 30 days',
      expect.stringContaining('extra'),
    ])
  })

  test('a batch whose content Postgres refuses does not take its neighbours along', async () => {
    await send([event()])
    await send([event({ bytesOut: Number.MAX_SAFE_INTEGER }), event({ revision: 2 ** 40 })])
    await send([event()])
    await takeAll()
    expect(await count('request_event')).toBe(2)
    expect(await client.xlen(eventDeadStream)).toBe(1)
    expect(await client.xlen(eventStream)).toBe(0)
  })

  test('D9: a key in a path is struck out, and NUL is no reason to lose an event', async () => {
    await send([event({ path: `/books/gw_prod_abcdefghijkl_${'x'.repeat(32)}_abcdef`, agent: 'a\u0000b' })])
    await takeAll()
    const { rows } = await plane.database.pool.query('SELECT path, agent FROM request_event')
    expect(rows).toEqual([{ path: '/books/[key]', agent: 'a\ufffdb' }])
  })

  test('two intakes share the work, and rollups still equal raw', async () => {
    const other = createIntake()
    const second = new Redis(plane.redisServer.url)
    await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM')
    for (let i = 0; i < 100; i++) await send(Array.from({ length: 20 }, () => event()))
    const drain = async (by: Intake, on: Redis) => {
      while ((await by.takeOnce(on, 1)) > 0);
    }
    await Promise.all([drain(intake, client), drain(other, second)])
    await other.onApplicationShutdown()
    second.disconnect()
    expect(await count('request_event')).toBe(2_000)
    expect(await count('rollup_minute', 'sum(requests)')).toBe(2_000)
  })

  test('running: it makes its own group, also after Redis lost it', async () => {
    const running = createIntake()
    await send([event()])
    running.onApplicationBootstrap()
    await expect.poll(() => count('request_event'), { timeout: 10_000 }).toBe(1)
    await client.flushall()
    await send([event()])
    await expect.poll(() => count('request_event'), { timeout: 10_000 }).toBe(2)
    await running.onApplicationShutdown()
  })

  test('a connection to Postgres that ends in the middle loses nothing and delays little', async () => {
    const running = createIntake()
    await send([event()])
    running.onApplicationBootstrap()
    await expect.poll(() => count('request_event'), { timeout: 10_000 }).toBe(1)
    await plane.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'gatewright-intake' AND datname = current_database()`,
    )
    await send([event(), event()])
    await expect.poll(() => count('request_event'), { timeout: 10_000 }).toBe(3)
    expect(await count('rollup_hour', 'sum(requests)')).toBe(3)
    await running.onApplicationShutdown()
  })
})
