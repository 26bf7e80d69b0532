// My account: name, password, sessions, access tokens.

import type { TokenScope } from '@gatewright/shared/model/user'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'
import { sessionQuery } from '../../api/session.ts'

export const sessionsQuery = () => orpc.identity.sessions.queryOptions({ input: {} })
export const tokensQuery = () => orpc.identity.tokens.queryOptions({ input: {} })

export type Session = Awaited<ReturnType<typeof client.identity.sessions>>['data'][number]
export type Token = Awaited<ReturnType<typeof client.identity.tokens>>['data'][number]

export function useRename() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => client.identity.updateMe({ name }),
    onSuccess: (me) => queryClient.setQueryData(sessionQuery.queryKey, me),
  })
}

export function useChangePassword() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (input: { current: string; next: string; endTokens: boolean }) =>
      client.identity.changePassword(input),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: orpc.identity.sessions.key() }),
        queryClient.invalidateQueries({ queryKey: orpc.identity.tokens.key() }),
      ]),
  })
}

export function useEndSession() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (session: Session['id']) => client.identity.revokeSession({ session }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identity.sessions.key() }),
  })
}

export function useCreateToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (input: {
      name: string
      scope: TokenScope
      tenant: string | null
      expiresAt: string | null
    }) => client.identity.createToken(input),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identity.tokens.key() }),
  })
}

export function useRevokeToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (token: Token['id']) => client.identity.revokeToken({ token }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identity.tokens.key() }),
  })
}

export function useEndOtherSessions() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => client.identity.revokeOtherSessions({}),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.identity.sessions.key() }),
  })
}

export function useSendVerification() {
  return useMutation({ mutationFn: () => client.mailedLinks.requestVerification({}) })
}
