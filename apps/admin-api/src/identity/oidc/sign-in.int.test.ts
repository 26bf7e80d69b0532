// Sign-in at real OpenID providers, over HTTP: who comes in, as whom, and everything that must not work.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../../testing/app.fixture.ts'
import { Browser, clientSecret, type Person, TestProvider } from '../../testing/openid-provider.fixture.ts'

let app: TestApp
let admin: Caller
let database: pg.Client
let company: TestProvider
let cognito: TestProvider

beforeAll(async () => {
  app = await startTestApp({
    IMPORT_PRIVATE_ADDRESSES: 'true',
    SECRETS_KEY: randomBytes(32).toString('base64'),
    TENANT_API_LIMIT: '10',
  })
  admin = await app.admin()
  company = await TestProvider.start('company')
  cognito = await TestProvider.start('cognito', { path: '/eu-west-1_pool' })
  await add('company', company, { scopes: ['openid', 'email', 'profile', 'groups'], groupsClaim: 'groups' })
  await add('cognito', cognito, { groupsClaim: 'cognito:groups' })
  for (const name of ['acme', 'bravo']) await admin.must('POST', '/tenants', { body: { name, title: name } })
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await app.close()
  await Promise.all([company.stop(), cognito.stop()])
})

interface View {
  readonly id: string
  readonly name: string
  readonly version: number
}

const add = (name: string, { issuer }: { issuer: string }, more: object = {}) =>
  admin.must<View>('POST', '/identity-providers', {
    body: { name, title: name, issuer, clientId: 'gatewright', clientSecret, ...more },
  })

const set = (provider: string, body: object) =>
  admin.must<View>('PATCH', `/identity-providers/${provider}`, { body, version: '*' })

beforeEach(async () => {
  const open = { admission: 'anyone', roleMappings: [], emailDomains: [], enabled: true }
  await set('company', open)
  await set('cognito', open)
})

let people = 0
/** Somebody new, whom the provider vouches for. */
const person = (more: object = {}): Person => {
  const sub = `person-${++people}`
  return { sub, email: `${sub}@example.com`, email_verified: true, name: `Person ${people}`, ...more }
}

const startAt = (provider: string, returnTo = '/account') =>
  `/api/v1/sign-in/providers/${provider}/start?return=${encodeURIComponent(returnTo)}`

/** Signs in and answers where the browser came to rest. */
async function signIn(at: TestProvider, who: Person | null, browser = new Browser(app)) {
  at.person = who
  const path = await browser.open(startAt(at === company ? 'company' : 'cognito'))
  return {
    browser,
    path,
    me: await browser.me(),
    problem: new URLSearchParams(path.split('?')[1]).get('problem'),
  }
}

const events = async (action: string, name: string) =>
  (await database.query('SELECT * FROM audit_event WHERE action = $1 AND resource_name = $2', [action, name]))
    .rows

const usersWith = async (email: string) =>
  (await database.query('SELECT id FROM app_user WHERE email = $1', [email])).rows

