// oidc-login: who is sent to sign in and who is told no, what cookies say, what a session opens, and how people leave.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { Login, LoginSession } from './login-ports.ts'
import { policy } from './oidc-login.ts'
import type { Attachment, CredentialRecord, Reply, Verdict } from './policy.ts'

const at: Attachment = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' }
const ticket = 'T'.repeat(43)
const browserKey = 'B'.repeat(43)
const session: LoginSession = {
  person: { issuer: 'https://id.example.com', subject: 'anna', key: 'f00' },
  claims: { sub: 'anna', email: 'anna@example.com', roles: ['reader'] },
  accessToken: null,
}
const record: CredentialRecord = {
  kind: 'oauth-client',
  credentialId: 'key_1',
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'app',
  state: 'active',
  expiresAt: null,
  tryIt: false,
  subscriptions: [
    { subscriptionId: 'sub_1', planId: 'pln_1', planName: 'free', state: 'active', versionIds: ['ver_1'] },
  ],
}
const page = {
  host: 'app.test:8443',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
}

function open(config: object = {}, login: Partial<Login> = {}, found: CredentialRecord | null = record) {
  const deps = createDeps({
    found: found === null ? { kind: 'unknown' } : { kind: 'found', record: found },
    login: {
      begin: async ({ returnTo, redirectUri }) => ({
        kind: 'begun',
        location: `https://id.example.com/auth?${new URLSearchParams({ returnTo, redirectUri })}`,
        browserKey,
      }),
      find: async (it) => (it === ticket ? { kind: 'found', session } : { kind: 'none' }),
      ...login,
    },
  })
  return policy.create(policy.spec.config.parse({ ...policy.spec.example, ...config }), deps, at)
}

const told = (verdict: Verdict) => (verdict?.kind === 'refusal' ? verdict.code : (verdict?.status ?? null))
const fieldOf = (reply: Verdict, name: string) => {
  const { headers } = reply as Reply
  return headers[headers.indexOf(name) + 1]
}

describe('C4: who is sent to sign in', () => {
  it.each<[string, string, object, number | null]>([
    ['a page', 'GET', {}, 302],
    ['the head of a page', 'HEAD', {}, 302],
    ['a page in an old browser', 'GET', { 'sec-fetch-mode': undefined }, 302],
    ['a script', 'GET', { 'sec-fetch-mode': 'cors' }, null],
    ['a picture', 'GET', { 'sec-fetch-mode': 'no-cors' }, null],
    ['a script of old', 'GET', { 'sec-fetch-mode': undefined, 'x-requested-with': 'XMLHttpRequest' }, null],
    ['a program', 'GET', { 'sec-fetch-mode': undefined, accept: '*/*' }, null],
    ['what takes no HTML', 'GET', { accept: 'application/json, text/htmlx' }, null],
    ['a page that is loaded ahead', 'GET', { 'sec-purpose': 'prefetch;prerender' }, null],
    ['a form', 'POST', {}, null],
    ['a change', 'DELETE', {}, null],
  ])('%s', async (_, method, header, status) => {
    const ctx = createContext({ method, header: { ...page, ...header } as Record<string, string> })
    expect(told(await open().invite?.(ctx))).toBe(status)
    expect(told(await open({ whenSignedOut: 'refuse' }).invite?.(ctx))).toBeNull()
  })

  it('comes back to where it was, and to nowhere else', async () => {
    const verdict = await open().invite?.(
      createContext({ header: page, rawQuery: 'to=https://evil.example' }),
    )
    const { searchParams } = new URL(fieldOf(verdict, 'Location') ?? '')
    expect(searchParams.get('returnTo')).toBe('/books/7?to=https://evil.example')
    expect(searchParams.get('redirectUri')).toBe('https://app.test:8443/.login/callback')
    expect(fieldOf(verdict, 'Set-Cookie')).toBe(
      `__Host-gw_login_try_main=${browserKey}; Path=/; Max-Age=900; HttpOnly; SameSite=Lax; Secure`,
    )
    const long = await open().invite?.(createContext({ header: page, rawQuery: 'x'.repeat(2_000) }))
    expect(new URL(fieldOf(long, 'Location') ?? '').searchParams.get('returnTo')).toBe('/')
  })

  it('over plain http on this machine alone', async () => {
    const invite = async (host: string, config = {}) =>
      open(config).invite?.(createContext({ scheme: 'http', header: { ...page, host } }))
    for (const host of ['app.example.com', 'localhost.evil.example', '10.0.0.1', 'localhost:80@evil'])
      expect([host, told(await invite(host))]).toEqual([host, 'https_required'])
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:3000'])
      expect(fieldOf(await invite(host), 'Set-Cookie')).toMatch(/^gw_login_try_main=.*SameSite=Lax$/)
    const named = await invite('10.0.0.1', { origin: 'https://app.example.com' })
    expect(fieldOf(named, 'Set-Cookie')).toMatch(/^__Host-.*; Secure$/)
  })
})

