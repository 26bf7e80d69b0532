// How is it going, and against the period before?
import type { Pool } from 'pg'
import { readLatencies } from '../latencies.ts'
import { previousRange } from '../range.ts'
import { type Slice, sliceValues, toNumber, traffic } from '../slice.ts'

interface Row {
  requests: string
  errors: string
  server_errors: string
  throttled: string
  bytes_out: string
}

export async function overview(pool: Pool, slice: Slice) {
  const [current, previous] = await Promise.all([
    totals(pool, slice),
    totals(pool, { ...slice, range: previousRange(slice.range) }),
  ])
  return { current, previous }
}

async function totals(pool: Pool, slice: Slice) {
  const [counts, { whole }] = await Promise.all([
    readCounts(pool, slice),
    readLatencies(pool, slice, 'total', { text: `''` }),
  ])
  return { ...counts, total: whole }
}

async function readCounts(pool: Pool, slice: Slice) {
  const { rows } = await pool.query<Row>(
    `SELECT sum(requests) AS requests,
       sum(requests) FILTER (WHERE status >= 400) AS errors,
       sum(requests) FILTER (WHERE status >= 500) AS server_errors,
       sum(requests) FILTER (WHERE status = 429) AS throttled,
       sum(bytes_out) AS bytes_out
     ${traffic(slice)}`,
    sliceValues(slice),
  )
  const row = rows[0]
  return {
    requests: toNumber(row?.requests ?? null),
    errors: toNumber(row?.errors ?? null),
    serverErrors: toNumber(row?.server_errors ?? null),
    throttled: toNumber(row?.throttled ?? null),
    bytesOut: toNumber(row?.bytes_out ?? null),
  }
}
