// People who sign in at a real OpenID provider with browsers, at real gateways with a real Redis: the way there and back, sessions, and what attackers try.
import { describe, expect, it, vi } from 'vitest'
import { policy, snapshotOf, version } from './documents.ts'
import { client, createBrowser, startLoginProvider, type TestBrowser } from './login-provider.ts'
import { createRig, type Rig, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function open(rig: Rig, issuer: string, config: object = {}, gateways = 1) {
  const upstream = await rig.startUpstream()
  const login = policy(
    'oidc-login',
    {
      issuer,
      clientId: client.id,
      clientSecret: client.secret,
      claimHeaders: [
        { claim: 'sub', header: 'X-User' },
        { claim: 'email', header: 'X-Email' },
      ],
      cookieSuffix: 'books',
      ...config,
    },
    'sign-in',
  )
  await rig.publisher.publish(
    snapshotOf([
      version({ upstreamUrls: [upstream.url], policies: [login] }),
      version({ name: 'open', upstreamUrls: [upstream.url], isPublic: true }),
    ]),
  )
  const all = await Promise.all(Array.from({ length: gateways }, () => rig.startGateway()))
  await rig.publisher.live(all)
  const [gateway] = all
  if (gateway === undefined) throw new Error('there is no gateway')
  return { gateway, all, upstream, page: `${gateway.url}/echo/things` }
}

const isCallback = (url: URL) => url.pathname === '/echo/.login/callback'

describe('C4: people sign in with browsers', () => {
  it('a page leads to the provider and back to itself, at every gateway from then on; scripts and programs get 401', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    provider.person = { sub: 'anna', email: 'anna@example.com' }
    const { gateway, all, upstream, page } = await open(rig, provider.issuer, {}, 2)
    const browser = createBrowser()

    const refused = await browser.send(page)
    expect([refused.status, refused.json().code]).toEqual([401, 'login_required'])
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await browser.send(page, { method, headers: { accept: 'text/html' } })).status).not.toBe(302)
    expect(browser.cookies.size).toBe(0)

    const { reply, url, visited } = await browser.open(`${page}?lang=de&q=%2F%2Fevil`)
    expect(visited[1]).toMatch(new RegExp(`^${provider.issuer}/auth\\?.*code_challenge_method=S256`))
    expect(url.href).toBe(`${page}?lang=de&q=%2F%2Fevil`)
    expect(reply.status).toBe(200)
    expect(provider.grants).toEqual(['authorization_code'])

    const seen = upstream.seen.at(-1)
    expect(seen?.headers).toMatchObject({ 'x-user': 'anna', 'x-email': 'anna@example.com' })
    expect(JSON.stringify(seen)).not.toContain('gw_login')
    expect(seen?.headers).not.toHaveProperty('authorization')

    const [, other] = all
    const elsewhere = await browser.send(`${other?.url}/echo/things`, { headers: { 'X-User': 'eve' } })
    expect(elsewhere.status).toBe(200)
    expect(upstream.seen.at(-1)?.headers['x-user']).toBe('anna')
    // An API of others on the same host sees nothing of the session, either.
    await browser.send(`${gateway.url}/open/things`)
    expect(JSON.stringify(upstream.seen.at(-1))).not.toContain('gw_login')
    expect((await createBrowser().send(page)).status).toBe(401)
  })

  it('several tabs sign in at once; who cancels is told so, and nobody goes round in circles', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    const { page } = await open(rig, provider.issuer)
    const browser = createBrowser()
    const isThere = (url: URL) => url.origin === provider.issuer
    const first = await browser.open(`${page}?tab=1`, isThere)
    const second = await browser.open(`${page}?tab=2`, isThere)
    for (const [{ url }, tab] of [[second, 2] as const, [first, 1] as const]) {
      const { url: end, reply } = await browser.open(url.href)
      expect([end.href, reply.status]).toEqual([`${page}?tab=${tab}`, 200])
    }

    provider.person = null
    const stranger = createBrowser()
    const cancelled = await stranger.open(page)
    expect(cancelled.reply.status).toBe(403)
    expect(cancelled.reply.headers['content-type']).toContain('text/html')
    expect(cancelled.reply.body).toMatch(/login_denied · req_/)
    expect(cancelled.url.pathname).toBe('/echo/.login/callback')
  })

  it('signing out ends the session here and at the provider, and only whoever sits in front of it can want that', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    const { gateway, page } = await open(rig, provider.issuer)
    const browser = createBrowser()
    await browser.open(page)
    const signOut = `${gateway.url}/echo/.login/logout`
    const stolen = new Map(browser.cookies)

    for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      const asked = await browser.step(signOut, headers as Record<string, string>)
      expect(asked.status).toBe(200)
      expect(asked.body).toContain('<form method="post" action="/echo/.login/logout">')
    }
    const forged = await browser.send(signOut, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    })
    expect(forged.status).toBe(200)
    expect((await browser.send(page)).status).toBe(200)

    const left = await browser.send(signOut, { method: 'POST', headers: { origin: gateway.url } })
    expect(left.status).toBe(303)
    expect(left.headers.location).toMatch(new RegExp(`^${provider.issuer}/session/end\\?.*id_token_hint=`))
    expect(browser.cookies.has('gw_login_books')).toBe(false)
    // Whoever kept the cookie has nothing.
    const cookie = [...stolen].map(([name, value]) => `${name}=${value}`).join('; ')
    expect((await gateway.call('/echo/things', { headers: { cookie } })).json().code).toBe('login_required')
  })
})

