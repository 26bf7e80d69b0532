// Publish, promote, roll back, live and die: over the services, a real Postgres and the snapshots they give.
import { canonicalJson } from '@gatewright/shared/canonical'
import { createId } from '@gatewright/shared/ids'
import { policySpec } from '@gatewright/shared/policies/specs'
import { snapshotSchema } from '@gatewright/shared/snapshot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DocumentReader } from '../catalog/document-reader.ts'
import { ControlPlane, type TestTenant, type TestVersion } from '../testing/control-plane.fixture.ts'
import { EnvironmentsService } from './environments.service.ts'
import { GatewayRecords } from './gateway-records.ts'
import { LifecycleService } from './lifecycle.ts'
import { PublishingService } from './publishing.service.ts'
import { buildSnapshot, sealSnapshot } from './snapshot.ts'
import { readSnapshotRows } from './snapshot-rows.ts'
import { TrafficService } from './traffic.service.ts'

let plane: ControlPlane
let tenant: TestTenant
let publishing: PublishingService
let environments: EnvironmentsService
let lifecycle: LifecycleService
const environmentIds = new Map<string, string>()

beforeAll(async () => {
  plane = await ControlPlane.start()
  for (const name of ['dev', 'test', 'prod'])
    environmentIds.set(name, (await plane.createEnvironment(name)).id)
  tenant = await plane.createTenant('acme')
  const records = new GatewayRecords(
    plane.database,
    plane.redis,
    plane.fleet,
    plane.clock,
    plane.logger,
    plane.env,
  )
  publishing = new PublishingService(
    plane.changes,
    plane.clock,
    new TrafficService(plane.changes),
    new DocumentReader(),
  )
  environments = new EnvironmentsService(plane.changes, plane.clock, records, plane.fleet)
  lifecycle = new LifecycleService(plane.changes, plane.clock)
})
afterAll(() => plane[Symbol.asyncDispose]())

async function built(environment: string) {
  const rows = await readSnapshotRows(plane.database.everything, environmentIds.get(environment) ?? '')
  const snapshot = buildSnapshot(rows)
  return { snapshot: snapshotSchema.parse(snapshot), ...sealSnapshot(snapshot) }
}

const runs = async (environment: string, version: TestVersion) =>
  (await built(environment)).snapshot.versions.find(({ id }) => id === version.id)?.apiRevision ?? null

const reference = (version: TestVersion) => ({
  tenant: tenant.name,
  api: version.api,
  apiVersion: version.name,
})
const publish = (version: TestVersion, ...names: string[]) =>
  publishing.publish(plane.call(tenant), { ...reference(version), environments: names, groups: [], note: '' })

async function changeDraft(version: TestVersion, path: string) {
  await plane.database.everything.route.create({
    data: { id: createId('rte'), tenantId: tenant.id, versionId: version.id, method: 'POST', path },
  })
}

