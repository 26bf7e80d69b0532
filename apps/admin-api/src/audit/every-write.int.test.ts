// Every write of the contract, done once for real: each leaves who, what, before and after in the audit log.

import { randomBytes } from 'node:crypto'
import { guardsKey } from '@gatewright/shared/channels'
import { createId } from '@gatewright/shared/ids'
import { guardPrefix } from '@gatewright/shared/model/guard'
import { Secret, TOTP } from 'otpauth'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createAuthority } from '../../../gateway/src/testing/certificates.fixture.ts'
import { nobody } from '../findings/sighting.ts'
import { operations } from '../http/operations.ts'
import { Redis } from '../infra/redis.ts'
import { auditHash, chainStart } from '../publishing/audit-chain.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { Authenticator } from '../testing/authenticator.fixture.ts'
import { Mailbox } from '../testing/mailbox.fixture.ts'
import { clientSecret, TestProvider } from '../testing/openid-provider.fixture.ts'
import { createFullTenant, type FullTenant } from '../testing/tenant.fixture.ts'

let app: TestApp
let database: pg.Client
let admin: Caller
let acme: FullTenant
let provider: TestProvider
let mailbox: Mailbox

beforeAll(async () => {
  mailbox = await Mailbox.start()
  app = await startTestApp({
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'no-reply@example.com',
    IMPORT_PRIVATE_ADDRESSES: 'true',
    SECRETS_KEY: randomBytes(32).toString('base64'),
  })
  provider = await TestProvider.start('company')
  admin = await app.admin()
  for (const name of ['test', 'prod']) {
    await admin.must('POST', '/environments', {
      body: { name, title: name, gatewayUrl: 'http://localhost:8000' },
    })
  }
  acme = await createFullTenant(app, 'acme', 'test')
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await app.close()
  await provider.stop()
  await mailbox.stop()
})

interface Event {
  action: string
  actor_id: string
  actor_name: string
  request_id: string
  resource_name: string
  before: object | null
  after: object | null
}

const count = async () => Number((await database.query('SELECT count(*) FROM audit_event')).rows[0].count)

/** Events of one request, in order. */
async function eventsOf(requestId: string): Promise<Event[]> {
  const { rows } = await database.query<Event>(
    'SELECT * FROM audit_event WHERE request_id = $1 ORDER BY seq',
    [requestId],
  )
  return rows
}

/** An entry names the operation; a decision names itself. */
const actions: Record<string, string> = {
  'subscriptions.decide': 'subscriptions.approve',
  'secondFactors.signIn': 'identity.signIn',
}

const done = new Set<string>()

/** Does an operation and answers its body; its audit entries are checked on the way. */
async function write<Body = { id: string; version: number }>(
  name: string,
  body: unknown = undefined,
  { by = acme.owner, params = {} as Record<string, string>, headers = {} as Record<string, string> } = {},
): Promise<Body> {
  const operation = operations.find((one) => one.name === name)
  if (!operation) throw new Error(`there is no operation ${name}`)
  const all: Record<string, string> = { ...acme.params, ...params }
  const path = operation.path.replace(/\{(\w+)\}/g, (_, parameter: string) => all[parameter] ?? '')
  const answer = await by.send(operation.method, path, {
    ...(body === undefined ? {} : { body }),
    version: '*',
    headers: { 'idempotency-key': crypto.randomUUID(), ...headers },
  })
  expect(answer.status, `${name} ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  const events = await eventsOf(String(answer.headers['x-request-id']))
  expect(
    events.map((event) => event.action),
    name,
  ).toContain(actions[name] ?? name)
  for (const event of events) {
    expect(event.actor_name, name).not.toBe('')
    expect(event.resource_name, name).not.toBe('')
    expect(event.before ?? event.after, `${name}: neither before nor after`).not.toBeNull()
    expect(event.before, `${name}: before equals after`).not.toEqual(event.after)
    const text = JSON.stringify(event)
    expect(text, name).not.toMatch(
      /gw_[a-z]+_\w{12}_\w{32}|gwp_[\w-]{40}|argon2|correct-horse|gws1\.|gwo_|a-client-secret|password_hash|token_hash/,
    )
  }
  done.add(name)
  return answer.body as Body
}

/** As the browser of somebody who signs in to an application. */
async function beginAuthorisation({ clientId }: { clientId: string }) {
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: 'https://app.example/',
    scope: 'openid',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  })
  const { headers } = await app.nest
    .getHttpAdapter()
    .getInstance()
    .inject({ method: 'GET', url: `/oauth/acme/auth?${query}` })
  const cookie = [headers['set-cookie'] ?? []].flat().find((line) => line.includes('gw_authorise='))
  const authorisation = String(headers.location).split('/').at(-1) ?? ''
  return { authorisation, cookie: cookie?.split(';')[0] ?? '' }
}

async function linkOf(path: string, otherThan = ''): Promise<string> {
  const pattern = new RegExp(`${path}#(?!${otherThan || '-'})([\\w-]{43})`)
  return vi.waitFor(
    () =>
      pattern.exec(mailbox.find('person@example.com', path)?.raw ?? '')?.[1] ??
      expect.fail(`no mail with ${path}`),
    { timeout: 10_000, interval: 20 },
  )
}

const document = (summary: string) => ({
  kind: 'text',
  text: JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'X', version: '1' },
    paths: { '/things': { get: { summary, responses: { 200: { description: 'ok' } } } } },
  }),
})

