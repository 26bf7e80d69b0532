// Tokens that applications get for themselves: what is in them, who gets which scopes, and for how long.
import { createHmac, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import type { Caller } from '../testing/app.fixture.ts'
import {
  type BuiltInClient,
  createClient,
  enableServer,
  type Listening,
  partsOf,
  post,
  startListening,
} from '../testing/authorisation.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

const scopes = [
  { name: 'books:read', title: 'Read books', product: 'books' },
  { name: 'status:read', title: 'Read the status' },
]

let listening: Listening
let offer: Offer
let developer: Caller
let issuer: string
beforeAll(async () => {
  listening = await startListening()
  offer = await createOffer(listening.app, 'acme')
  developer = await listening.app.signUp('dev@acme.example', { join: 'acme' })
  issuer = (await enableServer(offer.owner, 'acme', { scopes })).issuer
})
afterAll(() => listening?.app.close())

const createApplication = (title: string) =>
  developer.must<{ id: string; name: string }>('POST', '/tenants/acme/applications', { body: { title } })
const subscribe = (application: string) =>
  developer.must('POST', '/tenants/acme/subscriptions', {
    body: { application, plan: offer.planId },
    headers: onceOnly(),
  })
const tokenOf = (client: Pick<BuiltInClient, 'clientId' | 'secret'>, scope = '', at = issuer) =>
  post(`${at}/token`, client, { grant_type: 'client_credentials', ...(scope ? { scope } : {}) })

interface KeySet {
  readonly keys: readonly (JsonWebKey & { readonly kid: string })[]
}
const keysOf = async () => (await (await fetch(`${issuer}/jwks`)).json()) as KeySet

/** Lists of a metadata document have no order. */
const sorted = (document: object) =>
  Object.fromEntries(
    Object.entries(document).map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]),
  )

async function isSignedByIssuer(token: string): Promise<boolean> {
  const { kid, alg } = partsOf(token).head
  expect(alg).toBe('RS256')
  const key = (await keysOf()).keys.find((it) => it.kid === kid)
  if (key === undefined) return false
  const at = token.lastIndexOf('.')
  return verify(
    'sha256',
    Buffer.from(token.slice(0, at)),
    createPublicKey({ key, format: 'jwk' }),
    Buffer.from(token.slice(at + 1), 'base64url'),
  )
}

