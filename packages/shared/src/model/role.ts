// Who may do what: the one table from which the guards, the role matrix page and the portal's menus are made.
import * as z from 'zod'

export const permissions = {
  'tenant:read': 'See the tenant and its settings',
  'tenant:write': 'Change the tenant and its settings',
  'member:read': 'See members and invitations',
  'member:write': 'Invite, change and remove members',
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

/** What each role of a tenant may do there. A platform admin may do everything everywhere. */
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
