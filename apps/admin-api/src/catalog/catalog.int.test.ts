// From a document to a draft and its changes: import, routes, upstream, policies, re-import, removal.
import { upstreamSettings } from '@gatewright/shared/model/upstream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../infra/database.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { importDocument } from './openapi/import.ts'
import { specBytes, specFolderMissing } from './openapi/spec-files.fixture.ts'

let app: TestApp
let admin: Caller
let owner: Caller

const books = (extra: Record<string, unknown> = {}) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Books', version: '1.4.0', description: 'All books' },
    servers: [{ url: 'https://books.example.com/api' }],
    paths: {
      '/books': {
        get: {
          operationId: 'listBooks',
          summary: 'List books',
          responses: {
            200: { description: 'ok', content: { 'application/json': { example: [{ id: 1 }] } } },
          },
        },
        post: { operationId: 'addBook', responses: { 201: { description: 'made' } } },
      },
      '/books/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        get: { operationId: 'getBook', responses: { 200: { description: 'ok' } } },
      },
      ...extra,
    },
  })

interface Version {
  id: string
  version: number
  unpublishedChanges: number
  routeCount: number
  document: { sha256: string } | null
  lifecycle: string
}

beforeAll(async () => {
  app = await startTestApp()
  admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Production', production: true, gatewayUrl: 'http://localhost:8000' },
  })
  owner = await app.signUp('owner@acme.example', { create: { name: 'acme', title: 'Acme' } })
})
afterAll(() => app.close())

const importBooks = (name: string, more: Record<string, unknown> = {}) =>
  owner.must<{ api: { id: string; version: number }; apiVersion: Version }>('POST', '/tenants/acme/imports', {
    body: {
      source: { kind: 'text', text: books() },
      name,
      title: 'Books',
      basePath: `/${name}`,
      upstreamUrls: ['https://books.example.com/api'],
      ...more,
    },
  })

