import { needsOf, type Permission, permissionNames } from '@gatewright/shared/model/role'
import { expect, test } from 'vitest'
import { permissionGroups, withoutPermission, withPermission } from './permission-groups.ts'

test('J7: every permission stands in one group', () => {
  const grouped = permissionGroups.flatMap(({ permissions }) => permissions)
  expect(grouped.toSorted()).toEqual([...permissionNames].toSorted())
})

test('J7: ticking brings what a permission needs, unticking takes what needs it', () => {
  const start = new Set<Permission>(['tenant:read'])
  const writes = withPermission(start, 'role:write')
  expect([...writes].toSorted()).toEqual(['member:read', 'member:write', 'role:write', 'tenant:read'])
  expect([...withoutPermission(writes, 'member:read')]).toEqual(['tenant:read'])
  for (const permission of permissionNames)
    for (const held of withPermission(start, permission))
      expect([...needsOf(held)].every((need) => withPermission(start, permission).has(need))).toBe(true)
})
