// Names for the ids in filters: what the rankings of the same range call them.

import { useQuery } from '@tanstack/react-query'
import { orpc } from '../../api/client.ts'
import type { FilterName, Scope } from './scope.ts'

/** Without a name the filter's own text stands, which is a name already when a person typed the link. */
export function useSubjectNames({ slice, filters }: Scope): (name: FilterName, value: string) => string {
  const wide = { tenant: slice.tenant, environment: slice.environment, from: slice.from, to: slice.to }
  const apis = useQuery({
    ...orpc.analytics.topApis.queryOptions({ input: wide }),
    enabled: filters.api !== undefined,
  }).data
  const applications = useQuery({
    ...orpc.analytics.topApplications.queryOptions({ input: wide }),
    enabled: filters.application !== undefined,
  }).data
  const routes = useQuery({
    ...orpc.analytics.topRoutes.queryOptions({ input: wide }),
    enabled: filters.route !== undefined,
  }).data
  return (name, value) => {
    const data =
      name === 'api'
        ? apis?.data
        : name === 'application'
          ? applications?.data
          : name === 'route'
            ? routes?.data
            : undefined
    const found = data?.find(({ subject }) => subject.id === value || subject.name === value)
    return found?.subject.title || value
  }
}
