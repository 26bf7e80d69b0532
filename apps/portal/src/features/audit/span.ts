// The days an auditor picks: whole days of the reader's own clock, as a moment in the URL.

const days = { today: 1, week: 7, quarter: 90 } as const
export type Span = keyof typeof days | 'all' | 'other'

/** Midnight that begins the span; undefined for all time. */
export function startOf(span: keyof typeof days | 'all', now = new Date()): string | undefined {
  if (span === 'all') return undefined
  const at = new Date(now)
  at.setHours(0, 0, 0, 0)
  at.setDate(at.getDate() - (days[span] - 1))
  return at.toISOString()
}

/** Which span the URL speaks of; `other` for a link of another day or another time zone. */
export function spanOf({ from, to }: { from?: string; to?: string }, now = new Date()): Span {
  if (from === undefined && to === undefined) return 'all'
  if (from === undefined || to !== undefined) return 'other'
  return (['today', 'week', 'quarter'] as const).find((span) => startOf(span, now) === from) ?? 'other'
}