describe('C4 who signs in with a provider', () => {
  test('comes in with code and PKCE, arrives where they wanted to go, and is in the audit', async () => {
    const who = person()
    company.person = who
    const browser = new Browser(app)
    const there = await browser.until(
      startAt('company'),
      (url) => url.origin === new URL(company.issuer).origin,
    )
    expect(Object.fromEntries(there.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: 'http://localhost:8080/api/v1/sign-in/providers/company/callback',
      scope: 'openid email profile groups',
    })
    expect(await browser.open(startAt('company', '/account?tab=x'))).toBe('/account?tab=x')
    expect((await browser.me())?.user).toMatchObject({ email: who.email, name: who.name })
    const [entry] = await events('identity.signInWithProvider', String(who.email))
    expect(entry).toMatchObject({
      actor_name: who.name,
      after: { provider: 'company', address: '127.0.0.1' },
    })
    expect(await events('identity.signUpWithProvider', String(who.email))).toHaveLength(1)
    expect([...browser.cookies.keys()]).not.toContain('__Host-gw_attempt')
  })

  test('never leaves the portal by the way back', async () => {
    const browser = new Browser(app)
    company.person = person()
    for (const evil of ['https://evil.example', '//evil.example', '/\\evil.example', '/api/v1/me'])
      expect(await browser.open(startAt('company', evil)), evil).toBe('/')
  })

  test('and says no there is brought back with a word about it, and may try again', async () => {
    const { path, me, browser } = await signIn(company, null)
    expect(path).toMatch(/^\/sign-in\?problem=sign_in_denied&request=\S+&return=%2Faccount$/)
    expect(me).toBeNull()
    expect((await signIn(company, person(), browser)).me).not.toBeNull()
  })

  test('is offered the providers that are switched on, by their titles and nothing else', async () => {
    const offered = () => app.visitor().must('GET', '/sign-in/providers')
    expect(await offered()).toEqual({
      data: [
        { name: 'company', title: 'company' },
        { name: 'cognito', title: 'cognito' },
      ],
    })
    await set('company', { enabled: false })
    expect(await offered()).toEqual({ data: [{ name: 'cognito', title: 'cognito' }] })
    const { problem, me } = await signIn(company, person())
    expect([problem, me]).toEqual(['not_found', null])
  })
})

describe('C4 an answer is taken only', () => {
  const isCallback = (url: URL) => url.pathname.endsWith('/callback')
  const problemOf = async (browser: Browser, url: URL) =>
    new URLSearchParams((await browser.open(`${url.pathname}${url.search}`)).split('?')[1]).get('problem')

  test('by the browser that asked for it: a link from somebody else signs nobody in', async () => {
    company.person = person()
    const theirs = await new Browser(app).until(startAt('company'), isCallback)
    const victim = new Browser(app)
    expect(await problemOf(victim, theirs)).toBe('sign_in_unfinished')
    // Also when the victim has begun a sign-in of their own.
    await victim.until(startAt('company'), isCallback)
    expect(await problemOf(victim, theirs)).toBe('sign_in_unfinished')
    expect(await victim.me()).toBeNull()
  })

  test('once', async () => {
    company.person = person()
    const browser = new Browser(app)
    const url = await browser.until(startAt('company'), isCallback)
    const kept = new Map(browser.cookies)
    expect(await problemOf(browser, url)).toBeNull()
    expect(await problemOf(browser, url)).toBe('sign_in_unfinished')
    // Whoever kept the cookie is refused by the provider, which knows the code as used.
    const copy = new Browser(app)
    for (const [name, value] of kept) copy.cookies.set(name, value)
    expect(await problemOf(copy, url)).toBe('provider_failed')
    expect(await copy.me()).toBeNull()
  })

  test('with the code of the same sign-in: one of another is refused by PKCE', async () => {
    company.person = person()
    const attacker = await new Browser(app).until(startAt('company'), isCallback)
    company.person = person()
    const browser = new Browser(app)
    const own = await browser.until(startAt('company'), isCallback)
    own.searchParams.set('code', attacker.searchParams.get('code') ?? '')
    expect(await problemOf(browser, own)).toBe('provider_failed')
    expect(await browser.me()).toBeNull()
  })

  test('from the provider that was asked, and in time', async () => {
    company.person = person()
    const browser = new Browser(app)
    const url = await browser.until(startAt('company'), isCallback)
    const elsewhere = new URL(url.href.replace('/company/', '/cognito/'))
    expect(await problemOf(browser, elsewhere)).toBe('sign_in_unfinished')
    app.clock.advance(16 * 60)
    expect(await problemOf(browser, url)).toBe('sign_in_unfinished')
    admin = await app.admin()
  })
})

