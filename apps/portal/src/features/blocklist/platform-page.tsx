// The blocklist of the platform: addresses that the APIs of every tenant turn away.

import { getRouteApi } from '@tanstack/react-router'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { Page } from '../../ui/page.tsx'
import { BlockTable } from './list.tsx'
import { usePlatformBlocklist } from './queries.ts'

const route = getRouteApi('/blocklist')

export function PlatformBlocklistPage() {
  const search = useListSearch(route.useSearch())
  const list = usePlatformBlocklist(search.filters)
  return (
    <PlainFrame>
      <Page>
        <BlockTable list={list} search={search} />
      </Page>
    </PlainFrame>
  )
}
