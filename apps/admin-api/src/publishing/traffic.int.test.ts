// Upstreams, selectors, conditions and traffic on their way to gateways: what is served, what is refused, what comes back.
import { createServer, type Server } from 'node:http'
import { gatewaysKey, guardsKey } from '@gatewright/shared/channels'
import { guardId, guardPrefix } from '@gatewright/shared/model/guard'
import { type VersionSelector, versionSelector } from '@gatewright/shared/model/match'
import { plainTraffic, type Traffic, traffic } from '@gatewright/shared/model/traffic'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import type { VersionUpstreams } from '@gatewright/shared/model/upstream-state'
import { type GatewayReport, snapshotSchema } from '@gatewright/shared/snapshot'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { DocumentReader } from '../catalog/document-reader.ts'
import { RoutesService } from '../catalog/routes.service.ts'
import { UpstreamsService } from '../catalog/upstreams.service.ts'
import { ControlPlane, type TestTenant, type TestVersion } from '../testing/control-plane.fixture.ts'
import { readPublished } from './draft.ts'
import { EnvironmentsService } from './environments.service.ts'
import { GatewayRecords } from './gateway-records.ts'
import { GuardsService } from './guards.service.ts'
import { publishFindings } from './publish-findings.ts'
import { PublishingService } from './publishing.service.ts'
import { buildSnapshot, sealSnapshot } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import { TrafficService } from './traffic.service.ts'

let plane: ControlPlane
let tenant: TestTenant
let publishing: PublishingService
let environments: EnvironmentsService
let upstreams: UpstreamsService
let routes: RoutesService
let guards: GuardsService
let environmentId: string

beforeAll(async () => {
  plane = await ControlPlane.start()
  environmentId = (await plane.createEnvironment('prod')).id
  for (const name of ['edge', 'internal']) {
    await plane.database.everything.gatewayGroup.create({
      data: { id: `grp_${name}`, environmentId, name, title: name },
    })
  }
  const { database, redis, fleet, clock, logger, env } = plane
  publishing = new PublishingService(
    plane.changes,
    clock,
    new TrafficService(plane.changes),
    new DocumentReader(),
  )
  const records = new GatewayRecords(database, redis, fleet, clock, logger, env)
  environments = new EnvironmentsService(plane.changes, clock, records, fleet)
  upstreams = new UpstreamsService(plane.changes)
  routes = new RoutesService(clock, plane.changes)
  guards = new GuardsService(plane.changes, redis)
})
afterAll(() => plane[Symbol.asyncDispose]())
beforeEach(async () => {
  tenant = await plane.createTenant(`team-${crypto.randomUUID().slice(0, 8)}`)
})

const at = (version: TestVersion) => ({ tenant: tenant.name, api: version.api, apiVersion: version.name })

const publish = (version: TestVersion, groups: string[] = []) =>
  publishing.publish(plane.call(tenant), { ...at(version), environments: ['prod'], groups, note: '' })

async function built() {
  const snapshot = buildSnapshot(await readSnapshotRows(plane.database.everything, environmentId, tenant.id))
  return { snapshot: snapshotSchema.parse(snapshot), ...sealSnapshot(snapshot) }
}

const served = async (version: TestVersion) =>
  (await built()).snapshot.versions.find(({ id }) => id === version.id)

const revision = async () =>
  (await plane.database.everything.environment.findUniqueOrThrow({ where: { id: environmentId } })).revision

const setUpstream = (version: TestVersion, upstream: string, url = `http://${upstream}.test`) =>
  upstreams.set(plane.call(tenant), {
    ...at(version),
    upstream,
    ...upstreamSettings.parse({ targets: [{ url }] }),
  })

const setTraffic = (version: TestVersion, wanted: Partial<Traffic>, note = '') =>
  publishing.setTraffic(plane.call(tenant), {
    ...at(version),
    environment: 'prod',
    ...traffic.parse(wanted),
    note,
  })

const spread = (canary: number) => ({
  shares: [
    { upstream: 'default', weight: 100 - canary },
    { upstream: 'canary', weight: canary },
  ],
})

/** A version with a canary, published. */
async function createCanary(name: string): Promise<TestVersion> {
  const version = await plane.createDraft(tenant, name, `/${name}-${tenant.name}`)
  await setUpstream(version, 'canary')
  await publish(version)
  return version
}

