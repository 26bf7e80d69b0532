// What somebody's role is: one of the seven, or one that the tenant made for itself (ADR 77).
import {
  beyond,
  isBuiltInRole,
  knownPermissions,
  type Permission,
  type Role,
  rolePermissions,
} from '@gatewright/shared/model/role'
import type { TenantCall } from '../call.ts'
import type { CustomRole } from '../generated/prisma/client.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'

/** A membership or an invitation, read with `withRole`. */
export interface HasRole {
  readonly role: Role | null
  readonly customRole: CustomRole | null
}

export interface HeldRole {
  readonly name: string
  readonly permissions: readonly Permission[]
}

/** How a role stands in the rows of whoever has it. */
export interface RoleColumns {
  readonly role: Role | null
  readonly customRoleId: string | null
}

export const withRole = { customRole: true } as const

export const builtInRole = (name: Role): HeldRole => ({ name, permissions: rolePermissions[name] })

export const ownRole = ({ name, permissions }: CustomRole): HeldRole => ({
  name,
  permissions: knownPermissions(permissions),
})

/** The role of a member or an invitation. */
export function heldRole({ role, customRole }: HasRole): HeldRole {
  if (role) return builtInRole(role)
  if (customRole) return ownRole(customRole)
  throw new Error('a place without a role')
}

/** A role by its name, kept as it is until the end of `tx`; null when the tenant has none of that name. */
export async function lockRole(
  tx: TenantTransaction,
  tenantId: string,
  name: string,
): Promise<(HeldRole & { readonly columns: RoleColumns }) | null> {
  if (isBuiltInRole(name)) return { ...builtInRole(name), columns: { role: name, customRoleId: null } }
  await tx.everything
    .$queryRaw`SELECT id FROM custom_role WHERE tenant_id = ${tenantId} AND name = ${name} FOR SHARE`
  const row = await tx.db.customRole.findFirst({ where: { name } })
  return row && { ...ownRole(row), columns: { role: null, customRoleId: row.id } }
}

/** The role that somebody is to get, named at `pointer` of the input: one that the caller may give. */
export async function chooseRole(tx: TenantTransaction, call: TenantCall, name: string, pointer = '/role') {
  const role = await lockRole(tx, call.tenant.id, name)
  if (!role) return refuseField('not_found', pointer, `There is no role "${name}" in ${call.tenant.name}`)
  refuseBeyond(call, role)
  return role
}

/** Nobody gives, changes or takes away a role that may do more than they may themselves. */
export function refuseBeyond(call: TenantCall, role: HeldRole): void {
  const more = beyond(role.permissions, call.tenant.permissions)
  if (more.length === 0) return
  refuse('permission_denied', `The role ${role.name} may do more than you may yourself: ${more.join(', ')}`)
}
