// Access tokens of every scope against every operation of the contract, and what ends them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationEntry, operations } from '../http/operations.ts'
import { type Answer, type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'

let app: TestApp
let admin: Caller
let acme: FullTenant
let bravo: FullTenant
beforeAll(async () => {
  app = await startTestApp()
  admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
  })
  acme = await createFullTenant(app, 'acme', 'prod')
  bravo = await createFullTenant(app, 'bravo', 'prod')
  // One person in both tenants.
  const { secret } = await bravo.owner.must<{ secret: string }>('POST', '/tenants/bravo/invitations', {
    body: { email: acme.owner.email, role: 'owner' },
  })
  await acme.owner.must('POST', '/invitations/accept', { body: { secret } })
})
afterAll(() => app?.close())

async function tokenOf(person: Caller, body: object = {}): Promise<Caller> {
  const made = await person.must<{ token: string }>('POST', '/me/tokens', { body: { name: 'ci', ...body } })
  return app.visitor().useToken(made.token)
}

/** Asks with an unknown member, so that what is admitted stops at validation and changes nothing. */
function probe(caller: Caller, operation: OperationEntry, { params }: FullTenant): Promise<Answer> {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `unknown-${name}`)
  return operation.method === 'GET'
    ? caller.send('GET', `${path}?probe=1`)
    : caller.send(operation.method, path, {
        body: { probe: true },
        version: 1,
        headers: { 'idempotency-key': crypto.randomUUID() },
      })
}

const isRefused = ({ body }: Answer) => body.code === 'permission_denied'
const isOurs = ({ meta }: OperationEntry) => meta.permission !== 'platform' && meta.sessionOnly !== true

