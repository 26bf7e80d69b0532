import { expect, test } from 'vitest'
import { explainAccess, type Facts } from './explain-access.ts'

const facts: Facts = {
  person: { id: 'usr_1', platformAdmin: false },
  role: 'publisher',
  provider: null,
  application: null,
  givers: [{ name: 'Olivia', email: 'olivia@example.com' }],
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
