// Which status codes are answered?
import type { Pool } from 'pg'
import { type Slice, sliceValues, toNumber, traffic } from '../slice.ts'

export async function status(pool: Pool, slice: Slice) {
  const { rows } = await pool.query<{ status: number; requests: string }>(
    `SELECT status, sum(requests) AS requests ${traffic(slice)} GROUP BY 1 ORDER BY 1`,
    sliceValues(slice),
  )
  return rows.map((row) => ({ status: row.status, requests: toNumber(row.requests) }))
}
