// What traffic says about documents: a log with a known truth goes through intake, and the lists say just that.
import { eventGroup, eventStream } from '@gatewright/shared/channels'
import type { RequestEvent } from '@gatewright/shared/event'
import { packDrift, packEvents } from '@gatewright/shared/event-batch'
import { createId } from '@gatewright/shared/ids'
import type { DriftBatch } from '@gatewright/shared/model/drift'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DocumentProposals } from '../catalog/document-proposals.ts'
import { DocumentReader } from '../catalog/document-reader.ts'
import { DocumentSources } from '../catalog/document-source.ts'
import { Impact } from '../catalog/impact.ts'
import { ImportsService } from '../catalog/imports.service.ts'
import { VersionsService } from '../catalog/versions.service.ts'
import { LifecycleService } from '../publishing/lifecycle.ts'
import { PublishingService } from '../publishing/publishing.service.ts'
import { TrafficService } from '../publishing/traffic.service.ts'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'
import { event } from '../testing/event.fixture.ts'
import { AnalyticsService } from './analytics.service.ts'
import { Intake } from './intake.ts'
import { AnalyticsReader } from './reader.ts'
import { shapesMax } from './route-uses.ts'

const dayMs = 86_400_000
const start = Date.now()

let plane: ControlPlane
let client: Redis
let intake: Intake
let reader: AnalyticsReader
let documents: DocumentReader
let analytics: AnalyticsService
let publishing: PublishingService
let imports: ImportsService
let acme: TestTenant
let rival: TestTenant
let prod: { id: string; name: string }

beforeAll(async () => {
  plane = await ControlPlane.start()
  client = new Redis(plane.redisServer.url)
  await client.xgroup('CREATE', eventStream, eventGroup, '0', 'MKSTREAM')
  intake = new Intake(plane.redis, plane.clock, plane.logger, plane.env)
  reader = new AnalyticsReader(plane.env, plane.logger)
  documents = new DocumentReader()
  analytics = new AnalyticsService(reader, plane.redis, plane.fleet, plane.clock)
  publishing = new PublishingService(plane.changes, plane.clock, new TrafficService(plane.changes), documents)
  imports = new ImportsService(
    plane.database,
    plane.clock,
    plane.changes,
    new DocumentSources(plane.env),
    documents,
  )
  prod = await plane.createEnvironment('prod')
  ;[acme, rival] = [await plane.createTenant('acme'), await plane.createTenant('rival')]
})
afterAll(async () => {
  await intake.onApplicationShutdown()
  await reader.onApplicationShutdown()
  await documents.onApplicationShutdown()
  client.disconnect()
  await plane[Symbol.asyncDispose]()
})

/** Days before the test began. */
function goTo(daysAgo: number): void {
  plane.clock.offsetMs = start - daysAgo * dayMs - Date.now()
}

interface Published {
  readonly apiId: string
  readonly id: string
  readonly routes: ReadonlyMap<string, string>
}

/** An API from a document with these operations, and routes that a person added beside it. */
async function publish(
  tenant: TestTenant,
  name: string,
  operations: readonly string[],
  added: readonly string[] = [],
): Promise<Published> {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const [method = '', path = ''] = operation.split(' ')
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const parameters = names.map((parameter) => ({
      ...{ name: parameter, in: 'path', required: true, schema: { type: 'string' } },
    }))
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: { parameters, responses: { 200: { description: 'Yes' } } },
    }
  }
  const text = JSON.stringify({ openapi: '3.1.0', info: { title: name, version: '1' }, paths })
  const call = plane.call(tenant)
  const { api, apiVersion } = await imports.create(call, {
    ...{ tenant: tenant.name, name, title: name, version: 'v1', basePath: `/${name}` },
    source: { kind: 'text', text },
    upstreamUrls: ['http://upstream.example.test'],
    ...{ public: false, visibility: { kind: 'public' }, plan: null },
  })
  await plane.database.everything.route.createMany({
    data: added.map((route, i) => ({
      ...{ id: createId('rte'), tenantId: tenant.id, versionId: apiVersion.id, position: 100 + i },
      ...{ method: route.split(' ')[0] ?? '', path: route.split(' ')[1] ?? '' },
    })),
  })
  await deploy(tenant, name)
  const rows = await plane.database.everything.route.findMany({ where: { versionId: apiVersion.id } })
  return {
    apiId: api.id,
    id: apiVersion.id,
    routes: new Map(rows.map(({ id, method, path }) => [`${method} ${path}`, id])),
  }
}

