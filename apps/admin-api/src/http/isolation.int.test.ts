// Tenant isolation: every operation of the contract, asked by the owner of one tenant for the things of another.
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'
import { type OperationEntry, operations } from './operations.ts'

let app: TestApp
let database: pg.Client
let acme: FullTenant
let bravo: FullTenant

beforeAll(async () => {
  app = await startTestApp()
  const admin = await app.admin()
  await admin.must('POST', '/environments', {
    body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
  })
  acme = await createFullTenant(app, 'acme', 'prod')
  bravo = await createFullTenant(app, 'bravo', 'prod')
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await app.close()
})

/** A valid body per operation, naming the other tenant's things wherever a body can name any. */
function bodies(target: FullTenant): Record<string, unknown> {
  const { application, apiVersion, plan, subscription, environment } = target.params
  const source = { kind: 'text', text: '{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{}}' }
  const manifest = { gatewright: 1, apis: [] }
  return {
    'identity.signUp': null,
    'identity.signIn': null,
    'identity.signOut': null,
    'identity.updateMe': { name: 'Owner' },
    'identity.changePassword': null,
    'identity.createToken': { name: 'token' },
    'identityProviders.create': {
      name: 'mine',
      title: 'Mine',
      issuer: 'https://id.example',
      clientId: 'mine',
    },
    'identityProviders.update': { title: 'Taken over' },
    'certificates.create': { name: 'mine', chain: 'x', privateKey: 'x' },
    'certificates.replace': { chain: 'x', privateKey: 'x' },
    'eventSinks.create': {
      name: 'mine',
      title: 'Mine',
      target: { protocol: 'http', url: 'https://siem.example' },
    },
    'eventSinks.update': { title: 'Taken over' },
    'eventSinks.test': null,
    'findings.decide': { state: 'dismissed' },
    'findings.decidePlatform': { state: 'dismissed' },
    'signInRules.update': { secondFactor: 'everyone' },
    'signInRules.resetFactors': { email: 'owner@bravo.example' },
    'tenancy.create': { name: 'charlie', title: 'Charlie' },
    'tenancy.update': { title: 'Taken over' },
    'tenancy.updateMember': { role: 'developer' },
    'tenancy.handOver': { to: target.params.member },
    'tenancy.invite': { email: 'new@example.com', role: 'owner' },
    'tenancy.acceptInvitation': { secret: 'guessed' },
    'roles.create': { name: 'mine', title: 'Mine', permissions: ['tenant:read'] },
    'roles.update': { title: 'Taken over' },
    'roles.replace': { by: 'developer' },
    'apis.create': { name: 'mine', title: 'Mine' },
    'apis.update': { title: 'Taken over' },
    'shares.create': { team: 'bravo' },
    'shares.end': { subscriptions: 'end' },
    'imports.preview': { source },
    'imports.create': {
      source,
      api: target.params.api,
      name: 'x',
      title: 'x',
      basePath: '/x',
      upstreamUrls: [],
    },
    'versions.create': { name: 'v9', basePath: '/v9' },
    'versions.update': { basePath: '/taken' },
    'versions.previewReimport': { source },
    'versions.reimport': { source },
    'versions.proposeDocument': { environment },
    'versions.setLifecycle': { to: 'deprecated', successor: apiVersion },
    'routes.create': { method: 'GET', path: '/mine' },
    'routes.update': { enabled: false },
    'upstreams.set': { targets: [{ url: 'http://evil.example' }] },
    'upstreams.check': {},
    'publishing.setTraffic': { shares: [{ upstream: 'default', weight: 100 }] },
    'guards.reset': {},
    'policies.set': { policies: [] },
    'policies.setGlobal': { policies: [] },
    'policyTypes.tryCedar': { config: { policies: 'permit (principal, action, resource);' } },
    'publishing.publish': { environments: [environment] },
    'publishing.promote': { apiRevision: 1, environment },
    'publishing.undeploy': { environment },
    'environments.create': { name: 'mine', title: 'Mine', gatewayUrl: 'http://x.example' },
    'environments.rollback': {},
    'explain.request': { url: `/${target.name}-api/things` },
    'products.create': { name: 'stolen', title: 'Stolen', versions: [apiVersion] },
    'products.update': { versions: [apiVersion] },
    'products.createPlan': { name: 'stolen', title: 'Stolen' },
    'products.updatePlan': { title: 'Taken over' },
    'applications.create': { title: 'Mine' },
    'applications.update': { title: 'Taken over' },
    'applications.setGroups': { groups: ['partners'] },
    'subscriptions.create': { application, plan },
    'subscriptions.decide': { subscriptions: [subscription], decision: 'suspend' },
    'subscriptions.changePlan': { plan },
    'subscriptions.cancel': {},
    'credentials.issue': { environment },
    'credentials.rotate': {},
    'credentials.revoke': {},
    'clientCertificates.register': { environment, value: 'ab'.repeat(32) },
    'oauthClients.register': { environment, issuer: 'https://id.example', clientId: 'mine' },
    'oauthClients.create': { environment },
    'oauthClients.renewSecret': {},
    'authorisationServer.update': { enabled: true },
    'authorisationServer.rotateKeys': { now: true },
    'authorisationServer.addResourceServer': { name: 'Mine' },
    'authorisations.decide': { decision: 'allow' },
    'signingKeys.create': { environment },
    'blocks.write': { blocks: [{ kind: 'application', value: application, reason: 'Taken over' }] },
    'blocks.lift': { source: 'fixture', targets: [{ kind: 'credential', value: target.params.credential }] },
    'platformBlocks.write': { blocks: [{ kind: 'address', value: '192.0.2.7', reason: 'Taken over' }] },
    'platformBlocks.lift': { targets: [{ kind: 'address', value: '192.0.2.7' }] },
    'tryIt.open': { application, environment },
    'audit.verify': {},
    'audit.verifyHeads': { heads: [] },
    'manifests.diff': { manifest },
    'manifests.apply': { manifest },
  }
}

