// The authorisation server of a tenant, and every change to it.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'

export type Server = Awaited<ReturnType<typeof client.authorisationServer.get>>
export type Settings = Pick<
  Server,
  'enabled' | 'tokenFormat' | 'accessTokenSeconds' | 'refreshTokenDays' | 'scopes'
>
export type ResourceServer = Awaited<
  ReturnType<typeof client.authorisationServer.listResourceServers>
>['data'][number]

/** Keys become others by time alone. */
export const serverQuery = (tenant: string) =>
  orpc.authorisationServer.get.queryOptions({ input: { tenant }, refetchInterval: 60_000 })

export const resourceServersQuery = (tenant: string) =>
  orpc.authorisationServer.listResourceServers.queryOptions({ input: { tenant } })

function useRefresh() {
  const queryClient = useQueryClient()
  return () => queryClient.invalidateQueries({ queryKey: orpc.authorisationServer.key() })
}

export function useSaveServer(tenant: string, version: number) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (settings: Settings) =>
      client.authorisationServer.update({ tenant, ...settings }, { context: { ifMatch: version } }),
    onSuccess,
  })
}

export function useRotateKeys(tenant: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (now: boolean) => client.authorisationServer.rotateKeys({ tenant, now }),
    onSuccess,
  })
}

export function useAddResourceServer(tenant: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: ({ name, attempt }: { name: string; attempt: string }) =>
      client.authorisationServer.addResourceServer(
        { tenant, name },
        { context: { idempotencyKey: attempt } },
      ),
    onSuccess,
  })
}

export function useRemoveResourceServer(tenant: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (resourceServer: ResourceServer['id']) =>
      client.authorisationServer.removeResourceServer({ tenant, resourceServer }),
    onSuccess,
  })
}
