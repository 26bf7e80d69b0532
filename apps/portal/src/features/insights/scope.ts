// What every panel of a page asks about: tenant, environment, range and filters, all from the URL.

import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { isRelative, rangeOf } from './range.ts'

const route = getRouteApi('/insights/t/$tenant/$env')

export const filterNames = [
  'api',
  'apiVersion',
  'application',
  'plan',
  'route',
  'method',
  'statusClass',
] as const
export type FilterName = (typeof filterNames)[number]

export type Filters = {
  from?: string | undefined
  to?: string | undefined
  api?: string | undefined
  apiVersion?: string | undefined
  application?: string | undefined
  plan?: string | undefined
  route?: string | undefined
  method?: string | undefined
  statusClass?: '2xx' | '3xx' | '4xx' | '5xx' | undefined
}

/** The input of every question. */
export interface Slice {
  tenant: string
  environment: string
  from: string
  to: string
  api?: string
  apiVersion?: string
  application?: string
  plan?: string
  route?: string
  method?: string
  statusClass?: '2xx' | '3xx' | '4xx' | '5xx'
}

export interface Scope {
  tenant: string
  env: string
  filters: Filters
  slice: Slice
  /** Milliseconds between asks while the range ends now; false for a range of the past. */
  refetchInterval: number | false
  set(next: Filters): void
  isFiltered: boolean
}

export function useScope(): Scope {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const filters: Filters = search
  const { from, to } = rangeOf(search.from, search.to)
  const slice: Slice = { tenant, environment: env, from, to }
  for (const name of filterNames) {
    const value = search[name]
    if (value !== undefined) Object.assign(slice, { [name]: value })
  }
  return {
    tenant,
    env,
    filters,
    slice,
    refetchInterval: isRelative(to) ? 30_000 : false,
    set: (next) => void navigate({ to: '.', search: (old: Filters) => ({ ...old, ...next }), replace: true }),
    isFiltered: filterNames.some((name) => search[name] !== undefined),
  }
}

/** The range and filters without the page's own parameters, for links between pages. */
export function keptSearch(filters: Filters): Filters {
  const kept: Filters = {}
  for (const name of ['from', 'to', ...filterNames] as const) {
    const value = filters[name]
    if (value !== undefined) Object.assign(kept, { [name]: value })
  }
  return kept
}

/** The same question for a shell: the secret stays a variable. */
export function callOf(question: string, slice: Slice): string {
  const { tenant, environment, ...rest } = slice
  const query = new URLSearchParams(rest as Record<string, string>)
  return `curl '${location.origin}/api/v1/tenants/${tenant}/environments/${environment}/analytics/${question}?${query}' \\\n  -H "Authorization: Bearer $GATEWRIGHT_TOKEN"`
}
