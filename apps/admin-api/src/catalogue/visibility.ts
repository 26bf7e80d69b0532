// Which published APIs a caller may know of: anonymous visitors the public ones, members more, by their groups.
import { may, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'

/** Versions that answer somewhere and are not retired. */
export const onSale = {
  lifecycle: { in: ['published', 'deprecated'] },
  deployments: { some: {} },
} satisfies Prisma.ApiVersionWhereInput

/** By visibility alone; those who manage APIs see every one. */
export function visibleApis(call: TenantCall): Prisma.ApiWhereInput {
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

/** Products with something in them that the caller may know of. */
export function visibleProducts(call: TenantCall): Prisma.ProductWhereInput {
  return { versions: { some: { apiVersion: { AND: [onSale, { api: visibleApis(call) }] } } } }
}