describe('C4: what attackers try with sign-ins', () => {
  it('state, code, issuer and browser have to fit, and a callback works once', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    const { gateway, page } = await open(rig, provider.issuer)
    const codeOf = async (browser: TestBrowser, url: URL) => {
      const { status, body } = await browser.step(url.href, { accept: 'application/json' })
      return status === 302 ? 'in' : `${status} ${(JSON.parse(body) as { code: string }).code}`
    }
    const changed = (url: URL, name: string, value: string | null) => {
      const copy = new URL(url)
      if (value === null) copy.searchParams.delete(name)
      else copy.searchParams.set(name, value)
      return copy
    }
    const browser = createBrowser()
    const { url } = await browser.open(page, isCallback)
    expect(url.searchParams.get('iss')).toBe(provider.issuer)
    const state = url.searchParams.get('state') ?? ''

    // Login CSRF: a link of somebody who began a sign-in elsewhere.
    expect(await codeOf(createBrowser(), url)).toBe('400 login_unfinished')
    const other = createBrowser()
    await other.step(page)
    expect(await codeOf(other, url)).toBe('400 login_unfinished')
    for (const wrong of [null, '', 'x', `${state.slice(0, -2)}AA`, `A${state.slice(1)}`])
      expect([wrong, await codeOf(browser, changed(url, 'state', wrong))]).toEqual([
        wrong,
        '400 login_unfinished',
      ])
    expect(provider.grants).toEqual([])

    expect(await codeOf(browser, url)).toBe('in')
    expect(await codeOf(browser, url)).toBe('400 login_repeated')
    expect(provider.grants).toEqual(['authorization_code'])

    // Each of them uses up its own attempt.
    for (const [name, value] of [
      ['iss', null],
      ['iss', 'https://evil.example'],
      ['code', 'made-up'],
      ['code', null],
      ['error', 'server_error'],
    ] as const) {
      const fresh = createBrowser()
      const { url: back } = await fresh.open(page, isCallback)
      expect([name, await codeOf(fresh, changed(back, name, value))]).toEqual([name, '502 login_failed'])
      expect(fresh.cookies.has('gw_login_books')).toBe(false)
    }
    // The code of somebody else: PKCE and the nonce are those of this browser.
    const eve = createBrowser()
    const anna = createBrowser()
    const evil = (await eve.open(page, isCallback)).url.searchParams.get('code')
    const { url: back } = await anna.open(page, isCallback)
    expect(await codeOf(anna, changed(back, 'code', evil))).toBe('502 login_failed')
    expect(JSON.stringify(gateway.logs)).not.toContain(evil)
  })

  it('cookies that are forged, oversized or of another login open nothing, and no return address leads elsewhere', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    const { gateway, page } = await open(rig, provider.issuer)
    const browser = createBrowser()
    await browser.open(page)
    const ticket = browser.cookies.get('gw_login_books') ?? ''
    expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const last = ticket.at(-2) === 'A' ? 'B' : 'A'
    const forged = [
      `${ticket.slice(0, -2)}${last}${ticket.at(-1)}`,
      'A'.repeat(43),
      'A'.repeat(4_000),
      '',
      '../../x',
      `${ticket}=`,
      'null',
    ]
    for (const value of forged) {
      const { status } = await gateway.call('/echo/things', {
        headers: { cookie: `gw_login_books=${value}` },
      })
      expect([value, status]).toEqual([value, 401])
    }
    expect(
      (await gateway.call('/echo/things', { headers: { cookie: `gw_login_try_books=${ticket}` } })).status,
    ).toBe(401)
    // Nothing in Redis says what it is, nor whose.
    const keys = await rig.redis.client.keys('*login*')
    const texts = await Promise.all(keys.map((key) => rig.redis.client.get(key)))
    expect(keys.length).toBeGreaterThan(0)
    for (const text of [...keys, ...texts]) {
      expect(text).not.toContain(ticket)
      expect(text).not.toContain('anna')
    }

    for (const path of ['//evil.example/', '//evil.example/%2e%2e/echo/things', '/echo//evil.example']) {
      const { status, headers } = await createBrowser().step(`${gateway.url}${path}`)
      expect(String(headers.location ?? '')).not.toMatch(/^\/\/|^https?:\/\/evil/)
      expect(status).not.toBe(200)
    }
  })
})

