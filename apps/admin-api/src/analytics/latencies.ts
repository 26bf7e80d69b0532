// Percentiles of groups of requests: exact ones of single requests, else from the sums of their histograms; never an average.
import { latencyBucketCount, latencyPercentileUs } from '@gatewright/shared/event'
import type { Pool } from 'pg'
import { type Slice, sliceValues, traffic } from './slice.ts'

export type Part = 'total' | 'gateway' | 'upstream'

export interface Percentiles {
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

export interface Latencies {
  readonly whole: Percentiles
  /** By the text of the group. */
  readonly groups: ReadonlyMap<string, Percentiles>
}

const quantiles = [0.5, 0.9, 0.95, 0.99] as const

const partUs: Readonly<Record<Part, string>> = {
  total: 'gateway_us + upstream_us',
  gateway: 'gateway_us',
  upstream: 'upstream_us',
}

export const noLatency: Percentiles = { p50Ms: null, p90Ms: null, p95Ms: null, p99Ms: null }

/** What latencies are told apart by: SQL of a text, or of a time, whose name is then its Unix second. */
export type GroupBy =
  | {
      readonly text: string /** The groups that matter, when not all do. */
      readonly only?: readonly string[]
    }
  | { readonly time: string }

export async function readLatencies(pool: Pool, slice: Slice, part: Part, by: GroupBy): Promise<Latencies> {
  const values = sliceValues(slice)
  const from = traffic(slice)
  const query =
    'time' in by
      ? { by: by.time, name: 'extract(epoch FROM by)::bigint::text', from, values }
      : by.only === undefined
        ? { by: by.text, name: 'by', from, values }
        : { by: by.text, name: 'by', from: `${from} AND ${by.text} = ANY($12)`, values: [...values, by.only] }
  return slice.range.source === 'raw' ? readExact(pool, part, query) : readSums(pool, part, query)
}

interface GroupQuery {
  readonly by: string
  /** SQL of the name of a group, made once per group: made of each row, it would cost more than all the rest. */
  readonly name: string
  readonly from: string
  readonly values: unknown[]
}

async function readExact(pool: Pool, part: Part, { by, name, from, values }: GroupQuery): Promise<Latencies> {
  const { rows } = await pool.query<{ name: string | null; us: number[] | null }>(
    `SELECT ${name} AS name, us FROM (
       SELECT ${by} AS by,
         percentile_disc(ARRAY[${quantiles.join(', ')}]) WITHIN GROUP (ORDER BY ${partUs[part]})::float8[] AS us
       ${from} GROUP BY GROUPING SETS ((), (1))
     ) AS groups`,
    values,
  )
  const byName = new Map(rows.map((row) => [row.name, toPercentiles(row.us ?? [])]))
  const whole = byName.get(null) ?? noLatency
  return {
    whole,
    groups: new Map([...byName].flatMap(([group, value]) => (group === null ? [] : [[group, value]]))),
  }
}

// A histogram has as many rows here as buckets from its first to its last: few where there is little traffic, 83 at most where there is much.
async function readSums(pool: Pool, part: Part, { by, name, from, values }: GroupQuery): Promise<Latencies> {
  const { rows } = await pool.query<{ name: string; bucket: number; requests: string }>(
    `SELECT ${name} AS name, bucket, requests FROM (
       SELECT by, bucket, sum(hist[bucket]) AS requests FROM (
         SELECT ${by} AS by, ${part}_hist AS hist, generate_subscripts(${part}_hist, 1) AS bucket ${from}
       ) AS histograms GROUP BY 1, 2
     ) AS groups`,
    values,
  )
  const whole = emptyHistogram()
  const byName = new Map<string, number[]>()
  for (const row of rows) {
    const histogram = byName.get(row.name) ?? emptyHistogram()
    byName.set(row.name, histogram)
    add(histogram, row.bucket, Number(row.requests))
    add(whole, row.bucket, Number(row.requests))
  }
  return {
    whole: ofHistogram(whole),
    groups: new Map([...byName].map(([group, histogram]) => [group, ofHistogram(histogram)])),
  }
}

const emptyHistogram = () => Array.from({ length: latencyBucketCount }, () => 0)

/** Postgres counts buckets from 1. */
function add(histogram: number[], bucket: number, requests: number): void {
  histogram[bucket - 1] = (histogram[bucket - 1] ?? 0) + requests
}

const ofHistogram = (histogram: readonly number[]) =>
  toPercentiles(quantiles.map((quantile) => latencyPercentileUs(histogram, quantile)))

function toPercentiles(us: readonly (number | null)[]): Percentiles {
  const [p50Ms = null, p90Ms = null, p95Ms = null, p99Ms = null] = us.map((one) =>
    one === null ? null : Math.round(one) / 1000,
  )
  return { p50Ms, p90Ms, p95Ms, p99Ms }
}