test('I24 every write shows who, what, before and after, and holds no secret', {
  timeout: 120_000,
}, async () => {
  // A person.
  const person = app.visitor()
  const account = { email: 'person@example.com', password: 'correct-horse-battery' }
  await write('identity.signUp', { ...account, name: 'Person', join: 'acme' }, { by: person })
  const phone = app.visitor()
  await write('identity.signIn', account, { by: phone })
  await write('identity.updateMe', { name: 'Persona' }, { by: person })
  const token = await write('identity.createToken', { name: 'ci' }, { by: person })
  await write('identity.revokeToken', undefined, { by: person, params: { token: token.id } })
  const { data } = await person.must<{ data: { id: string; current: boolean }[] }>('GET', '/me/sessions')
  const session = data.find((one) => !one.current)?.id ?? ''
  await write('identity.revokeSession', undefined, { by: person, params: { session } })
  await write(
    'identity.changePassword',
    { current: account.password, next: 'another-long-password' },
    { by: person },
  )
  await write('identity.revokeOtherSessions', undefined, { by: person })

  // Their second factors, and the links in their mails.
  const ofApp = await write<{ secret: string }>('secondFactors.beginApp', undefined, { by: person })
  const code = () =>
    new TOTP({ secret: Secret.fromBase32(ofApp.secret) }).generate({ timestamp: app.clock.now().getTime() })
  await write('secondFactors.confirmApp', { code: code() }, { by: person })
  await write('secondFactors.renewRecoveryCodes', undefined, { by: person })
  app.clock.advance(30)
  await write('secondFactors.prove', { code: code() }, { by: person })
  const device = new Authenticator()
  const question = (by: Caller, path: string) => by.must<{ challenge: string }>('POST', path)
  const { passkey } = await write<{ passkey: { id: string } }>(
    'secondFactors.addPasskey',
    { name: 'Phone', answer: device.register(await question(person, '/me/passkeys/options')) },
    { by: person },
  )
  await write('secondFactors.removeApp', undefined, { by: person })
  const answer = device.answer(await question(app.visitor(), '/sign-in/passkey/options'))
  await write('secondFactors.signIn', { answer }, { by: app.visitor() })
  await write('secondFactors.removePasskey', undefined, { by: person, params: { passkey: passkey.id } })
  const former = await linkOf('/verify-email')
  await write('mailedLinks.requestVerification', undefined, { by: person })
  await write('mailedLinks.verify', { token: await linkOf('/verify-email', former) }, { by: person })
  await write('mailedLinks.requestReset', { email: account.email }, { by: app.visitor() })
  const visitor = app.visitor()
  const reset = { token: await linkOf('/reset-password'), password: 'a-third-long-password' }
  await write('mailedLinks.reset', reset, { by: visitor })
  const back = { email: account.email, password: reset.password }
  await person.must('POST', '/sign-in', { body: back })
  await write('identity.signOut', {}, { by: person })
  await write('signInRules.update', { adminNetworks: ['127.0.0.0/8'] }, { by: admin })
  await write('signInRules.resetFactors', { email: account.email }, { by: admin })

  // Where people come from.
  const company = await write(
    'identityProviders.create',
    { name: 'company', title: 'Company', issuer: provider.issuer, clientId: 'gatewright', clientSecret },
    { by: admin },
  )
  const there = { by: admin, params: { provider: company.id } }
  await write('identityProviders.update', { clientSecret: `${clientSecret}-2`, admission: 'anyone' }, there)
  await write('identityProviders.remove', undefined, there)

  const { cert: chain, key: privateKey } = createAuthority('Edge').issue({
    name: 'api',
    hosts: ['api.example.com'],
  })
  const certificate = await write(
    'certificates.create',
    { name: 'api', chain, privateKey },
    { by: admin, params: { environment: 'test' } },
  )
  const shown = { by: admin, params: { environment: 'test', certificate: certificate.id } }
  await write('certificates.replace', { chain, privateKey }, shown)
  await write('certificates.remove', undefined, shown)

  const sink = await write(
    'eventSinks.create',
    { name: 'siem', title: 'SIEM', target: { protocol: 'http', url: 'http://127.0.0.1:9/' } },
    { by: admin },
  )
  const toSink = { by: admin, params: { sink: sink.id } }
  await write('eventSinks.update', { title: 'The SIEM' }, toSink)
  await write('eventSinks.test', {}, toSink)
  await write('eventSinks.remove', undefined, toSink)

  // What the watch would have found.
  const finding = async (tenantId: string) => {
    const id = createId('fnd')
    await database.query(
      `INSERT INTO finding (id, tenant_id, environment_id, pattern, client_kind, client, severity, first_at, last_at, count, facts, requests)
       SELECT $1, $2, id, 'enumeration', 'network', '192.0.2.1', 'medium', now(), now(), 50, '{}', '{}' FROM environment LIMIT 1`,
      [id, tenantId],
    )
    return { finding: id }
  }
  const { rows: tenants } = await database.query<{ id: string }>(`SELECT id FROM tenant WHERE name = 'acme'`)
  const decision = { state: 'dismissed', comment: 'A test of ours' }
  await write('findings.decide', decision, { params: await finding(tenants[0]?.id ?? '') })
  await write('findings.decidePlatform', decision, { by: admin, params: await finding(nobody) })
  const shield = { source: 'shield', targets: [{ kind: 'address', value: '192.0.2.7' }] }
  const verdict = { source: 'shield', blocks: [{ ...shield.targets[0], reason: 'Scans' }] }
  await write('platformBlocks.write', verdict, { by: admin })
  await write('platformBlocks.lift', shield, { by: admin })
  await admin.must('PUT', '/blocks', { body: verdict })
  const everywhere = await admin.must<{ data: { id: string }[] }>('GET', '/blocks')
  await write('platformBlocks.remove', undefined, {
    by: admin,
    params: { block: everywhere.data[0]?.id ?? '' },
  })
  await write('blocks.write', verdict)
  await write('blocks.write', { ...verdict, blocks: [{ ...shield.targets[0], reason: 'Scans again' }] })
  await write('blocks.lift', shield)
  await write('blocks.remove')

  // A team.
  await write('tenancy.create', { name: 'fresh', title: 'Fresh' }, { by: admin })
  await write('tenancy.update', { title: 'Acme & Co', timeZone: 'Europe/Berlin' })
  const invited = await write<{ id: string; secret: string }>('tenancy.invite', {
    email: 'guest@example.com',
    role: 'auditor',
  })
  const guest = await app.signUp('guest@example.com')
  await write('tenancy.acceptInvitation', { secret: invited.secret }, { by: guest })
  await write('tenancy.revokeInvitation')
  const members = await acme.owner.must<{ data: { id: string; user: { email: string } }[] }>(
    'GET',
    '/tenants/acme/members',
  )
  const member = members.data.find((one) => one.user.email === 'guest@example.com')?.id ?? ''
  await write('tenancy.updateMember', { role: 'analyst' }, { params: { member } })
  const heir = members.data.find((one) => one.user.email === acme.owner.email)?.id ?? ''
  await write('tenancy.handOver', { to: heir }, { params: { member } })
  await write('tenancy.removeMember', undefined, { params: { member } })

  const own = await write('roles.create', { name: 'reader', title: 'Reader', permissions: ['tenant:read'] })
  const inRole = { params: { role: own.id } }
  await write('roles.update', { description: 'Reads' }, inRole)
  await write('roles.replace', { by: 'developer' }, inRole)
  await write('roles.remove')

  // An API.
  const made = await write('apis.create', { name: 'made', title: 'Made' })
  await write('apis.update', { title: 'Made by hand' }, { params: { api: made.id } })
  await write('shares.end', {})
  await write('shares.create', { team: 'friend' })
  const v1 = await write('versions.create', { name: 'v1', basePath: '/made' }, { params: { api: made.id } })
  const at = { params: { api: made.id, apiVersion: v1.id } }
  const imported = await write<{ apiVersion: { id: string } }>('imports.create', {
    source: document('List'),
    api: made.id,
    name: 'made',
    title: 'Made',
    version: 'v2',
    basePath: '/made2',
    upstreamUrls: [],
  })
  await write('versions.update', { basePath: '/made/v1' }, at)
  await write(
    'versions.reimport',
    { source: document('List all') },
    { params: { api: made.id, apiVersion: imported.apiVersion.id } },
  )
  const route = await write('routes.create', { method: 'GET', path: '/more' }, at)
  await write('routes.update', { summary: 'More' }, { params: { ...at.params, route: route.id } })
  await write('upstreams.set', { targets: [{ url: 'http://127.0.0.1:9' }] }, at)
  const canary = { params: { ...at.params, upstream: 'canary' } }
  await write('upstreams.set', { targets: [{ url: 'http://127.0.0.1:10' }] }, canary)
  await write(
    'policies.set',
    {
      policies: [
        { type: 'api-key', config: {} },
        { type: 'body-limit', config: { maxBytes: 10 } },
      ],
    },
    { params: { scope: 'version', scopeId: v1.id } },
  )
  await write(
    'policies.setGlobal',
    { policies: [{ type: 'body-limit', config: { maxBytes: 1_000_000 } }] },
    { by: admin },
  )
  await write('publishing.publish', { environments: ['test'] }, at)
  await write('publishing.promote', { apiRevision: 1, environment: 'prod' }, at)
  const shares = [
    { upstream: 'default', weight: 95 },
    { upstream: 'canary', weight: 5 },
  ]
  await write('publishing.setTraffic', { shares, guard: {} }, at)
  const trip = { versionId: v1.id, reason: 'canary: 12.5 % errors of 48 requests', at: 1 }
  await app.get(Redis).client.hset(guardsKey('test'), `${guardPrefix(v1.id)}shares`, JSON.stringify(trip))
  await write('guards.reset', { note: 'mended' }, at)
  await write('upstreams.remove', undefined, canary)
  await write('versions.setLifecycle', { to: 'deprecated' }, at)
  const history = await acme.owner.must<{ data: { number: number }[] }>(
    'GET',
    '/tenants/acme/environments/test/revisions',
  )
  await write(
    'environments.rollback',
    { note: 'back' },
    { params: { environment: 'test', number: String(history.data.at(-1)?.number) } },
  )
  await write('publishing.undeploy', { environment: 'prod' }, at)
  await write('routes.remove', undefined, { params: { ...at.params, route: route.id } })
  await write(
    'environments.create',
    { name: 'dev', title: 'Dev', gatewayUrl: 'http://localhost:8001' },
    { by: admin },
  )

  // An offer, and who uses it.
  const product = await write('products.create', {
    name: 'offer',
    title: 'Offer',
    versions: [acme.params.apiVersion],
  })
  await write('products.update', { title: 'The offer' }, { params: { product: product.id } })
  const plan = await write(
    'products.createPlan',
    { name: 'gold', title: 'Gold', approval: 'manual' },
    { params: { product: product.id } },
  )
  await write('products.updatePlan', { price: '€ 9' }, { params: { product: product.id, plan: plan.id } })
  const silver = await write(
    'products.createPlan',
    { name: 'silver', title: 'Silver' },
    { params: { product: product.id } },
  )
  const application = await write('applications.create', { title: 'Second' })
  await write('applications.update', { title: 'Second one' }, { params: { application: application.id } })
  await write('applications.setGroups', { groups: ['partners'] }, { params: { application: application.id } })
  const subscription = await write('subscriptions.create', { application: application.id, plan: plan.id })
  await write('subscriptions.decide', {
    subscriptions: [subscription.id],
    decision: 'approve',
    note: 'welcome',
  })
  await write('subscriptions.changePlan', { plan: silver.id }, { params: { subscription: subscription.id } })
  await write('subscriptions.cancel', {}, { params: { subscription: subscription.id } })
  const key = await write(
    'credentials.issue',
    { environment: 'test' },
    { params: { application: application.id } },
  )
  const mine = { application: application.id, credential: key.id }
  const rotated = await write('credentials.rotate', {}, { params: mine })
  await write('credentials.revoke', {}, { params: { ...mine, credential: rotated.id } })
  const clientCertificate = await write(
    'clientCertificates.register',
    { environment: 'test', value: 'ab'.repeat(32) },
    { params: { application: application.id } },
  )
  await write('clientCertificates.remove', undefined, {
    params: { application: application.id, credential: clientCertificate.id },
  })
  const registered = await write(
    'oauthClients.register',
    { environment: 'test', issuer: 'https://id.example', clientId: 'spa' },
    { params: { application: application.id } },
  )
  await write('oauthClients.remove', undefined, {
    params: { application: application.id, credential: registered.id },
  })
  await write('authorisationServer.update', { enabled: true })
  await write('authorisationServer.rotateKeys', {})
  const asker = await write('authorisationServer.addResourceServer', { name: 'Gateways' })
  await write('authorisationServer.removeResourceServer', undefined, { params: { resourceServer: asker.id } })
  const builtIn = await write<{ id: string; clientId: string }>(
    'oauthClients.create',
    { environment: 'test', redirectUris: ['https://app.example/'] },
    { params: { application: application.id } },
  )
  const begun = await beginAuthorisation(builtIn)
  await write(
    'authorisations.decide',
    { decision: 'allow' },
    {
      params: { server: 'acme', authorisation: begun.authorisation },
      headers: { cookie: `${acme.owner.cookie}; ${begun.cookie}` },
    },
  )
  await write(
    'oauthClients.renewSecret',
    {},
    { params: { application: application.id, credential: builtIn.id } },
  )
  const signing = await write(
    'signingKeys.create',
    { environment: 'test' },
    { params: { application: application.id } },
  )
  await write('signingKeys.remove', undefined, {
    params: { application: application.id, credential: signing.id },
  })
  await write('tryIt.open', { application: acme.params.application, environment: 'test' })
  await write('applications.remove', undefined, { params: { application: application.id } })

  // As a file.
  const { manifest } = await acme.owner.must<{ manifest: { settings: object } }>(
    'GET',
    '/tenants/acme/manifest',
  )
  await write('manifests.apply', {
    manifest: { ...manifest, settings: { ...manifest.settings, timeZone: 'UTC' } },
  })

  // And away.
  const scratch = await write('apis.create', { name: 'scratch', title: 'Scratch' })
  const draft = await write(
    'versions.create',
    { name: 'v1', basePath: '/scratch' },
    { params: { api: scratch.id } },
  )
  await write('versions.remove', undefined, { params: { api: scratch.id, apiVersion: draft.id } })
  await write('apis.remove', undefined, { params: { api: scratch.id } })

  const writes = operations
    .filter(({ method, meta }) => method !== 'GET' && !meta.reads)
    .map(({ name }) => name)
  expect(writes.filter((name) => !done.has(name))).toEqual([])
  expect(await acme.owner.must('POST', '/tenants/acme/audit/verify', { body: {} })).toMatchObject({
    valid: true,
    brokenAt: null,
  })
})

