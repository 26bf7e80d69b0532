// Roles of a tenant's own: nobody gives, changes or takes what they do not have themselves (ADR 77).
import { beyond, permissionNames, rolePermissions } from '@gatewright/shared/model/role'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createRoleMaker, type RoleView, whole } from '../testing/roles.fixture.ts'

let app: TestApp
let maker: Awaited<ReturnType<typeof createRoleMaker>>
let owner: Caller

beforeAll(async () => {
  app = await startTestApp()
  maker = await createRoleMaker(app)
  owner = maker.owner
})
afterAll(() => app?.close())

const at = '/tenants/acme'

describe('C13 nobody gives what they do not have', () => {
  let lead: Caller
  beforeAll(async () => {
    await maker.make('team-lead', whole('role:write', 'api:write'))
    lead = await app.member(owner, 'acme', 'team-lead')
  })

  test('C13: neither by a role, an assignment, an invitation nor a hand-over', async () => {
    const auditors = await maker.make('auditors', whole('audit:read'))
    const auditor = await maker.memberOf((await app.member(owner, 'acme', 'auditors')).email)
    const me = await maker.memberOf(lead.email)
    const own = await maker.roleNamed('team-lead')
    const boss = await maker.memberOf(owner.email)
    const open = await owner.must<{ id: string }>('POST', `${at}/invitations`, {
      body: { email: 'boss@acme.example', role: 'owner' },
    })
    const more = [...own.permissions, 'audit:read']
    const attempts: [string, string, object | undefined][] = [
      ['POST', '/roles', { name: 'mine', title: 'Mine', permissions: ['tenant:read', 'audit:read'] }],
      ['PATCH', `/roles/${own.id}`, { permissions: more }],
      ['PATCH', `/roles/${auditors.id}`, { permissions: ['tenant:read'] }],
      ['DELETE', `/roles/${auditors.id}`, undefined],
      ['POST', `/roles/${auditors.id}/replace`, { by: 'developer' }],
      ['POST', `/roles/${own.id}/replace`, { by: 'owner' }],
      ['PATCH', `/members/${me.id}`, { role: 'owner' }],
      ['PATCH', `/members/${me.id}`, { role: 'auditors' }],
      ['PATCH', `/members/${auditor.id}`, { role: 'team-lead' }],
      ['PATCH', `/members/${boss.id}`, { groups: ['partners'] }],
      ['DELETE', `/members/${auditor.id}`, undefined],
      ['POST', `/members/${auditor.id}/hand-over`, { to: me.id }],
      ['POST', '/invitations', { email: 'friend@acme.example', role: 'publisher' }],
      ['POST', '/invitations', { email: 'boss@acme.example', role: 'team-lead' }],
      ['DELETE', `/invitations/${open.id}`, undefined],
    ]
    for (const [method, path, body] of attempts) {
      const answer = await lead.send(method, `${at}${path}`, { ...(body && { body }), version: '*' })
      expect(answer.body, `${method} ${path} ${JSON.stringify(body)}`).toMatchObject({
        status: 403,
        code: 'permission_denied',
        detail: expect.stringContaining('more than you may yourself'),
      })
    }
  })

  test('C13: what is within their own they do, and an owner stays above them', async () => {
    await maker.make('reader', whole('api:read'), lead)
    const person = await app.member(lead, 'acme', 'reader')
    const { id, version } = await maker.memberOf(person.email)
    await lead.must('PATCH', `${at}/members/${id}`, { body: { role: 'team-lead' }, version })
    expect(await maker.heldBy(person)).toMatchObject({ role: 'team-lead' })
  })

  const permission = fc.constantFrom(...permissionNames)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('make' as const), held: fc.array(permission, { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant('change' as const),
      at: fc.nat(9),
      held: fc.array(permission, { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('give' as const), at: fc.nat(16), to: fc.nat(3) }),
    fc.record({ kind: fc.constant('replace' as const), at: fc.nat(9), by: fc.nat(16) }),
  )

  test('C13: no sequence of what a person may do gives them, or anybody, more than they had', {
    timeout: 120_000,
  }, async () => {
    const held = new Set(whole('role:write', 'api:write', 'audit:read'))
    await maker.make('schemer', [...held])
    const [schemer, friend] = [
      await app.member(owner, 'acme', 'schemer'),
      await app.member(owner, 'acme', 'developer'),
    ]
    const people = [schemer, friend]
    const start = new Set([...held, ...rolePermissions.developer])
    let made = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 15 }), async (steps) => {
        for (const one of steps) {
          const { data } = await owner.must<{ data: RoleView[] }>('GET', `${at}/roles`)
          const names = [...Object.keys(rolePermissions), ...data.map(({ name }) => name)]
          const target = data[('at' in one ? one.at : 0) % data.length]?.name
          if (one.kind === 'make')
            await schemer.send('POST', `${at}/roles`, {
              body: { name: `scheme-${++made}`, title: `Scheme ${made}`, permissions: whole(...one.held) },
            })
          if (one.kind === 'change')
            await schemer.send('PATCH', `${at}/roles/${target}`, {
              body: { permissions: whole(...one.held) },
              version: '*',
            })
          if (one.kind === 'replace')
            await schemer.send('POST', `${at}/roles/${target}/replace`, {
              body: { by: names[one.by % names.length] },
              version: '*',
            })
          if (one.kind === 'give') {
            const { id } = await maker.memberOf((people[one.to % 2] ?? schemer).email)
            await schemer.send('PATCH', `${at}/members/${id}`, {
              body: { role: names[one.at % names.length] },
              version: '*',
            })
          }
          for (const person of people) {
            const now = (await maker.heldBy(person))?.permissions ?? []
            expect(beyond(now, start), `${person.email} after ${JSON.stringify(one)}`).toEqual([])
          }
        }
      }),
      { numRuns: 15, seed: 77 },
    )
  })
})
