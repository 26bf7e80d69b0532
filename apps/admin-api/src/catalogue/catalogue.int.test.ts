// What visitors, members and partners find in the catalogue, over HTTP on a real Postgres.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer } from '../testing/offer.fixture.ts'

let app: TestApp
let open: Offer
beforeAll(async () => {
  app = await startTestApp()
  open = await createOffer(app, 'open')
  await createOffer(app, 'inner', { visibility: { kind: 'members' } })
  await createOffer(app, 'closed', { visibility: { kind: 'groups', groups: ['partners'] } })
})
afterAll(() => app?.close())

interface Catalogue {
  readonly data: readonly {
    readonly name: string
    readonly matches: readonly { readonly operation: string }[]
  }[]
}
const found = async (caller: Caller, tenant: string, search = '') =>
  (
    (await caller.send('GET', `/portal/${tenant}/apis${search && `?search=${encodeURIComponent(search)}`}`))
      .body as unknown as Catalogue
  ).data

describe('catalogue', () => {
  it('H1 finds an API by the text of an operation', async () => {
    const [api] = await found(app.visitor(), 'open', 'volumes on the SHELF')
    expect(api?.name).toBe('books')
    expect(api?.matches.map(({ operation }) => operation)).toEqual(['GET /books'])
    expect(await found(app.visitor(), 'open', 'nothing like it')).toEqual([])
  })

  it('H1 shows anonymous visitors, members and partners what each may know', async () => {
    const member = await app.signUp('member@inner.example', { join: 'inner' })
    const owner = await app.signIn('owner@closed.example')
    const outsider = await app.member(owner, 'closed', 'developer')
    const partner = await app.member(owner, 'closed', 'developer', ['partners'])
    const names = async (...at: Parameters<typeof found>) => (await found(...at)).map(({ name }) => name)
    expect(await names(app.visitor(), 'open')).toEqual(['books'])
    expect(await names(app.visitor(), 'inner')).toEqual([])
    expect(await names(member, 'inner')).toEqual(['books'])
    expect(await names(outsider, 'closed')).toEqual([])
    expect(await names(partner, 'closed')).toEqual(['books'])
    for (const path of ['', '/v1/openapi.json', '/v1/operations']) {
      expect((await outsider.send('GET', `/portal/closed/apis/books${path}`)).status).toBe(404)
    }
  })

  it('H2 A7 serves the published document with the gateway as server and no trace of the upstream', async () => {
    const { body } = await app.visitor().send('GET', '/portal/open/apis/books/v1/openapi.json')
    expect(body.servers).toEqual([{ url: 'http://gateway.example/open/books' }])
    expect(JSON.stringify(body)).not.toContain('backend.internal')
    expect(Object.keys(body.paths as object)).toEqual(['/books', '/books/{id}'])
  })

  it('H2 documents change with the publish that changes the gateway, not before', async () => {
    const { owner } = open
    const add = { method: 'DELETE', path: '/books/{id}', operationId: 'dropBook' }
    await owner.must('POST', '/tenants/open/apis/books/versions/v1/routes', { body: add })
    const listed = async () => {
      const { body } = await app.visitor().send('GET', '/portal/open/apis/books/v1/operations')
      return (body as unknown as { data: { method: string; path: string }[] }).data.map(
        ({ method, path }) => `${method} ${path}`,
      )
    }
    expect(await listed()).not.toContain('DELETE /books/{id}')
    const matched = async () =>
      (await found(app.visitor(), 'open', 'book')).flatMap(({ matches }) =>
        matches.map((one) => one.operation),
      )
    expect(await matched()).toContain('GET /books')
    expect(await matched()).not.toContain('DELETE /books/{id}')
    await owner.must('POST', '/tenants/open/apis/books/versions/v1/publish', {
      body: { environments: ['prod'] },
      headers: { 'idempotency-key': crypto.randomUUID() },
    })
    expect(await listed()).toContain('DELETE /books/{id}')
    expect(await matched()).toContain('DELETE /books/{id}')
  })

  it('H2 counts, places and opens what is published, whatever the draft says by now', async () => {
    const { owner } = await createOffer(app, 'drafting')
    const shown = async () => {
      const { body } = await app.visitor().send('GET', '/portal/drafting/apis/books')
      const [version] = body.versions as { operationCount: number; public: boolean; environments: object[] }[]
      return version
    }
    const version = '/tenants/drafting/apis/books/versions/v1'
    const published = {
      operationCount: 3,
      public: false,
      environments: [{ baseUrl: 'http://gateway.example/drafting/books' }],
    }
    expect(await shown()).toMatchObject(published)
    await owner.must('POST', `${version}/routes`, { body: { method: 'PUT', path: '/books/{id}' } })
    const draft = { basePath: '/drafting/moved', hosts: ['books.example'], public: true }
    await owner.must('PATCH', version, { body: draft, headers: { 'if-match': '*' } })
    expect(await shown()).toMatchObject(published)
    const { deployments } = await owner.must<{ deployments: object[] }>('GET', version)
    expect(deployments).toMatchObject([{ url: 'http://gateway.example/drafting/books' }])
    await owner.must('POST', `${version}/publish`, {
      body: { environments: ['prod'] },
      headers: { 'idempotency-key': crypto.randomUUID() },
    })
    expect(await shown()).toMatchObject({
      operationCount: 4,
      public: true,
      environments: [{ baseUrl: 'http://books.example/drafting/moved' }],
    })
  })

  it('H1 finds a published operation that its draft has lost by now', async () => {
    const { owner } = await createOffer(app, 'losing')
    const version = '/tenants/losing/apis/books/versions/v1'
    const { data } = await owner.must<{ data: { id: string; operationId: string }[] }>(
      'GET',
      `${version}/routes`,
    )
    const route = data.find(({ operationId }) => operationId === 'getBook')
    await owner.must('DELETE', `${version}/routes/${route?.id}`, { headers: { 'if-match': '*' } })
    const [api] = await found(app.visitor(), 'losing', 'getbook')
    expect(api?.matches.map(({ operation }) => operation)).toEqual(['GET /books/{id}'])
  })

  it('H2 gives samples in five languages for an operation', async () => {
    const operations = (await app.visitor().send('GET', '/portal/open/apis/books/v1/operations'))
      .body as unknown as {
      data: { id: string; operationId: string }[]
    }
    const id = operations.data.find(({ operationId }) => operationId === 'getBook')?.id
    const { body } = await app.visitor().send('GET', `/portal/open/apis/books/v1/operations/${id}/samples`)
    const samples = (body as unknown as { data: { language: string; code: string }[] }).data
    expect(samples.map(({ language }) => language)).toEqual(['curl', 'javascript', 'python', 'php', 'ruby'])
    for (const { code } of samples) expect(code).toContain('http://gateway.example/open/books/books/bk_1')
  })

  it('pages through operations without a gap', async () => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const query: string = cursor ? `&cursor=${cursor}` : ''
      const { body } = await app
        .visitor()
        .send('GET', `/portal/open/apis/books/v1/operations?limit=1${query}`)
      const { data, page } = body as unknown as {
        data: { id: string }[]
        page: { next_cursor: string | null }
      }
      seen.push(...data.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(seen).toHaveLength(4)
    expect(new Set(seen).size).toBe(4)
  })
})