describe('C15 a token', () => {
  test('that says nothing else may only read: every write of the contract is refused, every read is not', async () => {
    const token = await tokenOf(acme.owner)
    for (const operation of operations.filter(isOurs)) {
      const answer = await probe(token, operation, acme)
      expect(isRefused(answer), `${operation.name} ${JSON.stringify(answer.body)}`).toBe(!operation.isRead)
    }
  })

  test('for one tenant does there what its person may, and nothing anywhere else', async () => {
    const token = await tokenOf(acme.owner, { scope: 'everything', tenant: 'acme' })
    for (const operation of operations.filter(isOurs)) {
      const inTenant = operation.path.includes('{tenant}')
      const here = await probe(token, operation, acme)
      expect(isRefused(here), operation.name).toBe(!inTenant && !operation.isRead)
      if (!inTenant) continue
      const there = await probe(token, operation, bravo)
      expect(isRefused(there), operation.name).toBe(true)
      expect(JSON.stringify(there.body), operation.name).not.toContain(bravo.secrets[0])
    }
    const me = await token.must<{ memberships: { tenant: { name: string } }[] }>('GET', '/me')
    expect(me.memberships.map(({ tenant }) => tenant.name)).toEqual(['acme'])
    const { data } = await token.must<{ data: { name: string }[] }>('GET', '/tenants')
    expect(data.map(({ name }) => name)).toEqual(['acme'])
    await token.must('POST', '/tenants/acme/applications', { body: { title: 'By a pipeline' } })
  })

  test('D12: for the blocklist does that, and neither reads nor writes anything else', async () => {
    const token = await tokenOf(acme.owner, { scope: 'blocklist', tenant: 'acme' })
    for (const operation of operations.filter(isOurs)) {
      const answer = await probe(token, operation, acme)
      const isOpen = operation.meta.tokens === 'blocklist'
      expect(isRefused(answer), `${operation.name} ${JSON.stringify(answer.body)}`).toBe(!isOpen)
      if (isOpen) expect(isRefused(await probe(token, operation, bravo)), operation.name).toBe(true)
    }
    const ofPlatform = await token.send('PUT', '/blocks', {
      body: { blocks: [{ kind: 'address', value: '192.0.2.7', reason: 'x' }] },
    })
    expect(isRefused(ofPlatform)).toBe(true)
    expect(isRefused(await (await tokenOf(admin, { scope: 'blocklist' })).send('GET', '/blocks'))).toBe(false)
  })

  test('for one tenant answers alike for a tenant that exists and one that does not', async () => {
    const token = await tokenOf(acme.owner, { tenant: acme.params.tenant })
    const [there, nowhere] = [
      await token.send('GET', '/tenants/bravo'),
      await token.send('GET', '/tenants/nobody'),
    ]
    expect(there.body.detail).toBe(nowhere.body.detail)
    expect(there.status).toBe(nowhere.status)
  })

  test('of a platform admin for one tenant is no platform admin, and needs a membership', async () => {
    const refused = await admin.send('POST', '/me/tokens', { body: { name: 'x', tenant: 'acme' } })
    expect(refused.body).toMatchObject({ code: 'not_found', errors: [{ pointer: '/tenant' }] })
    const { secret } = await acme.owner.must<{ secret: string }>('POST', '/tenants/acme/invitations', {
      body: { email: admin.email, role: 'analyst' },
    })
    await admin.must('POST', '/invitations/accept', { body: { secret } })
    const token = await tokenOf(admin, { scope: 'everything', tenant: 'acme' })
    expect((await token.must<{ user: { platformAdmin: boolean } }>('GET', '/me')).user.platformAdmin).toBe(
      false,
    )
    await token.must('GET', '/tenants/acme/apis')
    const answers = [
      await token.send('POST', '/tenants/acme/apis', { body: { name: 'x', title: 'X' } }),
      await token.send('POST', '/environments', {
        body: { name: 'x', title: 'X', gatewayUrl: 'http://x.example' },
      }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403])
  })

  test('may not list what other tokens there are', async () => {
    const token = await tokenOf(acme.owner, { scope: 'everything' })
    expect(isRefused(await token.send('GET', '/me/tokens'))).toBe(true)
    const { data } = await acme.owner.must<{ data: { scope: string; tenant: { name: string } | null }[] }>(
      'GET',
      '/me/tokens',
    )
    expect(data[0]).toMatchObject({ scope: 'everything', tenant: null })
  })

  test('is one of a hundred at most', async () => {
    const person = await app.signUp('collector@example.com')
    for (let i = 0; i < 100; i++) await tokenOf(person)
    const answer = await person.send('POST', '/me/tokens', { body: { name: 'one more' } })
    expect(answer.body).toMatchObject({ status: 409, code: 'limit_reached' })
  })
})

describe('a change of password', () => {
  test('ends access tokens when asked, and leaves them alone when not', async () => {
    const person = await app.signUp('changing@example.com')
    const pipeline = await tokenOf(person)
    const change = (current: string, next: string, more: object = {}) =>
      person.must('POST', '/me/password', { body: { current, next, ...more } })
    await change('correct-horse-battery', 'another-long-password')
    expect((await pipeline.send('GET', '/me')).status).toBe(200)
    await change('another-long-password', 'yet-another-password', { endTokens: true })
    expect((await pipeline.send('GET', '/me')).body.code).toBe('token_invalid')
    expect(await person.must('GET', '/me/tokens')).toEqual({ data: [] })
  })
})

test('who is removed from a tenant loses the tokens that were for it alone', async () => {
  const person = await app.signUp('passing@example.com', { join: 'acme' })
  const [bound, free] = [await tokenOf(person, { tenant: 'acme' }), await tokenOf(person)]
  const { data } = await acme.owner.must<{ data: { id: string; version: number }[] }>(
    'GET',
    '/tenants/acme/members?search=passing',
  )
  await acme.owner.must('DELETE', `/tenants/acme/members/${data[0]?.id}`, { version: '*' })
  expect((await bound.send('GET', '/me')).body.code).toBe('token_invalid')
  expect((await free.send('GET', '/me')).status).toBe(200)
})