// Names that mean nothing outside the path they stand in, and things of the platform or of the caller alone.
const namesOfNobody = new Set([
  'tenant',
  'environment',
  'upstream',
  'scope',
  'number',
  'request',
  'session',
  'provider',
  'certificate',
  'sink',
  'finding',
  'token',
])

// A caller's own account is not a tenant's thing; sign-up and sign-in are tested where they live.
const skipped = new Set([
  'identity.signUp',
  'identity.signIn',
  'identity.signOut',
  'identity.changePassword',
  ...operations.map(({ name }) => name).filter((name) => /^(?:secondFactors|mailedLinks)\./.test(name)),
])

async function send(
  operation: OperationEntry,
  caller: Caller,
  params: FullTenant['params'],
  target: FullTenant,
): Promise<Answer> {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `unknown-${name}`)
  if (operation.method === 'GET') {
    return caller.send('GET', path)
  }
  const body = bodies(target)[operation.name]
  if (operation.method !== 'DELETE' && body === undefined)
    throw new Error(`give ${operation.name} a body in this test`)
  return caller.send(operation.method, path, {
    ...(body === undefined ? {} : { body }),
    version: '*',
    headers: { 'idempotency-key': crypto.randomUUID() },
  })
}

async function ask(...args: Parameters<typeof send>): Promise<Answer> {
  const answer = await send(...args)
  const [operation] = args
  expect(JSON.stringify(answer.body), `${operation.name} is not implemented`).not.toContain('Nothing answers')
  return answer
}

/** A digest of every row that belongs to a tenant. */
async function fingerprint(tenant: FullTenant): Promise<Record<string, string>> {
  const { rows: tables } = await database.query<{ table_name: string }>(
    `SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'`,
  )
  const prints: Record<string, string> = {}
  for (const { table_name: table } of tables) {
    const { rows } = await database.query(
      `SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS print FROM "${table}" t
       WHERE tenant_id = (SELECT id FROM tenant WHERE name = $1)`,
      [tenant.name],
    )
    prints[table] = rows[0].print
  }
  return prints
}

function expectNothingOf(target: FullTenant, answer: Answer, what: string): void {
  const text = JSON.stringify(answer.body)
  for (const secret of target.secrets) expect(text, what).not.toContain(secret)
}

test('C17 a member of one tenant reaches nothing of another by naming it in the path', {
  timeout: 120_000,
}, async () => {
  const before = await fingerprint(bravo)
  for (const operation of operations) {
    if (!operation.path.includes('{tenant}') || skipped.has(operation.name)) continue
    const answer = await ask(operation, acme.owner, bravo.params, bravo)
    expectNothingOf(bravo, answer, operation.name)
    if (operation.meta.permission === 'anyone') continue
    expect(answer.body, operation.name).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: 'There is no tenant "bravo"',
    })
  }
  expect(await fingerprint(bravo)).toEqual(before)
})

test('C17 the answer for a foreign tenant is the answer for one that does not exist', async () => {
  const [foreign, missing] = await Promise.all(
    ['bravo', 'nobody'].map((name) => acme.owner.send('GET', `/tenants/${name}/apis`)),
  )
  const shape = ({ status, body }: Answer) => ({ status, ...body, detail: '', instance: '', request_id: '' })
  expect(foreign && shape(foreign)).toEqual(missing && shape(missing))
})

