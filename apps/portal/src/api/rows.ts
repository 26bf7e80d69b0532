// From a paged operation of the contract to the rows of a DataTable.

import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query'
import type { RowSource } from '../ui/data-table.tsx'

export interface CursorPage<T> {
  data: readonly T[]
  page: { next_cursor: string | null; has_more: boolean; total_estimate?: number | undefined }
}

/** Spread into `infiniteOptions`: the cursor of the next page comes from the last one. */
export const byCursor = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last: CursorPage<unknown>) =>
    last.page.has_more ? (last.page.next_cursor ?? undefined) : undefined,
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
