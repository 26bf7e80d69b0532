// Teams: who gets in and how, who may leave, and that somebody always owns the place.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let owner: Caller

interface Member {
  id: string
  version: number
  role: string
  user: { email: string }
}

beforeAll(async () => {
  app = await startTestApp()
  owner = await app.signUp('owner@acme.example', { create: { name: 'acme', title: 'Acme' } })
})
afterAll(() => app.close())

const members = async () =>
  (await owner.must<{ data: Member[] }>('GET', '/tenants/acme/members?limit=200')).data
const memberOf = async (email: string) => {
  const found = (await members()).find((member) => member.user.email === email)
  if (!found) throw new Error(`${email} is no member`)
  return found
}

describe('ways in', () => {
  test('H5 a developer signs up into a tenant that lets them, without an admin', async () => {
    const dev = await app.signUp('dev@example.com', { join: 'acme' })
    const me = await dev.must<{ memberships: { role: string; permissions: string[] }[] }>('GET', '/me')
    expect(me.memberships).toMatchObject([{ role: 'developer', tenant: { name: 'acme' } }])
    expect(me.memberships[0]?.permissions).toContain('application:own')
  })

  test('a tenant that is by invitation only says so', async () => {
    const { version } = await owner.must<{ version: number }>('GET', '/tenants/acme')
    await owner.must('PATCH', '/tenants/acme', { body: { selfSignUp: false }, version })
    const answer = await app.visitor().send('POST', '/sign-up', {
      body: { email: 'late@example.com', password: 'correct-horse-battery', name: 'Late', join: 'acme' },
    })
    expect(answer.body).toMatchObject({ status: 403, code: 'sign_up_closed' })
  })

  test('an address has one account, whatever its case', async () => {
    const answer = await app.visitor().send('POST', '/sign-up', {
      body: { email: 'DEV@Example.com', password: 'correct-horse-battery', name: 'Again' },
    })
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'already_exists',
      errors: [{ pointer: '/email' }],
    })
  })

  test('a short password is refused before an account is made', async () => {
    const answer = await app
      .visitor()
      .send('POST', '/sign-up', { body: { email: 'x@example.com', password: 'short', name: 'X' } })
    expect(answer.body).toMatchObject({ status: 400, errors: [{ pointer: '/password' }] })
  })

  test('an invitation works once, for its address, until it is withdrawn or too old', async () => {
    const invite = (email: string) =>
      owner.must<{ id: string; secret: string }>('POST', '/tenants/acme/invitations', {
        body: { email, role: 'analyst' },
      })
    const signUp = (email: string, invitation: string) =>
      app.visitor().send('POST', '/sign-up', {
        body: { email, password: 'correct-horse-battery', name: 'G', invitation },
      })

    const first = await invite('guest@example.com')
    expect((await signUp('other@example.com', first.secret)).body).toMatchObject({
      status: 400,
      errors: [{ pointer: '/email' }],
    })
    const second = await invite('guest@example.com')
    expect((await signUp('guest@example.com', first.secret)).body.code).toBe('not_found')
    expect((await signUp('guest@example.com', second.secret)).status).toBe(201)
    expect((await signUp('again@example.com', second.secret)).body.code).toBe('not_found')
    expect(await memberOf('guest@example.com')).toMatchObject({ role: 'analyst' })

    const withdrawn = await invite('withdrawn@example.com')
    await owner.must('DELETE', `/tenants/acme/invitations/${withdrawn.id}`)
    expect((await signUp('withdrawn@example.com', withdrawn.secret)).body.code).toBe('not_found')

    const old = await invite('old@example.com')
    app.clock.advance(15 * 24 * 3600)
    expect((await signUp('old@example.com', old.secret)).body.code).toBe('not_found')
    owner = await app.signIn('owner@acme.example')
  })
})

