// Who is signed in and what they may do; every shell asks here, and the API enforces it again.

import type { Me } from '@gatewright/shared/contract/identity'
import type { Permission } from '@gatewright/shared/model/role'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { client, mayBeSignedIn, rememberCsrfToken } from './client.ts'
import { asProblem } from './problem.ts'

export type { Me, Permission }
export type Membership = Me['memberships'][number]

/** `null` = nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  meta: { isSessionProbe: true },
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Me | null> => {
    if (!mayBeSignedIn()) return null
    try {
      const me = await client.identity.me({}, { signal })
      rememberCsrfToken(me.csrfToken)
      return me
    } catch (error) {
      if (asProblem(error).status === 401) {
        rememberCsrfToken(null)
        return null
      }
      throw error
    }
  },
})

export function useMe(): Me | null {
  return useQuery(sessionQuery).data ?? null
}

export function membershipOf(me: Me | null, tenant: string): Membership | undefined {
  return me?.memberships.find(
    (membership) => membership.tenant.name === tenant || membership.tenant.id === tenant,
  )
}

export function allows(me: Me | null, tenant: string, permission: Permission): boolean {
  if (me?.user.platformAdmin) return true
  return membershipOf(me, tenant)?.permissions.includes(permission) ?? false
}

/** `const may = useMay(tenant)`, then `may('api:publish')`. */
export function useMay(tenant: string): (permission: Permission) => boolean {
  const me = useMe()
  return (permission) => allows(me, tenant, permission)
}

export type Face = 'admin' | 'developer' | 'insights'

/** Each of them opens a page of the admin face. */
const adminPermissions: readonly Permission[] = [
  'api:read',
  'product:read',
  'subscription:read',
  'subscription:decide',
  'application:read',
  'block:read',
  'gateway:read',
  'explain:use',
  'member:read',
  'audit:read',
  'tenant:write',
]

/** The faces of the app that a role of this tenant makes sense of. */
export function facesOf(me: Me | null, tenant: string): Face[] {
  const faces: Face[] = []
  if (adminPermissions.some((permission) => allows(me, tenant, permission))) faces.push('admin')
  faces.push('developer')
  if (allows(me, tenant, 'analytics:read')) faces.push('insights')
  return faces
}
