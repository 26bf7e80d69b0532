// What goes wrong, and why?
import type { Pool } from 'pg'
import { bucketStarts } from '../range.ts'
import { bucketOf, type Slice, sliceValues, toNumber, traffic } from '../slice.ts'

const kindsMax = 100

interface KindRow {
  status: number
  reason: string
  api_id: string
  route: string
  requests: string
  last_at: Date
}

interface PointRow {
  at: Date
  s4xx: string | null
  s5xx: string | null
  requests: string
}

export async function errors(pool: Pool, slice: Slice) {
  const [kinds, points] = await Promise.all([errorKinds(pool, slice), errorPoints(pool, slice)])
  return { kinds, points }
}

async function errorKinds(pool: Pool, slice: Slice) {
  const { rows } = await pool.query<KindRow>(
    `SELECT status, reason, api_id, route, sum(requests) AS requests, max(bucket) AS last_at
     ${traffic(slice)} AND status >= 400
     GROUP BY status, reason, api_id, route ORDER BY sum(requests) DESC, 1, 2, 3, 4 LIMIT ${kindsMax}`,
    sliceValues(slice),
  )
  return rows.map((row) => ({
    status: row.status,
    reason: row.reason || null,
    apiId: row.api_id || null,
    route: row.route || null,
    requests: toNumber(row.requests),
    lastAt: row.last_at.toISOString(),
  }))
}

async function errorPoints(pool: Pool, slice: Slice) {
  const { rows } = await pool.query<PointRow>(
    `SELECT ${bucketOf(slice.range)} AS at, sum(requests) AS requests,
       sum(requests) FILTER (WHERE status BETWEEN 400 AND 499) AS s4xx,
       sum(requests) FILTER (WHERE status >= 500) AS s5xx
     ${traffic(slice)} GROUP BY 1`,
    sliceValues(slice),
  )
  const byTime = new Map(rows.map((row) => [row.at.getTime(), row]))
  return bucketStarts(slice.range).map((at) => {
    const row = byTime.get(at.getTime())
    return {
      at: at.toISOString(),
      s4xx: toNumber(row?.s4xx ?? null),
      s5xx: toNumber(row?.s5xx ?? null),
      requests: toNumber(row?.requests ?? null),
    }
  })
}
