// The blocklist of a tenant and that of the platform, as one shape for the page that shows either.

import type { Block, BlockKind } from '@gatewright/shared/model/block'
import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import type { RowSource } from '../../ui/data-table.tsx'

export interface Filters {
  readonly kind?: BlockKind | undefined
  readonly state?: 'expired' | undefined
  readonly search?: string | undefined
}

export interface Draft {
  readonly kind: BlockKind
  readonly value: string
  readonly reason: string
  readonly expiresAt: string | null
}

export interface Blocklist {
  readonly source: RowSource<Block>
  readonly scope: 'tenant' | 'platform'
  readonly kinds: readonly BlockKind[]
  readonly isEditable: boolean
  readonly add: UseMutationResult<unknown, Error, Draft>
  readonly lift: UseMutationResult<unknown, Error, Block>
}

/** Systems write it too: what they say appears by itself. */
const refetchInterval = 10_000

export function useTenantBlocklist(tenant: string, filters: Filters, isEditable: boolean): Blocklist {
  const queryClient = useQueryClient()
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: orpc.blocks.key() })
  return {
    source: usePages(orpc.blocks.list, { tenant, ...filters }, { refetchInterval }),
    scope: 'tenant',
    kinds: ['address', 'application', 'credential'],
    isEditable,
    add: useMutation({
      mutationFn: (draft: Draft) => client.blocks.write({ tenant, blocks: [draft] }),
      onSuccess,
    }),
    lift: useMutation({
      mutationFn: ({ id }: Block) => client.blocks.remove({ tenant, block: id }),
      onSuccess,
    }),
  }
}

export function usePlatformBlocklist(filters: Filters): Blocklist {
  const queryClient = useQueryClient()
  const onSuccess = () => queryClient.invalidateQueries({ queryKey: orpc.platformBlocks.key() })
  return {
    source: usePages(orpc.platformBlocks.list, filters, { refetchInterval }),
    scope: 'platform',
    kinds: ['address'],
    isEditable: true,
    add: useMutation({
      mutationFn: (draft: Draft) => client.platformBlocks.write({ blocks: [draft] }),
      onSuccess,
    }),
    lift: useMutation({
      mutationFn: ({ id }: Block) => client.platformBlocks.remove({ block: id }),
      onSuccess,
    }),
  }
}
