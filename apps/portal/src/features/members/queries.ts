// Members as the list and the access explainer read them.

import { client, orpc } from '../../api/client.ts'
import { pagesOf } from '../../api/rows.ts'

export type Member = Awaited<ReturnType<typeof client.tenancy.members>>['data'][number]

export const membersQuery = (tenant: string, search: string | undefined) =>
  pagesOf(orpc.tenancy.members, { tenant, search })

export const groupsOf = (text: string): string[] =>
  text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '')
