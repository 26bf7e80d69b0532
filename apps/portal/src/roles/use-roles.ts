// The roles of a tenant as screens show them: the seven, then its own.

import {
  beyond,
  isBuiltInRole,
  type Permission,
  type Role,
  rolePermissions,
} from '@gatewright/shared/model/role'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type client, orpc } from '../api/client.ts'
import { useMay } from '../api/session.ts'

export type CustomRole = Awaited<ReturnType<typeof client.roles.list>>['data'][number]

export interface RoleView {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly permissions: readonly Permission[]
  /** How many have it; undefined until that is known. */
  readonly uses: CustomRole['uses'] | undefined
  /** null = built in. */
  readonly own: CustomRole | null
  /** Whether the person who looks may give it: nobody gives more than they have. */
  readonly isWithinMine: boolean
}

const builtIn = Object.keys(rolePermissions) as Role[]

export const rolesQuery = (tenant: string) => orpc.roles.list.queryOptions({ input: { tenant } })

export function useRoles(tenant: string): { roles: readonly RoleView[]; problem: unknown } {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const isWithinMine = (permissions: readonly Permission[]) => permissions.every(may)
  const query = useQuery({ ...rolesQuery(tenant), enabled: tenant !== '' && may('member:read') })
  const roles = [
    ...builtIn.map((name) => ({
      name,
      title: t(`role.${name}`),
      description: t(`roleHelp.${name}`),
      permissions: rolePermissions[name],
      uses: query.data?.builtIn.find(({ role }) => role === name)?.uses,
      own: null,
      isWithinMine: isWithinMine(rolePermissions[name]),
    })),
    ...(query.data?.data ?? []).map((own) => ({
      ...own,
      own,
      isWithinMine: isWithinMine(own.permissions),
    })),
  ]
  return { roles, problem: query.error }
}

/** `title('owner')`: how a role is called, by its name. */
export function useRoleTitle(tenant: string): (name: string) => string {
  const { t } = useTranslation('admin')
  const { roles } = useRoles(tenant)
  return (name) =>
    roles.find((role) => role.name === name)?.title ?? (isBuiltInRole(name) ? t(`role.${name}`) : name)
}

/** What a role has that another one lacks, and the other way round. */
export function differenceOf(before: readonly Permission[], after: readonly Permission[]) {
  return {
    added: beyond(after, new Set(before)),
    removed: beyond(before, new Set(after)),
  }
}