/** A further version of an API, at the place of the first, with a route and a key as the first has. */
async function createSibling(first: TestVersion, name: string, selector: unknown): Promise<TestVersion> {
  const draft = await plane.createDraft(tenant, `${first.api}-${name}`)
  const { basePath } = await plane.database.everything.apiVersion.findUniqueOrThrow({
    where: { id: first.id },
  })
  await plane.database.everything.apiVersion.update({
    where: { id: draft.id },
    data: { apiId: first.apiId, name, basePath },
  })
  const sibling = { ...draft, api: first.api, apiId: first.apiId, name }
  await select(sibling, selector)
  return sibling
}

async function select(version: TestVersion, selector: unknown): Promise<void> {
  const parsed: VersionSelector = versionSelector.parse(selector)
  await plane.database.everything.apiVersion.update({
    where: { id: version.id },
    data: { selector: parsed },
  })
}

describe('traffic', () => {
  test('I7: a canary is set live: the next revision of the environment, and no new one of the API', async () => {
    const books = await createCanary('books')
    const [before, revisionBefore] = [await served(books), await revision()]
    const call = plane.call(tenant)
    const set = await publishing.setTraffic(call, {
      ...at(books),
      environment: 'prod',
      ...traffic.parse({ ...spread(5), guard: {} }),
      note: 'try it',
    })
    expect(set.revisions).toMatchObject([{ environment: 'prod', revision: revisionBefore + 1 }])
    expect(set.apiVersion.deployments).toMatchObject([{ environment: 'prod', traffic: spread(5) }])
    expect(await served(books)).toEqual({ ...before, traffic: traffic.parse({ ...spread(5), guard: {} }) })
    const history = await environments.revisions(plane.call(tenant), {
      tenant: tenant.name,
      environment: 'prod',
      limit: 1,
    })
    const pointer = `apis/books/v1/traffic`
    expect(history.data).toMatchObject([
      {
        reason: 'Traffic of books v1: try it',
        action: 'publishing.setTraffic',
        changes: [
          { kind: 'changed', pointer: `${pointer}/guard`, before: null },
          { kind: 'added', pointer: `${pointer}/shares/default`, after: { weight: 95 } },
          { kind: 'added', pointer: `${pointer}/shares/canary`, after: { weight: 5 } },
        ],
      },
    ])
  })

  test('traffic that is set while a revision is published is not written over, nor told as it was before', async () => {
    const maps = await createCanary('maps')
    const waits = async () => {
      const [row] = await plane.database.everything.$queryRaw<{ waiting: number }[]>`
        SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`
      return row?.waiting ?? 0
    }
    const wanted = traffic.parse(spread(10))
    let published: Promise<unknown> = Promise.resolve()
    await plane.database.everything.$transaction(async (tx) => {
      await tx.deployment.updateMany({ where: { versionId: maps.id }, data: { traffic: wanted } })
      published = publish(maps)
      published.catch(() => {})
      await expect.poll(waits).toBe(1)
    })
    await published
    expect((await served(maps))?.traffic).toEqual(wanted)

    const both = await Promise.all([
      setTraffic(maps, spread(20)).catch(String),
      setTraffic(maps, spread(30)).catch(String),
    ])
    expect(both).not.toContainEqual(expect.any(String))
    const entries = await plane.database.everything.auditEvent.findMany({
      where: { tenantId: tenant.id, action: 'publishing.setTraffic' },
      orderBy: { seq: 'asc' },
    })
    expect(entries).toHaveLength(2)
    expect(entries[1]?.before).toEqual(entries[0]?.after)

    await publishing.undeploy(plane.call(tenant), { ...at(maps), environment: 'prod', note: '' })
    const gone = await plane.database.everything.auditEvent.findFirstOrThrow({
      where: { tenantId: tenant.id, action: 'publishing.undeploy' },
    })
    expect(gone.before).toEqual({
      environment: 'prod',
      apiRevision: 1,
      traffic: Object(entries[1]?.after).traffic,
    })
  })

  test('I6: a switch and the switch back are two revisions; a publish between keeps the switch', async () => {
    const films = await createCanary('films')
    const plain = await built()
    await setTraffic(films, { shares: [{ upstream: 'canary', weight: 100 }] })
    await routes.create(plane.call(tenant), {
      ...at(films),
      method: 'POST',
      path: '/stars',
      when: null,
      upstream: null,
      operationId: null,
      summary: null,
      public: false,
      mocks: [],
    })
    await publish(films)
    expect(await served(films)).toMatchObject({
      apiRevision: 2,
      traffic: { shares: [{ upstream: 'canary' }] },
    })
    await setTraffic(films, plainTraffic)
    expect((await served(films))?.traffic).toBeNull()
    await publishing.promote(plane.call(tenant), {
      ...at(films),
      apiRevision: 1,
      environment: 'prod',
      groups: [],
      note: '',
    })
    expect((await built()).hash).toBe(plain.hash)
  })

  test('I7: a rollback brings the shares of then back, and says so beforehand', async () => {
    const news = await createCanary('news')
    await setTraffic(news, spread(5))
    const [before, number] = [await built(), await revision()]
    await setTraffic(news, spread(50))
    const input = { tenant: tenant.name, environment: 'prod', number }
    const { changes } = await environments.rollbackPreview(plane.call(tenant), input)
    expect(changes).toEqual([
      { kind: 'changed', pointer: 'apis/news/v1/traffic/shares/default/weight', before: 50, after: 95 },
      { kind: 'changed', pointer: 'apis/news/v1/traffic/shares/canary/weight', before: 50, after: 5 },
    ])
    await environments.rollback(plane.call(tenant), { ...input, note: '' })
    expect((await built()).hash).toBe(before.hash)
  })

  test('I7: shares that name an upstream which does not run, or miss 100, are refused by field', async () => {
    const shows = await createCanary('shows')
    await setUpstream(shows, 'drafted')
    const refused = async (wanted: Partial<Traffic>) =>
      setTraffic(shows, wanted).then(
        () => null,
        (error) => error.errors,
      )
    const share = (upstream: string, weight: number) => ({ upstream, weight })
    expect(await refused({ shares: [share('default', 50), share('drafted', 50)] })).toMatchObject([
      { pointer: '/shares/1/upstream', detail: 'There is no upstream drafted; there are canary, default' },
    ])
    expect(await refused({ shares: [share('default', 50)] })).toMatchObject([{ pointer: '/shares' }])
    const elsewhere = await plane.createDraft(tenant, 'elsewhere', `/elsewhere-${tenant.name}`)
    await expect(setTraffic(elsewhere, spread(5))).rejects.toMatchObject({ code: 'state_conflict' })
  })

  test('I7: a revision that lacks an upstream which the traffic names is not published over it', async () => {
    const maps = await createCanary('maps')
    await setTraffic(maps, spread(10))
    await upstreams.remove(plane.call(tenant), { ...at(maps), upstream: 'canary' })
    await expect(publish(maps)).rejects.toMatchObject({
      code: 'state_conflict',
      detail:
        'The traffic of maps v1 in prod does not fit this revision (shares.1.upstream: There is no upstream canary; there is default). Change the traffic first',
    })
    await setTraffic(maps, plainTraffic)
    await publish(maps)
    expect((await served(maps))?.upstreams.map(({ name }) => name)).toEqual(['default'])
  })
})

