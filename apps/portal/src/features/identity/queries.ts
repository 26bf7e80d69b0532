// Sign-in, sign-up: what they ask the API, and what changes in the browser afterwards.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { client, rememberCsrfToken } from '../../api/client.ts'
import { answerOf } from '../../api/passkey.ts'
import { type Me, sessionQuery } from '../../api/session.ts'
import { homeOf } from '../../shells/home.ts'
import { safeReturn } from './return-path.ts'

type SignUp = Parameters<typeof client.identity.signUp>[0]

/** After either, everything known so far is forgotten: another person may have been here before. */
function useArrival(returnTo: string | undefined): (me: Me) => Promise<void> {
  const queryClient = useQueryClient()
  const router = useRouter()
  return async (me) => {
    queryClient.clear()
    rememberCsrfToken(me.csrfToken)
    queryClient.setQueryData(sessionQuery.queryKey, me)
    // Nothing else would be answered before there is one.
    const href = me.needsSecondFactor ? '/account' : (safeReturn(returnTo) ?? homeOf(me))
    await router.navigate({ href, replace: true })
  }
}

export function useSignIn(returnTo: string | undefined) {
  const arrive = useArrival(returnTo)
  return useMutation({
    mutationFn: (input: { email: string; password: string; code?: string }) => client.identity.signIn(input),
    onSuccess: arrive,
  })
}

export function useSignUp(returnTo: string | undefined) {
  const arrive = useArrival(returnTo)
  return useMutation({ mutationFn: (input: SignUp) => client.identity.signUp(input), onSuccess: arrive })
}

export function usePasskeySignIn(returnTo: string | undefined) {
  const arrive = useArrival(returnTo)
  return useMutation({
    mutationFn: async () => {
      const answer = await answerOf(await client.secondFactors.signInOptions({}))
      return client.secondFactors.signIn({ answer })
    },
    onSuccess: arrive,
  })
}
