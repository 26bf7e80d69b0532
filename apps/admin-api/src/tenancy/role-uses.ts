// Who has which role of a tenant: members, open invitations, and groups of identity providers that give it.
import type { Role } from '@gatewright/shared/model/role'
import type { IdentityProvider } from '../generated/prisma/client.ts'
import { mappingsOf } from '../identity/oidc/role-mappings.ts'
import type { PlatformDb, TenantDb } from '../infra/database.ts'

export interface RoleUses {
  readonly members: number
  readonly invitations: number
  readonly mappings: number
}

interface Place {
  readonly role: Role | null
  readonly customRoleId: string | null
}

/** Invitations that somebody can still accept. */
export const openInvitations = (now: Date) => ({
  acceptedAt: null,
  revokedAt: null,
  expiresAt: { gt: now },
})

export const mapsTo = (provider: Pick<IdentityProvider, 'roleMappings'>, tenant: string, role: string) =>
  mappingsOf(provider).filter((line) => line.tenant === tenant && line.role === role)

/** Counts for every role at once; ask the answer with a role's name and, for one of the tenant's own, its id. */
export async function countUses(
  { db, platform }: { readonly db: TenantDb; readonly platform: PlatformDb },
  tenant: string,
  now: Date,
): Promise<(name: string, customRoleId: string | null) => RoleUses> {
  const by = ['role', 'customRoleId'] as ('role' | 'customRoleId')[]
  const members = await db.membership.groupBy({ by, _count: true })
  const invitations = await db.invitation.groupBy({ by, where: openInvitations(now), _count: true })
  const providers = await platform.identityProvider.findMany({ select: { roleMappings: true } })
  return (name, customRoleId) => {
    const isOf = (row: Place) =>
      customRoleId === null ? row.role === name : row.customRoleId === customRoleId
    return {
      members: members.find(isOf)?._count ?? 0,
      invitations: invitations.find(isOf)?._count ?? 0,
      mappings: providers.reduce((sum, provider) => sum + mapsTo(provider, tenant, name).length, 0),
    }
  }
}