describe('guards', () => {
  test('I7: a reset forgets the trips of this version alone, and what was not tripped is no reset', async () => {
    const [books, other] = [await createCanary('books'), await createCanary('other')]
    const wanted = traffic.parse({ ...spread(5), guard: {} })
    const trip = (version: TestVersion) =>
      plane.redis.client.hset(
        guardsKey('prod'),
        guardId(version.id, wanted),
        JSON.stringify({ versionId: version.id, reason: 'canary: 12.5 % errors', at: 1 }),
      )
    const reset = () => guards.reset(plane.call(tenant), { ...at(books), environment: 'prod', note: '' })
    await trip(books)
    await trip(other)
    await reset()
    const left = await plane.redis.client.hkeys(guardsKey('prod'))
    expect(left.some((id) => id.startsWith(guardPrefix(books.id)))).toBe(false)
    expect(left).toContain(guardId(other.id, wanted))
    await expect(reset()).rejects.toMatchObject({ code: 'state_conflict' })
  })
})

describe('gateway groups', () => {
  test('A28: one API runs on the edge, another on the internal gateways, each with its traffic', async () => {
    const [shop, stock] = [await createCanary('shop'), await createCanary('stock')]
    await publish(shop, ['edge'])
    await publish(stock, ['internal'])
    await setTraffic(shop, spread(5))
    const versions = (await built()).snapshot.versions
    const groupsOf = (version: TestVersion) => versions.find(({ id }) => id === version.id)?.groups
    expect([groupsOf(shop), groupsOf(stock)]).toEqual([['edge'], ['internal']])
    expect((await served(shop))?.traffic).toMatchObject(spread(5))
    expect((await served(stock))?.traffic).toBeNull()
    await expect(publish(shop, ['nowhere'])).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('A28: clients are told apart by conditions of routes, each kind with an upstream of its own', async () => {
    const feed = await createCanary('feed')
    await setUpstream(feed, 'ios')
    const when = { headers: [{ name: 'x-client', values: ['ios'] }], query: [], contentTypes: [] }
    const fresh = {
      ...at(feed),
      ...{ method: 'GET', path: '/items', operationId: null, summary: null, public: false, mocks: [] },
    }
    await routes.create(plane.call(tenant), { ...fresh, when, upstream: 'ios' })
    const again = routes.create(plane.call(tenant), { ...fresh, when, upstream: null })
    await expect(again).rejects.toMatchObject({ code: 'already_exists', errors: [{ pointer: '/when' }] })
    const unknown = routes.create(plane.call(tenant), {
      ...fresh,
      when: { ...when, headers: [{ name: 'x-client', values: ['tv'] }] },
      upstream: 'tv',
    })
    await expect(unknown).rejects.toMatchObject({ errors: [{ pointer: '/upstream' }] })
    await expect(
      upstreams.remove(plane.call(tenant), { ...at(feed), upstream: 'ios' }),
    ).rejects.toMatchObject({ code: 'in_use' })
    await publish(feed)
    const items = (await served(feed))?.routes.filter(({ path }) => path === '/items')
    expect(items).toMatchObject([
      { when: null, upstream: null },
      { when, upstream: 'ios' },
    ])
  })

  test('a version whose routes name no upstream needs one called default', async () => {
    const odd = await plane.createDraft(tenant, 'odd', `/odd-${tenant.name}`)
    await setUpstream(odd, 'main')
    await upstreams.remove(plane.call(tenant), { ...at(odd), upstream: 'default' })
    await expect(publish(odd)).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [{ pointer: 'apis/odd/v1/routes/GET /items/upstream', code: 'unknown_upstream' }, {}],
    })
  })

  test('I6: while shares say where requests go, none has to be called default', async () => {
    const blue = await createCanary('blue')
    const green = { shares: [{ upstream: 'canary', weight: 100 }] }
    await setTraffic(blue, green)
    await upstreams.remove(plane.call(tenant), { ...at(blue), upstream: 'default' })
    await publish(blue)
    expect(await served(blue)).toMatchObject({ traffic: green, upstreams: [{ name: 'canary' }] })
    await expect(setTraffic(blue, plainTraffic)).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [{ pointer: 'apis/blue/v1/routes/GET /items/upstream', code: 'unknown_upstream' }, {}],
    })
  })
})