test('I24 a changed or missing entry breaks the chain at its place', async () => {
  await expect(database.query(`UPDATE audit_event SET actor_name = 'Somebody'`)).rejects.toThrow(
    'never changed',
  )
  await expect(database.query('DELETE FROM audit_event')).rejects.toThrow('never changed')
  // Only who may drop the trigger can do it, and then the hashes tell.
  await database.query('ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only')
  const verify = () =>
    acme.owner.must<{ valid: boolean; brokenAt: number | null }>('POST', '/tenants/acme/audit/verify', {
      body: {},
    })
  const where = `WHERE chain = (SELECT id FROM tenant WHERE name = 'acme') AND seq = 3`
  await database.query(`UPDATE audit_event SET actor_name = actor_name || '!' ${where}`)
  expect(await verify()).toMatchObject({ valid: false, brokenAt: 3 })
  await database.query(`UPDATE audit_event SET actor_name = rtrim(actor_name, '!') ${where}`)
  expect(await verify()).toMatchObject({ valid: true })
  await database.query(`DELETE FROM audit_event ${where}`)
  expect(await verify()).toMatchObject({ valid: false, brokenAt: 4 })
})

test('I24 a chain that was rebuilt from the start is told by a head that was kept elsewhere', async () => {
  const bravo = await app.signUp('owner@bravo.example', { create: { name: 'bravo', title: 'Bravo' } })
  await bravo.must('POST', '/tenants/bravo/applications', { body: { title: 'First' } })
  const kept = await admin.must<{ heads: { chain: string; sequence: number; hash: string }[] }>(
    'GET',
    '/audit/heads',
  )
  await bravo.must('POST', '/tenants/bravo/applications', { body: { title: 'Second' } })
  const { rows } = await database.query<{ id: string }>(`SELECT id FROM tenant WHERE name = 'bravo'`)
  const chain = rows[0]?.id ?? ''
  const noted = kept.heads.find((head) => head.chain === chain)
  expect(kept.heads.map((head) => head.chain)).toEqual(expect.arrayContaining(['platform', chain]))
  const ours = { heads: kept.heads.filter((head) => ['platform', chain].includes(head.chain)) }
  const verify = () =>
    admin.must<{ valid: boolean; chains: object[] }>('POST', '/audit/heads/verify', { body: ours })
  expect(await verify()).toMatchObject({ valid: true })

  // Who may drop the trigger changes an entry, and all hashes after it: the chain fits together again.
  await database.query('ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only')
  const events = await database.query(`SELECT * FROM audit_event WHERE chain = $1 ORDER BY seq`, [chain])
  let hash = chainStart
  for (const row of events.rows) {
    const entry = {
      ...{ id: row.id, chain, seq: row.seq, prevHash: hash, tenantId: row.tenant_id },
      ...{ actorKind: row.actor_kind, actorId: row.actor_id, actorName: 'Somebody else', action: row.action },
      ...{ resourceKind: row.resource_kind, resourceId: row.resource_id, resourceName: row.resource_name },
      ...{ before: row.before, after: row.after, reason: row.reason, requestId: row.request_id },
      ...{ address: row.address, at: row.at },
    }
    const next = auditHash(entry)
    const change = `UPDATE audit_event SET actor_name = 'Somebody else', prev_hash = $2, hash = $3 WHERE id = $1`
    await database.query(change, [row.id, hash, next])
    hash = next
  }
  await database.query('UPDATE audit_head SET hash = $2 WHERE chain = $1', [chain, hash])
  const own = (body: object) =>
    bravo.must<{ valid: boolean; brokenAt: number }>('POST', '/tenants/bravo/audit/verify', { body })
  expect(await own({})).toMatchObject({ valid: true })
  expect(await own({ noted: { sequence: noted?.sequence, hash: noted?.hash } })).toMatchObject({
    valid: false,
    brokenAt: noted?.sequence,
  })
  const proof = await verify()
  expect(proof.valid).toBe(false)
  expect(proof.chains).toContainEqual(
    expect.objectContaining({ chain, valid: false, brokenAt: noted?.sequence }),
  )
  expect(proof.chains).toContainEqual(expect.objectContaining({ chain: 'platform', valid: true }))
})

