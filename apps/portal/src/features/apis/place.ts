// Which API and which of its versions the screen at hand speaks of: the URL says it.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { apiQuery, type VersionPlace } from './queries.ts'
import { chosenVersion } from './versions.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api')

export interface ApiPlace {
  tenant: string
  env: string
  api: string
  /** For the operations of the version. */
  place: VersionPlace
  /** For links to other screens of the same version. */
  search: { version?: string }
}

/** Tabs are shown only when the API was read and has a version, so the name is known. */
export function useApiPlace(): ApiPlace {
  const { tenant, env, api } = route.useParams()
  const { version } = route.useSearch()
  const found = useQuery(apiQuery(tenant, api)).data
  const name = (found && chosenVersion(found, version)?.name) ?? version ?? 'v1'
  return {
    tenant,
    env,
    api,
    place: { tenant, api: found?.name ?? api, apiVersion: name },
    search: version === undefined ? {} : { version },
  }
}
