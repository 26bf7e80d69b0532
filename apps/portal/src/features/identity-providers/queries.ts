// Identity providers: the list, and what a form of one holds.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'

export const providersQuery = () => orpc.identityProviders.list.queryOptions({ input: {} })
export const tenantsQuery = () => orpc.tenancy.list.queryOptions({ input: { limit: 100 } })

export type Provider = Awaited<ReturnType<typeof client.identityProviders.list>>['data'][number]
export type Mapping = Provider['roleMappings'][number]

export type Draft = Pick<
  Provider,
  | 'name'
  | 'title'
  | 'issuer'
  | 'clientId'
  | 'scopes'
  | 'emailDomains'
  | 'admission'
  | 'roleMappings'
  | 'enabled'
> & { clientSecret: string; groupsClaim: string }

export const emptyDraft: Draft = {
  name: '',
  title: '',
  issuer: '',
  clientId: '',
  clientSecret: '',
  scopes: ['openid', 'email', 'profile'],
  emailDomains: [],
  admission: 'invited',
  groupsClaim: '',
  roleMappings: [],
  enabled: true,
}

export const draftOf = (provider: Provider): Draft => ({
  ...provider,
  clientSecret: '',
  groupsClaim: provider.groupsClaim ?? '',
})

export function useSaveProvider(provider: Provider | undefined) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (draft: Draft) => {
      const { title, issuer, clientId, scopes, emailDomains, admission, roleMappings, enabled } = draft
      const groupsClaim = draft.groupsClaim.trim() || null
      const secret = draft.clientSecret === '' ? {} : { clientSecret: draft.clientSecret }
      const settings = {
        ...{ title, issuer, clientId, scopes, emailDomains, admission, groupsClaim, roleMappings, enabled },
        ...secret,
      }
      return provider
        ? client.identityProviders.update(
            { provider: provider.id, ...settings },
            { context: { ifMatch: provider.version } },
          )
        : client.identityProviders.create({ name: draft.name, ...settings })
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identityProviders.key() }),
  })
}

export function useRemoveProvider() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ id, version }: Provider) =>
      client.identityProviders.remove({ provider: id }, { context: { ifMatch: version } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identityProviders.key() }),
  })
}