describe('C7 one person is one user', () => {
  test('whichever provider they come by, a social one that writes its claims as Cognito does included', async () => {
    const who = person()
    const first = await signIn(company, who)
    const second = await signIn(cognito, { ...who, sub: 'another-subject', email_verified: 'true' })
    expect(second.me?.user.id).toBe(first.me?.user.id)
    expect(await usersWith(String(who.email))).toHaveLength(1)
    const { rows } = await database.query('SELECT provider_id FROM user_identity WHERE user_id = $1', [
      first.me?.user.id,
    ])
    expect(rows).toHaveLength(2)
    // And again, by either, also when the address is written otherwise or is another one by now.
    const again = await signIn(company, { ...who, email: 'moved@example.com' })
    expect(again.me?.user).toMatchObject({ id: first.me?.user.id, email: who.email })
  })

  test('also when two browsers come back at the same moment', async () => {
    const who = person()
    company.person = who
    cognito.person = who
    const isCallback = (url: URL) => url.pathname.endsWith('/callback')
    const browsers = [1, 2, 3, 4].map(() => new Browser(app))
    const ways = await Promise.all(
      browsers.map((browser, i) => browser.until(startAt(i % 2 ? 'company' : 'cognito'), isCallback)),
    )
    await Promise.all(browsers.map((browser, i) => browser.open(`${ways[i]?.pathname}${ways[i]?.search}`)))
    const ids = await Promise.all(browsers.map(async (browser) => (await browser.me())?.user.id))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toBeDefined()
    expect(await usersWith(String(who.email))).toHaveLength(1)
  })

  test.each([
    { email_verified: false },
    { email_verified: undefined },
    { email_verified: 'false' },
    { email: 7 },
  ])('and an address that the provider does not vouch for is nobody: %j', async (claims) => {
    const owner = await app.signUp(`owner-${++people}@example.com`)
    const { me, problem } = await signIn(company, person({ email: owner.email, ...claims }))
    expect([me, problem]).toEqual([null, 'email_unverified'])
    expect(await events('identity.signInRefused', 'company')).toContainEqual(
      expect.objectContaining({ after: expect.objectContaining({ reason: 'email_unverified' }) }),
    )
  })

  test('and who signed up with the address of somebody else is out when that person comes', async () => {
    const who = person()
    const squatter = await app.signUp(String(who.email))
    const { token } = await squatter.must<{ token: string }>('POST', '/me/tokens', { body: { name: 'kept' } })
    const { me } = await signIn(company, who)
    expect(me?.user.email).toBe(who.email)
    expect((await squatter.send('GET', '/me')).status).toBe(401)
    expect((await app.visitor().useToken(token).send('GET', '/me')).status).toBe(401)
    const again = await app.visitor().send('POST', '/sign-in', {
      body: { email: who.email, password: 'correct-horse-battery' },
    })
    expect(again.body.code).toBe('sign_in_failed')
    expect(await events('identity.evict', String(who.email))).toEqual([
      expect.objectContaining({
        after: { passwordRemoved: true, sessionsEnded: 1, tokensEnded: 1, factorsRemoved: 0 },
      }),
    ])
    expect(await events('identity.linkProvider', String(who.email))).toHaveLength(1)
  })

  test('and keys that somebody made with the address of somebody else end with it, in every tenant', async () => {
    const who = person()
    const squatter = await app.signUp(String(who.email), { join: 'acme' })
    const { secret } = await admin.must<{ secret: string }>('POST', '/tenants/bravo/invitations', {
      body: { email: who.email, role: 'developer' },
    })
    await squatter.must('POST', '/invitations/accept', { body: { secret } })
    for (const tenant of ['acme', 'bravo']) {
      const { id } = await squatter.must<{ id: string }>('POST', `/tenants/${tenant}/applications`, {
        body: { title: 'Kept' },
      })
      await database.query(
        `INSERT INTO environment (id, name, title, gateway_url, updated_at) VALUES ('env_squat', 'squat', 'x', 'http://x', now())
         ON CONFLICT DO NOTHING`,
      )
      await squatter.must('POST', `/tenants/${tenant}/applications/${id}/credentials`, {
        body: { environment: 'squat', name: 'Kept' },
        headers: { 'idempotency-key': crypto.randomUUID() },
      })
    }
    expect((await signIn(company, who)).me?.user.email).toBe(who.email)
    const { rows } = await database.query(
      `SELECT c.state FROM credential c JOIN application a ON a.id = c.application_id JOIN app_user u ON u.id = a.owner_id WHERE u.email = $1`,
      [who.email],
    )
    expect(rows).toEqual([{ state: 'revoked' }, { state: 'revoked' }])
    expect(await events('tenancy.endUnproved', String(who.email))).toHaveLength(2)
  })

  test('also who is busy with the account at that very moment', async () => {
    const who = person()
    const account = { email: who.email, password: 'correct-horse-battery' }
    const squatter = await app.signUp(String(who.email))
    const held: ReturnType<typeof app.visitor>[] = [squatter]
    let isOver = false
    const acts = [
      async () => {
        const visitor = app.visitor()
        if ((await visitor.send('POST', '/sign-in', { body: account })).status === 200) held.push(visitor)
      },
      () =>
        squatter.send('POST', '/me/password', {
          body: { current: account.password, next: account.password },
        }),
      async () => {
        const made = await squatter.send('POST', '/me/tokens', { body: { name: 'kept' } })
        if (made.status === 201) held.push(app.visitor().useToken(String(made.body.token)))
      },
    ]
    const busy = acts.map(async (act) => {
      while (!isOver) await act()
    })
    const { me, problem } = await signIn(company, who)
    isOver = true
    await Promise.all(busy)
    expect([me?.user.email, problem]).toEqual([who.email, null])
    expect(held.length).toBeGreaterThan(1)
    for (const visitor of held) expect((await visitor.send('GET', '/me')).status).toBe(401)
    expect((await app.visitor().send('POST', '/sign-in', { body: account })).body.code).toBe('sign_in_failed')
  })

  test('and a platform admin comes only by a provider that names the domain of their address', async () => {
    expect((await signIn(company, person({ email: admin.email }))).problem).toBe('provider_untrusted')
    const known = person({ email: admin.email })
    await set('company', { emailDomains: ['example.com'] })
    expect((await signIn(company, known)).me?.user.email).toBe(admin.email)
    await set('company', { emailDomains: [] })
    expect((await signIn(company, known)).problem).toBe('provider_untrusted')
  })

  test('and an address that was proved before keeps its password', async () => {
    await set('company', { emailDomains: ['example.com'] })
    const { me } = await signIn(company, person({ email: admin.email }))
    expect(me?.user.email).toBe(admin.email)
    await app.admin()
  })

  test('and a provider speaks for the domains it was given alone', async () => {
    await set('company', { emailDomains: ['corp.example'] })
    expect((await signIn(company, person({ email: 'eve@example.com' }))).problem).toBe('email_unverified')
    expect((await signIn(company, person({ email: 'eve@corp.example.evil.example' }))).problem).toBe(
      'email_unverified',
    )
    expect((await signIn(company, person({ email: 'Ann@CORP.example' }))).me?.user.email).toBe(
      'ann@corp.example',
    )
  })
})

