// J7: what the explanation says is what the admin API does, for every role and permission; over HTTP on a real Postgres.
import { permissionNames, roleSchema } from '@gatewright/shared/model/role'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let owner: Caller
beforeAll(async () => {
  app = await startTestApp()
  owner = await app.signUp('owner@acme.example', { create: { name: 'acme', title: 'Acme' } })
})
afterAll(() => app?.close())

interface Answer {
  readonly isAllowed: boolean
  readonly reasons: readonly { readonly kind: string; readonly holds: boolean }[]
  readonly missing: {
    readonly roles: readonly string[]
    readonly givers: readonly { email: string }[]
  } | null
}

async function memberId(email: string): Promise<string> {
  const { data } = await owner.must<{ data: { id: string }[] }>(
    'GET',
    `/tenants/acme/members?search=${email}`,
  )
  return data[0]?.id ?? ''
}
const explain = (member: string, permission: string, application = '') =>
  owner.must<Answer>(
    'GET',
    `/tenants/acme/members/${member}/access?permission=${permission}${application && `&application=${application}`}`,
  )

describe('J7 explain access', () => {
  it('J7: agrees with what each role is told of itself, names the role, and says which would do and who gives it', async () => {
    for (const role of roleSchema.options) {
      const person = await app.member(owner, 'acme', role)
      const me = await person.must<{ memberships: { permissions: string[] }[] }>('GET', '/me')
      const held = me.memberships[0]?.permissions ?? []
      const id = await memberId(person.email)
      for (const permission of permissionNames) {
        const { isAllowed, reasons, missing } = await explain(id, permission)
        expect(isAllowed, `${role} ${permission}`).toBe(held.includes(permission))
        expect(reasons).toMatchObject([{ kind: 'role', role, holds: isAllowed, givenBy: null }])
        if (isAllowed) expect(missing).toBeNull()
        else {
          expect(missing?.roles).toContain('owner')
          expect(missing?.roles).not.toContain(role)
          expect(missing?.givers.map(({ email }) => email)).toContain('owner@acme.example')
        }
      }
    }
  })

  it('J7: says whose application it is, as the operation does', async () => {
    const [mine, theirs] = [
      await app.member(owner, 'acme', 'developer'),
      await app.member(owner, 'acme', 'publisher'),
    ]
    const { name } = await mine.must<{ name: string }>('POST', '/tenants/acme/applications', {
      body: { title: 'Mine' },
    })
    const asked: [Caller, boolean, string[]][] = [
      [mine, true, ['role', 'ownership']],
      [theirs, false, ['role', 'ownership', 'wider']],
      [owner, true, ['role', 'ownership', 'wider']],
    ]
    for (const [caller, isAllowed, kinds] of asked) {
      const answer = await explain(await memberId(caller.email), 'application:own', name)
      expect(answer.isAllowed, caller.email).toBe(isAllowed)
      expect(answer.reasons.map(({ kind }) => kind)).toEqual(kinds)
      const done = await caller.send('PATCH', `/tenants/acme/applications/${name}`, {
        body: { description: caller.email },
        version: '*',
      })
      expect(done.status < 300, caller.email).toBe(isAllowed)
      if (!isAllowed) expect(answer.missing?.roles).toEqual(['owner'])
    }
  })

  it('J7: knows platform admins, and nobody of another tenant', async () => {
    const admin = await app.admin()
    const { secret } = await owner.must<{ secret: string }>('POST', '/tenants/acme/invitations', {
      body: { email: admin.email, role: 'analyst' },
    })
    await admin.must('POST', '/invitations/accept', { body: { secret } })
    const answer = await explain(await memberId(admin.email), 'tenant:write')
    expect(answer).toMatchObject({ isAllowed: true, reasons: [{ kind: 'platform_admin' }] })
    const other = await app.signUp('owner@bravo.example', { create: { name: 'bravo', title: 'Bravo' } })
    const mine = await memberId('owner@acme.example')
    const foreign = await other.send('GET', `/tenants/bravo/members/${mine}/access?permission=tenant:read`)
    expect(foreign.status).toBe(404)
  })
})
