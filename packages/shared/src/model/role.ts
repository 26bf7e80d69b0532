// Who may do what: the one table from which the guards, the role matrix page and the portal's menus are made.
import * as z from 'zod'

export const permissions = {
  'tenant:read': 'See the tenant and its settings',
  'tenant:write': 'Change the tenant and its settings',
  'member:read': 'See members and invitations',
  'member:write': 'Invite, change and remove members',
  'role:write': 'Make, change and delete roles of the tenant’s own',
  'api:read': 'See APIs, drafts, routes, upstreams and policies',
  'api:write': 'Change drafts of APIs and tenant policies',
  'api:publish': 'Publish, promote, deprecate, retire and roll back',
  'product:read': 'See products and plans',
  'product:write': 'Change products and plans',
  'subscription:read': 'See every subscription',
  'subscription:decide': 'Approve, reject, suspend and resume subscriptions',
  'application:read': 'See every application and its keys’ hints',
  'application:own': 'Create applications, subscribe them and manage their keys',
  'analytics:read': 'See all traffic of the tenant',
  'analytics:own': 'See the traffic of one’s own applications',
  'block:read': 'See who is blocked, why and until when',
  'block:write': 'Block addresses, credentials and applications, and lift that',
  'gateway:read': 'See gateways, revisions and drift',
  'explain:use': 'Ask the gateway to explain a request',
  'audit:read': 'Read and verify the audit log',
  'manifest:read': 'Export the tenant’s configuration',
  'manifest:apply': 'Apply a manifest',
} as const

export type Permission = keyof typeof permissions
export const permissionNames = Object.keys(permissions) as Permission[]

export const roleSchema = z.enum([
  'owner',
  'publisher',
  'approver',
  'developer',
  'analyst',
  'operator',
  'auditor',
])
export type Role = z.output<typeof roleSchema>

/** What each built-in role may do in its tenant. A platform admin may do everything everywhere. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissionNames,
  publisher: [
    'tenant:read',
    'member:read',
    'api:read',
    'api:write',
    'api:publish',
    'product:read',
    'product:write',
    'subscription:read',
    'subscription:decide',
    'application:read',
    'application:own',
    'analytics:read',
    'analytics:own',
    'block:read',
    'block:write',
    'gateway:read',
    'explain:use',
    'manifest:read',
    'manifest:apply',
  ],
  approver: ['tenant:read', 'product:read', 'subscription:read', 'subscription:decide', 'application:read'],
  developer: ['tenant:read', 'application:own', 'analytics:own'],
  analyst: ['tenant:read', 'api:read', 'product:read', 'application:read', 'analytics:read'],
  operator: [
    'tenant:read',
    'api:read',
    'block:read',
    'block:write',
    'gateway:read',
    'explain:use',
    'analytics:read',
  ],
  auditor: [
    'tenant:read',
    'member:read',
    'api:read',
    'product:read',
    'subscription:read',
    'application:read',
    'analytics:read',
    'block:read',
    'gateway:read',
    'audit:read',
    'manifest:read',
  ],
}

export function roleAllows(role: Role, permission: Permission): boolean {
  return rolePermissions[role].includes(permission)
}

export function isBuiltInRole(name: string): name is Role {
  return Object.hasOwn(rolePermissions, name)
}

/**
 * What a role of a tenant's own has to hold beside each permission (ADR 77): else a change could be made that nobody sees, and a
 * manifest could read and write what its applier may not.
 */
const neededBy: Partial<Record<Permission, readonly Permission[]>> = {
  'member:write': ['member:read'],
  'role:write': ['member:write'],
  'api:write': ['api:read'],
  'api:publish': ['api:read'],
  'product:write': ['product:read'],
  'subscription:decide': ['subscription:read'],
  'block:write': ['block:read'],
  'manifest:read': ['api:read', 'product:read', 'subscription:read', 'application:read'],
  'manifest:apply': [
    'manifest:read',
    'api:write',
    'api:publish',
    'product:write',
    'subscription:decide',
    'application:own',
  ],
}

/** What has to be held beside `permission`, needs of needs included. */
export function needsOf(permission: Permission): ReadonlySet<Permission> {
  const needs = new Set<Permission>()
  const add = (one: Permission) => {
    if (one === permission || needs.has(one)) return
    needs.add(one)
    for (const next of neededBy[one] ?? []) add(next)
  }
  add('tenant:read')
  for (const one of neededBy[permission] ?? []) add(one)
  return needs
}

/** Why a role of a tenant's own cannot hold exactly these; null when it can. */
export function permissionsFault(wanted: readonly Permission[]): string | null {
  for (const permission of wanted) {
    const missing = [...needsOf(permission)].filter((need) => !wanted.includes(need))
    if (missing.length > 0) return `${permission} needs ${missing.join(', ')}, too`
  }
  return wanted.length === 0 ? 'Every role has tenant:read: without it there is no way in' : null
}

/** Of those that a role names, the ones that this version knows; what another version had counts for nothing. */
export function knownPermissions(names: readonly string[]): Permission[] {
  return permissionNames.filter((permission) => names.includes(permission))
}

/** What of `wanted` somebody who holds `held` does not hold: nobody gives what they do not have (ADR 77). */
export function beyond(wanted: Iterable<Permission>, held: ReadonlySet<Permission>): Permission[] {
  return [...wanted].filter((permission) => !held.has(permission))
}
