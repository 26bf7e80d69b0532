// What the API screens ask the admin API, and what they forget after a write.

import type { QueryClient } from '@tanstack/react-query'
import { orpc } from '../../api/client.ts'
import { pagesOf } from '../../api/rows.ts'

export interface VersionPlace {
  tenant: string
  api: string
  apiVersion: string
}

export const apiQuery = (tenant: string, api: string) =>
  orpc.apis.get.queryOptions({ input: { tenant, api } })

export const versionQuery = (place: VersionPlace) => orpc.versions.get.queryOptions({ input: place })

export const changesQuery = (place: VersionPlace, environment?: string) =>
  orpc.versions.changes.queryOptions({
    input: { ...place, ...(environment ? { environment } : {}) },
    staleTime: 0,
  })

export const documentQuery = (place: VersionPlace) =>
  orpc.versions.document.queryOptions({ input: place, staleTime: 60_000 })

export const routesQuery = (place: VersionPlace, search: string | undefined) =>
  pagesOf(orpc.routes.list, { ...place, search, limit: 200 })

export const apiRevisionsQuery = (place: VersionPlace) => pagesOf(orpc.publishing.apiRevisions, place)

export const environmentsQuery = orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 })

/** Asked again and again while the page is looked at; a hidden tab asks nothing. */
export const liveUpstreamsQuery = (place: VersionPlace, environment: string) =>
  orpc.environments.upstreams.queryOptions({
    input: { ...place, environment },
    refetchInterval: 3_000,
    staleTime: 0,
  })

/** After any write to an API or its versions: lists, the API, its drafts, routes, policies and history. */
export function forgetApis(queryClient: QueryClient): Promise<void> {
  return Promise.all(
    [orpc.apis, orpc.versions, orpc.routes, orpc.policies, orpc.publishing, orpc.environments].map((noun) =>
      queryClient.invalidateQueries({ queryKey: noun.key() }),
    ),
  ).then(() => undefined)
}
