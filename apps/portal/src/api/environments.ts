// The stages of the platform, and which of them a person is sent to when none is named.

import type { QueryClient } from '@tanstack/react-query'
import { orpc } from './client.ts'

export const environmentsQuery = () => orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 })

export interface Stage {
  name: string
  title: string
  production: boolean
}

/** The wanted one if it exists, else one where mistakes are cheap, else whatever there is. */
export function chooseStage<S extends Stage>(
  stages: readonly S[],
  wanted: string | null | undefined,
): S | undefined {
  return (
    stages.find(({ name }) => name === wanted) ?? stages.find(({ production }) => !production) ?? stages[0]
  )
}

export async function stageFor(queryClient: QueryClient, wanted: string | null): Promise<string | undefined> {
  const { data } = await queryClient.ensureQueryData(environmentsQuery())
  return chooseStage(data, wanted)?.name
}
