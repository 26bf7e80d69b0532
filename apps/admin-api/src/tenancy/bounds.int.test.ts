// What one tenant may hold, over HTTP on a real Postgres: each way to add more stops at the bound, and removing makes room.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let count = 0
beforeAll(async () => {
  app = await startTestApp({
    TENANT_API_LIMIT: '3',
    TENANT_ROUTE_LIMIT: '6',
    TENANT_DOCUMENT_LIMIT_BYTES: '20000',
  })
  const admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
  })
})
afterAll(() => app?.close())

async function team(): Promise<{ owner: Caller; at: string }> {
  const name = `team-${++count}`
  const owner = await app.signUp(`owner@${name}.example`, { create: { name, title: name } })
  return { owner, at: `/tenants/${name}` }
}

const text = (routes: number, description = '') =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'X', version: '1', description },
    paths: Object.fromEntries(
      Array.from({ length: routes }, (_, i) => [
        `/p${i}`,
        { get: { responses: { 200: { description: 'ok' } } } },
      ]),
    ),
  })
const importing = (name: string, routes: number, description?: string) => ({
  body: {
    source: { kind: 'text', text: text(routes, description) },
    name,
    title: name,
    basePath: `/${count}-${name}`,
    upstreamUrls: ['http://backend.example.com'],
  },
})
const full = ({ status, body }: Answer) => ({ status, code: body.code, limit: body.limit })

/** Text that no compression makes small. */
const noise = (bytes: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64')

test('B9 APIs: two additions at once do not both take the last place, and a removal makes room', async () => {
  const { owner, at } = await team()
  const create = (name: string) => owner.send('POST', `${at}/apis`, { body: { name, title: name } })
  for (const name of ['one', 'two']) expect((await create(name)).status).toBe(201)
  const answers = await Promise.all(['three', 'four', 'five'].map(create))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  const refused = answers.find(({ status }) => status === 409)
  expect(refused && full(refused)).toEqual({ status: 409, code: 'limit_reached', limit: 3 })
  expect(refused?.body.detail).toContain('TENANT_API_LIMIT')
  await owner.must('DELETE', `${at}/apis/one`, { version: '*' })
  expect((await create('six')).status).toBe(201)
})

test('B9 routes: by import, by re-import, by hand and by manifest', async () => {
  const { owner, at } = await team()
  expect(full(await owner.send('POST', `${at}/imports`, importing('big', 7)))).toEqual({
    status: 409,
    code: 'limit_reached',
    limit: 6,
  })
  await owner.must('POST', `${at}/imports`, importing('fits', 6))
  const version = `${at}/apis/fits/versions/v1`
  const more = { source: { kind: 'text', text: text(7) } }
  const byHand = { body: { method: 'GET', path: '/more' } }
  const { manifest } = await owner.must<{ manifest: { apis: { versions: { routes: object[] }[] }[] } }>(
    'GET',
    `${at}/manifest`,
  )
  manifest.apis[0]?.versions[0]?.routes.push({ method: 'GET', path: '/by-manifest' })
  for (const answer of [
    await owner.send('PUT', `${version}/document`, { body: more, version: '*' }),
    await owner.send('POST', `${version}/routes`, byHand),
    await owner.send('POST', `${at}/manifest/apply`, { body: { manifest } }),
  ])
    expect(full(answer), JSON.stringify(answer.body)).toEqual({
      status: 409,
      code: 'limit_reached',
      limit: 6,
    })
  const { data } = await owner.must<{ data: object[] }>('GET', `${version}/routes`)
  expect(data).toHaveLength(6)
})

test('B9 upstreams count as documents do: a version may have many, of many targets', async () => {
  const { owner, at } = await team()
  await owner.must('POST', `${at}/imports`, importing('trusting', 1))
  const targets = Array.from({ length: 20 }, () => ({
    url: `https://backend.example.com/${encodeURIComponent(noise(1_000))}`,
  }))
  const path = `${at}/apis/trusting/versions/v1/upstreams/default`
  const answer = await owner.send('PUT', path, { body: { targets }, version: '*' })
  expect(full(answer)).toEqual({ status: 409, code: 'limit_reached', limit: 20_000 })
})

test('B9 mocks and conditions of routes count as documents do, before anything is published', async () => {
  const { owner, at } = await team()
  await owner.must('POST', `${at}/imports`, importing('mocked', 1))
  const routes = `${at}/apis/mocked/versions/v1/routes`
  const { data } = await owner.must<{ data: { id: string }[] }>('GET', routes)
  const mocks = [{ status: 200, mediaType: 'text/plain', name: null, body: noise(30_000) }]
  const values = () => Array.from({ length: 20 }, () => noise(200).slice(0, 200))
  const when = { headers: Array.from({ length: 8 }, (_, i) => ({ name: `x-${i}`, values: values() })) }
  const further = { method: 'GET', path: '/more' }
  for (const answer of [
    await owner.send('POST', routes, { body: { ...further, mocks } }),
    await owner.send('POST', routes, { body: { ...further, when } }),
    await owner.send('PATCH', `${routes}/${data[0]?.id}`, { body: { mocks }, version: '*' }),
    await owner.send('PATCH', `${routes}/${data[0]?.id}`, { body: { when }, version: '*' }),
  ]) {
    const refused = { status: 409, code: 'limit_reached', limit: 20_000 }
    expect(full(answer), JSON.stringify(answer.body)).toEqual(refused)
  }
})

test('B9 documents: a published copy counts, and so does the next one', async () => {
  const { owner, at } = await team()
  const huge = await owner.send('POST', `${at}/imports`, importing('huge', 1, noise(30_000)))
  expect(full(huge)).toEqual({ status: 409, code: 'limit_reached', limit: 20_000 })
  await owner.must('POST', `${at}/imports`, importing('books', 1, noise(6_000)))
  const version = `${at}/apis/books/versions/v1`
  const publish = () =>
    owner.send('POST', `${version}/publish`, {
      body: { environments: ['prod'] },
      headers: { 'idempotency-key': crypto.randomUUID() },
    })
  expect((await publish()).status).toBeLessThan(300)
  await owner.must('POST', `${version}/routes`, { body: { method: 'GET', path: '/changed' } })
  expect(full(await publish())).toEqual({ status: 409, code: 'limit_reached', limit: 20_000 })
})
