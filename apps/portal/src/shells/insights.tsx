// The insights face: questions about traffic.

import { getRouteApi, Outlet } from '@tanstack/react-router'
import { Frame } from './frame.tsx'
import { useInsightsNav } from './insights-nav.ts'

const route = getRouteApi('/insights/t/$tenant/$env')

export function InsightsShell() {
  const { tenant, env } = route.useParams()
  const { nav, pathOfId } = useInsightsNav(tenant, env, route.useSearch())
  return (
    <Frame face="insights" tenant={tenant} environment={env} nav={nav} pathOfId={pathOfId}>
      <Outlet />
    </Frame>
  )
}