describe('C4 without an account', () => {
  test('only invited people come in unless a platform admin says otherwise, and the invitation is accepted', async () => {
    await set('company', { admission: 'invited' })
    const who = person()
    expect((await signIn(company, who)).problem).toBe('invitation_required')
    expect(await usersWith(String(who.email))).toHaveLength(0)
    await admin.must('POST', '/tenants/acme/invitations', { body: { email: who.email, role: 'publisher' } })
    const { me } = await signIn(company, who)
    expect(me?.memberships).toMatchObject([{ tenant: { name: 'acme' }, role: 'publisher' }])
    expect((await signIn(company, who)).me?.memberships).toHaveLength(1)
  })

  test('people of a mapped group come in too when that is said', async () => {
    const roleMappings = [{ group: 'devs', tenant: 'acme', role: 'developer' }]
    await set('company', { admission: 'mapped', roleMappings })
    expect((await signIn(company, person({ groups: ['sales'] }))).problem).toBe('invitation_required')
    const { me } = await signIn(company, person({ groups: ['devs'] }))
    expect(me?.memberships).toMatchObject([{ tenant: { name: 'acme' }, role: 'developer' }])
  })
})

describe('C4 groups', () => {
  const roleMappings = [
    { group: 'leads', tenant: 'acme', role: 'owner' },
    { group: 'devs', tenant: 'acme', role: 'developer' },
    { group: 'devs', tenant: 'bravo', role: 'analyst' },
  ]
  const places = (me: Awaited<ReturnType<typeof signIn>>['me']) =>
    Object.fromEntries(me?.memberships.map(({ tenant, role }) => [tenant.name, role]) ?? [])

  test('are roles: the first line that fits decides, and a lost group is a lost role with its keys', async () => {
    await set('company', { roleMappings })
    await app.signUp(`owner-${++people}@example.com`, {
      invitation: (
        await admin.must<{ secret: string }>('POST', '/tenants/acme/invitations', {
          body: { email: `owner-${people}@example.com`, role: 'owner' },
        })
      ).secret,
    })
    const who = person()
    expect(places((await signIn(company, { ...who, groups: ['devs', 'leads'] })).me)).toEqual({
      acme: 'owner',
      bravo: 'analyst',
    })
    const { browser, me } = await signIn(company, { ...who, groups: ['devs'] })
    expect(places(me)).toEqual({ acme: 'developer', bravo: 'analyst' })
    await admin.must('POST', '/environments', {
      body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
    })
    const headers = {
      cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'x-csrf-token': browser.cookies.get('gw_csrf') ?? '',
      'idempotency-key': 'once-upon-a-time',
    }
    const application = await app
      .visitor()
      .must<View>('POST', '/tenants/acme/applications', { body: { title: 'Mine' }, headers })
    await app.visitor().must('POST', `/tenants/acme/applications/${application.id}/credentials`, {
      body: { environment: 'prod' },
      headers,
    })
    expect(places((await signIn(company, { ...who, groups: [] })).me)).toEqual({})
    const { rows } = await database.query('SELECT state FROM credential WHERE application_id = $1', [
      application.id,
    ])
    expect(rows).toEqual([{ state: 'revoked' }])
    expect(
      (await events('tenancy.followGroups', String(who.email))).map(({ before, after }) => [
        before?.role,
        after?.role,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [undefined, 'owner'],
        ['owner', 'developer'],
        ['developer', undefined],
      ]),
    )
  })

  test('leave alone what a person gave, and take no last owner away', async () => {
    await admin.must('POST', '/tenants', { body: { name: 'lonely', title: 'Lonely' } })
    const lonely = [{ group: 'leads', tenant: 'lonely', role: 'owner' }]
    await set('company', { roleMappings: [...roleMappings, ...lonely] })
    const who = person()
    await admin.must('POST', '/tenants/bravo/invitations', { body: { email: who.email, role: 'publisher' } })
    await signIn(company, { ...who, groups: ['leads', 'devs'] })
    const { me } = await signIn(company, { ...who, groups: [] })
    expect(places(me)).toMatchObject({ bravo: 'publisher', lonely: 'owner' })
  })

  test('that are only pointed at change nothing, for nobody can tell', async () => {
    await set('company', { roleMappings })
    const who = person()
    await signIn(company, { ...who, groups: ['devs'] })
    const { me } = await signIn(company, { ...who, _claim_names: { groups: 'src1' } })
    expect(places(me)).toEqual({ acme: 'developer', bravo: 'analyst' })
  })

  test('are good for as long as somebody comes back: a token keeps no role of who stays away', async () => {
    await set('company', { roleMappings: [{ group: 'staff', tenant: 'acme', role: 'publisher' }] })
    const who = person({ groups: ['staff'] })
    const { browser } = await signIn(company, who)
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const csrf = browser.cookies.get('gw_csrf') ?? ''
    const { token } = await app.visitor().must<{ token: string }>('POST', '/me/tokens', {
      body: { name: 'pipeline' },
      headers: { cookie, 'x-csrf-token': csrf },
    })
    const ask = () => app.visitor().useToken(token).send('GET', '/tenants/acme/apis')
    expect((await ask()).status).toBe(200)
    app.clock.advance(8 * 86_400)
    expect((await ask()).body.code).toBe('role_stale')
    expect((await signIn(company, who)).me).not.toBeNull()
    expect((await ask()).status).toBe(200)
    admin = await app.admin()
  })

  test('C13: give roles of the tenant’s own, which explain access names, and which go on under the one that replaces it', async () => {
    const unknown = await admin.send('PATCH', '/identity-providers/company', {
      body: { roleMappings: [{ group: 'devs', tenant: 'acme', role: 'tester' }] },
      version: '*',
    })
    expect(unknown.body.errors).toMatchObject([{ pointer: '/roleMappings/0/role', code: 'not_found' }])
    const role = await admin.must<View>('POST', '/tenants/acme/roles', {
      body: { name: 'tester', title: 'Tester', permissions: ['tenant:read', 'explain:use'] },
    })
    const elsewhere = await admin.send('PATCH', '/identity-providers/company', {
      body: { roleMappings: [{ group: 'devs', tenant: 'bravo', role: 'tester' }] },
      version: '*',
    })
    expect(elsewhere.body.errors).toMatchObject([{ pointer: '/roleMappings/0/role' }])
    await set('company', { roleMappings: [{ group: 'devs', tenant: 'acme', role: 'tester' }] })
    const who = person({ groups: ['devs'] })
    const { me } = await signIn(company, who)
    expect(me?.memberships).toMatchObject([{ role: 'tester', permissions: ['tenant:read', 'explain:use'] }])
    const explained = await admin.must(
      'GET',
      `/tenants/acme/members/${me?.memberships[0]?.id}/access?permission=explain:use`,
    )
    expect(explained).toMatchObject({
      isAllowed: true,
      reasons: [
        { kind: 'role', role: 'tester', holds: true, givenBy: expect.any(String) },
        { kind: 'groups_seen', holds: true },
      ],
    })
    const used = await admin.send('DELETE', `/tenants/acme/roles/${role.id}`, { version: '*' })
    expect(used.body).toMatchObject({ code: 'in_use', members: 1, mappings: 1 })
    await admin.must('POST', `/tenants/acme/roles/${role.id}/replace`, {
      body: { by: 'operator' },
      version: '*',
    })
    expect(places((await signIn(company, who)).me)).toEqual({ acme: 'operator' })
    const { rows } = await database.query(
      `SELECT before, after, actor_kind FROM audit_event
       WHERE tenant_id IS NULL AND action = 'identityProviders.update' ORDER BY seq DESC LIMIT 1`,
    )
    expect(rows).toMatchObject([
      {
        before: { roleMappings: [{ group: 'devs', tenant: 'acme', role: 'tester' }] },
        after: { roleMappings: [{ group: 'devs', tenant: 'acme', role: 'operator' }] },
        actor_kind: 'system',
      },
    ])
  })

  test('are read from a claim such as cognito:groups', async () => {
    await set('cognito', { roleMappings })
    const { me } = await signIn(cognito, person({ 'cognito:groups': ['devs'] }))
    expect(places(me)).toEqual({ acme: 'developer', bravo: 'analyst' })
  })
})

