// From a paged operation of the contract to the rows of a DataTable.

import type { ProcedureUtils } from '@orpc/tanstack-query'
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
} from '@tanstack/react-query'
import type { RowSource } from '../ui/data-table.tsx'
import type { CallContext } from './client.ts'

export interface CursorPage<T> {
  data: T[]
  page: { next_cursor: string | null; has_more: boolean; total_estimate?: number | undefined }
}

type PagedOperation<I, T> = ProcedureUtils<CallContext, I, CursorPage<T>, Error>

/** Spread into `infiniteOptions`: the cursor of the next page comes from the last one. */
export const byCursor = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: CursorPage<unknown>) =>
    last.page.has_more ? (last.page.next_cursor ?? undefined) : undefined,
}

/** Query options for all pages of a list, 50 rows each unless `input` says otherwise; undefined members are not sent. */
export function pagesOf<I extends { cursor?: string | undefined; limit?: unknown }, T>(
  operation: PagedOperation<I, T>,
  input: Omit<I, 'cursor'>,
) {
  return operation.infiniteOptions({
    input: (cursor: string | undefined) => ({ limit: 50, ...input, cursor }) as I,
    ...byCursor,
  })
}

/** The rows of a paged list as a DataTable takes them: `usePages(orpc.audit.list, { tenant, ...filters })`. */
export function usePages<I extends { cursor?: string | undefined; limit?: unknown }, T>(
  operation: PagedOperation<I, T>,
  input: Omit<I, 'cursor'>,
  { refetchInterval = false }: { refetchInterval?: number | false } = {},
): RowSource<T> {
  return rowsOf<T>(useInfiniteQuery({ ...pagesOf(operation, input), refetchInterval }))
}

export function rowsOf<T>(query: UseInfiniteQueryResult<InfiniteData<CursorPage<T>>>): RowSource<T> {
  return {
    rows: query.data?.pages.flatMap((page) => page.data),
    error: query.data ? null : query.error,
    refetch: () => void query.refetch(),
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    isLoadingMore: query.isFetchingNextPage,
    total: query.data?.pages[0]?.page.total_estimate,
  }
}

/** For operations that answer all at once: `{ data: [...] }`. */
export function rowsOfList<T>(query: UseQueryResult<{ data: readonly T[] }>): RowSource<T> {
  return {
    rows: query.data?.data,
    error: query.data ? null : query.error,
    refetch: () => void query.refetch(),
    hasMore: false,
    loadMore: () => {},
    isLoadingMore: false,
  }
}