const deploy = (tenant: TestTenant, api: string) =>
  publishing.publish(plane.call(tenant), {
    ...{ tenant: tenant.name, api, apiVersion: 'v1', groups: [], note: '', environments: ['prod'] },
  })

async function take(events: readonly RequestEvent[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500)
    await client.xadd(eventStream, '*', 'events', packEvents(events.slice(i, i + 500)))
  while ((await intake.takeOnce(client, 1)) > 0);
}

const now = () => plane.clock.now().getTime()

/** A call that a route answered. */
function call(
  tenant: TestTenant,
  version: Published,
  route: string,
  more: Partial<RequestEvent> = {},
): RequestEvent {
  const [method = '', path = ''] = route.split(' ')
  return event({
    ...{
      at: now(),
      environmentId: prod.id,
      tenantId: tenant.id,
      apiId: version.apiId,
      versionId: version.id,
    },
    ...{ routeId: version.routes.get(route) ?? '', method, route: path, path },
    ...more,
  })
}

/** A call that found no route, as gateways tell it. */
const miss = (method: string, path: string, more: Partial<RequestEvent> = {}): RequestEvent =>
  event({
    ...{ at: now(), environmentId: prod.id, tenantId: null, apiId: null, versionId: null, routeId: null },
    ...{ method, path, route: null, status: 404, reason: 'route_not_found', applicationId: null },
    ...more,
  })

const asked = (tenant: TestTenant) => ({ tenant: tenant.name, environment: 'prod', days: 30, limit: 50 })