describe('C4: sessions', () => {
  it('fifty calls at two gateways in the moment in which the tokens end refresh them once', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    provider.accessSeconds = 2
    const { all, page, upstream } = await open(rig, provider.issuer, { forwardToken: true }, 2)
    const browser = createBrowser()
    await browser.open(page)
    const signedInAt = Date.now()
    const tokenBefore = upstream.seen.at(-1)?.headers.authorization
    expect(tokenBefore).toMatch(/^Bearer /)
    provider.accessSeconds = 600
    await until(() => Date.now() > signedInAt + 2_500, 'the tokens have ended')
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, i) => browser.send(`${all[i % 2]?.url}/echo/things`)),
    )
    expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(provider.grants).toEqual(['authorization_code', 'refresh_token'])
    const tokens = new Set(upstream.seen.slice(-50).map(({ headers }) => headers.authorization))
    expect(tokens.size).toBe(1)
    expect(tokens.has(tokenBefore)).toBe(false)
    expect((await browser.send(page)).status).toBe(200)
    expect(provider.grants).toHaveLength(2)
  })

  it('end when the provider takes them back, and go on while it is away for as long as their tokens are good', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    provider.accessSeconds = 4
    const { page } = await open(rig, provider.issuer)
    const browser = createBrowser()
    await browser.open(page)
    provider.isAway = true
    expect((await browser.send(page)).status).toBe(200)
    await until(async () => (await browser.send(page)).status === 503, 'the tokens have ended')
    const away = await browser.send(page)
    expect([away.json().code, away.headers['retry-after']]).toEqual(['login_unavailable', '2'])
    provider.isAway = false
    await until(async () => (await browser.send(page)).status === 200, 'it is refreshed')
    await provider.revoke()
    await until(async () => (await browser.send(page)).status === 401, 'it has ended')
    expect((await browser.send(page)).json().code).toBe('login_required')
  })

  it('let nobody in while Redis is away, and send nobody to sign in', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    const { page } = await open(rig, provider.issuer)
    const browser = createBrowser()
    await browser.open(page)
    await rig.redis.stop()
    const refused = await browser.send(page)
    expect([refused.status, refused.json().code]).toEqual([503, 'login_unavailable'])
    const shown = await browser.step(page)
    expect([shown.status, shown.headers['content-type']]).toEqual([503, 'text/html; charset=utf-8'])
    expect((await createBrowser().step(page)).status).toBe(503)
    await rig.redis.start()
    await until(async () => (await browser.send(page)).status === 200, 'the session is there again')
  })

  it('of people who lack a claim open nothing; who does not sign in over https is told so', async () => {
    await using rig = await createRig()
    await using provider = await startLoginProvider()
    provider.person = { sub: 'anna', roles: ['reader'] }
    const { gateway, page } = await open(rig, provider.issuer, {
      requiredClaims: [{ claim: 'roles', values: ['editor'] }],
    })
    const browser = createBrowser()
    const { reply, url } = await browser.open(page)
    expect([url.href, reply.status]).toEqual([page, 403])
    expect(reply.body).toContain('login_denied')
    expect((await browser.send(page)).json().code).toBe('login_denied')

    const plain = await createBrowser().step(page, { host: 'app.example.com' })
    expect(plain.status).toBe(403)
    expect(plain.body).toContain('https_required')
    expect(plain.headers['set-cookie']).toBeUndefined()
    expect(gateway.logs.map((line) => JSON.stringify(line)).join()).not.toContain('gw_login')
  })
})