describe('import', () => {
  test('F8 the preview says what the document holds and writes nothing', async () => {
    const preview = await owner.must('POST', '/tenants/acme/imports/preview', {
      body: { source: { kind: 'text', text: books() } },
    })
    expect(preview).toMatchObject({
      specVersion: '3.1.0',
      format: 'json',
      title: 'Books',
      servers: ['https://books.example.com/api'],
      suggestion: {
        name: 'books',
        version: 'v1',
        basePath: '/books',
        upstreamUrls: ['https://books.example.com/api'],
      },
      conflicts: [],
    })
    expect(preview.operations).toHaveLength(3)
    expect((await owner.must<{ data: unknown[] }>('GET', '/tenants/acme/apis')).data).toEqual([])
  })

  test('F6 F8 C11 makes a draft with routes, upstream, mocks, a plan, and a key asked for', async () => {
    const { api, apiVersion } = await importBooks('books', { plan: { title: 'Free tier' } })
    expect(apiVersion).toMatchObject({
      lifecycle: 'draft',
      routeCount: 3,
      unpublishedChanges: expect.any(Number),
    })
    expect(apiVersion.unpublishedChanges).toBeGreaterThan(0)
    const routes = await owner.must<{ data: { method: string; path: string; mocks: unknown[] }[] }>(
      'GET',
      '/tenants/acme/apis/books/versions/v1/routes',
    )
    expect(routes.data.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /books',
      'POST /books',
      'GET /books/{id}',
    ])
    expect(routes.data[0]?.mocks).toMatchObject([
      { status: 200, mediaType: 'application/json', body: '[{"id":1}]' },
    ])
    const chain = await owner.must('GET', `/tenants/acme/policies/version/${apiVersion.id}`)
    expect(chain.policies).toMatchObject([{ type: 'api-key', enabled: true }])
    const products = await owner.must<{
      data: { name: string; plans: { name: string; terms: string[] }[] }[]
    }>('GET', '/tenants/acme/products')
    expect(products.data).toMatchObject([{ name: 'books', plans: [{ name: 'free-tier' }] }])
    expect(api.id).toMatch(/^api_/)
  })

  test('F8 several servers become the targets of one upstream', async () => {
    const urls = ['https://one.example.com', 'https://two.example.com/api']
    const { apiVersion } = await importBooks('mirrored', { upstreamUrls: urls })
    expect(apiVersion).toMatchObject({
      upstreams: [{ name: 'default', targets: urls.map((url) => ({ url, weight: 1 })) }],
    })
    const { apiVersion: mocked } = await importBooks('mocked', { upstreamUrls: [] })
    expect(mocked).toMatchObject({ upstreams: [] })
  })

  test('the original bytes are kept as they were', async () => {
    const document = await owner.must<{ base64: string }>(
      'GET',
      '/tenants/acme/apis/books/versions/v1/document',
    )
    expect(Buffer.from(document.base64, 'base64').toString()).toBe(books())
    const version = await owner.must('GET', '/tenants/acme/apis/books/versions/v1')
    expect(version.document).toMatchObject({ bytes: Buffer.byteLength(books()) })
  })

  test('a name that is taken is a 409 that names the field; the preview offers another', async () => {
    const again = await owner.send('POST', '/tenants/acme/imports', {
      body: {
        source: { kind: 'text', text: books() },
        name: 'books',
        title: 'B',
        basePath: '/b',
        upstreamUrls: [],
      },
    })
    expect(again.body).toMatchObject({ status: 409, code: 'already_exists', errors: [{ pointer: '/name' }] })
    const preview = await owner.must('POST', '/tenants/acme/imports/preview', {
      body: { source: { kind: 'text', text: books() } },
    })
    expect(preview.conflicts).toMatchObject([
      { field: 'name', suggestion: 'books-2' },
      { field: 'basePath', suggestion: '/books-2' },
    ])
  })

  test('a document that is none is refused with its reason and place', async () => {
    const answer = await owner.send('POST', '/tenants/acme/imports/preview', {
      body: { source: { kind: 'text', text: '{\n  "openapi": "3.1.0",\n  "paths": {,}\n}' } },
    })
    expect(answer.body).toMatchObject({ status: 422, code: 'document_refused', line: 3 })
  })

  test('a URL inside a private network is refused', async () => {
    for (const url of [
      'http://127.0.0.1:1/x',
      'http://169.254.169.254/latest',
      'http://[::1]/x',
      'http://localhost/x',
    ]) {
      const answer = await owner.send('POST', '/tenants/acme/imports/preview', {
        body: { source: { kind: 'url', url } },
      })
      expect(answer.body, url).toMatchObject({ status: 422, code: 'address_refused' })
    }
  })

  test
    .skipIf(specFolderMissing)
    .each(specFolderMissing ? [] : ['kubernetes.io.json', 'slack-swagger-2.0.json', 'museum-3.1.yaml'])(
    'F8 %s is in the database with all of its routes in under 5 s',
    { timeout: 60_000 },
    async (name) => {
      const bytes = specBytes(name)
      const slug = `spec-${name.replace(/[^a-z0-9]+/g, '-')}`
      // CPU time, because a wall clock also measures whoever else uses the machine.
      const before = process.cpuUsage()
      const { apiVersion } = await owner.must<{ apiVersion: Version }>('POST', '/tenants/acme/imports', {
        body: {
          source: { kind: 'file', name, base64: Buffer.from(bytes).toString('base64') },
          name: slug,
          title: name,
          basePath: `/${slug}`,
          upstreamUrls: [],
        },
      })
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1e6).toBeLessThan(5)
      const imported = importDocument(bytes)
      expect(imported.ok && imported.operations.length).toBe(apiVersion.routeCount)
    },
  )
})