describe('versions of one API', () => {
  const byHeader = (value: string, isDefault = false) => ({
    by: 'header',
    name: 'x-version',
    value,
    isDefault,
  })

  test('F1: two versions run at once by their paths, with upstreams of their own', async () => {
    const v1 = await createCanary('users')
    const v2 = await createSibling(v1, 'v2', byHeader('2'))
    await plane.database.everything.apiVersion.update({
      where: { id: v2.id },
      data: { basePath: `/users-v2-${tenant.name}` },
    })
    await setUpstream(v2, 'default', 'http://users-v2.test')
    await publish(v2)
    const [first, second] = [await served(v1), await served(v2)]
    expect([first?.basePath, second?.basePath]).toEqual([`/users-${tenant.name}`, `/users-v2-${tenant.name}`])
    expect(second?.upstreams[0]?.targets[0]?.url).toBe('http://users-v2.test')
  })

  test('F2 F3: versions share a place where header, media type or query tell them apart', async () => {
    const v1 = await createCanary('people')
    const v2 = await createSibling(v1, 'v2', {
      by: 'media-type',
      mediaType: 'application/vnd.people.v2+json',
    })
    const v3 = await createSibling(v1, 'v3', { by: 'query', name: 'version', value: '3' })
    const v4 = await createSibling(v1, 'v4', byHeader('4'))
    for (const version of [v2, v3, v4]) await publish(version)
    const versions = (await built()).snapshot.versions.filter(({ apiId }) => apiId === v1.apiId)
    expect(new Set(versions.map(({ basePath }) => basePath)).size).toBe(1)
    expect(versions.map(({ selector }) => selector?.by ?? null).sort()).toEqual([
      'header',
      'media-type',
      null,
      'query',
    ])
  })

  test('F4: two versions that answer one name, or both the nameless, are refused; another API never shares', async () => {
    const v1 = await createCanary('jobs')
    const v2 = await createSibling(v1, 'v2', byHeader('2', true))
    await publish(v2)
    const twin = await createSibling(v1, 'twin', byHeader('2'))
    await expect(publish(twin)).rejects.toMatchObject({ code: 'path_taken' })
    const second = await createSibling(v1, 'v3', byHeader('3', true))
    await expect(publish(second)).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [{ pointer: expect.stringMatching(/^apis\/jobs\/v[23]\/selector$/), code: 'ambiguous' }],
    })
    const stranger = await plane.createDraft(tenant, 'stranger', `/jobs-${tenant.name}`)
    await select(stranger, byHeader('9'))
    await expect(publish(stranger)).rejects.toMatchObject({ code: 'path_taken' })
  })

  test('F4: a preview names what would be refused, and routes that could never answer', async () => {
    const v1 = await createCanary('pages')
    const draft = (await readPublished(plane.database.tenant(tenant.id), v1.id))?.document
    if (!draft) throw new Error('nothing was published')
    const route = (id: string, path: string) => ({
      ...{ id, method: 'GET', path, operationId: null, public: false },
      ...{ when: null, upstream: null, policies: [], mocks: [] },
    })
    const wrong = { ...draft, routes: [...draft.routes, route('rte_twin', '/items/{key}')] }
    const inside = await publishFindings(plane.database.everything, wrong, environmentId)
    expect(inside).toMatchObject([
      { level: 'error', code: 'duplicate', pointer: 'apis/pages/v1/routes/GET /items/{key}' },
    ])
    expect(await publishFindings(plane.database.everything, wrong)).toEqual(inside)
    const open = { ...draft, policies: [], routes: [{ ...route('rte_trace', '/items'), method: 'TRACE' }] }
    expect(await publishFindings(plane.database.everything, open, environmentId)).toMatchObject([
      { level: 'error', code: 'unprotected' },
      { level: 'warning', code: 'unreachable', pointer: 'apis/pages/v1/routes/TRACE /items' },
    ])
    expect(await publishFindings(plane.database.everything, draft, environmentId)).toEqual([])
  })
})