describe('C4 a provider', () => {
  test('keeps its client secret to itself: sealed in Postgres, in no answer, no audit entry', async () => {
    const secret = `very-secret-${crypto.randomUUID()}`
    await set('cognito', { clientSecret: secret })
    const dump = JSON.stringify([
      (await database.query('SELECT * FROM identity_provider')).rows,
      (await database.query('SELECT * FROM audit_event')).rows,
      await admin.must('GET', '/identity-providers'),
    ])
    expect(dump).toContain('gws1.')
    expect(dump).not.toContain(secret)
    expect((await signIn(cognito, person())).problem).toBe('provider_failed')
    await set('cognito', { clientSecret })
    expect((await signIn(cognito, person())).me).not.toBeNull()
  })

  test('with another issuer needs its secret again, and means other people', async () => {
    const other = await TestProvider.start('moving')
    try {
      const { id } = await add('moving', company)
      const move = (body: object) =>
        admin.send('PATCH', `/identity-providers/${id}`, {
          body: { issuer: other.issuer, ...body },
          version: '*',
        })
      expect((await move({})).body).toMatchObject({ status: 400, errors: [{ pointer: '/clientSecret' }] })
      const user = await signIn(cognito, person())
      await database.query(
        `INSERT INTO user_identity (id, user_id, provider_id, subject) VALUES ('uid_x', $1, $2, 'somebody')`,
        [user.me?.user.id, id],
      )
      expect((await move({ clientSecret })).status).toBe(200)
      const { rows } = await database.query('SELECT 1 FROM user_identity WHERE provider_id = $1', [id])
      expect(rows).toHaveLength(0)
      await admin.must('DELETE', `/identity-providers/${id}`, { version: '*' })
    } finally {
      await other.stop()
    }
  })

  test('that is none, lies about its name, redirects or never ends is not saved, and the field says why', async () => {
    const answers: Record<string, (response: import('node:http').ServerResponse) => void> = {
      '/nothing': (response) => response.writeHead(404).end(),
      '/liar': (response) =>
        response
          .setHeader('content-type', 'application/json')
          .end(JSON.stringify({ issuer: 'https://bank.example' })),
      '/away': (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      '/endless': (response) => {
        response.setHeader('content-type', 'application/json')
        const pour = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        }
        response.on('drain', pour)
        pour()
      },
    }
    const server = createServer((request, response) => {
      const [, answer] = Object.entries(answers).find(([path]) => request.url?.startsWith(path)) ?? []
      answer?.(response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      for (const path of Object.keys(answers)) {
        const answer = await admin.send('POST', '/identity-providers', {
          body: { name: 'bad', title: 'Bad', issuer: `${base}${path}`, clientId: 'x' },
        })
        expect(answer.body, path).toMatchObject({ code: 'provider_failed', errors: [{ pointer: '/issuer' }] })
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('gives roles in tenants that exist alone', async () => {
    const answer = await admin.send('PATCH', '/identity-providers/company', {
      body: { roleMappings: [{ group: 'a', tenant: 'nowhere', role: 'owner' }] },
      version: '*',
    })
    expect(answer.body.errors).toMatchObject([{ pointer: '/roleMappings/0/tenant', code: 'not_found' }])
  })
})

test('C4 inside a private network no provider is reached, and without a key no secret is stored', async () => {
  const strict = await startTestApp()
  try {
    const caller = await strict.admin()
    const body = { name: 'inside', title: 'Inside', issuer: 'https://127.0.0.1:1', clientId: 'x' }
    const refused = await caller.send('POST', '/identity-providers', { body })
    expect(refused.body).toMatchObject({
      code: 'provider_failed',
      errors: [{ pointer: '/issuer', detail: expect.stringContaining('inside a private network') }],
    })
    const plain = await caller.send('POST', '/identity-providers', {
      body: { ...body, issuer: 'http://idp.example' },
    })
    expect(plain.body.code).toBe('provider_failed')
    const keyless = await caller.send('POST', '/identity-providers', { body: { ...body, clientSecret } })
    expect(keyless.body).toMatchObject({ status: 503, code: 'secrets_key_missing' })
  } finally {
    await strict.close()
  }
})