describe('C3 tokens of the built-in authorisation server', () => {
  it('are JWTs of the client by RFC 9068, with the scopes of what its application has subscribed to', async () => {
    const { name } = await createApplication('Reports')
    const client = await createClient(developer, 'acme', name)
    expect(client).toMatchObject({ issuer, builtIn: { isPublic: false, redirectUris: [] } })
    const before = await tokenOf(client, 'books:read status:read')
    expect(before).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, scope: 'status:read' },
    })
    expect(before.headers.get('cache-control')).toBe('no-store')
    await subscribe(name)
    const { body } = await tokenOf(client, 'books:read status:read')
    const { head, claims } = partsOf(body.access_token)
    expect(head).toMatchObject({ typ: 'at+jwt', alg: 'RS256' })
    expect(claims).toMatchObject({
      iss: issuer,
      aud: `${issuer}/apis`,
      client_id: client.clientId,
      sub: client.clientId,
      scope: 'books:read status:read',
      exp: Number(claims.iat) + 600,
    })
    expect(claims.jti).toEqual(expect.any(String))
    expect(await isSignedByIssuer(body.access_token ?? '')).toBe(true)
    // Nobody is given what nobody offers.
    expect((await tokenOf(client, 'admin')).body.scope).toBeUndefined()
  })

  it('are for APIs of this tenant alone, and for nobody with another secret, another tenant’s client or an ended one', async () => {
    const { name } = await createApplication('Nightly')
    const client = await createClient(developer, 'acme', name)
    const refused = { status: 401, body: { error: 'invalid_client' } }
    expect(await tokenOf({ ...client, secret: 'gwo_guessed' })).toMatchObject(refused)
    expect(await tokenOf({ ...client, secret: null })).toMatchObject(refused)
    const elsewhere = { grant_type: 'client_credentials', resource: 'https://elsewhere.example' }
    expect(await post(`${issuer}/token`, client, elsewhere)).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    })

    const bravo = await createOffer(listening.app, 'bravo')
    const theirs = await enableServer(bravo.owner, 'bravo')
    expect(await tokenOf(client, '', theirs.issuer)).toMatchObject(refused)

    const renewed = await developer.must<BuiltInClient>(
      'POST',
      `/tenants/acme/applications/${name}/oauth-clients/${client.id}/secret`,
      { body: {}, headers: onceOnly() },
    )
    expect(await tokenOf(client)).toMatchObject(refused)
    expect((await tokenOf(renewed)).status).toBe(200)
    await developer.must('DELETE', `/tenants/acme/applications/${name}/oauth-clients/${client.id}`)
    expect(await tokenOf(renewed)).toMatchObject(refused)
  })

  it('C18: carry no scope of a product that another team’s product, subscribed to, has the name of', async () => {
    const other = await createOffer(listening.app, 'charlie')
    await other.owner.must('POST', '/tenants/charlie/apis/books/shares', { body: { team: 'acme' } })
    const { name } = await createApplication('Namesake')
    const client = await createClient(developer, 'acme', name)
    await developer.must('POST', '/tenants/acme/subscriptions', {
      body: { application: name, plan: other.planId },
      headers: onceOnly(),
    })
    expect((await tokenOf(client, 'books:read status:read')).body.scope).toBe('status:read')
  })

  it('can be opaque: a resource server is told what one is worth until it is revoked, a stranger is not', async () => {
    const opaque = await createOffer(listening.app, 'opaque')
    const { issuer: at } = await enableServer(opaque.owner, 'opaque', {
      tokenFormat: 'opaque',
      scopes: [scopes[1]],
    })
    const { name } = await opaque.owner.must<{ name: string }>('POST', '/tenants/opaque/applications', {
      body: { title: 'One' },
    })
    const [one, other] = [
      await createClient(opaque.owner, 'opaque', name),
      await createClient(opaque.owner, 'opaque', name),
    ]
    const server = await opaque.owner.must<{ id: string; secret: string }>(
      'POST',
      '/tenants/opaque/authorisation-server/resource-servers',
      { body: { name: 'Gateways' }, headers: onceOnly() },
    )
    const asker = { clientId: server.id, secret: server.secret }
    const { body } = await tokenOf(one, 'status:read', at)
    const token = body.access_token ?? ''
    expect(token).not.toContain('.')
    const ask = (by: Pick<BuiltInClient, 'clientId' | 'secret'>) =>
      post(`${at}/token/introspection`, by, { token })
    expect((await ask(asker)).body).toMatchObject({
      active: true,
      client_id: one.clientId,
      scope: 'status:read',
      iss: at,
      aud: `${at}/apis`,
    })
    expect((await ask(other)).body).toEqual({ active: false })
    // It asks, and gets no token of its own.
    expect(await tokenOf(asker, '', at)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    // Only its own client can give it back (RFC 7009 2.1).
    await post(`${at}/token/revocation`, other, { token })
    expect((await ask(asker)).body).toMatchObject({ active: true })
    expect((await post(`${at}/token/revocation`, one, { token })).status).toBe(200)
    expect((await ask(asker)).body).toEqual({ active: false })
  })

  it('that are opaque are worth nothing from the moment their client is removed', async () => {
    const { owner } = await createOffer(listening.app, 'gone')
    const { issuer: at } = await enableServer(owner, 'gone', { tokenFormat: 'opaque' })
    const { name } = await owner.must<{ name: string }>('POST', '/tenants/gone/applications', {
      body: { title: 'One' },
    })
    const client = await createClient(owner, 'gone', name)
    const server = await owner.must<{ id: string; secret: string }>(
      'POST',
      '/tenants/gone/authorisation-server/resource-servers',
      { body: { name: 'Gateways' }, headers: onceOnly() },
    )
    const { body } = await tokenOf(client, '', at)
    const ask = () =>
      post(
        `${at}/token/introspection`,
        { clientId: server.id, secret: server.secret },
        {
          token: body.access_token ?? '',
        },
      )
    expect((await ask()).body).toMatchObject({ active: true })
    await owner.must('DELETE', `/tenants/gone/applications/${name}/oauth-clients/${client.id}`)
    expect((await ask()).body).toEqual({ active: false })
  })

  it('are kept nowhere as they are: neither tokens nor secrets nor private keys stand in Postgres', async () => {
    const { name } = await createApplication('Silent')
    const client = await createClient(developer, 'acme', name)
    await tokenOf(client)
    const database = new pg.Client({ connectionString: listening.app.databaseUrl })
    await database.connect()
    const { rows } = await database.query(
      `SELECT row_to_json(c)::text AS row FROM authorisation_client c
       UNION ALL SELECT row_to_json(k)::text FROM authorisation_key k
       UNION ALL SELECT row_to_json(a)::text FROM audit_event a
       UNION ALL SELECT row_to_json(s)::text FROM authorisation_state s`,
    )
    await database.end()
    const text = rows.map(({ row }) => row).join('\n')
    expect(text).toContain(client.clientId)
    expect(text).not.toContain(client.secret)
    expect(text).not.toMatch(/"(?:d|p|q|dp|dq|qi)\\*":/)
    expect(text).toMatch(/"private_key":"gws1\./)
  })
})

