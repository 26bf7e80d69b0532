// Which published APIs a caller may know of: anonymous visitors the public ones, members more: by their groups, and what other
// teams share with theirs.
import { may, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'

/** Versions that answer somewhere and are not retired. */
export const onSale = {
  lifecycle: { in: ['published', 'deprecated'] },
  deployments: { some: {} },
} satisfies Prisma.ApiVersionWhereInput

/** By visibility alone; those who manage APIs see every one. */
function ownApis(call: TenantCall): Prisma.ApiWhereInput {
  if (may(call, 'api:read')) return {}
  const { role, groups } = call.tenant
  if (role === null) return { visibility: 'public' }
  return {
    OR: [
      { visibility: { in: ['public', 'members'] } },
      { visibility: 'groups', groups: { hasSome: [...groups] } },
    ],
  }
}

/** What other teams share with the caller's: for everybody who has a place there. */
function sharedApis({ tenant }: TenantCall): Prisma.ApiWhereInput {
  const isMember = tenant.permissions.size > 0
  return isMember ? { shares: { some: { consumerId: tenant.id, state: 'active' } } } : { id: { in: [] } }
}

/**
 * APIs of any tenant that the caller may know of: for queries that no tenant narrows (ADR 97). With a `reference` only the one that it
 * means: names are the caller's own team's, an API of another team goes by its id.
 */
export function visibleApis(call: TenantCall, reference?: string): Prisma.ApiWhereInput {
  const named = reference === undefined ? {} : { OR: [{ id: reference }, { name: reference }] }
  const byId = reference === undefined ? {} : { id: reference }
  return {
    OR: [{ AND: [{ tenantId: call.tenant.id }, ownApis(call), named] }, { AND: [sharedApis(call), byId] }],
  }
}

/** Plans of any tenant that the caller may subscribe to: of products with something in them that they may know of. */
export function offeredPlans(call: TenantCall): Prisma.PlanWhereInput {
  const versions = { some: { apiVersion: { AND: [onSale, { api: visibleApis(call) }] } } }
  return { archivedAt: null, product: { archivedAt: null, versions } }
}
