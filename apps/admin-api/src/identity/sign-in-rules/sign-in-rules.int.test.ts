// Signing in to the platform, over HTTP: second factors, passkeys, links in mails, where admins come from.
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Redis } from '../../infra/redis.ts'
import { type Caller, startTestApp, type TestApp } from '../../testing/app.fixture.ts'
import { Authenticator } from '../../testing/authenticator.fixture.ts'
import { Mailbox } from '../../testing/mailbox.fixture.ts'

const password = 'correct-horse-battery'

let app: TestApp
let mailbox: Mailbox
let database: pg.Client

beforeAll(async () => {
  mailbox = await Mailbox.start()
  app = await startTestApp({
    SECRETS_KEY: randomBytes(32).toString('base64'),
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'Gatewright <no-reply@example.com>',
  })
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await app.close()
  await mailbox.stop()
})

let people = 0
const newEmail = () => `person-${++people}@example.com`

/** Throttles are tested where they are meant; elsewhere one address would stand for a hundred people. */
const forgetThrottles = () => database.query('DELETE FROM sign_in_throttle')

async function withApp(email = newEmail()) {
  const caller = await app.signUp(email)
  const { secret, uri } = await caller.must<{ secret: string; uri: string }>('POST', '/me/second-factors/app')
  const code = (stepsAhead = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({
      timestamp: app.clock.now().getTime() + stepsAhead * 30_000,
    })
  const { recoveryCodes } = await caller.must<{ recoveryCodes: string[] }>(
    'POST',
    '/me/second-factors/app/confirm',
    {
      body: { code: code() },
    },
  )
  return { caller, email, secret, uri, code, recoveryCodes }
}

async function withPasskey(email = newEmail()) {
  const caller = await app.signUp(email)
  const device = new Authenticator()
  const options = await caller.must<{ challenge: string }>('POST', '/me/passkeys/options')
  const { passkey } = await caller.must<{ passkey: { id: string } }>('POST', '/me/passkeys', {
    body: { name: 'Phone', answer: device.register(options) },
  })
  return { caller, email, device, passkey }
}

const signIn = (email: string, more: object = {}) =>
  app.visitor().send('POST', '/sign-in', { body: { email, password, ...more } })

const challenge = (caller: Caller = app.visitor(), path = '/sign-in/passkey/options') =>
  caller.must<{ challenge: string }>('POST', path)

/** What the link in the newest mail carries. */
async function linkIn(to: string, path: string): Promise<string> {
  return vi.waitFor(
    () => {
      const found = new RegExp(`${path}[#?](?:invitation=)?([\\w-]{43})`).exec(
        mailbox.find(to, path)?.raw ?? '',
      )
      return found?.[1] ?? expect.fail(`no mail to ${to} with ${path}`)
    },
    { timeout: 10_000, interval: 20 },
  )
}

describe('D6 an authenticator app', () => {
  test('is asked for after the password, once it was confirmed', async () => {
    const { email, code, uri } = await withApp()
    expect(uri).toContain('otpauth://totp/Gatewright')
    const first = await signIn(email)
    expect([first.status, first.body.code, first.body.factors]).toEqual([
      401,
      'second_factor_required',
      ['totp', 'recovery'],
    ])
    expect(first.headers['set-cookie']).toBeUndefined()
    expect((await signIn(email, { code: code(1) })).status).toBe(200)
  })

  test('takes each code once, also when it comes twice at the same moment', async () => {
    const { email, code } = await withApp()
    const answers = await Promise.all([1, 2, 3].map(() => signIn(email, { code: code(1) })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
    expect((await signIn(email, { code: code(1) })).body.code).toBe('second_factor_failed')
  })

  test('is not guessed: after five codes the account waits, also for who gives the right one', async () => {
    const { email, code } = await withApp()
    for (let i = 0; i < 5; i++)
      expect((await signIn(email, { code: '000000' })).body.code).toBe('second_factor_failed')
    expect((await signIn(email, { code: '000000' })).body.code).toBe('sign_in_throttled')
    expect((await signIn(email, { code: code(1) })).body.code).toBe('sign_in_throttled')
    await forgetThrottles()
  })

  test('has recovery codes, good once each, told by mail, kept as hashes', async () => {
    const { email, recoveryCodes, secret } = await withApp()
    expect(new Set(recoveryCodes).size).toBe(10)
    const [first = '', second = ''] = recoveryCodes
    expect((await signIn(email, { code: first.toUpperCase() })).status).toBe(200)
    expect((await signIn(email, { code: first })).body.code).toBe('second_factor_failed')
    expect((await signIn(email, { code: second.replaceAll('-', '') })).status).toBe(200)
    await vi.waitFor(() => expect(mailbox.find(email, 'recovery code')).toBeDefined(), { timeout: 10_000 })
    const kept = JSON.stringify([
      (await database.query('SELECT * FROM recovery_code')).rows,
      (await database.query('SELECT * FROM totp')).rows,
      (await database.query('SELECT * FROM audit_event')).rows,
    ])
    expect(kept).not.toContain(first)
    expect(kept).not.toContain(secret)
  })

  test('of somebody else opens nothing', async () => {
    const [ann, eve] = [await withApp(), await withApp()]
    expect((await signIn(ann.email, { code: eve.recoveryCodes[0] })).body.code).toBe('second_factor_failed')
    await forgetThrottles()
  })

  test('is not replaced without being removed, and its removal needs a fresh proof by it', async () => {
    const { caller, code, recoveryCodes } = await withApp()
    expect((await caller.send('POST', '/me/second-factors/app')).body.code).toBe('state_conflict')
    app.clock.advance(16 * 60)
    expect((await caller.send('DELETE', '/me/second-factors/app')).body.code).toBe('proof_required')
    expect((await caller.send('POST', '/me/tokens', { body: { name: 'x' } })).body.code).toBe(
      'proof_required',
    )
    const byPassword = await caller.send('POST', '/me/proof', { body: { password } })
    expect(byPassword.body.code).toBe('second_factor_required')
    await caller.must('POST', '/me/proof', { body: { code: code() } })
    await caller.must('DELETE', '/me/second-factors/app')
    expect(await caller.must('GET', '/me/second-factors')).toMatchObject({ app: null, recoveryCodesLeft: 0 })
    expect((await signIn(caller.email, { code: recoveryCodes[0] })).status).toBe(200)
  })
})

describe('D6 a passkey', () => {
  test('signs in by itself, without a name or a password', async () => {
    const { email, device } = await withPasskey()
    const visitor = app.visitor()
    const me = await visitor.must<{ user: { email: string } }>('POST', '/sign-in/passkey', {
      body: { answer: device.answer(await challenge()) },
    })
    expect(me.user.email).toBe(email)
    expect((await signIn(email)).body).toMatchObject({
      code: 'second_factor_required',
      factors: ['passkey', 'recovery'],
    })
  })

  test('answers one question once, in time, asked for this, for this site, after asking its person', async () => {
    const { caller, device } = await withPasskey()
    const send = (answer: object) => app.visitor().send('POST', '/sign-in/passkey', { body: { answer } })
    const good = device.answer(await challenge())
    expect((await send(good)).status).toBe(200)
    const bad = {
      replayed: good,
      'of a question that nobody asked': device.answer({ challenge: randomBytes(32).toString('base64url') }),
      'for another site': device.answer(await challenge(), { origin: 'https://localhost.evil.example' }),
      'without asking its person': device.answer(await challenge(), { verified: false }),
      'to a question of another purpose': device.answer(await challenge(caller, '/me/proof/options')),
      'of another key': { ...new Authenticator().answer(await challenge()), id: good.id, rawId: good.id },
      'of a key that nobody has': new Authenticator().answer(await challenge()),
    }
    for (const [what, answer] of Object.entries(bad))
      expect((await send(answer)).body.code, what).toBe('passkey_failed')
    const late = device.answer(await challenge())
    app.clock.advance(6 * 60)
    expect((await send(late)).body.code).toBe('passkey_failed')
  })

  test('of somebody else neither proves anything here nor is added here, and a removed one signs nobody in', async () => {
    const [ann, eve] = [await withPasskey(), await withPasskey()]
    const question = await challenge(ann.caller, '/me/proof/options')
    const foreign = await ann.caller.send('POST', '/me/proof', {
      body: { answer: eve.device.answer(question) },
    })
    expect(foreign.body.code).toBe('passkey_failed')
    const again = ann.device.register(await challenge(eve.caller, '/me/passkeys/options'))
    expect(
      (await eve.caller.send('POST', '/me/passkeys', { body: { name: 'x', answer: again } })).body.code,
    ).toBe('already_exists')
    expect((await eve.caller.send('DELETE', `/me/passkeys/${ann.passkey.id}`)).status).toBe(404)
    const answer = ann.device.answer(await challenge())
    await ann.caller.must('DELETE', `/me/passkeys/${ann.passkey.id}`)
    expect((await app.visitor().send('POST', '/sign-in/passkey', { body: { answer } })).body.code).toBe(
      'passkey_failed',
    )
  })
})

describe('D6 a forgotten password', () => {
  const ask = (email: string) => app.visitor().send('POST', '/password-reset/request', { body: { email } })
  const reset = (token: string, more: object = {}) =>
    app
      .visitor()
      .send('POST', '/password-reset', { body: { token, password: 'a new and long one', ...more } })

  test('is replaced by a link in a mail, once; sessions end, and the person is told', async () => {
    const caller = await app.signUp(newEmail())
    const { email } = caller
    await caller.must('POST', '/me/email-verification', {
      body: { token: await linkIn(email, '/verify-email') },
    })
    expect((await ask(email)).body).toEqual({})
    const token = await linkIn(email, '/reset-password')
    expect((await reset(token)).status).toBe(200)
    expect((await reset(token)).body.code).toBe('link_invalid')
    expect((await caller.send('GET', '/me')).status).toBe(401)
    expect((await signIn(email)).body.code).toBe('sign_in_failed')
    expect((await signIn(email, { password: 'a new and long one' })).status).toBe(200)
    await vi.waitFor(() => expect(mailbox.find(email, 'Your password was changed')).toBeDefined(), {
      timeout: 10_000,
    })
  })

  test('says the same to everybody, and the work is the same until the answer', async () => {
    const unknown = newEmail()
    const { email } = await app.signUp(newEmail())
    const [known, nobody] = [await ask(email), await ask(unknown)]
    expect([nobody.status, nobody.body]).toEqual([known.status, known.body])
    await linkIn(email, '/reset-password')
    expect(mailbox.mails.some(({ to }) => to === unknown)).toBe(false)
  })

  test('leaves no secret in Redis, Postgres or the audit log', async () => {
    const { email } = await app.signUp(newEmail())
    await ask(email)
    const token = await linkIn(email, '/reset-password')
    const { client } = app.get(Redis)
    const held: unknown[] = []
    for (const key of await client.keys('*:mail:*'))
      held.push(key, (await client.type(key)) === 'hash' ? await client.hgetall(key) : null)
    held.push((await database.query('SELECT * FROM mailed_link')).rows)
    held.push((await database.query('SELECT * FROM audit_event')).rows)
    expect(JSON.stringify(held)).not.toContain(token)
  })

  test('is too old after half an hour, and a newer link ends the older one', async () => {
    const { email } = await app.signUp(newEmail())
    await ask(email)
    const first = await linkIn(email, '/reset-password')
    await ask(email)
    const second = await vi.waitFor(async () => {
      const newest = await linkIn(email, '/reset-password')
      expect(newest).not.toBe(first)
      return newest
    }, 10_000)
    expect((await reset(first)).body.code).toBe('link_invalid')
    app.clock.advance(31 * 60)
    expect((await reset(second)).body.code).toBe('link_invalid')
  })

  test('is asked for three times at most, for anybody and nobody alike', async () => {
    for (const email of [newEmail(), (await app.signUp(newEmail())).email]) {
      for (let i = 0; i < 3; i++) expect((await ask(email)).status).toBe(200)
      expect((await ask(email)).body.code).toBe('sign_in_throttled')
    }
    await forgetThrottles()
  })

  test('takes no second factor away', async () => {
    const { caller, email } = await withApp()
    await caller.must('POST', '/me/email-verification', {
      body: { token: await linkIn(email, '/verify-email') },
    })
    await ask(email)
    expect((await reset(await linkIn(email, '/reset-password'))).status).toBe(200)
    expect((await signIn(email, { password: 'a new and long one' })).body.code).toBe('second_factor_required')
  })

  test('of an address that nobody had proved puts out who used it, with a second factor and keys of theirs', async () => {
    await app.signUp('owner@squat.example', { create: { name: 'squat', title: 'Squat' } })
    const email = newEmail()
    const squatter = await app.signUp(email, { join: 'squat' })
    const device = new Authenticator()
    const options = await challenge(squatter, '/me/passkeys/options')
    await squatter.must('POST', '/me/passkeys', { body: { name: 'x', answer: device.register(options) } })
    const { token } = await squatter.must<{ token: string }>('POST', '/me/tokens', { body: { name: 'kept' } })
    await ask(email)
    expect((await reset(await linkIn(email, '/reset-password'))).status).toBe(200)
    expect((await app.visitor().useToken(token).send('GET', '/me')).status).toBe(401)
    const answer = device.answer(await challenge())
    expect((await app.visitor().send('POST', '/sign-in/passkey', { body: { answer } })).status).toBe(401)
    const me = await signIn(email, { password: 'a new and long one' })
    expect(me.body).toMatchObject({
      user: { emailVerified: true },
      memberships: [{ tenant: { name: 'squat' } }],
    })
  })

  test('is tried again while the mail server says later, and given up when it says never', async () => {
    const { email } = await app.signUp(newEmail())
    await linkIn(email, '/verify-email')
    mailbox.refusals.push(550)
    await ask(email)
    const { client } = app.get(Redis)
    const failed = await vi.waitFor(async () => {
      const keys = await client.keys('*:mail:failed')
      const ids = await client.zrange(keys[0] ?? '', 0, -1)
      expect(ids).toHaveLength(1)
      return client.hgetall(`${keys[0]?.replace(/failed$/, '')}${ids[0]}`)
    }, 10_000)
    expect(failed.failedReason).toBe('EMESSAGE 550')
    expect(failed.atm).toBe('1')
    mailbox.refusals.push(451)
    await ask(email)
    await linkIn(email, '/reset-password')
  }, 20_000)
})

describe('D6 an address', () => {
  test('is proved only in the account that asked: the owner who opens a link proves it for no squatter', async () => {
    const squatter = await app.signUp(newEmail())
    const token = await linkIn(squatter.email, '/verify-email')
    const other = await app.signUp(newEmail())
    const byOther = await other.send('POST', '/me/email-verification', { body: { token } })
    expect(byOther.body.code).toBe('link_invalid')
    expect((await app.visitor().send('POST', '/me/email-verification', { body: { token } })).status).toBe(401)
    await squatter.must('POST', '/me/email-verification', { body: { token } })
    expect(await squatter.must('GET', '/me')).toMatchObject({ user: { emailVerified: true } })
  })

  test('is proved by an invitation that went to it, and not by one that was handed over', async () => {
    const owner = await app.signUp(newEmail(), {
      create: { name: 'invite', title: '<b>Evil</b> https://evil.example' },
    })
    const invite = (email: string) =>
      owner.must<{ secret: string; mailed: boolean }>('POST', '/tenants/invite/invitations', {
        body: { email, role: 'developer' },
      })
    const [mailed, handed] = [newEmail(), newEmail()]
    expect((await invite(mailed)).mailed).toBe(true)
    const invitation = await linkIn(mailed, '/sign-up')
    const raw = mailbox.find(mailed, '/sign-up')?.raw.split('text/html')[1]
    expect(raw).toContain('&lt;b&gt;Evil')
    expect(raw).not.toContain('<b>Evil')
    expect(raw).not.toContain('https://evil')
    const verified = async (caller: Caller) =>
      (await caller.must<{ user: { emailVerified: boolean } }>('GET', '/me')).user.emailVerified
    expect(await verified(await app.signUp(mailed, { invitation }))).toBe(true)
    expect(await verified(await app.signUp(handed, { invitation: (await invite(handed)).secret }))).toBe(
      false,
    )
  })
})

describe('D6 the sign-in rules', () => {
  const set = async (admin: Caller, body: object) =>
    admin.send('PATCH', '/platform/sign-in-rules', { body, version: '*' })

  test('ask for a second factor where they say so, and let it be set up', async () => {
    const admin = await app.admin()
    expect((await set(admin, { secondFactor: 'everyone' })).body.code).toBe('locked_out')
    const device = new Authenticator()
    const options = await challenge(admin, '/me/passkeys/options')
    const { passkey } = await admin.must<{ passkey: { id: string } }>('POST', '/me/passkeys', {
      body: { name: 'Key', answer: device.register(options) },
    })
    expect((await set(admin, { secondFactor: 'everyone' })).status).toBe(200)
    const someone = await app.signUp(newEmail())
    expect(await someone.must('GET', '/me')).toMatchObject({ needsSecondFactor: true })
    expect((await someone.send('GET', '/tenants')).body.code).toBe('second_factor_missing')
    expect((await someone.send('POST', '/me/tokens', { body: { name: 'x' } })).body.code).toBe(
      'second_factor_missing',
    )
    const own = new Authenticator()
    const answer = own.register(await challenge(someone, '/me/passkeys/options'))
    await someone.must('POST', '/me/passkeys', { body: { name: 'Own', answer } })
    expect((await someone.send('GET', '/tenants')).status).toBe(200)
    expect((await admin.send('DELETE', `/me/passkeys/${passkey.id}`)).body.code).toBe('locked_out')
    expect((await set(admin, { secondFactor: 'optional' })).status).toBe(200)
    await admin.must('DELETE', `/me/passkeys/${passkey.id}`)
  })

  test('name where admins may come from, never without whoever names it; developers are left alone', async () => {
    const admin = await app.admin()
    const owner = await app.signUp(newEmail(), { create: { name: 'walled', title: 'Walled' } })
    const developer = await app.member(owner, 'walled', 'developer')
    expect((await set(admin, { adminNetworks: ['10.0.0.0/8'] })).body).toMatchObject({
      code: 'locked_out',
      errors: [{ pointer: '/adminNetworks' }],
    })
    expect((await set(admin, { adminNetworks: ['10.0.0.0/99'] })).body.code).toBe('invalid_input')
    expect((await set(admin, { adminNetworks: ['127.0.0.1'] })).status).toBe(200)
    expect((await owner.send('GET', '/tenants/walled/members')).status).toBe(200)
    await database.query(`UPDATE platform SET admin_networks = '{10.0.0.0/8}'`)
    app.clock.advance(3)
    expect((await owner.send('GET', '/tenants/walled/members')).body.code).toBe('admin_address_refused')
    expect((await admin.send('GET', '/environments')).body.code).toBe('admin_address_refused')
    expect((await developer.send('GET', '/tenants/walled/applications')).status).toBe(200)
    await database.query(`UPDATE platform SET admin_networks = '{}'`)
    app.clock.advance(3)
    expect((await admin.send('GET', '/environments')).status).toBe(200)
  })

  test('let a platform admin reset the factors of who lost them, audited and told', async () => {
    const admin = await app.admin()
    const { caller, email } = await withApp()
    expect((await caller.send('POST', '/platform/reset-second-factors', { body: { email } })).status).toBe(
      403,
    )
    expect(await admin.must('POST', '/platform/reset-second-factors', { body: { email } })).toEqual({
      removed: 1,
    })
    expect((await caller.send('GET', '/me')).status).toBe(401)
    expect((await signIn(email)).status).toBe(200)
    const { rows } = await database.query(
      `SELECT * FROM audit_event WHERE action = 'signInRules.resetFactors' AND resource_name = $1`,
      [email],
    )
    expect(rows).toMatchObject([{ actor_name: 'Platform admin', after: { factors: 0, sessionsEnded: 1 } }])
    await vi.waitFor(() => expect(mailbox.find(email, 'factors were reset')).toBeDefined(), {
      timeout: 10_000,
    })
  })
})

test('D6 every other session ends at once', async () => {
  const caller = await app.signUp(newEmail())
  const others = [await app.signIn(caller.email), await app.signIn(caller.email)]
  expect(await caller.must('DELETE', '/me/sessions')).toEqual({ ended: 2 })
  for (const other of others) expect((await other.send('GET', '/me')).status).toBe(401)
  expect((await caller.send('GET', '/me')).status).toBe(200)
})

test('D6 without a mail server and a key, what needs one says so, and everything else works', async () => {
  const bare = await startTestApp()
  try {
    const ask = await bare
      .visitor()
      .send('POST', '/password-reset/request', { body: { email: 'a@example.com' } })
    expect([ask.status, ask.body.code]).toEqual([503, 'mail_not_configured'])
    const caller = await bare.signUp('a@example.com')
    expect((await caller.send('POST', '/me/second-factors/app')).body.code).toBe('secrets_key_missing')
    expect((await caller.send('POST', '/me/passkeys/options')).status).toBe(200)
    expect((await caller.send('POST', '/me/email-verification/request')).body.code).toBe(
      'mail_not_configured',
    )
  } finally {
    await bare.close()
  }
})