describe('C4 discovery of the built-in authorisation server', () => {
  it('says the same at both of its addresses, and nothing at all where it is off or nobody is', async () => {
    const origin = listening.origin
    const texts = await Promise.all(
      [
        `${issuer}/.well-known/openid-configuration`,
        `${issuer}/.well-known/oauth-authorization-server`,
        `${origin}/.well-known/oauth-authorization-server/oauth/acme`,
      ].map(async (url) => (await fetch(url)).json()),
    )
    expect(texts[0]).toMatchObject({
      issuer,
      token_endpoint: `${issuer}/token`,
      authorization_endpoint: `${issuer}/auth`,
      jwks_uri: `${issuer}/jwks`,
      introspection_endpoint: `${issuer}/token/introspection`,
      revocation_endpoint: `${issuer}/token/revocation`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    })
    expect(texts[0].grant_types_supported.sort()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
    ])
    expect(texts.slice(1).map(sorted)).toEqual([sorted(texts[0]), sorted(texts[0])])
    // Whatever a request says of its host: addresses are the issuer's.
    const spoofed = await fetch(`${issuer}/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    })
    expect(sorted((await spoofed.json()) as object)).toEqual(sorted(texts[0]))
    for (const tenant of ['nobody', 'acme-2', 'ACME', '%61cme', ''])
      expect((await fetch(`${origin}/oauth/${tenant}/jwks`)).status, tenant).toBe(404)
  })

  it('ends with the switch: no keys, no tokens, no new clients', async () => {
    const off = await createOffer(listening.app, 'off')
    const { issuer: at, version } = await enableServer(off.owner, 'off')
    const { name } = await off.owner.must<{ name: string }>('POST', '/tenants/off/applications', {
      body: { title: 'One' },
    })
    const client = await createClient(off.owner, 'off', name)
    expect((await tokenOf(client, '', at)).status).toBe(200)
    const path = '/tenants/off/authorisation-server'
    expect(
      (await off.owner.send('PATCH', path, { body: { enabled: false }, version: version + 1 })).status,
    ).toBe(412)
    await off.owner.must('PATCH', path, { body: { enabled: false }, version })
    expect((await tokenOf(client, '', at)).status).toBe(404)
    expect((await fetch(`${at}/jwks`)).status).toBe(404)
    const refused = await off.owner.send('POST', `/tenants/off/applications/${name}/oauth-clients/built-in`, {
      body: { environment: 'prod' },
      headers: onceOnly(),
    })
    expect(refused).toMatchObject({ status: 409, body: { code: 'state_conflict' } })
  })
})

describe('C5 whose client it is', () => {
  it('is for nobody to say who only knows its name', async () => {
    const { name } = await createApplication('Victim')
    const client = await createClient(developer, 'acme', name)
    const other = await createApplication('Thief')
    const taken = await developer.send('POST', `/tenants/acme/applications/${other.name}/oauth-clients`, {
      body: { environment: 'prod', issuer, clientId: client.clientId },
    })
    expect(taken).toMatchObject({ status: 400, body: { errors: [{ pointer: '/issuer' }] } })
    expect(
      await developer.send('PATCH', '/tenants/acme/authorisation-server', { body: {}, version: 1 }),
    ).toMatchObject({
      status: 403,
    })
  })
})

describe('C3 how often tokens are asked for', () => {
  it('is bounded for an address, whoever it says it is', async () => {
    await using bounded = await startListening({ TOKEN_REQUESTS_PER_MINUTE: '3' }).then((it) => ({
      ...it,
      [Symbol.asyncDispose]: () => it.app.close(),
    }))
    const { owner } = await createOffer(bounded.app, 'acme')
    const { issuer: at } = await enableServer(owner, 'acme')
    const statuses: number[] = []
    for (let i = 0; i < 4; i++)
      statuses.push((await tokenOf({ clientId: `guess-${i}`, secret: 'x' }, '', at)).status)
    expect(statuses).toEqual([401, 401, 401, 429])
    const refused = await tokenOf({ clientId: 'guess', secret: 'x' }, '', at)
    expect(refused.body.error).toBe('temporarily_unavailable')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${at}/jwks`)).status).toBe(200)
  })

  it('is bounded for a client, from however many addresses, and for no other client with it', async () => {
    await using bounded = await startListening({
      TOKEN_REQUESTS_PER_MINUTE: '3',
      TRUST_PROXY: '127.0.0.1',
    }).then((it) => ({ ...it, [Symbol.asyncDispose]: () => it.app.close() }))
    const { owner } = await createOffer(bounded.app, 'acme')
    const { issuer: at } = await enableServer(owner, 'acme')
    const { name } = await owner.must<{ name: string }>('POST', '/tenants/acme/applications', {
      body: { title: 'Busy' },
    })
    const [busy, other] = [await createClient(owner, 'acme', name), await createClient(owner, 'acme', name)]
    let address = 0
    const ask = (client: BuiltInClient) =>
      post(
        `${at}/token`,
        client,
        { grant_type: 'client_credentials' },
        { 'x-forwarded-for': `203.0.113.${++address}` },
      )
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await ask(busy)).status)
    // Who only knows its id uses nothing of it up.
    expect((await ask({ ...other, secret: 'gwo_guessed' })).status).toBe(401)
    const refused = await ask(busy)
    expect([...statuses, refused.status]).toEqual([200, 200, 200, 429])
    expect(refused.body).toMatchObject({ error: 'temporarily_unavailable' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) expect((await ask(other)).status).toBe(200)
  })
})

