// People who sign in to applications: code and PKCE with a real client library, and what somebody tries who is none of them.
import { createHash, randomBytes } from 'node:crypto'
import * as oauth from 'openid-client'
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
import { RequestBudget } from './request-budget.ts'

const redirectUri = 'https://app.example/callback'
const scopes = [{ name: 'status:read', title: 'Read the status' }]

let listening: Listening
let offer: Offer
let developer: Caller
let issuer: string
let application: string
let client: BuiltInClient
beforeAll(async () => {
  listening = await startListening()
  offer = await createOffer(listening.app, 'acme')
  developer = await listening.app.signUp('dev@acme.example', { join: 'acme' })
  issuer = (await enableServer(offer.owner, 'acme', { scopes })).issuer
  const made = await developer.must<{ name: string }>('POST', '/tenants/acme/applications', {
    body: { title: 'Reader' },
  })
  application = made.name
  client = await createClient(developer, 'acme', application, { redirectUris: [redirectUri] })
})
afterAll(() => listening?.app.close())

/** A browser: it keeps cookies as one does for this origin, and follows nothing by itself. */
class Browser {
  readonly #jar = new Map<string, { value: string; path: string }>()

  async open(url: string): Promise<Response> {
    const { pathname } = new URL(url)
    const cookie = [...this.#jar]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name.split(' ')[0]}=${value}`)
      .join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html', cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/'
      this.#jar.set(`${name} ${path}`, { value, path })
    }
    return answer
  }

  /** What it sends to the portal's own API, beside the session. */
  cookie(name: string): string {
    const found = [...this.#jar].find(([key]) => key.startsWith(`${name} `))
    return found ? `${name}=${found[1].value}` : ''
  }
}

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

const request = (more: Record<string, string | undefined> = {}) => {
  const wanted = {
    client_id: client.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid email status:read',
    state: 'a-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  }
  const query = new URLSearchParams(
    Object.entries(wanted).filter((it): it is [string, string] => it[1] !== undefined),
  )
  return `${issuer}/auth?${query}`
}

const questionOf = (answer: Response) => {
  expect(answer.status).toBe(303)
  const [, uid] = /^\/authorise\/acme\/([\w-]+)$/.exec(answer.headers.get('location') ?? '') ?? []
  return uid ?? ''
}

/** The person's answer, sent by the portal in their session and in this browser. */
const decide = (browser: Browser, uid: string, decision = 'allow', by = developer) =>
  by.send<{ location: string; code: string }>('POST', `/authorisations/acme/${uid}`, {
    body: { decision },
    headers: { cookie: `${by.cookie}; ${browser.cookie('gw_authorise')}` },
  })

/** Through everything, to where the browser is sent back to. */
async function signIn(more: Record<string, string | undefined> = {}, by = developer): Promise<URL> {
  const browser = new Browser()
  const uid = questionOf(await browser.open(request(more)))
  const { status, body } = await decide(browser, uid, 'allow', by)
  expect(status, JSON.stringify(body)).toBe(200)
  const back = await browser.open(body.location)
  return new URL(back.headers.get('location') ?? '')
}

const exchange = (
  code: string,
  more: Record<string, string> = {},
  by: Pick<BuiltInClient, 'clientId' | 'secret'> = client,
) =>
  post(`${issuer}/token`, by, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...more,
  })
const refresh = (token = '', by: Pick<BuiltInClient, 'clientId' | 'secret'> = client) =>
  post(`${issuer}/token`, by, { grant_type: 'refresh_token', refresh_token: token })
const codeOf = async (more = {}) => (await signIn(more)).searchParams.get('code') ?? ''

describe('C4 opaque tokens of people', () => {
  it('are worth nothing when their person leaves, or their client is removed', async () => {
    await enableServer(offer.owner, 'acme', { tokenFormat: 'opaque' })
    const server = await offer.owner.must<{ id: string; secret: string }>(
      'POST',
      '/tenants/acme/authorisation-server/resource-servers',
      { body: { name: 'Gateways' }, headers: onceOnly() },
    )
    const askerOf = (token = '') =>
      post(`${issuer}/token/introspection`, { clientId: server.id, secret: server.secret }, { token })
    const tokenOf = async (by: Caller, of: BuiltInClient) => {
      const code = (await signIn({ client_id: of.clientId }, by)).searchParams.get('code') ?? ''
      const { body } = await exchange(code, {}, of)
      expect((await askerOf(body.access_token)).body).toMatchObject({ active: true })
      return body.access_token
    }
    const leaver = await listening.app.member(offer.owner, 'acme', 'developer')
    const ofLeaver = await tokenOf(leaver, client)
    const { data } = await offer.owner.must<{ data: { id: string; user: { email: string } }[] }>(
      'GET',
      '/tenants/acme/members',
    )
    const membership = data.find(({ user }) => user.email === leaver.email)
    await offer.owner.must('DELETE', `/tenants/acme/members/${membership?.id}`, { version: '*' })
    expect(await askerOf(ofLeaver)).toMatchObject({ status: 200, body: { active: false } })

    const removed = await createClient(developer, 'acme', application, { redirectUris: [redirectUri] })
    const ofRemoved = await tokenOf(developer, removed)
    await developer.must('DELETE', `/tenants/acme/applications/${application}/oauth-clients/${removed.id}`)
    expect(await askerOf(ofRemoved)).toMatchObject({ status: 200, body: { active: false } })
    await enableServer(offer.owner, 'acme', { tokenFormat: 'jwt' })
  })
})

describe('C4 sign-in to an application', () => {
  it('goes by discovery, code and PKCE, as a client library does it, and says who the person is', async () => {
    const config = await oauth.discovery(new URL(issuer), client.clientId, client.secret ?? '', undefined, {
      execute: [oauth.allowInsecureRequests],
    })
    const own = oauth.randomPKCECodeVerifier()
    const nonce = oauth.randomNonce()
    const back = await signIn({ code_challenge: await oauth.calculatePKCECodeChallenge(own), nonce })
    expect(`${back.origin}${back.pathname}`).toBe(redirectUri)
    expect(back.searchParams.get('iss')).toBe(issuer)
    const tokens = await oauth.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: own,
      expectedState: 'a-state',
      expectedNonce: nonce,
    })
    const me = await developer.must<{ user: { id: string } }>('GET', '/me')
    expect(tokens.claims()).toMatchObject({
      iss: issuer,
      aud: client.clientId,
      sub: me.user.id,
      email: 'dev@acme.example',
    })
    expect(partsOf(tokens.access_token).claims).toMatchObject({
      sub: me.user.id,
      client_id: client.clientId,
      aud: `${issuer}/apis`,
      scope: 'status:read',
    })
    const again = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(again.refresh_token).not.toBe(tokens.refresh_token)
  })

