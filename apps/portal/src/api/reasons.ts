// Errors grouped by cause: the same status and reason on several routes is one of them.

export interface Cause {
  status: number
  /** null = the upstream answered so. */
  reason: string | null
  requests: number
  /** RFC 3339, of the newest. */
  lastAt: string
}

/** The causes in rows of the question `errors`, the most frequent first. */
export function byReason(rows: readonly Cause[]): Cause[] {
  const causes = new Map<string, Cause>()
  for (const { status, reason, requests, lastAt } of rows) {
    const key = `${status}/${reason}`
    const cause = causes.get(key)
    if (!cause) causes.set(key, { status, reason, requests, lastAt })
    else {
      cause.requests += requests
      if (lastAt > cause.lastAt) cause.lastAt = lastAt
    }
  }
  return [...causes.values()].sort((a, b) => b.requests - a.requests)
}
