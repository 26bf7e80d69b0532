// Idempotency-Key on key issue: one key however often the request arrives, and nothing readable is kept.
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let owner: Caller
let database: pg.Client
const path = '/tenants/acme/applications/app/credentials'
const body = { environment: 'prod', name: 'Key' }

beforeAll(async () => {
  app = await startTestApp()
  const admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
  })
  owner = await app.signUp('owner@acme.example', { create: { name: 'acme', title: 'Acme' } })
  await owner.must('POST', '/tenants/acme/applications', { body: { name: 'app', title: 'App' } })
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await app.close()
})

const issue = (key: string, sent: unknown = body) =>
  owner.send<{ id: string; key: string; code?: string }>('POST', path, {
    body: sent,
    headers: { 'idempotency-key': key },
  })
const count = async () => (await owner.must<{ data: unknown[] }>('GET', path)).data.length

test('a repetition gets the first answer, key included, and makes nothing new', async () => {
  const first = await issue('repeat-0001')
  expect(first.status).toBe(201)
  expect(first.headers['idempotency-replayed']).toBeUndefined()
  const before = await count()
  const second = await issue('repeat-0001')
  expect(second.body).toEqual(first.body)
  expect(second.headers['idempotency-replayed']).toBe('true')
  expect(await count()).toBe(before)
})

test('twenty at once make one key', async () => {
  const before = await count()
  const answers = await Promise.all(Array.from({ length: 20 }, () => issue('burst-0001')))
  const made = answers.filter((answer) => answer.status === 201)
  expect(new Set(made.map((answer) => answer.body.key)).size).toBe(1)
  for (const answer of answers)
    if (answer.status !== 201) expect(answer.body.code).toBe('idempotency_in_flight')
  expect(await count()).toBe(before + 1)
})

test('the same key for something else is refused, a missing one too', async () => {
  await issue('other-0001')
  expect((await issue('other-0001', { ...body, name: 'Other' })).body).toMatchObject({
    status: 422,
    code: 'idempotency_mismatch',
  })
  const missing = await owner.send('POST', path, { body })
  expect(missing.body).toMatchObject({ status: 400, code: 'idempotency_key_missing' })
})

test('a refused request leaves its key free', async () => {
  expect((await issue('retry-0001', { ...body, environment: 'nowhere' })).status).toBe(404)
  expect((await issue('retry-0001')).status).toBe(201)
})

test('after a day the key is new again', async () => {
  const first = await issue('day-0001')
  app.clock.advance(24 * 3600 + 1)
  owner = await app.signIn('owner@acme.example')
  const second = await issue('day-0001')
  expect(second.body.key).not.toBe(first.body.key)
})

test('C1 D9 the key is in no table, in no form that can be read', async () => {
  const { body: issued } = await issue('secret-0001')
  const secret = issued.key.split('_')[3] ?? ''
  expect(secret).toHaveLength(32)
  const { rows: tables } = await database.query<{ table_name: string }>(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  )
  for (const { table_name: table } of tables) {
    const { rows } = await database.query(
      `SELECT count(*)::int AS found FROM "${table}" t WHERE t::text LIKE $1`,
      [`%${secret}%`],
    )
    expect(rows[0].found, table).toBe(0)
  }
  const bytes = await database.query('SELECT response FROM idempotency_record WHERE response IS NOT NULL')
  for (const { response } of bytes.rows) expect(response.toString('latin1')).not.toContain(secret)
})
