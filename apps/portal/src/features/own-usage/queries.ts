// My usage: the questions of analytics, answered for one's own applications only (the API sees to that).

import { orpc } from '../../api/client.ts'
import { byCursor } from '../../api/rows.ts'

export interface Scope {
  tenant: string
  environment: string
  from: string
  application?: string | undefined
}

const fresh = { staleTime: 5_000, refetchInterval: 30_000 } as const

const input = ({ tenant, environment, from, application }: Scope) => ({
  tenant,
  environment,
  from,
  to: 'now',
  application,
})

export const overviewQuery = (scope: Scope) =>
  orpc.analytics.overview.queryOptions({ input: input(scope), ...fresh })
export const trafficQuery = (scope: Scope) =>
  orpc.analytics.traffic.queryOptions({ input: input(scope), ...fresh })
export const latencyQuery = (scope: Scope) =>
  orpc.analytics.latency.queryOptions({ input: input(scope), ...fresh })
export const errorsQuery = (scope: Scope) =>
  orpc.analytics.errors.queryOptions({ input: input(scope), ...fresh })

export const quotaQuery = (scope: Scope & { application: string }) =>
  orpc.analytics.quota.queryOptions({
    input: { tenant: scope.tenant, environment: scope.environment, application: scope.application },
    ...fresh,
  })

/** For the names of the plans that the limits belong to. */
export const subscriptionsQuery = (scope: Scope & { application: string }) =>
  orpc.subscriptions.list.queryOptions({
    input: { tenant: scope.tenant, application: scope.application, state: 'active', limit: 200 },
  })

export const requestsQuery = (
  scope: Scope,
  filters: { search?: string | undefined; statusClass?: '2xx' | '3xx' | '4xx' | '5xx' | undefined },
) =>
  orpc.analytics.requests.infiniteOptions({
    ...byCursor,
    input: (cursor) => ({ ...input(scope), ...filters, cursor, limit: 50 }),
    ...fresh,
  })

export const myApplicationsQuery = (tenant: string) =>
  orpc.applications.list.queryOptions({ input: { tenant, owner: 'me', limit: 200 } })
