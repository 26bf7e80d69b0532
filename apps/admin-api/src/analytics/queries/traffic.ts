// How many requests over time?
import type { Pool } from 'pg'
import { bucketStarts } from '../range.ts'
import { bucketOf, traffic as rowsOf, type Slice, sliceValues, toNumber } from '../slice.ts'

interface Row {
  at: Date
  requests: string
  s2xx: string | null
  s3xx: string | null
  s4xx: string | null
  s5xx: string | null
  bytes_in: string
  bytes_out: string
}

export async function traffic(pool: Pool, slice: Slice) {
  const { rows } = await pool.query<Row>(
    `SELECT ${bucketOf(slice.range)} AS at, sum(requests) AS requests,
       sum(requests) FILTER (WHERE status BETWEEN 200 AND 299) AS s2xx,
       sum(requests) FILTER (WHERE status BETWEEN 300 AND 399) AS s3xx,
       sum(requests) FILTER (WHERE status BETWEEN 400 AND 499) AS s4xx,
       sum(requests) FILTER (WHERE status >= 500) AS s5xx,
       sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out
     ${rowsOf(slice)} GROUP BY 1`,
    sliceValues(slice),
  )
  const byTime = new Map(rows.map((row) => [row.at.getTime(), row]))
  return bucketStarts(slice.range).map((at) => {
    const row = byTime.get(at.getTime())
    return {
      at: at.toISOString(),
      requests: toNumber(row?.requests ?? null),
      s2xx: toNumber(row?.s2xx ?? null),
      s3xx: toNumber(row?.s3xx ?? null),
      s4xx: toNumber(row?.s4xx ?? null),
      s5xx: toNumber(row?.s5xx ?? null),
      bytesIn: toNumber(row?.bytes_in ?? null),
      bytesOut: toNumber(row?.bytes_out ?? null),
    }
  })
}
