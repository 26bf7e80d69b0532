// Who has most of the traffic, by one column: what the three questions for a top list have in common.
import type { Pool } from 'pg'
import { readLatencies } from '../latencies.ts'
import { type Slice, sliceValues, toNumber, traffic } from '../slice.ts'

const placesMax = 50

interface Row {
  id: string
  name: string
  requests: string
  errors: string | null
  server_errors: string | null
  bytes_out: string
}

export interface Ranked {
  readonly id: string | null
  /** What the traffic itself says of it: method and path of a route, else nothing. */
  readonly name: string
  readonly requests: number
  readonly errors: number
  readonly serverErrors: number
  readonly p95Ms: number | null
  readonly bytesOut: number
}

/** `column` and `name` come from the three files below, never from outside. */
export async function rank(pool: Pool, slice: Slice, column: string, name = `''`): Promise<Ranked[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${column} AS id, ${name} AS name, sum(requests) AS requests,
       sum(requests) FILTER (WHERE status >= 400) AS errors,
       sum(requests) FILTER (WHERE status >= 500) AS server_errors,
       sum(bytes_out) AS bytes_out
     ${traffic(slice)} GROUP BY 1 ORDER BY sum(requests) DESC, 1 LIMIT ${placesMax}`,
    sliceValues(slice),
  )
  const only = rows.map((row) => row.id)
  const { groups } = await readLatencies(pool, slice, 'total', { text: column, only })
  return rows.map((row) => ({
    id: row.id || null,
    name: row.name,
    requests: toNumber(row.requests),
    errors: toNumber(row.errors),
    serverErrors: toNumber(row.server_errors),
    p95Ms: groups.get(row.id)?.p95Ms ?? null,
    bytesOut: toNumber(row.bytes_out),
  }))
}
