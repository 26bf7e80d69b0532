// What the lists about documents share: whose, where, since when, and a page of it at a time; and how their rows look.

import { driftKind } from '@gatewright/shared/model/drift'
import { type Direction, type Page, readCursor, writeCursor } from '../infra/page.ts'
import { refuse } from '../refusal.ts'
import type { DriftRow } from './queries/drift.ts'
import type { UndocumentedRow } from './queries/undocumented.ts'
import type { UnusedRow } from './queries/unused.ts'

export interface Listed {
  readonly tenantId: string
  readonly environmentId: string
  /** What is listed was not used since, or was seen since. */
  readonly cutoff: Date
  readonly apiId: string | null
  readonly versionId: string | null
  /** Values of the order of the last row of the page before. */
  readonly after: readonly [Date | number, string] | null
  readonly limit: number
}

type Order = readonly [readonly [column: string, direction: Direction], readonly ['id', 'asc']]
export const byIdleness: Order = [
  ['idleSince', 'asc'],
  ['id', 'asc'],
]
export const byCalls: Order = [
  ['calls', 'desc'],
  ['id', 'asc'],
]

/** Of `limit + 1` rows a page. */
export function pageOf<Row extends Record<string, unknown>, Shown>(
  rows: readonly Row[],
  limit: number,
  order: Order,
  show: (row: Row) => Shown,
): Page<Shown> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit
  return {
    data: shown.map(show),
    page: { next_cursor: hasMore && last ? writeCursor(order, last) : null, has_more: hasMore },
  }
}

/** Where a page begins, in the order that the list has. */
export function afterOf(cursor: string | undefined, order: Order): Listed['after'] {
  if (cursor === undefined) return null
  const [first, id] = readCursor(cursor, 2)
  const isOurs = order === byIdleness ? first instanceof Date : isCount(first)
  if (!isOurs || typeof id !== 'string') return refuse('invalid_cursor')
  return [first instanceof Date ? first : Number(first), id]
}

// Postgres gives bigint as text.
const isCount = (value: unknown) => Number.isSafeInteger(typeof value === 'string' ? Number(value) : value)

export function showUnused(row: UnusedRow) {
  const { id, version, lifecycle, method, template, key, since, lastAt } = row
  return {
    ...{ id, apiVersion: version, lifecycle, method, template, key },
    api: subject(row.apiId, row.apiName, row.apiTitle),
    application: subject(row.applicationId, row.applicationName, row.applicationTitle),
    since: since.toISOString(),
    lastAt: lastAt?.toISOString() ?? null,
  }
}

function subject(id: string | null, name: string | null, title: string | null) {
  return id === null || name === null || title === null ? null : { id, name, title }
}

export function showUndocumented(row: UndocumentedRow) {
  const { id, version, method, template, answered, calls, firstAt, lastAt } = row
  return {
    ...{ id, apiVersion: version, method, template, answered, calls: Number(calls) },
    api: { id: row.apiId, name: row.apiName, title: row.apiTitle },
    firstAt: firstAt.toISOString(),
    lastAt: lastAt.toISOString(),
  }
}

export function showDrift(row: DriftRow) {
  const { id, version, direction, method, template, place, pointer, rule, observed, calls } = row
  return {
    ...{ id, apiVersion: version, direction, method, template, in: place, pointer, rule },
    kind: driftKind({ in: place, rule }),
    observed: observed === '' ? null : observed,
    count: Number(calls),
    api: { id: row.apiId, name: row.apiName, title: row.apiTitle },
    firstAt: row.firstAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
  }
}