describe('publish and promote', () => {
  test('F7: publishing revision 2 to test leaves prod on 1; promotion copies the exact revision', async () => {
    const books = await plane.createDraft(tenant, 'books')
    const first = await publish(books, 'test', 'prod')
    expect(first.apiRevision).toMatchObject({ number: 1, environments: ['test', 'prod'] })
    expect(first.apiVersion).toMatchObject({ lifecycle: 'published', unpublishedChanges: 0 })
    expect(first.revisions.map(({ environment, revision }) => [environment, revision]).sort()).toEqual([
      ['prod', 1],
      ['test', 1],
    ])
    const prodBefore = await built('prod')

    await changeDraft(books, '/items/search')
    const second = await publish(books, 'test')
    expect(second.apiRevision.number).toBe(2)
    expect([await runs('test', books), await runs('prod', books)]).toEqual([2, 1])
    expect((await built('prod')).hash).toBe(prodBefore.hash)

    // The draft moves on; a promotion takes what was published, not what is being edited.
    await changeDraft(books, '/items/later')
    await publishing.promote(plane.call(tenant), {
      ...reference(books),
      apiRevision: 2,
      environment: 'prod',
      groups: [],
      note: '',
    })
    const [inTest, inProd] = [await built('test'), await built('prod')]
    expect(canonicalJson(inProd.snapshot.versions)).toBe(canonicalJson(inTest.snapshot.versions))
    expect(inProd.snapshot.versions[0]?.routes.map(({ path }) => path)).not.toContain('/items/later')
  })

  test('a draft that did not change is not frozen twice', async () => {
    const same = await plane.createDraft(tenant, 'same')
    const first = await publish(same, 'test')
    const again = await publish(same, 'prod')
    expect(again.apiRevision).toMatchObject({ number: 1, hash: first.apiRevision.hash })
  })

  test('C11: a route that nothing protects is refused by name, unless it is public', async () => {
    const open = await plane.createDraft(tenant, 'open')
    await plane.database.everything.policyAttachment.deleteMany({ where: { versionId: open.id } })
    await expect(publish(open, 'prod')).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [
        { pointer: 'apis/open/v1/routes/GET /items', code: 'unprotected' },
        { pointer: 'apis/open/v1/routes/GET /items/{id}', code: 'unprotected' },
      ],
    })
    expect(await runs('prod', open)).toBeNull()
    await plane.database.everything.apiVersion.update({ where: { id: open.id }, data: { public: true } })
    await publish(open, 'prod')
    expect(await runs('prod', open)).toBe(1)
  })

  test('two routes that match the same requests, and a policy with a bad setting, are refused by name', async () => {
    const twice = await plane.createDraft(tenant, 'twice')
    await plane.database.everything.route.create({
      data: {
        id: createId('rte'),
        tenantId: tenant.id,
        versionId: twice.id,
        method: 'GET',
        path: '/items/{key}',
      },
    })
    await plane.database.everything.policyAttachment.create({
      data: {
        id: createId('pol'),
        tenantId: tenant.id,
        scope: 'version',
        versionId: twice.id,
        type: 'rate-limit',
        name: 'pace',
        position: 1,
        config: { limit: 0, windowMs: 60_000 },
      },
    })
    await expect(publish(twice, 'prod')).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [
        { pointer: 'apis/twice/v1/policies/pace/limit' },
        { pointer: 'apis/twice/v1/routes/GET /items/{key}', code: 'duplicate' },
      ],
    })
  })

  test('a path answers for one API of an environment, also across tenants, and no other team is named', async () => {
    const mine = await plane.createDraft(tenant, 'mine', '/shared/v1')
    await publish(mine, 'prod')
    const twin = await plane.createDraft(tenant, 'twin', '/shared/v1')
    await expect(publish(twin, 'prod')).rejects.toMatchObject({
      code: 'path_taken',
      detail: 'mine v1 answers at /shared/v1 in prod',
    })
    const rival = await plane.createTenant('rival')
    const theirs = await plane.createDraft(rival, 'theirs', '/shared/v1')
    const attempt = publishing.publish(plane.call(rival), {
      tenant: 'rival',
      api: theirs.api,
      apiVersion: 'v1',
      environments: ['prod'],
      groups: [],
      note: '',
    })
    await expect(attempt).rejects.toMatchObject({
      code: 'path_taken',
      detail: 'Another team’s API answers at /shared/v1 in prod',
    })
    expect(await publish(twin, 'dev')).toMatchObject({ apiRevision: { number: 1 } })
  })

  test('C17: no team takes requests of another by a longer path, a shorter one or the gateways’ own name', async () => {
    const victim = await plane.createDraft(tenant, 'victim', '/victim/v1')
    await publish(victim, 'prod')
    const thief = await plane.createTenant('thief')
    const attempts = [
      { name: 'below', basePath: '/victim/v1/items', hosts: [] },
      { name: 'above', basePath: '/victim', hosts: [] },
      { name: 'root', basePath: '/', hosts: [] },
      { name: 'named', basePath: '/victim/v1', hosts: ['prod.example.test'] },
      { name: 'other', basePath: '/victim/v1', hosts: ['thief.example.org'] },
    ]
    for (const { name, basePath, hosts } of attempts) {
      const draft = await plane.createDraft(thief, name, basePath)
      await plane.database.everything.apiVersion.update({ where: { id: draft.id }, data: { hosts } })
      const input = { tenant: 'thief', api: name, apiVersion: 'v1', groups: [], note: '' }
      const attempt = publishing.publish(plane.call(thief), { ...input, environments: ['prod'] })
      await expect(attempt, name).rejects.toMatchObject({ code: 'path_taken' })
    }
  })

  test('C17: returning to a revision takes no place before which another team has come to stand', async () => {
    const [early, late] = [await plane.createTenant('early'), await plane.createTenant('late')]
    const input = (team: TestTenant) => ({ tenant: team.name, api: 'books', apiVersion: 'v1' })
    const publishBooks = (team: TestTenant) => {
      const where = { environments: ['prod'], groups: [], note: '' }
      return publishing.publish(plane.call(team), { ...input(team), ...where })
    }
    const draft = await plane.createDraft(early, 'books', '/shelf')
    const named = { hosts: ['shelf.example.org'] }
    await plane.database.everything.apiVersion.update({ where: { id: draft.id }, data: named })
    const { revisions } = await publishBooks(early)
    await publishing.undeploy(plane.call(early), { ...input(early), environment: 'prod', note: '' })
    await plane.createDraft(late, 'books', '/shelf')
    await publishBooks(late)
    const back = { tenant: 'early', environment: 'prod', number: revisions[0]?.revision ?? 0, note: '' }
    await expect(environments.rollback(plane.call(early), back)).rejects.toMatchObject({ code: 'path_taken' })
  })

  test('C17: of two teams that claim overlapping paths at once, one is refused', async () => {
    const [left, right] = [await plane.createTenant('left'), await plane.createTenant('right')]
    const drafts = [
      [left, await plane.createDraft(left, 'race', '/race')],
      [right, await plane.createDraft(right, 'race', '/race/v1')],
    ] as const
    const results = await Promise.allSettled(
      drafts.map(([team, { api }]) =>
        publishing.publish(plane.call(team), {
          tenant: team.name,
          api,
          apiVersion: 'v1',
          environments: ['prod'],
          groups: [],
          note: '',
        }),
      ),
    )
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('F4: routes that gateways cannot tell apart are refused, however they are written', async () => {
    const outer = await plane.createDraft(tenant, 'outer', '/nested')
    await changeDraft(outer, '/inner/{rest+}')
    await publish(outer, 'prod')
    const inner = await plane.createDraft(tenant, 'inner', '/nested/inner')
    await changeDraft(inner, '/*')
    await expect(publish(inner, 'prod')).rejects.toMatchObject({
      code: 'snapshot_refused',
      errors: [
        { code: 'duplicate', detail: 'POST /* answers the same requests as POST /inner/{rest+} of outer v1' },
      ],
    })
    const letters = await plane.createDraft(tenant, 'letters')
    await changeDraft(letters, '/%41')
    await changeDraft(letters, '/A')
    await expect(publish(letters, 'prod')).rejects.toMatchObject({ code: 'snapshot_refused' })
  })

  test('taking a version out frees its path', async () => {
    const gone = await plane.createDraft(tenant, 'gone')
    await publish(gone, 'prod')
    const input = { ...reference(gone), environment: 'prod', note: '' }
    await publishing.undeploy(plane.call(tenant), input)
    expect(await runs('prod', gone)).toBeNull()
    await expect(publishing.undeploy(plane.call(tenant), input)).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  test('equal rows give an equal hash, in whatever order they are read', async () => {
    const rows = await readSnapshotRows(plane.database.everything, environmentIds.get('prod') ?? '')
    const reversed = {
      ...rows,
      tenants: rows.tenants.toReversed(),
      deployments: rows.deployments.toReversed(),
      plans: rows.plans.toReversed(),
    }
    expect(sealSnapshot(buildSnapshot(reversed)).hash).toBe(sealSnapshot(buildSnapshot(rows)).hash)
  })
})

describe('rollback', () => {
  test('returning to an earlier revision restores its hash, as a new revision', async () => {
    const films = await plane.createDraft(tenant, 'films')
    await publish(films, 'dev')
    const before = await built('dev')
    const { revision } = await plane.database.everything.environment.findFirstOrThrow({
      where: { name: 'dev' },
    })
    await changeDraft(films, '/stars')
    await publish(films, 'dev')
    const news = await plane.createDraft(tenant, 'news')
    await publish(news, 'dev')
    expect((await built('dev')).hash).not.toBe(before.hash)

    const input = { tenant: tenant.name, environment: 'dev', number: revision }
    const { changes } = await environments.rollbackPreview(plane.call(tenant), input)
    expect(changes.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'removed apis/films/v1/routes/POST /stars',
      'removed apis/news/v1',
    ])
    const call = plane.call(tenant)
    const done = await environments.rollback(call, { ...input, note: 'news is not ready' })
    expect(done.number).toBe(revision + 3)
    expect((await built('dev')).hash).toBe(before.hash)
    await expect(environments.rollback(plane.call(tenant), { ...input, note: '' })).rejects.toMatchObject({
      code: 'state_conflict',
    })
  })

  test('tenant policies come back too, with their ids, so that counters go on', async () => {
    const { id } = await plane.database.everything.policyAttachment.create({
      data: {
        id: createId('pol'),
        tenantId: tenant.id,
        scope: 'tenant',
        type: 'rate-limit',
        name: 'fair',
        config: { limit: 10, windowMs: 60_000 },
      },
    })
    const shows = await plane.createDraft(tenant, 'shows')
    await publish(shows, 'dev')
    const before = await built('dev')
    const { revision } = await plane.database.everything.environment.findFirstOrThrow({
      where: { name: 'dev' },
    })
    await plane.database.everything.policyAttachment.delete({ where: { id } })
    const input = { tenant: tenant.name, environment: 'dev', number: revision }
    await environments.rollback(plane.call(tenant), { ...input, note: '' })
    expect((await built('dev')).hash).toBe(before.hash)
  })

  test('I24: every revision says who, when, why and what changed', async () => {
    const page = await environments.revisions(plane.call(tenant), {
      tenant: tenant.name,
      environment: 'dev',
      limit: 50,
    })
    const rolledBack = page.data.find(({ action }) => action === 'environments.rollback')
    expect(rolledBack).toMatchObject({ actor: 'Test', environment: 'dev' })
    expect(page.data.map(({ reason }) => reason)).toContain('Return dev to revision 2: news is not ready')
    expect(page.data.filter(({ current }) => current)).toHaveLength(1)
    expect(page.data.every(({ changes }) => changes.length > 0)).toBe(true)
  })
})

describe('lifecycle', () => {
  test('F5: a version is deprecated, brought back and retired; illegal steps are refused', async () => {
    const old = await plane.createDraft(tenant, 'old')
    const step = (to: 'published' | 'deprecated' | 'retired', sunsetAt: string | null = null) =>
      lifecycle.setLifecycle(plane.call(tenant), {
        ...reference(old),
        to,
        sunsetAt,
        successor: null,
        note: '',
      })
    await expect(step('deprecated')).rejects.toMatchObject({ code: 'state_conflict' })
    await publish(old, 'prod')
    const inProd = async () =>
      (await built('prod')).snapshot.versions.find(({ id }) => id === old.id)?.lifecycle

    const sunsetAt = new Date(Date.now() + 86_400_000).toISOString()
    const deprecated = await step('deprecated', sunsetAt)
    expect(deprecated.apiVersion).toMatchObject({ lifecycle: 'deprecated', sunsetAt })
    expect(deprecated.revisions).toHaveLength(1)
    expect(await inProd()).toMatchObject({ state: 'deprecated', sunsetAt: Date.parse(sunsetAt) })
    await expect(step('deprecated')).rejects.toMatchObject({ code: 'state_conflict' })
    await step('published')
    expect(await inProd()).toMatchObject({ state: 'published', deprecatedAt: null, sunsetAt: null })
    await expect(step('deprecated', '2020-01-01T00:00:00Z')).rejects.toMatchObject({ code: 'invalid_input' })

    // A retired version stays where it is, so that it can say 410.
    await step('retired')
    expect(await inProd()).toMatchObject({ state: 'retired' })
    await expect(step('published')).rejects.toMatchObject({ code: 'state_conflict' })
    await expect(publish(old, 'prod')).rejects.toMatchObject({ code: 'state_conflict' })
  })
})

describe('what a document says of messages', () => {
  const operation = (pattern: string) => ({
    get: {
      parameters: [
        { name: 'limit', in: 'query', schema: { type: 'integer' } },
        { name: 'code', in: 'query', schema: { type: 'string', pattern } },
      ],
      responses: {},
    },
  })

  async function checked(name: string, paths: object, config: object) {
    const draft = await plane.createDraft(tenant, name)
    const document = { openapi: '3.1.0', info: { title: name, version: '1' }, paths }
    const { everything } = plane.database
    await everything.apiVersion.update({
      where: { id: draft.id },
      data: { spec: Buffer.from(JSON.stringify(document)), specFormat: 'json' },
    })
    const owned = { tenantId: tenant.id, scope: 'version', versionId: draft.id } as const
    const type = 'validate-request'
    await everything.policyAttachment.create({
      data: {
        id: createId('pol'),
        ...owned,
        type,
        name: type,
        config: policySpec(type)?.config.parse(config) as object,
      },
    })
    return draft
  }
  const item = { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] }

  test('D2: travels with what is published, where a policy asks for it', async () => {
    const paths = { '/items': operation('^[a-z]+$'), '/items/{id}': { ...operation('^[a-z]+$'), ...item } }
    await publish(await checked('checked', paths, {}), 'test')
    await publish(await plane.createDraft(tenant, 'unchecked'), 'test')
    const { snapshot } = await built('test')
    const routesOf = (name: string) => snapshot.versions.find(({ apiName }) => apiName === name)?.routes ?? []
    expect(routesOf('checked').map((route) => route.operation?.parameters.map((one) => one.name))).toEqual([
      ['limit', 'code'],
      ['id', 'limit', 'code'],
    ])
    expect(routesOf('unchecked').some((route) => route.operation !== undefined)).toBe(false)
  })

  test('D1: a route that the document does not describe is refused by name, unless it may pass', async () => {
    const paths = { '/items': operation('^[a-z]+$') }
    await expect(publish(await checked('gap', paths, {}), 'test')).rejects.toMatchObject({
      code: 'snapshot_refused',
      message: expect.stringContaining('GET /items/{id}'),
    })
    await publish(await checked('gap-passes', paths, { undescribedRoutes: 'pass' }), 'test')
  })

  test('D1: a rule that cannot be checked is refused by its place, unless it may pass', async () => {
    const paths = { '/items': operation('^(?=a).+$'), '/items/{id}': { ...operation('^a'), ...item } }
    await expect(publish(await checked('ahead', paths, {}), 'test')).rejects.toMatchObject({
      code: 'snapshot_refused',
      message: expect.stringContaining('/paths/~1items/get/parameters/1/schema/pattern'),
    })
    await publish(await checked('ahead-passes', paths, { uncheckable: 'pass' }), 'test')
  })
})