test('C17 foreign ids inside one’s own tenant find nothing and change nothing', {
  timeout: 120_000,
}, async () => {
  const before = await fingerprint(bravo)
  for (const operation of operations) {
    if (skipped.has(operation.name)) continue
    const foreign = { ...bravo.params, tenant: 'acme' }
    const answer = await ask(operation, acme.owner, foreign, bravo)
    expectNothingOf(bravo, answer, operation.name)
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const namesForeignThing = names.some(
      (name) => !['tenant', 'environment', 'scope', 'number', 'request'].includes(name ?? ''),
    )
    if (namesForeignThing)
      expect(answer.status, `${operation.name} ${JSON.stringify(answer.body)}`).toBeGreaterThanOrEqual(400)
  }
  expect(await fingerprint(bravo)).toEqual(before)
})

test('C17 one foreign id in an otherwise own path or body is refused each time', {
  timeout: 120_000,
}, async () => {
  const before = await fingerprint(bravo)
  for (const operation of operations) {
    if (skipped.has(operation.name)) continue
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
    for (const name of names) {
      if (namesOfNobody.has(name)) continue
      const mixed = { ...acme.params, [name]: bravo.params[name] ?? '' }
      const answer = await ask(operation, acme.owner, mixed, bravo)
      expect(answer.status, `${operation.name} with a foreign ${name}`).toBeGreaterThanOrEqual(400)
      expectNothingOf(bravo, answer, operation.name)
    }
  }
  expect(await fingerprint(bravo)).toEqual(before)
})

test('C17 filters and bodies cannot name another tenant’s things', async () => {
  const { api, application, plan, apiVersion, route } = bravo.params
  for (const query of [
    `subscriptions?api=${api}`,
    `subscriptions?application=${application}`,
    `subscriptions?plan=${plan}`,
  ]) {
    const { data } = await acme.owner.must<{ data: unknown[] }>('GET', `/tenants/acme/${query}`)
    expect(data, query).toEqual([])
  }
  for (const filter of [
    `api=${api}`,
    `apiVersion=${apiVersion}`,
    `application=${application}`,
    `plan=${plan}`,
    `route=${route}`,
  ]) {
    const answer = await acme.owner.send(
      'GET',
      `/tenants/acme/environments/prod/analytics/overview?${filter}`,
    )
    expectNothingOf(bravo, answer, filter)
  }
  const steal = await acme.owner.send('POST', '/tenants/acme/products', {
    body: { name: 'x', title: 'x', versions: [apiVersion] },
  })
  expect(steal.status).toBeGreaterThanOrEqual(400)
})

test('C17 a body or query that names another tenant than the path is not believed', async () => {
  const created = await acme.owner.must<{ id: string }>('POST', '/tenants/acme/applications', {
    body: { tenant: 'bravo', title: 'Mine all the same' },
  })
  const { rows } = await database.query(
    'SELECT t.name FROM application a JOIN tenant t ON t.id = a.tenant_id WHERE a.id = $1',
    [created.id],
  )
  expect(rows).toEqual([{ name: 'acme' }])
  const listed = await acme.owner.send('GET', '/tenants/acme/applications?tenant=bravo')
  expectNothingOf(bravo, listed, 'query')
})

// Last: from here on the two tenants have something in common.
test('C18: a team that another one shares an API with finds that API and its plans, and nothing else of it', {
  timeout: 120_000,
}, async () => {
  const { api } = bravo.params
  await bravo.owner.must('POST', `/tenants/bravo/apis/${api}/shares`, { body: { team: 'acme' } })
  const before = await fingerprint(bravo)
  const shared = { ...bravo.params, tenant: 'acme' }
  const catalogue = await acme.owner.must<{ data: { id: string }[] }>('GET', '/portal/acme/apis')
  expect(catalogue.data.map(({ id }) => id)).toContain(api)
  for (const operation of operations) {
    if (skipped.has(operation.name) || operation.name.startsWith('catalogue.')) continue
    for (const params of [shared, bravo.params]) {
      // The portal of the other team is as open to its visitors as it was.
      if (params === bravo.params && !operation.path.includes('{tenant}')) continue
      expectNothingOf(bravo, await ask(operation, acme.owner, params, bravo), operation.name)
    }
  }
  const text = JSON.stringify(await acme.owner.must('GET', `/portal/acme/apis/${api}`))
  for (const kind of ['application', 'subscription', 'credential', 'member'])
    expect(text, kind).not.toContain(bravo.params[kind])
  expect(text).toContain('"subscriberCount":0')
  expect(await fingerprint(bravo)).toEqual(before)
})