test('I24 a chain that grows while it is verified is no broken one, and a cut one is', async () => {
  const owner = await app.signUp('owner@charlie.example', { create: { name: 'charlie', title: 'Charlie' } })
  const verify = (body: object = {}) =>
    owner.must<{ valid: boolean; events: number; head: object }>('POST', '/tenants/charlie/audit/verify', {
      body,
    })
  const writes = Array.from({ length: 20 }, (_, i) =>
    owner.must('POST', '/tenants/charlie/applications', { body: { title: `App ${i}` } }),
  )
  const proofs = await Promise.all(Array.from({ length: 10 }, () => verify()))
  await Promise.all(writes)
  for (const proof of proofs) expect(proof).toMatchObject({ valid: true, brokenAt: null })
  const { events, head } = await verify()
  expect(await verify({ noted: head })).toMatchObject({ valid: true })
  const beyond = { ...head, sequence: events + 1 }
  expect(await verify({ noted: beyond })).toMatchObject({ valid: false, brokenAt: events + 1 })
})

test('a refused write leaves nothing, not even an entry', async () => {
  const before = await count()
  const answer = await acme.owner.send('POST', '/tenants/acme/products', {
    body: { name: 'acme-api', title: 'Twice' },
  })
  expect(answer.status).toBe(409)
  expect(await count()).toBe(before)
})
