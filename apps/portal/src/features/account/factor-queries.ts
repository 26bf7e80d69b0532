// Second factors of my account: what there is, and the two halves of everything a passkey does.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'
import { answerOf, registrationOf } from '../../api/passkey.ts'
import { sessionQuery } from '../../api/session.ts'

export type Passkey = Awaited<ReturnType<typeof client.secondFactors.list>>['passkeys'][number]

export const factorsQuery = () => orpc.secondFactors.list.queryOptions({ input: {} })

export function useProve() {
  return useMutation({
    mutationFn: (by: { password: string } | { code: string }) => client.secondFactors.prove(by),
  })
}

export function useProveByPasskey() {
  return useMutation({
    mutationFn: async () => {
      const answer = await answerOf(await client.secondFactors.proofOptions({}))
      return client.secondFactors.prove({ answer })
    },
  })
}

function useRefresh() {
  const queryClient = useQueryClient()
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: orpc.secondFactors.key() }),
      queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    ])
}

export function useBeginApp() {
  return useMutation({ mutationFn: () => client.secondFactors.beginApp({}) })
}

export function useConfirmApp() {
  const onSuccess = useRefresh()
  return useMutation({ mutationFn: (code: string) => client.secondFactors.confirmApp({ code }), onSuccess })
}

export function useRemoveApp() {
  const onSuccess = useRefresh()
  return useMutation({ mutationFn: () => client.secondFactors.removeApp({}), onSuccess })
}

export function useAddPasskey() {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: async (name: string) => {
      const options = await client.secondFactors.passkeyOptions({})
      const answer = await registrationOf(options)
      return client.secondFactors.addPasskey({ name, answer })
    },
    onSuccess,
  })
}

export function useRemovePasskey() {
  const onSuccess = useRefresh()
  return useMutation({
    mutationFn: (passkey: Passkey['id']) => client.secondFactors.removePasskey({ passkey }),
    onSuccess,
  })
}

export function useRenewCodes() {
  const onSuccess = useRefresh()
  return useMutation({ mutationFn: () => client.secondFactors.renewRecoveryCodes({}), onSuccess })
}