describe('draft', () => {
  const at = '/tenants/acme/apis/books/versions/v1'
  const read = () => owner.must<Version>('GET', at)

  test('a write from a stale version is 412 with both versions, one without If-Match 428', async () => {
    const { version } = await read()
    const missing = await owner.send('PATCH', at, { body: { basePath: '/library' } })
    expect(missing.body).toMatchObject({ status: 428, code: 'version_missing' })
    const changed = await owner.send('PATCH', at, { body: { basePath: '/library' }, version })
    expect(changed.status).toBe(200)
    expect(changed.headers.etag).toBe(`"${version + 1}"`)
    const stale = await owner.send('PATCH', at, { body: { basePath: '/other' }, version })
    expect(stale.body).toMatchObject({
      status: 412,
      code: 'version_stale',
      expected_version: version,
      current_version: version + 1,
    })
    await owner.must('PATCH', at, { body: { basePath: '/books' }, version: '*' })
  })

  test('of two writes from the same version at the same time, exactly one wins', async () => {
    const { version } = await read()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        owner.send('PATCH', at, { body: { hosts: [`h${i}.example.com`] }, version }),
      ),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412, 412, 412])
    await owner.must('PATCH', at, { body: { hosts: [] }, version: '*' })
  })

  test('an upstream is replaced as a whole, and unknown settings are named', async () => {
    const { version } = await read()
    const wrong = await owner.send('PUT', `${at}/upstreams/default`, {
      body: { targets: [{ url: 'ftp://x' }], patience: 3 },
      version,
    })
    expect((wrong.body.errors as { pointer: string }[]).map((e) => e.pointer).sort()).toEqual([
      '/patience',
      '/targets/0/url',
    ])
    const set = await owner.must('PUT', `${at}/upstreams/default`, {
      body: { targets: [{ url: 'http://127.0.0.1:1' }, { url: 'http://127.0.0.1:2', weight: 3 }] },
      version,
    })
    expect(set).toMatchObject({
      upstreams: [{ name: 'default', targets: [{ weight: 1 }, { weight: 3 }], retries: null }],
      version: version + 1,
    })
    const check = await owner.must<{ targets: { reachable: boolean; detail: string }[] }>(
      'POST',
      `${at}/upstreams/default/check`,
      { body: {} },
    )
    expect(check.targets).toMatchObject([{ reachable: false, detail: 'ECONNREFUSED' }, { reachable: false }])
  })

  test('D7 an upstream at a metadata service is refused, by whatever spelling, as a target or a registry', async () => {
    const { version } = await read()
    const set = async (body: object) => {
      const answer = await owner.send('PUT', `${at}/upstreams/default`, { body, version })
      return (answer.body.errors as { pointer: string }[])?.map(({ pointer }) => pointer)
    }
    for (const url of ['http://169.254.169.254', 'http://0xa9fea9fe', 'http://[::ffff:169.254.169.254]:1']) {
      expect(await set({ targets: [{ url: 'http://fine.example' }, { url }] }), url).toEqual([
        '/targets/1/url',
      ])
      expect(await set({ discovery: { kind: 'eureka', url, app: 'books' } }), url).toEqual(['/discovery/url'])
    }
    expect(await set({ discovery: { kind: 'dns', name: '169.254.169.254' } })).toEqual(['/discovery/name'])
    const imported = await owner.send('POST', '/tenants/acme/imports', {
      body: {
        ...{ source: { kind: 'text', text: books() }, name: 'meta', title: 'Meta', basePath: '/meta' },
        upstreamUrls: ['http://100.100.100.200/latest'],
      },
    })
    expect(imported.body).toMatchObject({ status: 400, errors: [{ pointer: '/upstreamUrls' }] })
    const manifest = {
      gatewright: 1,
      apis: [
        {
          ...{ name: 'meta', title: 'Meta' },
          versions: [
            {
              ...{ name: 'v1', basePath: '/meta' },
              upstreams: { default: { targets: [{ url: 'http://169.254.169.254' }] } },
            },
          ],
        },
      ],
    }
    const applied = await owner.send('POST', '/tenants/acme/manifest/apply', { body: { manifest } })
    expect(applied.body).toMatchObject({
      code: 'manifest_refused',
      errors: [{ pointer: 'apis/meta/versions/v1/upstreams/default/targets/0/url' }],
    })
  })

  test('D7 whether a metadata service answers is not told, also for upstreams of long ago', async () => {
    const urls = ['http://169.254.169.254', 'http://0xa9fea9fe', 'http://[::ffff:169.254.169.254]:1']
    const { id } = await read()
    const { everything } = app.get(Database)
    const place = { versionId_name: { versionId: id, name: 'default' } }
    const { settings } = await everything.upstream.findUniqueOrThrow({ where: place })
    const old = upstreamSettings.parse({ targets: urls.map((url) => ({ url })) })
    await everything.upstream.update({ where: place, data: { settings: old } })
    const check = await owner.must<{ targets: object[] }>('POST', `${at}/upstreams/default/check`, {
      body: {},
    })
    const refused = { reachable: false, detail: 'an address that no gateway connects to' }
    expect(check.targets).toMatchObject(urls.map(() => refused))
    await everything.upstream.update({ where: place, data: { settings: settings as object } })
  })

  test('a policy chain keeps its order, refuses twins and misplaced types, and shows what is inherited', async () => {
    const { id, version } = await read()
    const policies = [
      { type: 'cors', config: { origins: ['https://shop.example.com'] } },
      { type: 'api-key', config: {} },
      { type: 'rate-limit', name: 'burst', config: { limit: 5, windowMs: 1000 } },
    ]
    const twins = await owner.send('PUT', `/tenants/acme/policies/version/${id}`, {
      body: { policies: [policies[1], policies[1]] },
      version,
    })
    expect(twins.body).toMatchObject({
      status: 400,
      code: 'invalid_input',
      errors: [{ pointer: '/policies/1/name' }],
    })
    const chain = await owner.must('PUT', `/tenants/acme/policies/version/${id}`, {
      body: { policies },
      version,
    })
    expect(chain).toMatchObject({
      version: version + 1,
      policies: [{ name: 'cors' }, { name: 'api-key' }, { name: 'burst' }],
      revisions: [],
    })
    const routes = await owner.must<{ data: { id: string }[] }>('GET', `${at}/routes`)
    const inherited = await owner.must('GET', `/tenants/acme/policies/route/${routes.data[0]?.id}`)
    expect(
      (inherited.inherited as { from: string; name: string }[]).map((one) => `${one.from}/${one.name}`),
    ).toEqual(['version/cors', 'version/api-key', 'version/burst'])
  })

  test('a mistyped policy setting is named by its pointer', async () => {
    const { id, version } = await read()
    const answer = await owner.send('PUT', `/tenants/acme/policies/version/${id}`, {
      body: { policies: [{ type: 'rate-limit', config: { limitt: 5, windowMs: 1000 } }] },
      version,
    })
    expect((answer.body.errors as { pointer: string }[]).map((e) => e.pointer).sort()).toEqual([
      '/policies/0/config/limit',
      '/policies/0/config/limitt',
    ])
  })

  test('F8 a re-import shows what would change, keeps routes that stay with their policies, and drops gone ones', async () => {
    const list = () =>
      owner.must<{ data: { id: string; method: string; path: string; version: number }[] }>(
        'GET',
        `${at}/routes`,
      )
    const before = await list()
    const kept = before.data.find((route) => route.path === '/books' && route.method === 'GET')
    await owner.must('PUT', `/tenants/acme/policies/route/${kept?.id}`, {
      body: { policies: [{ type: 'body-limit', config: { maxBytes: 1000 } }] },
      version: kept?.version ?? 0,
    })
    await owner.must('POST', `${at}/routes`, { body: { method: 'GET', path: '/mine' } })
    const next = JSON.parse(books({ '/authors': { get: { responses: { 200: { description: 'ok' } } } } }))
    delete next.paths['/books'].post
    const source = { kind: 'text', text: JSON.stringify(next) }
    const preview = await owner.must<{ changes: { class: string; operation: string }[] }>(
      'POST',
      `${at}/document/preview`,
      { body: { source } },
    )
    expect(preview.changes).toContainEqual(
      expect.objectContaining({ class: 'breaking', operation: 'POST /books' }),
    )
    const { version } = await read()
    await owner.must('PUT', `${at}/document`, { body: { source }, version })
    const after = await list()
    expect(after.data.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /authors',
      'GET /books',
      'GET /books/{id}',
      'GET /mine',
    ])
    expect(after.data.find((route) => route.path === '/books')?.id).toBe(kept?.id)
    const chain = await owner.must('GET', `/tenants/acme/policies/route/${kept?.id}`)
    expect(chain.policies).toMatchObject([{ type: 'body-limit' }])
  })

  test('F8 a re-import keeps what routes ask of requests, and variants that a person added', async () => {
    interface Listed {
      readonly data: { id: string; path: string; when: object | null; version: number }[]
    }
    const list = async () => (await owner.must<Listed>('GET', `${at}/routes?search=/books/`)).data
    const when = { headers: [{ name: 'x-client', values: ['app'] }], query: [], contentTypes: [] }
    const beta = { headers: [], query: [{ name: 'beta', values: [] }], contentTypes: [] }
    const [restricted] = await list()
    await owner.must('PATCH', `${at}/routes/${restricted?.id}`, {
      body: { when },
      version: restricted?.version ?? 0,
    })
    const next = JSON.parse(books({ '/authors': { get: { responses: { 200: { description: 'ok' } } } } }))
    next.paths['/books/{book}'] = next.paths['/books/{id}']
    delete next.paths['/books/{id}']
    const reimport = async () => {
      const source = { kind: 'text', text: JSON.stringify(next) }
      const { version } = await read()
      await owner.must('PUT', `${at}/document`, { body: { source }, version })
    }
    await reimport()
    expect(await list()).toMatchObject([{ id: restricted?.id, path: '/books/{book}', when }])

    // Once there is a route without conditions, that one is the operation's.
    await owner.must('POST', `${at}/routes`, { body: { method: 'GET', path: '/books/{book}' } })
    await owner.must('POST', `${at}/routes`, { body: { method: 'GET', path: '/books/{book}', when: beta } })
    delete next.paths['/books/{book}']
    await reimport()
    const left = await list()
    expect(left.map((route) => route.when)).toEqual(expect.arrayContaining([when, beta]))
    expect(left).toHaveLength(2)
    for (const { id, version } of left) await owner.must('DELETE', `${at}/routes/${id}`, { version })
  })

  test('G12 F5 publishing makes it live, undeploying lets it be deleted', async () => {
    const published = await owner.must<{ apiVersion: Version; revisions: unknown[] }>(
      'POST',
      `${at}/publish`,
      {
        body: { environments: ['prod'] },
        headers: { 'idempotency-key': crypto.randomUUID() },
      },
    )
    expect(published.apiVersion).toMatchObject({ lifecycle: 'published', unpublishedChanges: 0 })
    expect(published.revisions).toMatchObject([{ environment: 'prod', revision: expect.any(Number) }])
    const api = await owner.must<{ version: number }>('GET', '/tenants/acme/apis/books')
    const inUse = await owner.send('DELETE', '/tenants/acme/apis/books', { version: api.version })
    expect(inUse.body).toMatchObject({ status: 409, code: 'in_use' })
    const { version } = await read()
    await owner.must('PATCH', at, { body: { basePath: '/library' }, version })
    const changes = await owner.must<{ against: number; changes: { pointer: string }[] }>(
      'GET',
      `${at}/changes?environment=prod`,
    )
    expect(changes).toMatchObject({
      against: 1,
      changes: [{ kind: 'changed', pointer: 'basePath', before: '/books', after: '/library' }],
    })
  })
})

describe('audit', () => {
  test('I24 every write above is recorded with actor, action and field changes, in an unbroken chain', async () => {
    const log = await owner.must<{
      data: { action: string; sequence: number; changes: { pointer: string }[]; actor: { name: string } }[]
    }>('GET', '/tenants/acme/audit?limit=200')
    const actions = new Set(log.data.map((event) => event.action))
    for (const action of [
      'imports.create',
      'versions.update',
      'upstreams.set',
      'policies.set',
      'versions.reimport',
      'routes.create',
      'publishing.publish',
    ]) {
      expect(actions, action).toContain(action)
    }
    const update = log.data.find((event) => event.action === 'versions.update')
    expect(update).toMatchObject({ actor: { kind: 'user', name: 'owner' } })
    expect(update?.changes).toContainEqual({
      kind: 'changed',
      pointer: 'basePath',
      before: '/books',
      after: '/library',
    })
    const verified = await owner.must('POST', '/tenants/acme/audit/verify', { body: {} })
    expect(verified).toMatchObject({ valid: true, events: log.data[0]?.sequence, brokenAt: null })
  })
})