describe('C2 what signs for a client', () => {
  it('is its secret alone: neither a JWT under what Postgres has of it nor an unsigned one', async () => {
    const { name } = await createApplication('Confused')
    const client = await createClient(developer, 'acme', name)
    const { secretHash } = await listening.app
      .get(Database)
      .everything.authorisationClient.findUniqueOrThrow({ where: { id: client.clientId } })
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: client.clientId,
      sub: client.clientId,
      aud: issuer,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + 60,
    }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const assertion = (alg: string, sign: (text: string) => string) => {
      const text = `${part({ alg })}.${part(claims)}`
      return `${text}.${sign(text)}`
    }
    const hmac = (text: string) =>
      createHmac('sha256', secretHash ?? '')
        .update(text)
        .digest('base64url')
    for (const sent of [assertion('HS256', hmac), assertion('none', () => '')]) {
      const { status, body } = await post(
        `${issuer}/token`,
        { clientId: client.clientId, secret: null },
        {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: sent,
        },
      )
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body.access_token).toBeUndefined()
    }
    expect((await tokenOf({ ...client, secret: secretHash })).status).toBe(401)
  })
})

describe('H2 samples of an API that takes tokens', () => {
  it('ask for one at the team’s own server, with the scopes that its policies want', async () => {
    const scope = { scope: 'version', scopeId: offer.versionId }
    const at = `/tenants/acme/policies/${scope.scope}/${scope.scopeId}`
    const { version } = await offer.owner.must<{ version: number }>('GET', at)
    const config = {
      issuers: [{ issuer, audiences: [`${issuer}/apis`] }],
      scopesRequired: ['books:read'],
    }
    await offer.owner.must('PUT', at, { body: { policies: [{ type: 'jwt', name: 'jwt', config }] }, version })
    await offer.owner.must('POST', '/tenants/acme/apis/books/versions/v1/publish', {
      body: { environments: ['prod'] },
      headers: onceOnly(),
    })
    const of = '/portal/acme/apis/books/v1'
    const { data: operations } = await developer.must<{ data: { id: string }[] }>('GET', `${of}/operations`)
    const { data } = await developer.must<{ data: { code: string }[] }>(
      'GET',
      `${of}/operations/${operations[0]?.id}/samples`,
    )
    expect(data[0]?.code).toContain(`curl --silent '${issuer}/token'`)
    expect(data[0]?.code).toContain("--data-urlencode 'scope=books:read'")
    expect(data[0]?.code).toContain('--header "Authorization: Bearer $ACCESS_TOKEN"')
  })
})

