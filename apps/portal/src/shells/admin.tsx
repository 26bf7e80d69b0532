// The admin face: what an API owner, an approver and an operator see around their pages.

import { getRouteApi, Outlet } from '@tanstack/react-router'
import { useAdminNav } from './admin-nav.ts'
import { Frame } from './frame.tsx'

const route = getRouteApi('/admin/t/$tenant/$env')

export function AdminShell() {
  const { tenant, env } = route.useParams()
  const { nav, pathOfId } = useAdminNav(tenant, env)
  return (
    <Frame face="admin" tenant={tenant} environment={env} nav={nav} pathOfId={pathOfId}>
      <Outlet />
    </Frame>
  )
}
