import { type Permission, permissionNames } from '@gatewright/shared/model/role'
import { expect, test } from 'vitest'
import { explainAccess, type Facts } from './explain-access.ts'
import { builtInRole } from './held-role.ts'

const own = (name: string, ...permissions: Permission[]) => ({ name, permissions })

const facts: Facts = {
  person: { id: 'usr_1', platformAdmin: false },
  role: builtInRole('publisher'),
  provider: null,
  application: null,
  roles: [builtInRole('owner'), builtInRole('publisher')],
  givers: [{ name: 'Olivia', email: 'olivia@example.com', permissions: permissionNames }],
}

test('J7: a role by groups counts while its person comes back, and no other role would help', () => {
  const provider = { title: 'Company', isFresh: true }
  expect(explainAccess('api:publish', { ...facts, provider })).toMatchObject({
    isAllowed: true,
    missing: null,
  })
  const stale = explainAccess('api:publish', { ...facts, provider: { ...provider, isFresh: false } })
  expect(stale).toMatchObject({
    isAllowed: false,
    reasons: [
      { kind: 'role', holds: true, givenBy: 'Company' },
      { kind: 'groups_seen', holds: false, provider: 'Company' },
    ],
    missing: { roles: [] },
  })
})

test('J7: names a role of the tenant’s own, those that would do, and only who may give one', () => {
  const reader = own('release-reader', 'tenant:read', 'api:read')
  const lead = own('lead', 'tenant:read', 'api:read', 'member:read', 'member:write')
  const keeper = own('keeper', 'tenant:read', 'audit:read')
  const answer = explainAccess('audit:read', {
    ...facts,
    role: reader,
    roles: [builtInRole('owner'), reader, lead, keeper],
    givers: [...facts.givers, { name: 'Lea', email: 'lea@example.com', permissions: lead.permissions }],
  })
  expect(answer).toMatchObject({
    isAllowed: false,
    reasons: [{ kind: 'role', holds: false, role: 'release-reader' }],
    missing: { roles: ['owner', 'keeper'], givers: [{ name: 'Olivia', email: 'olivia@example.com' }] },
  })
  expect(explainAccess('api:read', { ...facts, role: reader })).toMatchObject({
    isAllowed: true,
    reasons: [{ kind: 'role', holds: true, role: 'release-reader', givenBy: null }],
  })
})
