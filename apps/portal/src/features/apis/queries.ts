// What the API screens ask the admin API, and what they forget after a write.

import type { QueryClient } from '@tanstack/react-query'
import { orpc } from '../../api/client.ts'
import { byCursor } from '../../api/rows.ts'

export interface ApiFilters {
  search?: string | undefined
  state?: 'draft' | 'published' | 'deprecated' | 'retired' | undefined
  owner?: 'me' | undefined
  sort?: 'name' | '-updatedAt' | undefined
}

export const apisQuery = (tenant: string, filters: ApiFilters) =>
  orpc.apis.list.infiniteOptions({
    input: (cursor: string | undefined) => ({
      tenant,
      limit: 50,
      ...(cursor ? { cursor } : {}),
      ...(filters.search ? { search: filters.search } : {}),
      ...(filters.state ? { state: filters.state } : {}),
      ...(filters.owner ? { owner: filters.owner } : {}),
      sort: filters.sort ?? 'name',
    }),
    ...byCursor,
  })

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
  orpc.routes.list.infiniteOptions({
    input: (cursor: string | undefined) => ({
      ...place,
      limit: 200,
      ...(cursor ? { cursor } : {}),
      ...(search ? { search } : {}),
    }),
    ...byCursor,
  })

export const apiRevisionsQuery = (place: VersionPlace) =>
  orpc.publishing.apiRevisions.infiniteOptions({
    input: (cursor: string | undefined) => ({ ...place, limit: 50, ...(cursor ? { cursor } : {}) }),
    ...byCursor,
  })

export const environmentsQuery = orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 })

/** After any write to an API or its versions: lists, the API, its drafts, routes, policies and history. */
export function forgetApis(queryClient: QueryClient): Promise<void> {
  return Promise.all(
    [orpc.apis, orpc.versions, orpc.routes, orpc.policies, orpc.publishing, orpc.environments].map((noun) =>
      queryClient.invalidateQueries({ queryKey: noun.key() }),
    ),
  ).then(() => undefined)
}
