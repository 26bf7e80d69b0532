// Where a policy chain is read and written, for every scope alike.

import type { PolicyInput } from '@gatewright/shared/policies/specs'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../api/client.ts'

export type EditedScope = 'global' | 'tenant' | 'version' | 'plan' | 'route'

export interface ChainPlace {
  tenant: string
  scope: EditedScope
  /** Id of the tenant, version, plan or route; ignored for the global chain. */
  scopeId: string
}

export const policyTypesQuery = orpc.policyTypes.list.queryOptions({ input: {}, staleTime: 5 * 60_000 })

export type Chain = Awaited<ReturnType<typeof client.policies.get>>

export function chainQuery({ tenant, scope, scopeId }: ChainPlace) {
  return {
    queryKey: [...orpc.policies.key(), tenant, scope, scopeId],
    queryFn: ({ signal }: { signal: AbortSignal }): Promise<Chain> =>
      scope === 'global'
        ? client.policies.getGlobal({}, { signal })
        : client.policies.get({ tenant, scope, scopeId }, { signal }),
  }
}

export function useChain(place: ChainPlace) {
  return useQuery(chainQuery(place))
}

export function useSaveChain({ tenant, scope, scopeId }: ChainPlace) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ policies, version }: { policies: PolicyInput[]; version: number }) => {
      const options = { context: { ifMatch: version } }
      return scope === 'global'
        ? client.policies.setGlobal({ policies }, options)
        : client.policies.set({ tenant, scope, scopeId, policies }, options)
    },
    onSuccess: ({ revisions: _revisions, live: _live, ...chain }) => {
      queryClient.setQueryData(chainQuery({ tenant, scope, scopeId }).queryKey, chain)
      // The chains of inner scopes inherit from this one, and a plan's form reads its limits.
      for (const noun of [orpc.policies, orpc.apis, orpc.versions, orpc.routes, orpc.products]) {
        void queryClient.invalidateQueries({ queryKey: noun.key() })
      }
    },
  })
}

/** A draft waits for Publish; the other scopes are live on save. */
export function isDraftScope(scope: EditedScope): boolean {
  return scope === 'version' || scope === 'route'
}
