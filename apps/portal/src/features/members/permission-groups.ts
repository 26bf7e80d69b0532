// Permissions in the order that people think of them: by what they are about.

import { needsOf, type Permission, permissionNames } from '@gatewright/shared/model/role'

const subjects = {
  team: ['tenant', 'member', 'role'],
  apis: ['api', 'product'],
  access: ['subscription', 'application', 'block'],
  traffic: ['analytics', 'gateway', 'explain'],
  records: ['audit', 'manifest'],
} as const

export type PermissionGroup = keyof typeof subjects

const subjectOf = (permission: Permission) => permission.split(':', 1)[0]

/** Every permission is in one group; a test holds that. */
export const permissionGroups = (Object.keys(subjects) as PermissionGroup[]).map((group) => ({
  group,
  permissions: permissionNames.filter((permission) =>
    (subjects[group] as readonly string[]).includes(subjectOf(permission) ?? ''),
  ),
}))

/** With what it needs, as the server asks for it. */
export function withPermission(held: ReadonlySet<Permission>, permission: Permission): Set<Permission> {
  return new Set([...held, permission, ...needsOf(permission)])
}

/** Without what needs it. */
export function withoutPermission(held: ReadonlySet<Permission>, permission: Permission): Set<Permission> {
  return new Set([...held].filter((other) => other !== permission && !needsOf(other).has(permission)))
}
