// Roles of a tenant's own: what they open, how they are called, changed and deleted (ADR 77).
import { type Permission, rolePermissions } from '@gatewright/shared/model/role'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database } from '../infra/database.ts'
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

describe('C13 a role of one’s own', () => {
  test('C13: opens what it holds and nothing else, and is told like a built-in one', async () => {
    const role = await maker.make('reviewer', whole('api:read', 'audit:read'))
    expect(role).toMatchObject({ name: 'reviewer', permissions: ['tenant:read', 'api:read', 'audit:read'] })
    const person = await app.member(owner, 'acme', 'reviewer')
    expect(await maker.heldBy(person)).toMatchObject({ role: 'reviewer', permissions: role.permissions })
    expect((await person.send('GET', `${at}/apis`)).status).toBe(200)
    expect((await person.send('GET', `${at}/audit`)).status).toBe(200)
    const refused = await person.send('GET', `${at}/products`)
    expect(refused.body).toMatchObject({ status: 403, code: 'permission_denied' })
    expect(await maker.memberOf(person.email)).toMatchObject({ role: 'reviewer' })
    expect((await maker.roleNamed('reviewer')).uses).toEqual({ members: 1, invitations: 0, mappings: 0 })
    const listed = await owner.must<{
      data: RoleView[]
      builtIn: { role: string; uses: RoleView['uses'] }[]
    }>('GET', `${at}/roles`)
    expect(listed.data.map(({ name }) => name)).toContain('reviewer')
    expect(listed.builtIn.find((one) => one.role === 'owner')?.uses.members).toBe(1)
  })

  test('J7: explain access names it, and who can give what is missing', async () => {
    await maker.make('watcher', whole('gateway:read'))
    const person = await app.member(owner, 'acme', 'watcher')
    const { id } = await maker.memberOf(person.email)
    const explain = (permission: Permission) =>
      owner.must('GET', `${at}/members/${id}/access?permission=${permission}`)
    expect(await explain('gateway:read')).toMatchObject({
      isAllowed: true,
      reasons: [{ kind: 'role', role: 'watcher', holds: true, givenBy: null }],
    })
    expect(await explain('explain:use')).toMatchObject({
      isAllowed: false,
      reasons: [{ kind: 'role', role: 'watcher', holds: false }],
      missing: { roles: expect.arrayContaining(['owner', 'operator']), givers: [{ email: owner.email }] },
    })
  })

  test('C13: a role that is narrowed holds with the next request, for sessions and access tokens', async () => {
    const role = await maker.make('shrinking', whole('api:read', 'audit:read', 'product:read'))
    const person = await app.member(owner, 'acme', 'shrinking')
    const made = await person.must<{ token: string }>('POST', '/me/tokens', {
      body: { name: 'Reader', scope: 'everything' },
    })
    const token = app.visitor().useToken(made.token)
    for (const by of [person, token]) expect((await by.send('GET', `${at}/audit`)).status).toBe(200)
    await owner.must('PATCH', `${at}/roles/shrinking`, {
      body: { permissions: whole('product:read') },
      version: role.version,
    })
    for (const by of [person, token]) {
      expect((await by.send('GET', `${at}/audit`)).body).toMatchObject({ code: 'permission_denied' })
      expect((await by.send('GET', `${at}/products`)).status).toBe(200)
    }
    expect((await maker.heldBy(person))?.permissions).toEqual(['tenant:read', 'product:read'])
  })

  test('C13: names and titles are those of no other role, and permissions come with what they need', async () => {
    const body = { name: 'unlike', title: 'Unlike', permissions: ['tenant:read'] }
    const refusals: [object, string, string][] = [
      [{ name: 'owner' }, '/name', 'already_exists'],
      [{ name: 'platform-admin' }, '/name', 'already_exists'],
      [{ name: 'Unlike' }, '/name', 'invalid_format'],
      [{ title: 'OWNER' }, '/title', 'already_exists'],
      [{ title: 'Ｏwner' }, '/title', 'already_exists'],
      [{ permissions: [] }, '/permissions', 'invalid_input'],
      [{ permissions: ['tenant:read', 'api:write'] }, '/permissions', 'invalid_input'],
      [{ permissions: ['api:read'] }, '/permissions', 'invalid_input'],
    ]
    for (const [part, pointer, code] of refusals) {
      const answer = await owner.send('POST', `${at}/roles`, { body: { ...body, ...part } })
      expect(answer.body.errors, JSON.stringify(part)).toMatchObject([{ pointer, code }])
    }
    const unknown = await owner.send('POST', `${at}/roles`, { body: { ...body, permissions: ['api:fly'] } })
    expect(unknown.body).toMatchObject({ status: 400, code: 'invalid_input' })
    await maker.make('unlike', ['tenant:read'])
    const again = await owner.send('POST', `${at}/roles`, { body: { ...body, title: 'Other' } })
    expect(again.body.errors).toMatchObject([{ pointer: '/name', code: 'already_exists' }])
    const alike = await owner.send('POST', `${at}/roles`, {
      body: { ...body, name: 'alike', title: 'the  UNLIKE' },
    })
    expect(alike.body.errors).toMatchObject([{ pointer: '/title', code: 'already_exists' }])
    const builtIn = await owner.send('PATCH', `${at}/roles/auditor`, { body: { title: 'X' }, version: '*' })
    expect(builtIn.body).toMatchObject({ code: 'state_conflict' })
  })

  test('C17: belongs to its tenant alone', async () => {
    const role = await maker.make('ours', whole('api:read'))
    const other = await app.signUp('owner@bravo.example', { create: { name: 'bravo', title: 'Bravo' } })
    for (const reference of ['ours', role.id]) {
      expect((await other.send('GET', `/tenants/bravo/roles/${reference}`)).body.code).toBe('not_found')
      const invite = { email: 'x@bravo.example', role: 'ours' }
      const answer = await other.send('POST', '/tenants/bravo/invitations', { body: invite })
      expect(answer.body.errors).toMatchObject([{ pointer: '/role', code: 'not_found' }])
    }
    const theirs = await other.must<RoleView>('POST', '/tenants/bravo/roles', {
      body: { name: 'ours', title: 'Ours', permissions: ['tenant:read'] },
    })
    expect(theirs.id).not.toBe(role.id)
  })

  test('C13: a permission that this version does not know counts for nothing and breaks nothing', async () => {
    const role = await maker.make('older', whole('api:read'))
    const person = await app.member(owner, 'acme', 'older')
    await app.get(Database).everything.customRole.update({
      where: { id: role.id },
      data: { permissions: ['tenant:read', 'api:read', 'api:teleport'] },
    })
    expect((await maker.heldBy(person))?.permissions).toEqual(['tenant:read', 'api:read'])
    expect((await maker.roleNamed('older')).permissions).toEqual(['tenant:read', 'api:read'])
  })
})

