// Input that no client of ours sends: every operation answers it with a refusal, never with a failure of its own.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'
import { operations } from './operations.ts'

let app: TestApp
let tenant: FullTenant

beforeAll(async () => {
  app = await startTestApp()
  const gatewayUrl = 'http://localhost:8000'
  await (await app.admin()).must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl },
  })
  tenant = await createFullTenant(app, 'acme', 'prod')
})
afterAll(() => app.close())

const cursorOf = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url')

test('a made-up cursor is refused by every list, whatever it holds', async () => {
  const values = ['x', 1, 1.5, 99_999_999_999_999, { at: '2026-01-01T00:00:00Z' }]
  const gets = operations.filter(({ method, meta }) => method === 'GET' && meta.permission !== 'platform')
  let refused = 0
  for (const { path, name } of gets) {
    const at = path.replace(/\{(\w+)\}/g, (_, key: string) => tenant.params[key] ?? 'unknown')
    for (const value of values) {
      for (const cursor of [cursorOf(value), cursorOf(value, value)]) {
        const { status, body } = await tenant.owner.send('GET', `${at}?cursor=${cursor}`)
        expect(status, `${name} with ${JSON.stringify(value)}: ${JSON.stringify(body)}`).toBeLessThan(500)
        if (body.code === 'invalid_cursor') refused++
      }
    }
  }
  expect(refused).toBeGreaterThan(50)
})

test.each(['[', '{"a":'])('a body of nothing but %s is refused, not a failure', async (open) => {
  const close = open === '[' ? ']' : '}'
  const payload = `${open.repeat(100_000)}1${close.repeat(100_000)}`
  const answer = await app.nest
    .getHttpAdapter()
    .getInstance()
    .inject({
      method: 'POST',
      url: '/api/v1/sign-in',
      payload,
      headers: { 'content-type': 'application/json' },
    })
  expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_input' })
})

test('a NUL in a path is refused before it reaches the database', async () => {
  const answer = await tenant.owner.send('GET', '/tenants/%00/applications')
  expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input' })
})

test('a time zone is a name: gateways and Postgres read an offset differently', async () => {
  const answer = await tenant.owner.send('PATCH', '/tenants/acme', {
    body: { timeZone: '+01:00' },
    version: '*',
  })
  expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input' })
})

test('a password in the address of an upstream is refused: everyone who reads the API would read it', async () => {
  const { api, apiVersion } = tenant.params
  const targets = [{ url: 'http://user:secret@backend.example' }]
  const path = `/tenants/acme/apis/${api}/versions/${apiVersion}/upstreams/default`
  const answer = await tenant.owner.send('PUT', path, { body: { targets }, version: '*' })
  expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: '/targets/0/url' }] })
})

test('a document whose escapes spell what no text may hold is imported without it', async () => {
  const text = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'x', version: '1', description: 'a\0b\ud800' },
    paths: {
      '/kept': { get: { summary: '\0', tags: ['\udc00'], responses: { 200: { description: 'ok' } } } },
    },
  })
  const body = {
    source: { kind: 'text', text },
    name: 'odd',
    title: 'Odd',
    basePath: '/odd',
    upstreamUrls: [],
  }
  await tenant.owner.must('POST', '/tenants/acme/imports', { body })
})
