// How queries behave everywhere: what is retried, how long an answer counts as fresh, and what a lost session does.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { asProblem } from './problem.ts'

type Listener = () => void
let onSignedOut: Listener = () => {}

/** The router says here what happens when the server no longer knows the session. */
export function whenSignedOut(listener: Listener): void {
  onSignedOut = listener
}

function watch(error: unknown): void {
  const { code } = asProblem(error)
  if (code === 'not_signed_in') onSignedOut()
  // A role may have been narrowed since: menus follow what it allows now.
  if (code === 'permission_denied') void queryClient.invalidateQueries({ queryKey: ['session'] })
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // The question "who am I" may be answered with 401: that is an answer, not a lost session.
    onError: (error, query) => {
      if (query.meta?.isSessionProbe !== true) watch(error)
    },
  }),
  mutationCache: new MutationCache({ onError: watch }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 5 * 60_000,
      retry: (failures, error) =>
        failures < 2 && asProblem(error).isTransient && asProblem(error).code !== 'timeout',
      retryDelay: (failures) => 400 * 2 ** failures,
    },
    mutations: { retry: false },
  },
})
