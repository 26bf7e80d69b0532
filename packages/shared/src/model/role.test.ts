import { expect, test } from 'vitest'
import { beyond, knownPermissions, needsOf, permissionNames, rolePermissions, roleSchema } from './role.ts'

test('C13 built-in roles hold what each of their permissions needs', () => {
  for (const role of roleSchema.options) {
    const held = new Set(rolePermissions[role])
    for (const permission of held)
      expect(beyond(needsOf(permission), held), `${role} ${permission}`).toEqual([])
  }
})

test('C13 nothing needs itself, and what is needed brings what it needs', () => {
  for (const permission of permissionNames) {
    const needs = needsOf(permission)
    expect(needs.has(permission)).toBe(false)
    for (const need of needs)
      expect(beyond(needsOf(need), new Set([...needs, permission])), permission).toEqual([])
  }
  expect([...needsOf('manifest:apply')]).toEqual(
    expect.arrayContaining(['tenant:read', 'api:publish', 'application:read', 'subscription:decide']),
  )
})

test('C13 permissions of another version count for nothing', () => {
  expect(knownPermissions(['api:teleport', 'audit:read', 'tenant:read'])).toEqual([
    'tenant:read',
    'audit:read',
  ])
})
