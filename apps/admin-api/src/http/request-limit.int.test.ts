// How often one person may ask, over HTTP: sessions and tokens together, and nobody pays for another.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

const most = 20
let app: TestApp
let busy: Caller
let calm: Caller
beforeAll(async () => {
  app = await startTestApp({ REQUESTS_PER_MINUTE: String(most) })
  busy = await app.signUp('busy@example.com')
  calm = await app.signUp('calm@example.com')
})
afterAll(() => app?.close())

/** To the first second of the next minute, so that no window ends within a test. */
const nextMinute = () => app.clock.advance(61 - ((app.clock.now().getTime() / 1000) % 60))

test('B9 a person who asks too often is told how long to wait, with all their tokens; nobody else is', async () => {
  nextMinute()
  const { token } = await busy.must<{ token: string }>('POST', '/me/tokens', { body: { name: 'loop' } })
  const pipeline = app.visitor().useToken(token)
  for (let i = 1; i < most; i++) {
    const answer = await (i % 2 ? busy : pipeline).send('GET', '/me')
    expect(answer.status).toBe(200)
    expect(answer.headers['ratelimit-policy']).toBe(`"person";q=${most};w=60`)
    expect(answer.headers.ratelimit).toMatch(new RegExp(`^"person";r=${most - i - 1};t=\\d+$`))
  }
  for (const caller of [busy, pipeline]) {
    const answer = await caller.send('GET', '/me')
    expect(answer.body).toMatchObject({ status: 429, code: 'rate_limited' })
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.headers.ratelimit).toMatch(/^"person";r=0;/)
  }
  expect((await calm.send('GET', '/me')).status).toBe(200)
  nextMinute()
  expect((await busy.send('GET', '/me')).status).toBe(200)
})

test('B9 a visitor has no account to count for', async () => {
  const answer = await app.visitor().send('GET', '/me')
  expect(answer.headers).not.toHaveProperty('ratelimit')
})
