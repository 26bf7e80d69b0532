// A developer's applications: list, keys and subscriptions, and every change to them.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'
import { byCursor } from '../../api/rows.ts'
import type { ClientCertificate, OauthClient, SigningKey } from '../../credentials/columns.tsx'
import { untilNextEnd } from './expiry.ts'

export type Application = Awaited<ReturnType<typeof client.applications.get>>
export type Credential = Awaited<ReturnType<typeof client.credentials.list>>['data'][number]
export type Issued = Awaited<ReturnType<typeof client.credentials.issue>>
export type Subscription = Awaited<ReturnType<typeof client.subscriptions.get>>

export const applicationsQuery = (tenant: string, search: string | undefined) =>
  orpc.applications.list.infiniteOptions({
    ...byCursor,
    input: (cursor) => ({ tenant, owner: 'me' as const, search, cursor, limit: 50 }),
  })

export const applicationQuery = (tenant: string, application: string) =>
  orpc.applications.get.queryOptions({ input: { tenant, application } })

export const credentialsQuery = (tenant: string, application: string) =>
  orpc.credentials.list.queryOptions({
    input: { tenant, application },
    refetchInterval: ({ state }) => untilNextEnd(state.data?.data ?? [], Date.now()),
  })

export const oauthClientsQuery = (tenant: string, application: string) =>
  orpc.oauthClients.list.queryOptions({ input: { tenant, application } })

export const clientCertificatesQuery = (tenant: string, application: string) =>
  orpc.clientCertificates.list.queryOptions({
    input: { tenant, application },
    refetchInterval: ({ state }) => untilNextEnd(state.data?.data ?? [], Date.now()),
  })

export const signingKeysQuery = (tenant: string, application: string) =>
  orpc.signingKeys.list.queryOptions({
    input: { tenant, application },
    refetchInterval: ({ state }) => untilNextEnd(state.data?.data ?? [], Date.now()),
  })

export const subscriptionsQuery = (tenant: string, application: string) =>
  orpc.subscriptions.list.infiniteOptions({
    ...byCursor,
    input: (cursor) => ({ tenant, application, cursor, limit: 50 }),
  })

/** Everything here shows counts of the others, so a change refreshes all of it. */
function useRefresh() {
  const queryClient = useQueryClient()
  return () =>
    Promise.all(
      [
        orpc.applications,
        orpc.credentials,
        orpc.oauthClients,
        orpc.clientCertificates,
        orpc.signingKeys,
        orpc.subscriptions,
      ].map((noun) => queryClient.invalidateQueries({ queryKey: noun.key() })),
    )
}

export function useCreateApplication(tenant: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (input: { title: string; description: string }) =>
      client.applications.create({ tenant, ...input }),
    onSuccess,
  })
}

export function useUpdateApplication(tenant: string, application: Application) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (input: { title: string; description: string }) =>
      client.applications.update(
        { tenant, application: application.id, ...input },
        { context: { ifMatch: application.version } },
      ),
    onSuccess,
  })
}

export function useDeleteApplication(tenant: string, application: Application) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: () =>
      client.applications.remove(
        { tenant, application: application.id },
        { context: { ifMatch: application.version } },
      ),
    onSuccess,
  })
}

export function useIssueKey(tenant: string, application: string) {
  const onSettled = useRefresh()
  return useMutation({
    mutationFn: ({
      attempt,
      ...input
    }: {
      environment: string
      name: string
      expiresAt: string | null
      attempt: string
    }) =>
      client.credentials.issue({ tenant, application, ...input }, { context: { idempotencyKey: attempt } }),
    onSettled,
  })
}

export function useRotateKey(tenant: string, application: string) {
  const onSettled = useRefresh()
  return useMutation({
    mutationFn: ({
      attempt,
      ...input
    }: {
      credential: Credential['id']
      overlapSeconds: number
      attempt: string
    }) =>
      client.credentials.rotate({ tenant, application, ...input }, { context: { idempotencyKey: attempt } }),
    onSettled,
  })
}

export function useRevokeKey(tenant: string, application: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (credential: Credential['id']) =>
      client.credentials.revoke({ tenant, application, credential }),
    onSuccess,
  })
}

export function useRegisterOauthClient(tenant: string, application: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (input: { environment: string; issuer: string; clientId: string; name: string }) =>
      client.oauthClients.register({ tenant, application, ...input }),
    onSuccess,
  })
}

/** Whether the tenant issues access tokens itself. */
export const ownServerQuery = (tenant: string) =>
  orpc.authorisationServer.get.queryOptions({ input: { tenant }, staleTime: 60_000 })

export function useCreateOauthClient(tenant: string, application: string) {
  const onSettled = useRefresh()
  return useMutation({
    mutationFn: ({
      attempt,
      ...input
    }: {
      environment: string
      name: string
      isPublic: boolean
      redirectUris: string[]
      attempt: string
    }) =>
      client.oauthClients.create({ tenant, application, ...input }, { context: { idempotencyKey: attempt } }),
    onSettled,
  })
}

export function useRenewClientSecret(tenant: string, application: string) {
  const onSettled = useRefresh()
  return useMutation({
    mutationFn: ({ attempt, credential }: { credential: OauthClient['id']; attempt: string }) =>
      client.oauthClients.renewSecret(
        { tenant, application, credential },
        { context: { idempotencyKey: attempt } },
      ),
    onSettled,
  })
}

export function useRegisterClientCertificate(tenant: string, application: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (input: { environment: string; name: string; by: ClientCertificate['by']; value: string }) =>
      client.clientCertificates.register({ tenant, application, ...input }),
    onSuccess,
  })
}

export function useCreateSigningKey(tenant: string, application: string) {
  const onSettled = useRefresh()
  return useMutation({
    mutationFn: ({
      attempt,
      ...input
    }: {
      environment: string
      name: string
      algorithm: SigningKey['algorithm']
      publicKey: string | null
      attempt: string
    }) =>
      client.signingKeys.create({ tenant, application, ...input }, { context: { idempotencyKey: attempt } }),
    onSettled,
  })
}

type Removed = Awaited<ReturnType<typeof client.oauthClients.remove>>

/** `ask`: the call that removes one. */
export function useRemoveCredential<Id extends string>(ask: (credential: Id) => Promise<Removed>) {
  const onSuccess = useRefresh()
  return useMutation({ mutationFn: ask, onSuccess })
}

export const useRemoveOauthClient = (tenant: string, application: string) =>
  useRemoveCredential((credential: OauthClient['id']) =>
    client.oauthClients.remove({ tenant, application, credential }),
  )

export const useRemoveClientCertificate = (tenant: string, application: string) =>
  useRemoveCredential((credential: ClientCertificate['id']) =>
    client.clientCertificates.remove({ tenant, application, credential }),
  )

export const useRemoveSigningKey = (tenant: string, application: string) =>
  useRemoveCredential((credential: SigningKey['id']) =>
    client.signingKeys.remove({ tenant, application, credential }),
  )

export function useCancelSubscription(tenant: string) {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (subscription: Subscription['id']) => client.subscriptions.cancel({ tenant, subscription }),
    onSuccess,
  })
}