describe('C2 keys of the built-in authorisation server', () => {
  const at = '/tenants/acme/authorisation-server'
  const rotate = async (body: object = {}) =>
    // Sessions end while this test lets days go by.
    (await listening.app.signIn('owner@acme.example')).send<{ keys: { id: string; state: string }[] }>(
      'POST',
      `${at}/keys`,
      { body },
    )

  it('are published before they sign, and after, until their last token has ended', async () => {
    const { name } = await createApplication('Rotating')
    const client = await createClient(developer, 'acme', name)
    const kidOf = async () => partsOf((await tokenOf(client)).body.access_token).head.kid
    const old = await kidOf()
    const { body } = await rotate()
    expect(body.keys.map(({ state }) => state)).toEqual(['signing', 'next'])
    const next = body.keys[1]?.id
    expect((await keysOf()).keys.map(({ kid }) => kid).sort()).toEqual([old, next].sort())
    expect(await kidOf()).toBe(old)
    expect(await rotate()).toMatchObject({ status: 409, body: { code: 'state_conflict' } })
    listening.app.clock.advance(601)
    expect(await kidOf()).toBe(next)
    expect((await keysOf()).keys.map(({ kid }) => kid)).toEqual([next, old])
    listening.app.clock.advance(86_400 + 601)
    expect((await keysOf()).keys.map(({ kid }) => kid)).toEqual([next])
  })

  it('are made one at a time, however many ask at once', async () => {
    const answers = await Promise.all([rotate(), rotate(), rotate()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  })

  it('go at once when they are said to be known to others', async () => {
    const before = (await keysOf()).keys.map(({ kid }) => kid)
    const { body } = await rotate({ now: true })
    expect(body.keys).toMatchObject([{ state: 'signing', endsAt: null }])
    const after = (await keysOf()).keys.map(({ kid }) => kid)
    expect(after).toHaveLength(1)
    expect(before).not.toContain(after[0])
  })
})