describe('C13 changes', () => {
  test('C13: of two who change a role at the same moment the second is told; the audit log has before and after', async () => {
    const role = await maker.make('contested', whole('api:read'))
    const second = await app.member(owner, 'acme', 'owner')
    const answers = await Promise.all(
      [owner, second].map((by, i) =>
        by.send('PATCH', `${at}/roles/contested`, {
          body: { description: `By ${i}` },
          version: role.version,
        }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
    expect(answers.find(({ status }) => status === 412)?.body).toMatchObject({ code: 'version_stale' })
    await owner.must('PATCH', `${at}/roles/contested`, {
      body: { permissions: whole('api:read', 'api:write') },
      version: '*',
    })
    const { data } = await owner.must<{ data: { action: string; changes: unknown }[] }>(
      'GET',
      `${at}/audit?limit=1`,
    )
    expect(data[0]).toMatchObject({
      action: 'roles.update',
      resource: { kind: 'role', name: 'contested' },
      changes: [
        {
          pointer: 'permissions',
          before: whole('api:read'),
          after: whole('api:read', 'api:write'),
        },
      ],
    })
  })

  test('C13: one in use is not deleted; another takes its place everywhere at once', async () => {
    const role = await maker.make('leaving', whole('api:read'))
    const person = await app.member(owner, 'acme', 'leaving')
    const invited = await owner.must<{ secret: string }>('POST', `${at}/invitations`, {
      body: { email: 'later@acme.example', role: 'leaving' },
    })
    const refused = await owner.send('DELETE', `${at}/roles/leaving`, { version: role.version })
    expect(refused.body).toMatchObject({
      status: 409,
      code: 'in_use',
      members: 1,
      invitations: 1,
      mappings: 0,
      detail: expect.stringContaining('1 member, 1 open invitation and 0 groups'),
    })
    const nowhere = await owner.send('POST', `${at}/roles/leaving/replace`, {
      body: { by: 'nobody' },
      version: role.version,
    })
    expect(nowhere.body.errors).toMatchObject([{ pointer: '/by', code: 'not_found' }])
    await owner.must('POST', `${at}/roles/leaving/replace`, {
      body: { by: 'analyst' },
      version: role.version,
    })
    expect((await owner.send('GET', `${at}/roles/leaving`)).status).toBe(404)
    expect(await maker.heldBy(person)).toMatchObject({
      role: 'analyst',
      permissions: rolePermissions.analyst,
    })
    const late = await app.signUp('later@acme.example', { invitation: invited.secret })
    expect(await maker.heldBy(late)).toMatchObject({ role: 'analyst' })
  })

  test('C13: one that only old invitations name is deleted', async () => {
    const role = await maker.make('forgotten', whole('api:read'))
    const { id } = await owner.must<{ id: string }>('POST', `${at}/invitations`, {
      body: { email: 'never@acme.example', role: 'forgotten' },
    })
    await owner.must('DELETE', `${at}/invitations/${id}`)
    await owner.must('DELETE', `${at}/roles/forgotten`, { version: role.version })
    expect((await owner.send('GET', `${at}/roles/forgotten`)).status).toBe(404)
  })

  test('C1: nobody loses the right to own applications while their keys work', async () => {
    const admin = await app.admin()
    await admin.must('POST', '/environments', {
      body: { name: 'prod', title: 'Prod', gatewayUrl: 'http://localhost:8000' },
    })
    const role = await maker.make('caller', whole('application:own'))
    const person = await app.member(owner, 'acme', 'caller')
    const application = await person.must<{ id: string }>('POST', `${at}/applications`, {
      body: { title: 'Theirs' },
    })
    await person.must('POST', `${at}/applications/${application.id}/credentials`, {
      body: { environment: 'prod' },
      headers: { 'idempotency-key': crypto.randomUUID() },
    })
    const narrowed = await owner.send('PATCH', `${at}/roles/caller`, {
      body: { permissions: whole('api:read') },
      version: role.version,
    })
    expect(narrowed.body).toMatchObject({ code: 'state_conflict', detail: expect.stringContaining('theirs') })
    const replaced = await owner.send('POST', `${at}/roles/caller/replace`, {
      body: { by: 'analyst' },
      version: role.version,
    })
    expect(replaced.body).toMatchObject({ code: 'state_conflict' })
  })
})
