// The http layer around every operation: problems, limits, headers, sessions, tokens, CSRF.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SignInThrottle } from '../identity/sign-in-throttle.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let admin: Caller

beforeAll(async () => {
  app = await startTestApp()
  admin = await app.admin()
})
afterAll(() => app.close())

const raw = (options: {
  method?: string
  url: string
  payload?: string | Buffer
  headers?: Record<string, string>
}) =>
  app.nest
    .getHttpAdapter()
    .getInstance()
    .inject({ method: 'POST', ...options } as { method: 'POST'; url: string })

describe('problem details (RFC 9457)', () => {
  test('an unknown path is 404 with a code and the request id', async () => {
    const answer = await app.visitor().send('GET', '/nothing/here')
    expect(answer.status).toBe(404)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'not_found', request_id: answer.headers['x-request-id'] })
  })

  test('wrong, missing and unknown fields are each named by a pointer', async () => {
    const answer = await app.visitor().send('POST', '/sign-in', { body: { email: 5, extra: { deep: 1 } } })
    expect(answer.status).toBe(400)
    expect(answer.body.code).toBe('invalid_input')
    expect((answer.body.errors as { pointer: string }[]).map((e) => e.pointer).sort()).toEqual([
      '/email',
      '/extra',
      '/password',
    ])
  })

  test('broken JSON says where', async () => {
    const answer = await raw({
      url: '/api/v1/sign-in',
      payload: '{"email": }',
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid_json' })
    expect(answer.json().detail).toContain('(line 1, column 11)')
  })

  test('invalid UTF-8 says at which byte', async () => {
    const payload = Buffer.from([0x7b, 0x22, 0x61, 0xff, 0x22, 0x7d])
    const answer = await raw({
      url: '/api/v1/sign-in',
      payload,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'invalid_json',
      detail: 'The body is not valid UTF-8 (byte 3)',
    })
  })

  test('D6: a body that is too large is 413', async () => {
    const payload = JSON.stringify({ email: 'a'.repeat(1_100_000) })
    const answer = await raw({
      url: '/api/v1/sign-in',
      payload,
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  test('D6: a JSON depth bomb is an input like any other wrong one', async () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    for (const payload of [deep, `{"email":${deep},"password":"x"}`, '['.repeat(500_000)]) {
      const answer = await raw({
        url: '/api/v1/sign-in',
        payload,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer.json().status).toBe(400)
    }
  })

  test('another media type is 415', async () => {
    const answer = await raw({
      url: '/api/v1/sign-in',
      payload: 'email=a',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(answer.json()).toMatchObject({ status: 415, code: 'media_type_not_supported' })
  })

  test('a NUL character is refused before it reaches the database', async () => {
    const answer = await app
      .visitor()
      .send('POST', '/sign-in', { body: { email: 'a\0@example.com', password: 'x' } })
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input', errors: [{ pointer: '/email' }] })
  })

  test('a malformed path is 400, not 500', async () => {
    const answer = await raw({ method: 'GET', url: '/api/v1/tenants/%E0%A4%A' })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().code).toBe('malformed_request')
  })

  test('the caller’s request id is kept when it is well-formed', async () => {
    const kept = await app.visitor().send('GET', '/me', { headers: { 'x-request-id': 'trace-12345678' } })
    expect(kept.headers['x-request-id']).toBe('trace-12345678')
    const replaced = await app.visitor().send('GET', '/me', { headers: { 'x-request-id': 'a b' } })
    expect(replaced.headers['x-request-id']).toMatch(/^req_/)
  })
})

describe('sessions', () => {
  test('the cookie is bound to this host and hidden from scripts', async () => {
    const answer = await app
      .visitor()
      .send('POST', '/sign-in', { body: { email: 'admin@example.com', password: 'correct-horse-battery' } })
    const [session, csrf] = answer.headers['set-cookie'] as string[]
    expect(session).toMatch(
      /^__Host-gw_session=[\w-]{43}; Path=\/; SameSite=Lax; Secure; HttpOnly; Max-Age=\d+$/,
    )
    expect(csrf).toMatch(/^gw_csrf=[\w-]{43}; Path=\/; SameSite=Lax; Secure; Max-Age=\d+$/)
  })

  test('a write without the CSRF token, or from another origin, is refused', async () => {
    const body = { name: 'Mallory' }
    for (const headers of [
      { 'x-csrf-token': '' },
      { 'x-csrf-token': 'A'.repeat(43) },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await admin.send('PATCH', '/me', { body, headers })
      expect(answer.body, JSON.stringify(headers)).toMatchObject({ status: 403, code: 'csrf_failed' })
    }
    const same = await admin.send('PATCH', '/me', {
      body: { name: 'Platform admin' },
      headers: { origin: 'http://localhost:8080' },
    })
    expect(same.status).toBe(200)
  })

  test('a page of another site cannot sign a browser in', async () => {
    const answer = await app.visitor().send('POST', '/sign-in', {
      body: { email: 'admin@example.com', password: 'correct-horse-battery' },
      headers: { origin: 'https://evil.example' },
    })
    expect(answer.body.code).toBe('csrf_failed')
  })

  test('a session ends when it is signed out, revoked, idle or too old', async () => {
    const one = await app.admin()
    await one.must('POST', '/sign-out', { body: {} })
    expect((await one.send('GET', '/me')).body.code).toBe('not_signed_in')

    const [two, three] = [await app.admin(), await app.admin()]
    const { data } = await two.must<{ data: { id: string; current: boolean }[] }>('GET', '/me/sessions')
    expect(data.filter((session) => session.current)).toHaveLength(1)
    for (const { id, current } of data) if (!current) await two.must('DELETE', `/me/sessions/${id}`)
    expect((await three.send('GET', '/me')).status).toBe(401)
    expect((await two.send('GET', '/me')).status).toBe(200)

    app.clock.advance(11 * 3600)
    expect((await two.send('GET', '/me')).status).toBe(200)
    app.clock.advance(12 * 3600 + 61)
    expect((await two.send('GET', '/me')).status).toBe(401)

    const four = await app.admin()
    for (let hours = 0; hours < 72; hours += 9) {
      expect((await four.send('GET', '/me')).status).toBe(200)
      app.clock.advance(9 * 3600)
    }
    expect((await four.send('GET', '/me')).status).toBe(401)
    admin = await app.admin()
  })

  test('changing the password ends every other session', async () => {
    const email = 'rotating@example.com'
    const first = await app.signUp(email)
    const second = await app.signIn(email)
    const wrong = await first.send('POST', '/me/password', {
      body: { current: 'not the password', next: 'another-long-password' },
    })
    expect(wrong.body).toMatchObject({ code: 'invalid_input', errors: [{ pointer: '/current' }] })
    await first.must('POST', '/me/password', {
      body: { current: 'correct-horse-battery', next: 'another-long-password' },
    })
    expect((await first.send('GET', '/me')).status).toBe(200)
    expect((await second.send('GET', '/me')).status).toBe(401)
    await app.signIn(email, 'another-long-password')
  })
})

describe('personal access tokens', () => {
  test('act for their owner without cookies or CSRF, until revoked', async () => {
    const created = await admin.must<{ id: string; token: string }>('POST', '/me/tokens', {
      body: { name: 'ci' },
    })
    expect(created.token).toMatch(/^gwp_/)
    const pipeline = app.visitor().useToken(created.token)
    expect((await pipeline.must<{ user: { email: string } }>('GET', '/me')).user.email).toBe(
      'admin@example.com',
    )
    const refused = await pipeline.send('POST', '/me/tokens', { body: { name: 'more' } })
    expect(refused.body).toMatchObject({ status: 403, code: 'permission_denied' })
    await admin.must('DELETE', `/me/tokens/${created.id}`)
    expect((await pipeline.send('GET', '/me')).body.code).toBe('token_invalid')
  })

  test('expire', async () => {
    const expiresAt = new Date(app.clock.now().getTime() + 60_000).toISOString()
    const { token } = await admin.must<{ token: string }>('POST', '/me/tokens', {
      body: { name: 'short', expiresAt },
    })
    const pipeline = app.visitor().useToken(token)
    await pipeline.must('GET', '/me')
    app.clock.advance(61)
    expect((await pipeline.send('GET', '/me')).body.code).toBe('token_invalid')
  })
})

describe('D6: sign-in throttle', () => {
  test('the sixth wrong password in a window has to wait, the right one too', async () => {
    const email = 'target@example.com'
    await app.signUp(email)
    const guess = (password: string) => app.visitor().send('POST', '/sign-in', { body: { email, password } })
    for (let i = 0; i < 5; i++) expect((await guess('wrong')).body.code).toBe('sign_in_failed')
    const blocked = await guess('correct-horse-battery')
    expect(blocked.body).toMatchObject({ status: 429, code: 'sign_in_throttled' })
    expect(Number(blocked.headers['retry-after'])).toBeGreaterThan(0)
    app.clock.advance(16 * 60)
    expect((await guess('correct-horse-battery')).status).toBe(200)
  })

  test('an unknown account is throttled and answered in the same words', async () => {
    const guess = () =>
      app.visitor().send('POST', '/sign-in', { body: { email: 'nobody@example.com', password: 'wrong' } })
    const answers = []
    for (let i = 0; i < 6; i++) answers.push((await guess()).body.code)
    expect(answers).toEqual([...Array(5).fill('sign_in_failed'), 'sign_in_throttled'])
  })

  test('a blocked address blocks no further accounts, and has its whole IPv6 network with it', async () => {
    const throttle = app.get(SignInThrottle)
    for (let i = 0; i < 100; i++) await throttle.attempt(`${i}@flood.example`, `2001:db8:1:2::${i}`)
    const attempt = throttle.attempt('victim@flood.example', '2001:db8:1:2:ffff::1')
    await expect(attempt).rejects.toMatchObject({ code: 'sign_in_throttled' })
    for (let i = 0; i < 5; i++) await throttle.attempt('victim@flood.example', `2001:db8:9:${i}::1`)
  })

  test('accounts are not made without end from one address', async () => {
    const throttle = app.get(SignInThrottle)
    for (let i = 0; i < 100; i++) {
      await throttle.attempt(`new-${i}@flood.example`, '198.51.100.7')
      await throttle.created(`new-${i}@flood.example`)
    }
    const attempt = throttle.attempt('one-more@flood.example', '198.51.100.7')
    await expect(attempt).rejects.toMatchObject({ code: 'sign_in_throttled' })
  })
})
