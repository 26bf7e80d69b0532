// Try-it calls over real sockets: they reach the gateway of the session, below the tenant's own paths, and nothing else.
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../infra/database.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'

let app: TestApp
let acme: FullTenant
let port: number
/** What arrived at the gateway and at a service of the operator's own network. */
const atGateway: { url: string; headers: string[] }[] = []
const inside: string[] = []
const servers: Server[] = []

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

let insidePort: number

beforeAll(async () => {
  const gateway = await listen(
    createServer((request, response) => {
      atGateway.push({ url: request.url ?? '', headers: request.rawHeaders })
      response
        .setHeader('Set-Cookie', 'gw_session=fixed')
        .setHeader('Content-Type', 'text/html')
        .setHeader('Location', '//evil.example')
        .end('<script>1</script>')
    }),
  )
  insidePort = await listen(createServer((request, response) => response.end(inside.push(request.url ?? ''))))
  app = await startTestApp()
  await (await app.admin()).must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: `http://127.0.0.1:${gateway}` },
  })
  acme = await createFullTenant(app, 'acme', 'prod')
  await app.nest.listen(0, '127.0.0.1')
  port = (app.nest.getHttpServer().address() as AddressInfo).port
})
afterAll(async () => {
  await app.close()
  for (const server of servers) server.close()
})

/** Sends a path as it is: no client of the usual kind leaves dot segments alone. */
function call(caller: Caller, session: string, path: string) {
  return new Promise<{ status: number; body: string; headers: object }>((resolve, reject) => {
    const headers = { cookie: caller.cookie, 'x-try-session': session, 'x-thing': 'kept' }
    httpRequest({ host: '127.0.0.1', port, path, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

async function openSession(caller: Caller): Promise<string> {
  const { session } = await caller.must<{ session: string }>('POST', '/tenants/acme/try-it', {
    body: { application: acme.params.application, environment: 'prod' },
  })
  return session
}

describe('try-it', () => {
  test('E13: a call reaches the gateway with the session’s own key and without the portal’s cookies', async () => {
    atGateway.length = 0
    const answer = await call(
      acme.owner,
      await openSession(acme.owner),
      '/_try/acme/prod/acme-api/things?a=%2e%2e',
    )
    expect(answer.status).toBe(200)
    expect(atGateway[0]?.url).toBe('/acme-api/things?a=%2e%2e')
    const sent = atGateway[0]?.headers.join('\n') ?? ''
    expect(sent).toContain('gw_prod_')
    expect(sent).toContain('kept')
    expect(sent).not.toContain('gw_session')
    expect(answer.headers).not.toHaveProperty('set-cookie')
    expect(answer.headers).not.toHaveProperty('location')
    expect(answer.headers).toMatchObject({ 'content-security-policy': "default-src 'none'; sandbox" })
  })

  test('a path that leads elsewhere reaches nobody', async () => {
    atGateway.length = 0
    const session = await openSession(acme.owner)
    // Behind the gateway's address this is user information, and what follows it the host.
    const host = `@127.0.0.1:${insidePort}`.padEnd(16, '/')
    const paths = [
      `/_try/a/${'%41'.repeat(host.length / 2)}${host}/secret`,
      `/_try/acme/prod${host}/secret`,
      '/_try/acme/prod/acme-api/../other-api/things',
      '/_try/acme/prod/acme-api/%2e%2E/other-api/things',
      '/_try/acme/prod/acme-api/..%2fother-api/things',
      '/_try/acme/prod/acme-api/..;/other-api/things',
      '/_try/acme/prod/acme-api\\..\\other-api/things',
      '/_try/acme/prod/other-api/things',
      '/_try/%61cme/prod/acme-api/things',
      '/_try/other/prod/acme-api/things',
    ]
    for (const path of paths) {
      const { status, body } = await call(acme.owner, session, path)
      expect([400, 403, 404], `${path}: ${body}`).toContain(status)
    }
    expect(atGateway).toEqual([])
    expect(inside).toEqual([])
  })

  test('a session is good for the browser that opened it only', async () => {
    const session = await openSession(acme.owner)
    const other = await app.member(acme.owner, 'acme', 'owner')
    expect((await call(other, session, '/_try/acme/prod/acme-api/things')).status).toBe(403)
    expect((await call(app.visitor(), session, '/_try/acme/prod/acme-api/things')).status).toBe(401)
  })

  test('sessions have a bound, and what has ended leaves the gateways too', async () => {
    const { id } = await acme.owner.must<{ id: string }>('POST', '/tenants/acme/applications', {
      body: { title: 'Many tabs' },
    })
    const open = () =>
      acme.owner.send('POST', '/tenants/acme/try-it', { body: { application: id, environment: 'prod' } })
    const answers = []
    for (let i = 0; i < 51; i++) answers.push((await open()).status)
    expect(answers).toEqual([...Array(50).fill(200), 409])
    const { everything } = app.get(Database)
    const before = await everything.credential.findMany({ where: { applicationId: id, tryIt: true } })
    app.clock.advance(601)
    expect((await open()).status).toBe(200)
    const hashes = before.map(({ hash }) => hash)
    expect(await everything.credential.count({ where: { hash: { in: hashes } } })).toBe(0)
    const told = await everything.accessChange.groupBy({
      by: ['hash'],
      where: { hash: { in: hashes } },
      _count: true,
    })
    expect(told.map(({ _count }) => _count)).toEqual(Array(50).fill(2))
  })
})