  it('shows who asks for what, writes the answer down, and goes back without a code when it is no', async () => {
    const browser = new Browser()
    const uid = questionOf(await browser.open(request()))
    const headers = { cookie: `${developer.cookie}; ${browser.cookie('gw_authorise')}` }
    expect(await developer.must('GET', `/authorisations/acme/${uid}`, { headers })).toEqual({
      client: 'OAuth client',
      application: 'Reader',
      owner: 'dev',
      returnsTo: 'app.example',
      personScopes: ['openid', 'email'],
      scopes: [{ name: 'status:read', title: 'Read the status' }],
    })
    const { body } = await decide(browser, uid, 'deny')
    const back = new URL((await browser.open(body.location)).headers.get('location') ?? '')
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 'a-state',
      iss: issuer,
    })
    const { data } = await offer.owner.must<{ data: { changes: object[] }[] }>(
      'GET',
      '/tenants/acme/audit?action=authorisations.decide',
    )
    for (const word of ['"deny"', '"openid"', '"email"', '"status:read"'])
      expect(JSON.stringify(data[0]?.changes)).toContain(word)
  })

  it('is for members alone, and ends for those who leave', async () => {
    const leaver = await listening.app.member(offer.owner, 'acme', 'developer')
    const code = (await signIn({}, leaver)).searchParams.get('code') ?? ''
    const first = await exchange(code)
    expect(first.status).toBe(200)
    const { data } = await offer.owner.must<{ data: { id: string; user: { email: string } }[] }>(
      'GET',
      '/tenants/acme/members',
    )
    const membership = data.find(({ user }) => user.email === leaver.email)
    await offer.owner.must('DELETE', `/tenants/acme/members/${membership?.id}`, { version: '*' })
    expect(await refresh(first.body.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    const stranger = await listening.app.signUp('stranger@bravo.example', {
      create: { name: 'bravo', title: 'Bravo' },
    })
    const browser = new Browser()
    const uid = questionOf(await browser.open(request()))
    expect((await decide(browser, uid, 'allow', stranger)).status).toBe(404)
    const admin = await listening.app.admin()
    expect((await decide(browser, uid, 'allow', admin)).status).toBe(404)
  })

  it('ends with the password that it began under', async () => {
    const person = await listening.app.member(offer.owner, 'acme', 'developer')
    const { body } = await exchange((await signIn({}, person)).searchParams.get('code') ?? '')
    const next = await refresh(body.refresh_token)
    expect(next.status).toBe(200)
    listening.app.clock.advance(2)
    await person.must('POST', '/me/password', {
      body: { current: 'correct-horse-battery', next: 'another-horse-battery' },
    })
    expect(await refresh(next.body.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  })

  it('asks for a fresh proof where the application wants one', async () => {
    const browser = new Browser()
    const stale = questionOf(await browser.open(request({ prompt: 'login' })))
    expect((await decide(browser, stale)).body.code).toBe('proof_required')
    const old = questionOf(await browser.open(request({ max_age: '0' })))
    expect((await decide(browser, old)).body.code).toBe('proof_required')
    expect((await decide(browser, questionOf(await browser.open(request({ max_age: '3600' }))))).status).toBe(
      200,
    )
    const silent = await new Browser().open(request({ prompt: 'none' }))
    expect(silent.headers.get('location')).toContain('error=login_required')
  })
})

describe('C4 who attacks a sign-in', () => {
  it('sends nobody to another address, and gets no code there: not a longer one, not a shorter one, not one of another client', async () => {
    for (const wrong of [
      'https://evil.example/callback',
      `${redirectUri}/../evil`,
      `${redirectUri}?next=https://evil.example`,
      'https://app.example/callback/',
      'https://app.example@evil.example/callback',
      'http://app.example/callback',
      undefined,
    ]) {
      const answer = await new Browser().open(request({ redirect_uri: wrong }))
      expect(answer.status, wrong).toBe(400)
      expect(answer.headers.get('location'), wrong).toBeNull()
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
    const page = await new Browser().open(request({ client_id: '<script>alert(1)</script>' }))
    expect(page.status).toBe(400)
    expect(await page.text()).not.toContain('<script>')
    const added = { environment: 'prod', isPublic: true }
    for (const uri of [
      'http://app.example/callback',
      'https://app.example/#x',
      'https://me:pw@app.example/',
      'https://*.app.example/',
      'javascript:alert(1)',
      '//app.example',
      'https://app.example/a\\b',
    ]) {
      const refused = await developer.send(
        'POST',
        `/tenants/acme/applications/${application}/oauth-clients/built-in`,
        {
          body: { ...added, redirectUris: [uri] },
          headers: { 'idempotency-key': crypto.randomUUID() },
        },
      )
      expect(refused.status, uri).toBe(400)
    }
  })

  it('cannot leave PKCE out, nor weaken it, nor use a code without what belongs to it', async () => {
    const errorOf = async (more: Record<string, string | undefined>) => {
      const { headers } = await new Browser().open(request(more))
      const { searchParams, hash } = new URL(headers.get('location') ?? '')
      return searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error')
    }
    expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).toBe(
      'invalid_request',
    )
    expect(await errorOf({ code_challenge: verifier, code_challenge_method: 'plain' })).toBe(
      'invalid_request',
    )
    expect(await errorOf({ code_challenge_method: undefined })).toBe('invalid_request')
    for (const type of ['token', 'id_token', 'code id_token', 'none'])
      expect(await errorOf({ response_type: type }), type).toBe('unsupported_response_type')
    const invalid = { status: 400, body: { error: 'invalid_grant' } }
    expect(
      await exchange(await codeOf(), { code_verifier: randomBytes(32).toString('base64url') }),
    ).toMatchObject(invalid)
    expect(await exchange(await codeOf(), { redirect_uri: 'https://app.example/other' })).toMatchObject(
      invalid,
    )
    const other = await createClient(developer, 'acme', application, { redirectUris: [redirectUri] })
    expect(await exchange(await codeOf(), {}, other)).toMatchObject(invalid)
    const spa = await createClient(developer, 'acme', application, {
      redirectUris: [redirectUri],
      isPublic: true,
    })
    expect(spa.secret).toBeNull()
    expect(await exchange(await codeOf(), {}, spa)).toMatchObject(invalid)
    // The id of a client with a secret alone is worth nothing.
    expect((await exchange(await codeOf(), {}, { ...client, secret: null })).status).toBe(401)
    const code = (await signIn({ client_id: spa.clientId })).searchParams.get('code') ?? ''
    expect((await exchange(code, {}, spa)).status).toBe(200)
    expect(await post(`${issuer}/token`, spa, { grant_type: 'client_credentials' })).toMatchObject({
      status: 400,
    })
  })

  it('who shows a code twice ends what it stood for, also at the same moment; so with refresh tokens, and it is written down', async () => {
    const invalid = { status: 400, body: { error: 'invalid_grant' } }
    const code = await codeOf()
    const first = await exchange(code)
    expect(first.status).toBe(200)
    expect(await exchange(code)).toMatchObject(invalid)
    expect(await refresh(first.body.refresh_token)).toMatchObject(invalid)

    const raced = await codeOf()
    const answers = await Promise.all(Array.from({ length: 6 }, () => exchange(raced)))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners.length).toBeLessThanOrEqual(1)
    for (const { body } of winners) expect(await refresh(body.refresh_token)).toMatchObject(invalid)

    const start = await exchange(await codeOf())
    const second = await refresh(start.body.refresh_token)
    expect(second.status).toBe(200)
    expect(await refresh(start.body.refresh_token)).toMatchObject(invalid)
    expect(await refresh(second.body.refresh_token)).toMatchObject(invalid)

    const { data } = await offer.owner.must<{ data: { resource: { id: string } }[] }>(
      'GET',
      '/tenants/acme/audit?action=authorisationServer.reuse',
    )
    expect(data.length).toBeGreaterThanOrEqual(3)
  })

  it('a refresh token is its client’s alone, can be given back, and ends with the client', async () => {
    const { body } = await exchange(await codeOf())
    const other = await createClient(developer, 'acme', application, { redirectUris: [redirectUri] })
    expect((await refresh(body.refresh_token, other)).status).toBe(400)
    expect(
      (await post(`${issuer}/token/revocation`, client, { token: body.refresh_token ?? '' })).status,
    ).toBe(200)
    expect((await refresh(body.refresh_token)).status).toBe(400)
    const own = await exchange(
      (await signIn({ client_id: other.clientId })).searchParams.get('code') ?? '',
      {},
      other,
    )
    await developer.must('DELETE', `/tenants/acme/applications/${application}/oauth-clients/${other.id}`)
    expect((await refresh(own.body.refresh_token, other)).status).toBe(401)
  })

  it('cannot have somebody else agree to what they began, nor finish what somebody else agreed to', async () => {
    const attacker = new Browser()
    const uid = questionOf(await attacker.open(request()))
    // The victim is sent the link of the question: their browser did not begin it.
    const victim = new Browser()
    questionOf(await victim.open(request()))
    expect((await decide(victim, uid)).status).toBe(404)
    // Nor does a page of another site answer in their name.
    const forged = await fetch(`${listening.origin}/api/v1/authorisations/acme/${uid}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://evil.example',
        cookie: `${developer.cookie}; ${attacker.cookie('gw_authorise')}`,
      },
      body: '{"decision":"allow"}',
    })
    expect(forged.status).toBe(403)
    // What was agreed to goes on in the browser that began it, and in no other.
    const { body } = await decide(attacker, uid)
    const stolen = await new Browser().open(body.location)
    expect(stolen.status).toBe(400)
    expect(stolen.headers.get('location')).toBeNull()
    // And once.
    expect((await attacker.open(body.location)).status).toBe(303)
    expect((await attacker.open(body.location)).status).toBe(400)
    expect((await decide(attacker, uid)).status).toBe(404)
  })

  it('finds no codes and no refresh tokens in Postgres', async () => {
    const code = await codeOf()
    const { body } = await exchange(await codeOf())
    const database = new pg.Client({ connectionString: listening.app.databaseUrl })
    await database.connect()
    const { rows } = await database.query('SELECT row_to_json(s)::text AS row FROM authorisation_state s')
    await database.end()
    const text = rows.map(({ row }) => row).join('\n')
    expect(text).toContain('"kind":"AuthorizationCode"')
    expect(text).not.toContain(code)
    expect(text).not.toContain(body.refresh_token)
  })

  it('pages of browsers read tokens where their people come back to, and nowhere else', async () => {
    const spa = await createClient(developer, 'acme', application, {
      redirectUris: [redirectUri],
      isPublic: true,
    })
    const of = async (origin: string) =>
      (
        await post(`${issuer}/token`, spa, { grant_type: 'refresh_token', refresh_token: 'x' }, { origin })
      ).headers.get('access-control-allow-origin')
    expect(await of('https://app.example')).toBe('https://app.example')
    expect(await of('https://evil.example')).toBeNull()
  })
})

// Last, since it moves the clock: what people begin after it is older than their accounts.
describe('C3 too many tokens', () => {
  it('of one client end for a minute, and nobody loses a code or refresh token by it', async () => {
    const { app } = listening
    const { id } = await app.get(Database).platform.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
    // Half a minute before the next one: a code lives sixty seconds.
    const second = () => Math.floor(app.clock.now().getTime() / 1000) % 60
    app.clock.advance((90 - second()) % 60)
    const { body: held } = await exchange(await codeOf())
    const code = await codeOf()
    while (app.get(RequestBudget).take(`tokens ${id} ${client.clientId}`) === null);
    const waits = { status: 429, body: { error: 'temporarily_unavailable' } }
    const refused = await refresh(held.refresh_token)
    expect(refused).toMatchObject(waits)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await exchange(code)).toMatchObject(waits)
    app.clock.advance(60 - second())
    expect((await refresh(held.refresh_token)).status).toBe(200)
    expect((await exchange(code)).status).toBe(200)
  })
})
