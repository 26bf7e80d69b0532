// The blocklist of a tenant: whom its APIs turn away.

import { getRouteApi } from '@tanstack/react-router'
import { useMay } from '../../api/session.ts'
import { useListSearch } from '../../ui/list-search.ts'
import { Page } from '../../ui/page.tsx'
import { BlockTable } from './list.tsx'
import { useTenantBlocklist } from './queries.ts'

const route = getRouteApi('/admin/t/$tenant/$env/blocklist')

export function BlocklistPage() {
  const { tenant } = route.useParams()
  const may = useMay(tenant)
  const search = useListSearch(route.useSearch())
  const list = useTenantBlocklist(tenant, search.filters, may('block:write'))
  return (
    <Page>
      <BlockTable list={list} search={search} />
    </Page>
  )
}
