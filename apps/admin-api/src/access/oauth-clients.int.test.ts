// OAuth clients over HTTP on a real Postgres: one belongs to one application, and what gateways find under its hash.
import { createHash } from 'node:crypto'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import { readCredentialRecords } from '../publishing/credential-records.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let offer: Offer
let developer: Caller
beforeAll(async () => {
  app = await startTestApp()
  offer = await createOffer(app, 'acme')
  developer = await app.signUp('dev@acme.example', { join: 'acme' })
})
afterAll(() => app?.close())

interface Client {
  readonly id: string
  readonly clientId: string
  readonly state: string
}

const issuer = 'https://id.example.com/realms/main'
const clientsOf = (application: string) => `/tenants/acme/applications/${application}/oauth-clients`
const create = (title: string, caller = developer) =>
  caller.must<{ id: string; name: string }>('POST', '/tenants/acme/applications', { body: { title } })
const register = (application: string, clientId: string, more: object = {}, caller = developer) =>
  caller.send<Client>('POST', clientsOf(application), {
    body: { environment: 'prod', issuer, clientId, ...more },
  })
const list = async (application: string) =>
  (await developer.must<{ data: Client[] }>('GET', clientsOf(application))).data

/** What a gateway of prod finds for tokens of a client. */
async function recordOf(clientId: string) {
  const { everything: prisma } = app.get(Database)
  const environment = await prisma.environment.findUniqueOrThrow({ where: { name: 'prod' } })
  const tenant = await prisma.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
  const text = oauthClientText({ environment: 'prod', tenantId: tenant.id, issuer, clientId })
  const hash = createHash('sha256').update(text).digest('hex')
  return (await readCredentialRecords(prisma, environment.id, [hash])).get(hash)
}

describe('C2 OAuth clients', () => {
  it('stand for their application where gateways look, until they are removed', async () => {
    const { name } = await create('Reports')
    await developer.must('POST', '/tenants/acme/subscriptions', {
      body: { application: name, plan: offer.planId },
      headers: onceOnly(),
    })
    const made = await register(name, 'reporting')
    expect(made).toMatchObject({ status: 201, body: { clientId: 'reporting', issuer, state: 'active' } })
    expect(await recordOf('reporting')).toMatchObject({
      kind: 'oauth-client',
      credentialId: made.body.id,
      applicationName: name,
      state: 'active',
      subscriptions: [{ state: 'active' }],
    })
    expect(await list(name)).toHaveLength(1)
    // It is no key: neither among them, nor to be rotated as one.
    const keys = `/tenants/acme/applications/${name}/credentials`
    expect((await developer.must<{ data: unknown[] }>('GET', keys)).data).toEqual([])
    const rotated = await developer.send('POST', `${keys}/${made.body.id}/rotate`, {
      body: {},
      headers: onceOnly(),
    })
    expect(rotated.status).toBe(404)

    expect((await developer.send('DELETE', `${clientsOf(name)}/${made.body.id}`)).status).toBe(200)
    expect(await recordOf('reporting')).toMatchObject({ state: 'revoked' })
    expect(await list(name)).toEqual([])
    expect((await developer.send('DELETE', `${clientsOf(name)}/${made.body.id}`)).status).toBe(404)
  })

  it('belong to one application; one that was removed may go to another', async () => {
    const [one, two] = [await create('One'), await create('Two')]
    const first = await register(one.name, 'shared')
    expect(await register(one.name, 'shared')).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    })
    expect(await register(two.name, 'shared')).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    })
    expect((await register(two.name, 'shared', { issuer: `${issuer}/` })).status).toBe(201)
    await developer.must('DELETE', `${clientsOf(one.name)}/${first.body.id}`)
    expect((await register(two.name, 'shared')).status).toBe(201)
    expect(await recordOf('shared')).toMatchObject({ applicationName: two.name, state: 'active' })
  })

  it('C17 are nobody’s business but the owner’s', async () => {
    const { name } = await create('Mine')
    const { body } = await register(name, 'mine')
    const stranger = await app.signUp('stranger@acme.example', { join: 'acme' })
    expect((await register(name, 'theirs', {}, stranger)).status).toBe(404)
    expect((await stranger.send('GET', clientsOf(name))).status).toBe(404)
    expect((await stranger.send('DELETE', `${clientsOf(name)}/${body.id}`)).status).toBe(404)
  })

  it('end with their expiry, and an end that has passed is refused', async () => {
    const { name } = await create('Short')
    const past = await register(name, 'short', { expiresAt: '2020-01-01T00:00:00Z' })
    expect(past).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAt' }] } })
  })

  it('I1 stand in the manifest of the tenant, and come back by it', async () => {
    const { name } = await create('Declared')
    await register(name, 'declared', { name: 'Nightly' })
    const { manifest } = await offer.owner.must<{
      manifest: { applications: { name: string; oauthClients: object[] }[] }
    }>('GET', '/tenants/acme/manifest')
    const mine = manifest.applications.find((it) => it.name === name)
    expect(mine?.oauthClients).toEqual([
      { name: 'Nightly', environment: 'prod', issuer, clientId: 'declared', expiresAt: null },
    ])
    const apply = (oauthClients: object[]) =>
      offer.owner.must('POST', '/tenants/acme/manifest/apply', {
        body: {
          manifest: {
            ...manifest,
            applications: manifest.applications.map((it) =>
              it.name === name ? { ...it, oauthClients } : it,
            ),
          },
          prune: true,
        },
      })
    await apply([])
    expect(await list(name)).toEqual([])
    await apply(mine?.oauthClients ?? [])
    expect(await list(name)).toMatchObject([{ clientId: 'declared', name: 'Nightly', state: 'active' }])
  })
})

describe('C17 the place of an OAuth client', () => {
  it('is not kept from its team by a key that another one brought under its hash', async () => {
    const { everything: prisma } = app.get(Database)
    const acme = await prisma.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
    const text = oauthClientText({ environment: 'prod', tenantId: acme.id, issuer, clientId: 'wanted' })
    const sha256 = createHash('sha256').update(text).digest('hex')
    const squatter = await createOffer(app, 'squatter')
    const manifest = {
      gatewright: 1,
      applications: [{ name: 'squat', title: 'Squat', keys: [{ environment: 'prod', sha256 }] }],
    }
    const bring = () =>
      squatter.owner.send('POST', '/tenants/squatter/manifest/apply', {
        body: { manifest },
        headers: onceOnly(),
      })
    expect((await bring()).status).toBe(200)
    const { name } = await create('Wanted')
    expect(await register(name, 'wanted')).toMatchObject({ status: 201 })
    expect(await recordOf('wanted')).toMatchObject({ kind: 'oauth-client', tenantId: acme.id })
    expect((await bring()).body).toMatchObject({ code: 'manifest_refused' })
  })
})