describe('C4: what a session opens', () => {
  const send = async (config: object, header: Record<string, string>, found?: CredentialRecord | null) => {
    const phases = open(config, {}, found)
    const ctx = createContext({ header })
    const verdict = await phases.request?.(ctx)
    return { ctx, code: told(verdict), sent: phases.sent?.(ctx) }
  }
  const cookie = `a=b; __Host-gw_login_main=${ticket}`

  it('the person, their claims and the headers made of them', async () => {
    const { ctx, code, sent } = await send({}, { cookie })
    expect([code, sent]).toEqual([null, true])
    expect(ctx.person).toEqual(session.person)
    expect(ctx.principal).toBeNull()
    expect(ctx.claims).toEqual(session.claims)
    expect(ctx.upstreamHeaders.log).toEqual(['remove x-user-email', 'set x-user-email: anna@example.com'])
  })

  it('nothing, without a cookie that could be one, or with that of another session, or of plain http', async () => {
    for (const text of ['', 'x', ticket.slice(1), `${ticket}A`, 'A'.repeat(43)]) {
      const { ctx, code, sent } = await send({}, { cookie: `__Host-gw_login_main=${text}` })
      expect([text, code, sent, ctx.person]).toEqual([text, null, false, null])
    }
    const plain = { cookie: `gw_login_main=${ticket}` }
    expect((await send({}, plain)).ctx.person).toBeNull()
    // Behind a proxy that ends TLS, too.
    const ctx = createContext({ scheme: 'http', header: { ...plain, host: '10.0.0.1' } })
    await open({ origin: 'https://app.example.com' }).request?.(ctx)
    expect(ctx.person).toBeNull()
    const own = createContext({ scheme: 'http', header: { ...plain, host: 'localhost:8080' } })
    await open().request?.(own)
    expect(own.person).toEqual(session.person)
  })

  it('nothing for those who lack a claim', async () => {
    const editors = { requiredClaims: [{ claim: 'roles', values: ['editor'] }] }
    expect((await send(editors, { cookie })).code).toBe('login_denied')
    const readers = { requiredClaims: [{ claim: 'roles', values: ['editor', 'reader'] }] }
    expect((await send(readers, { cookie })).code).toBeNull()
  })

  it('B7 in the name of an application what its subscription covers', async () => {
    const config = { callers: 'application' }
    const { ctx, code } = await send(config, { cookie })
    expect([code, ctx.principal?.applicationId, ctx.person?.subject]).toEqual([null, 'app_1', 'anna'])
    expect((await send(config, { cookie }, null)).code).toBe('client_unknown')
    expect((await send(config, { cookie }, { ...record, subscriptions: [] })).code).toBe(
      'subscription_missing',
    )
  })
})

describe('C4: the ways in and out', () => {
  const post = { host: 'app.test', origin: 'https://app.test' }

  it('whoever comes back goes on to their page with a cookie for the host alone', async () => {
    const finish = async () => ({ kind: 'in', ticket, returnTo: '//evil.example/' }) as const
    const ctx = createContext({ header: { ...page, host: 'app.test' } })
    const verdict = await open({}, { finish }).own?.answer(ctx, '/.login/callback')
    expect(fieldOf(verdict ?? undefined, 'Location')).toBe('https://app.test//evil.example/')
    expect(fieldOf(verdict ?? undefined, 'Set-Cookie')).toBe(
      `__Host-gw_login_main=${ticket}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure`,
    )
    const strict = await open({ sameSite: 'strict' }, { finish }).own?.answer(ctx, '/.login/callback')
    expect(strict).toMatchObject({ kind: 'reply', status: 200 })
    expect((strict as Reply).body).toContain('content="0;url=https://app.test//evil.example/"')
    expect(fieldOf(strict ?? undefined, 'Set-Cookie')).toContain('SameSite=Strict')
  })

  it.each<[string, string, Record<string, string>, boolean]>([
    ['a form of this site', 'POST', post, true],
    ['a form of another one', 'POST', { ...post, origin: 'https://evil.example' }, false],
    ['a form of nobody', 'POST', { ...post, origin: 'null' }, false],
    ['a link of this site', 'GET', { ...page, 'sec-fetch-site': 'same-origin' }, true],
    ['an address that somebody wrote', 'GET', { ...page, 'sec-fetch-site': 'none' }, true],
    ['a link of another one', 'GET', { ...page, 'sec-fetch-site': 'cross-site' }, false],
    ['a link of a sibling', 'GET', { ...page, 'sec-fetch-site': 'same-site' }, false],
    ['a picture', 'GET', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors' }, false],
    ['a link in an old browser', 'GET', { host: 'app.test', accept: 'text/html' }, false],
  ])('%s signs out: %s', async (_, method, header, isWanted) => {
    let isEnded = false
    const end = async () => {
      isEnded = true
      return { kind: 'ended', location: null } as const
    }
    const ctx = createContext({ method, header })
    const verdict = await open({}, { end }).own?.answer(ctx, '/.login/logout')
    expect([told(verdict ?? undefined), isEnded]).toEqual([200, isWanted])
  })
})

describe('C4: settings that are refused', () => {
  it.each<[object]>([
    [{ scopes: ['email'] }],
    [{ parameters: [{ name: 'redirect_uri', value: 'https://evil.example' }] }],
    [{ callbackPath: '/a/../b' }],
    [{ callbackPath: '/same', logoutPath: '/same' }],
    [{ callbackPath: '/{id}' }],
    [{ origin: 'http://app.example.com' }],
    [{ origin: 'https://app.example.com/path' }],
    [{ afterLogout: '//evil.example' }],
    [{ afterLogout: 'http://app.example.com/' }],
    [{ idleSeconds: 7_200, lifetimeSeconds: 3_600 }],
    [{ cookieSuffix: 'a;b' }],
    [{ issuer: 'https://user:word@id.example.com' }],
  ])('%j', (config) => {
    expect(policy.spec.config.safeParse({ ...policy.spec.example, ...config }).success).toBe(false)
  })
})