describe('what gateways see', () => {
  const state = (versionId: string): VersionUpstreams => ({
    versionId,
    upstreams: [{ name: 'default', breaker: null, discovery: null, targets: [] }],
    guard: null,
  })

  /** A gateway's operations port that knows one version. */
  async function startGateway(versionId: string): Promise<string> {
    const server: Server = createServer((request, response) => {
      const asked = new URL(request.url ?? '', 'http://gateway').searchParams.get('version')
      response.statusCode = asked === versionId ? 200 : 404
      response.end(JSON.stringify(asked === versionId ? state(versionId) : {}))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    return typeof address === 'object' && address ? `127.0.0.1:${address.port}` : ''
  }

  const report = (gatewayId: string, address: string | null, more: Partial<GatewayReport> = {}) =>
    plane.redis.client.hset(
      gatewaysKey('prod'),
      gatewayId,
      JSON.stringify({
        ...{
          gatewayId,
          group: 'default',
          version: '0.1.0',
          address,
          startedAt: 0,
          at: Date.now(),
          workers: 1,
        },
        ...{ revision: 1, hash: null, accessRevision: 0, refusal: null },
        ...{ events: { sent: 0, spooled: 0, dropped: 0 } },
        ...more,
      } satisfies GatewayReport),
    )

  const ask = (version: TestVersion, from = tenant) =>
    environments.upstreams(plane.call(from), {
      ...{ tenant: from.name, environment: 'prod', api: version.apiId, apiVersion: version.id },
    })

  test('A16: each live gateway of its groups tells the state of its upstreams; the silent are named', async () => {
    const books = await createCanary('books')
    const address = await startGateway(books.id)
    await report('gtw_a', address)
    await report('gtw_b', '127.0.0.1:1')
    await report('gtw_gone', address, { at: Date.now() - 60_000 })
    await report('gtw_edge', address, { group: 'edge' })
    const own = { upstreams: state(books.id).upstreams, guard: null }
    expect(await ask(books)).toEqual({
      data: [
        { gatewayId: 'gtw_a', group: 'default', ...own },
        { gatewayId: 'gtw_edge', group: 'edge', ...own },
      ],
      unreachable: ['gtw_b'],
    })
    await publish(books, ['edge'])
    expect(await ask(books)).toEqual({
      data: [{ gatewayId: 'gtw_edge', group: 'edge', ...own }],
      unreachable: [],
    })
    const lagging = await createCanary('lagging')
    expect((await ask(lagging)).data).toEqual([])
  })

  test('C17: what gateways see of another team’s upstreams is not told', async () => {
    const books = await createCanary('books')
    const stranger = await plane.createTenant(`stranger-${tenant.name}`)
    await expect(ask(books, stranger)).rejects.toMatchObject({ code: 'not_found' })
  })
})
