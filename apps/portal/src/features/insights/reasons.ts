// Errors grouped by cause: the same status and reason on several routes is one of them.

import type { ErrorRow } from './queries.ts'

export interface Cause {
  status: number
  /** null = the upstream answered so. */
  reason: string | null
  requests: number
}

export function byReason(rows: ReadonlyArray<Pick<ErrorRow, 'status' | 'reason' | 'requests'>>): Cause[] {
  const causes = new Map<string, Cause>()
  for (const { status, reason, requests } of rows) {
    const key = `${status}/${reason}`
    const cause = causes.get(key)
    if (cause) cause.requests += requests
    else causes.set(key, { status, reason, requests })
  }
  return [...causes.values()].sort((a, b) => b.requests - a.requests)
}