async function unusedOf(tenant: TestTenant, of: 'apis' | 'versions' | 'operations' | 'keys', limit = 50) {
  const rows: Awaited<ReturnType<AnalyticsService['unused']>>['data'] = []
  let cursor: string | undefined
  do {
    const { data, page } = await analytics.unused(plane.call(tenant), {
      ...{ ...asked(tenant), of, limit },
      ...(cursor === undefined ? {} : { cursor }),
    })
    rows.push(...data)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return rows
}

describe('lists about documents', () => {
  test('D13: what nobody called for 30 days, and what is called and not documented, equal a replayed log', async () => {
    goTo(60)
    const books = await publish(
      acme,
      'books',
      ['GET /items', 'GET /items/{itemId}', 'POST /items', 'DELETE /items/{itemId}', 'GET /old'],
      ['GET /health', 'GET /spare'],
    )
    const films = await publish(acme, 'films', ['GET /films', 'GET /films/{id}'])
    const theirs = await publish(rival, 'theirs', ['GET /things', 'GET /more'])

    // The log, day by day.
    goTo(45)
    await take([
      call(acme, books, 'GET /items'),
      call(acme, books, 'GET /old'),
      call(acme, films, 'GET /films'),
      miss('GET', '/books/forgotten'),
    ])
    const lastOfOld = now()
    goTo(20)
    const young = await publish(acme, 'young', ['GET /young'])
    const firstOfLikes = now()
    await take([
      ...Array.from({ length: 30 }, () => call(acme, books, 'GET /items')),
      miss('GET', '/books/items/17/likes'),
      miss('GET', '/films/charts'),
    ])
    goTo(2)
    const lastOfLikes = now()
    const twice = [
      call(acme, books, 'GET /items/{itemId}', { status: 404 }),
      call(acme, books, 'GET /health'),
      call(acme, books, 'GET /health', { status: 502, reason: 'upstream_unreachable' }),
      // Whoever may not call is no use.
      call(acme, books, 'POST /items', { status: 401, reason: 'credential_missing' }),
      call(acme, books, 'GET /spare', { status: 403, reason: 'not_allowed' }),
      // What the service itself refuses was called.
      call(acme, books, 'DELETE /items/{itemId}', { status: 403 }),
      miss('GET', '/books/items/anna@example.org/likes'),
      miss('GET', '/books/items/4711/likes'),
      miss('PATCH', '/books/items/4711', { status: 405, reason: 'method_not_allowed' }),
      miss('BREW', '/books/items', { status: 405, reason: 'method_not_allowed' }),
      // Nobody's, and refused before there was a place.
      miss('GET', '/elsewhere/1'),
      miss('GET', '/books/x', { status: 400, reason: 'invalid_path' }),
      miss('GET', '/theirs/nothing'),
      call(rival, theirs, 'GET /things'),
    ]
    await take(twice)
    // Delivered again: counted once.
    await take(twice)
    goTo(0)

    const operations = await unusedOf(acme, 'operations')
    expect(
      operations.map(({ method, template, lastAt }) => [method, template, lastAt && Date.parse(lastAt)]),
    ).toEqual(
      expect.arrayContaining([
        ['POST', '/books/items', null],
        ['GET', '/books/spare', null],
        ['GET', '/films/films/{id}', null],
        ['GET', '/books/old', expect.closeTo(lastOfOld, -4)],
        ['GET', '/films/films', expect.closeTo(lastOfOld, -4)],
      ]),
    )
    expect(operations).toHaveLength(5)
    // Idle longest first, whatever the size of a page.
    expect(await unusedOf(acme, 'operations', 2)).toEqual(operations)
    expect(
      operations
        .slice(3)
        .map(({ template }) => template)
        .sort(),
    ).toEqual(['/books/old', '/films/films'])
    expect((await unusedOf(acme, 'versions')).map(({ api, apiVersion }) => [api?.name, apiVersion])).toEqual([
      ['films', 'v1'],
    ])
    expect((await unusedOf(acme, 'apis')).map(({ api }) => api?.name)).toEqual(['films'])
    expect((await unusedOf(rival, 'operations')).map(({ template }) => template)).toEqual(['/theirs/more'])
    // Published too recently to be called unused.
    expect(operations.some(({ api }) => api?.id === young.apiId)).toBe(false)

    const { data } = await analytics.undocumented(plane.call(acme), asked(acme))
    expect(
      data.map(({ api, method, template, answered, calls }) => [api.name, method, template, answered, calls]),
    ).toEqual([
      ['books', 'GET', '/books/items/{itemId}/likes', false, 3],
      ['books', 'GET', '/books/health', true, 2],
      ...[
        ['books', '*', '/books/items', false, 1],
        ['books', 'PATCH', '/books/items/{itemId}', false, 1],
      ],
      ['films', 'GET', '/films/charts', false, 1],
    ])
    expect(Math.abs(Date.parse(data[0]?.firstAt ?? '') - firstOfLikes)).toBeLessThan(60_000)
    expect(Math.abs(Date.parse(data[0]?.lastAt ?? '') - lastOfLikes)).toBeLessThan(60_000)
    const rivals = await analytics.undocumented(plane.call(rival), asked(rival))
    expect(rivals.data.map(({ method, template }) => `${method} ${template}`)).toEqual([
      'GET /theirs/nothing',
    ])

    // Of one API, and page by page.
    const first = await analytics.undocumented(plane.call(acme), { ...asked(acme), api: 'books', limit: 3 })
    const second = await analytics.undocumented(plane.call(acme), {
      ...{ ...asked(acme), api: 'books', limit: 3, cursor: first.page.next_cursor ?? '' },
    })
    expect([...first.data, ...second.data]).toEqual(data.filter(({ api }) => api.name === 'books'))
  })

  test('D13: a route that is published again keeps what was counted, one that goes and comes back begins anew', async () => {
    goTo(50)
    const songs = await publish(acme, 'songs', ['GET /songs', 'GET /lyrics'])
    goTo(40)
    await take([call(acme, songs, 'GET /songs'), call(acme, songs, 'GET /lyrics')])
    const lyrics = { id: songs.routes.get('GET /lyrics') ?? '' }
    const set = (enabled: boolean) =>
      plane.database.everything.route.update({ where: lyrics, data: { enabled } })
    goTo(35)
    await set(false)
    await deploy(acme, 'songs')
    goTo(10)
    await set(true)
    await deploy(acme, 'songs')
    goTo(0)
    const idle = (await unusedOf(acme, 'operations')).filter(({ api }) => api?.id === songs.apiId)
    expect(idle.map(({ template, lastAt }) => [template, lastAt !== null])).toEqual([['/songs/songs', true]])
    const { count } = await plane.database.everything.deployment.deleteMany({
      where: { versionId: songs.id },
    })
    expect(count).toBe(1)
    await take([call(acme, songs, 'GET /songs'), miss('GET', '/songs/none', { versionId: songs.id })])
    expect(await plane.database.everything.routeUse.count({ where: { versionId: songs.id } })).toBe(0)
    expect(await plane.database.everything.undocumentedCall.count({ where: { versionId: songs.id } })).toBe(0)
  })

  test('D13: callers who make up paths fill a bounded list, and what was known before is counted on', async () => {
    const odd = await publish(acme, 'odd', ['GET /real'])
    const words = Array.from({ length: 2 * shapesMax }, (_, i) =>
      [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join(''),
    )
    await take([miss('GET', '/odd/known'), ...words.map((word) => miss('GET', `/odd/x${word}`))])
    await take([...words.map((word) => miss('GET', `/odd/y${word}`)), miss('GET', '/odd/known')])
    const { everything } = plane.database
    const rows = await everything.undocumentedCall.findMany({ where: { versionId: odd.id } })
    expect(rows).toHaveLength(shapesMax + 1)
    expect(rows.find(({ template }) => template === '/odd/known')).toMatchObject({ method: 'GET', calls: 2n })
    expect(rows.find(({ template }) => template === '*')).toMatchObject({
      ...{ method: '*', calls: BigInt(4 * shapesMax + 2 - shapesMax - 1) },
    })
  })

  test('D13: keys that nobody used for so long', async () => {
    goTo(90)
    const { everything } = plane.database
    const application = {
      id: createId('app'),
      tenantId: acme.id,
      ownerId: acme.userId,
      name: 'shop',
      title: 'Shop',
    }
    await everything.application.create({ data: application })
    const ids: string[] = []
    for (const [name, createdAt, state] of [
      ['never', plane.clock.now(), 'active'],
      ['used', plane.clock.now(), 'active'],
      ['gone', plane.clock.now(), 'revoked'],
      ['new', new Date(), 'active'],
    ] as const) {
      const id = createId('key')
      ids.push(id)
      await everything.credential.create({
        data: {
          ...{
            id,
            tenantId: acme.id,
            applicationId: application.id,
            environmentId: prod.id,
            name,
            state,
            createdAt,
          },
          ...{ hash: id, prefix: 'gw_prod_', last4: 'abcd', createdBy: 'Test' },
        },
      })
    }
    goTo(1)
    await take([event({ environmentId: prod.id, tenantId: acme.id, credentialId: ids[1] ?? '', at: now() })])
    goTo(0)
    expect((await unusedOf(acme, 'keys')).map(({ key, application }) => [application?.name, key])).toEqual([
      ['shop', 'never (gw_prod_…abcd)'],
    ])
  })

  test('D13: drift is counted once, however often, late and in whatever order its batches come', async () => {
    goTo(0)
    const version = await publish(acme, 'drifting', ['POST /orders'])
    const at = now()
    const record = (more: Partial<DriftBatch['records'][number]> = {}): DriftBatch['records'][number] => ({
      ...{ versionId: version.id, direction: 'request', method: 'POST', template: '/drifting/orders' },
      ...{ in: 'body', pointer: '/note', rule: 'additionalProperties', observed: 'string' },
      ...{ count: 2, firstAt: at - 5_000, lastAt: at },
      ...more,
    })
    const batch = (source: string, number: number, ...records: DriftBatch['records']) =>
      packDrift({ source, number, environmentId: prod.id, records })
    const wrongType = record({ pointer: '/items/*/price', rule: 'type', observed: 'string', count: 5 })
    const batches = [
      batch('worker-1', 2, record({ firstAt: at - 1_000 })),
      batch('worker-1', 0, record({ firstAt: at - 9_000, lastAt: at - 8_000 }), wrongType),
      // The same worker started again, and one of another gateway.
      batch('worker-1b', 0, record()),
      batch(
        'worker-2',
        0,
        record({
          direction: 'response',
          in: 'status',
          pointer: '418',
          rule: 'undeclared',
          observed: null,
          count: 1,
        }),
      ),
      batch('worker-2', 1, record({ versionId: 'ver_gone' })),
      batch('worker-1', 1, record()),
    ]
    for (const text of [...batches, ...batches]) await client.xadd(eventStream, '*', 'events', text)
    // A clock that is wrong, and what no gateway says.
    await client.xadd(eventStream, '*', 'events', batch('worker-3', 0, record({ lastAt: at - 40 * dayMs })))
    await client.xadd(eventStream, '*', 'events', batch('worker-3', 1, { ...record(), rule: 'x'.repeat(65) }))
    await take([])
    await client.xadd(eventStream, '*', 'events', batches[1] ?? '')
    await take([])

    const { data } = await analytics.drift(plane.call(acme), { ...asked(acme), api: 'drifting' })
    expect(
      data.map(({ id: _, api, firstAt, lastAt, ...entry }) => ({
        ...entry,
        seen: [Date.parse(firstAt) - at, Date.parse(lastAt) - at],
      })),
    ).toEqual([
      {
        ...{
          apiVersion: 'v1',
          direction: 'request',
          method: 'POST',
          template: '/drifting/orders',
          in: 'body',
        },
        ...{ pointer: '/note', rule: 'additionalProperties', observed: 'string', kind: 'undeclared-field' },
        ...{ count: 8, seen: [-9_000, 0] },
      },
      {
        ...{
          apiVersion: 'v1',
          direction: 'request',
          method: 'POST',
          template: '/drifting/orders',
          in: 'body',
        },
        ...{ pointer: '/items/*/price', rule: 'type', observed: 'string', kind: 'wrong-type' },
        ...{ count: 5, seen: [-5_000, 0] },
      },
      {
        ...{
          apiVersion: 'v1',
          direction: 'response',
          method: 'POST',
          template: '/drifting/orders',
          in: 'status',
        },
        ...{ pointer: '418', rule: 'undeclared', observed: null, kind: 'undeclared-status' },
        ...{ count: 1, seen: [-5_000, 0] },
      },
    ])
    expect((await analytics.drift(plane.call(rival), asked(rival))).data).toEqual([])
    const { rows } = await plane.database.pool.query(
      'SELECT source, seen::text FROM drift_source ORDER BY source',
    )
    expect(rows).toEqual([
      { source: 'worker-1', seen: '{[0,3)}' },
      { source: 'worker-1b', seen: '{[0,1)}' },
      { source: 'worker-2', seen: '{[0,2)}' },
    ])
  })

  test('D13: a patch of the document is proposed from what was seen, and imported like any newer document', async () => {
    goTo(0)
    const shop = await publish(acme, 'patched', ['GET /items', 'POST /items'])
    const record: DriftBatch['records'][number] = {
      ...{ versionId: shop.id, direction: 'request', method: 'GET', template: '/patched/items', in: 'query' },
      ...{ pointer: '/shelf', rule: 'undeclared', observed: null, count: 3, firstAt: now(), lastAt: now() },
    }
    const batch = { source: 'worker-patched', number: 0, environmentId: prod.id, records: [record] }
    await client.xadd(eventStream, '*', 'events', packDrift(batch))
    await take([miss('DELETE', '/patched/items'), miss('GET', '/patched/items/secret-4711/likes')])
    const versions = new VersionsService(
      plane.database,
      plane.clock,
      plane.changes,
      new DocumentSources(plane.env),
      documents,
      new Impact(plane.database, plane.clock),
      new LifecycleService(plane.changes, plane.clock),
      new DocumentProposals(reader, plane.clock, documents),
    )
    const place = { tenant: 'acme', api: 'patched', apiVersion: 'v1' }
    const ask = { ...place, environment: 'prod', days: 30 }
    const all = await versions.proposeDocument(plane.call(acme), ask)
    expect(
      all.edits.map(({ kind, operation, where, count, taken }) => [kind, operation, where, count, taken]),
    ).toEqual([
      ['undeclared-parameter', 'GET /items', '/shelf', 3, true],
      ['operation', 'DELETE /items', '', 1, true],
      ['operation', 'GET /items/{id}/likes', '', 1, true],
    ])
    expect(all.after).not.toContain('4711')
    const edits = all.edits.slice(0, 2).map(({ id }) => id)
    const chosen = await versions.proposeDocument(plane.call(acme), { ...ask, edits })
    // Nothing is written before somebody says so.
    expect((await versions.get(plane.call(acme), place)).routeCount).toBe(2)

    const source = { kind: 'text' as const, text: chosen.after }
    const { changes } = await versions.previewReimport(plane.call(acme), { ...place, source })
    expect(changes.map(({ operation, class: kind }) => [operation, kind])).toEqual(
      expect.arrayContaining([
        ['GET /items', 'non-breaking'],
        ['DELETE /items', 'non-breaking'],
      ]),
    )
    expect(changes).toHaveLength(2)
    const { version } = await versions.get(plane.call(acme), place)
    await versions.reimport({ ...plane.call(acme), expectedVersion: version }, { ...place, source })
    const again = await versions.proposeDocument(plane.call(acme), ask)
    expect(again.edits.map(({ operation }) => operation)).toEqual(['GET /items/{id}/likes'])
    await deploy(acme, 'patched')
    const { data } = await analytics.undocumented(plane.call(acme), { ...asked(acme), api: 'patched' })
    // What was seen stays seen; what is called from now on is called by its route.
    expect(data.map(({ method }) => method).toSorted()).toEqual(['DELETE', 'GET'])
  })
})
