// The conditions of a route as rows that a person edits, and as the few words that tell them.

import type { Route } from '@gatewright/shared/model/api'

export type Conditions = NonNullable<Route['when']>

export interface ConditionRow {
  kind: 'header' | 'query' | 'contentType'
  /** None for media types. */
  name: string
  values: readonly string[]
}

export function rowsOf(when: Conditions | null): ConditionRow[] {
  if (when === null) return []
  return [
    ...when.headers.map((row) => ({ kind: 'header' as const, ...row })),
    ...when.query.map((row) => ({ kind: 'query' as const, ...row })),
    ...(when.contentTypes.length > 0
      ? [{ kind: 'contentType' as const, name: '', values: when.contentTypes }]
      : []),
  ]
}

/** null = method and path say enough. Media types of several rows are one list: the body has one. */
export function conditionsOf(rows: readonly ConditionRow[]): Conditions | null {
  if (rows.length === 0) return null
  const named = (kind: ConditionRow['kind']) =>
    rows.filter((row) => row.kind === kind).map(({ name, values }) => ({ name, values: [...values] }))
  return {
    headers: named('header'),
    query: named('query'),
    contentTypes: rows.flatMap(({ kind, values }) => (kind === 'contentType' ? values : [])),
  }
}

export function isComplete({ kind, name, values }: ConditionRow): boolean {
  return kind === 'contentType' ? values.length > 0 : name !== ''
}

/** `x-client: mobile | tv`, `?beta`, `application/json`: a marker each. */
export function conditionMarks(when: Conditions | null): string[] {
  return rowsOf(when).map(({ kind, name, values }) => {
    const oneOf = values.join(' | ')
    if (kind === 'contentType') return oneOf
    if (kind === 'query') return oneOf === '' ? `?${name}` : `?${name}=${oneOf}`
    return oneOf === '' ? name : `${name}: ${oneOf}`
  })
}