describe('the last owner', () => {
  test('cannot leave or step down; with a second one they can, but not both at once', async () => {
    const mine = await memberOf('owner@acme.example')
    const path = `/tenants/acme/members/${mine.id}`
    expect((await owner.send('DELETE', path, { version: mine.version })).body).toMatchObject({
      status: 409,
      code: 'last_owner',
    })
    expect(
      (await owner.send('PATCH', path, { body: { role: 'auditor' }, version: mine.version })).body.code,
    ).toBe('last_owner')

    const second = await app.member(owner, 'acme', 'owner')
    const theirs = await memberOf(second.email)
    const answers = await Promise.all([
      owner.send('DELETE', `/tenants/acme/members/${theirs.id}`, { version: theirs.version }),
      second.send('DELETE', path, { version: mine.version }),
    ])
    const left = answers.filter((answer) => answer.status === 200)
    expect(left).toHaveLength(1)
    const survivor = answers[0]?.status === 200 ? owner : second
    const { data } = await survivor.must<{ data: Member[] }>('GET', '/tenants/acme/members?limit=200')
    expect(data.filter((member) => member.role === 'owner')).toHaveLength(1)
    owner = survivor
  })

  test('J7: of two owners who demote each other at the same moment one stays, time and again', async () => {
    for (let round = 0; round < 5; round++) {
      const other = await app.member(owner, 'acme', 'owner')
      const [mine, theirs] = [await memberOf(owner.email), await memberOf(other.email)]
      const demote = (caller: Caller, member: Member) =>
        caller.send('PATCH', `/tenants/acme/members/${member.id}`, {
          body: { role: 'auditor' },
          version: member.version,
        })
      await Promise.all([demote(owner, theirs), demote(other, mine)])
      const roles = await Promise.all([owner, other].map(async ({ email }) => (await memberOf(email)).role))
      expect(roles.filter((role) => role === 'owner')).toHaveLength(1)
      if (roles[1] === 'owner') owner = other
    }
  })

  test('J7: who is made the only owner while somebody removes them stays', async () => {
    const heir = await app.member(owner, 'acme', 'auditor')
    const [mine, theirs] = [await memberOf(owner.email), await memberOf(heir.email)]
    const at = `/tenants/acme/members/${theirs.id}`
    const [, promoted] = await Promise.all([
      owner.send('DELETE', at, { version: theirs.version }),
      owner.send('PATCH', at, { body: { role: 'owner' }, version: theirs.version }),
    ])
    await owner.send('DELETE', `/tenants/acme/members/${mine.id}`, { version: mine.version })
    if (promoted.status < 300) owner = heir
    const { data } = await owner.must<{ data: Member[] }>('GET', '/tenants/acme/members?limit=200')
    expect(data.filter(({ role }) => role === 'owner')).toHaveLength(1)
  })

  test('who was removed is out at once', async () => {
    const auditor = await app.member(owner, 'acme', 'auditor')
    await auditor.must('GET', '/tenants/acme')
    const member = await memberOf(auditor.email)
    await owner.must('DELETE', `/tenants/acme/members/${member.id}`, { version: member.version })
    expect((await auditor.send('GET', '/tenants/acme')).body).toMatchObject({
      status: 404,
      code: 'not_found',
    })
  })
})

describe('pages', () => {
  test('every member appears exactly once, in pages of any size', async () => {
    for (let i = 0; i < 7; i++) await app.member(owner, 'acme', 'developer')
    const all = (await members()).map((member) => member.id)
    for (const limit of [1, 3, 200]) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`
        const answer = await owner.must<{
          data: Member[]
          page: { next_cursor: string | null; has_more: boolean }
        }>('GET', `/tenants/acme/members?limit=${limit}${query}`)
        seen.push(...answer.data.map((member) => member.id))
        cursor = answer.page.next_cursor
        expect(answer.page.has_more).toBe(cursor !== null)
      } while (cursor !== null)
      expect(seen).toEqual(all)
    }
  })

  test('a cursor that was made up is refused', async () => {
    for (const cursor of [
      'abc',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('{"a":1}').toString('base64url'),
    ]) {
      expect((await owner.send('GET', `/tenants/acme/members?cursor=${cursor}`)).body).toMatchObject({
        status: 400,
        code: 'invalid_cursor',
      })
    }
  })

  test('search finds a part of a name or address', async () => {
    const { data } = await owner.must<{ data: Member[] }>('GET', '/tenants/acme/members?search=DEV@exam')
    expect(data.map((member) => member.user.email)).toEqual(['dev@example.com'])
  })
})
