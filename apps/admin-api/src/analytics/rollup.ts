// Rows → minute, hour, day: counts what a batch adds, and adds it to all three in the transaction that stores the rows.
import { latencyBucket, latencyBucketCount, type RequestEvent } from '@gatewright/shared/event'
import type { ClientBase } from 'pg'
import { copyRows } from './copy.ts'

export const granularities = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
export type Granularity = keyof typeof granularities

/** What a batch adds to one row of a rollup table. */
export interface RollupDelta {
  readonly bucketMs: number
  readonly key: readonly (string | number | boolean)[]
  route: string
  requests: number
  bytesIn: number
  bytesOut: number
  gatewayUs: number
  upstreamUs: number
  readonly total: number[]
  readonly gateway: number[]
  readonly upstream: number[]
}

const keyColumns = [
  'environment_id',
  'tenant_id',
  'api_id',
  'version_id',
  'route_id',
  'application_id',
  'plan_id',
  'status',
  'reason',
  'try_it',
  'method',
] as const

const sumColumns = ['requests', 'bytes_in', 'bytes_out', 'gateway_us', 'upstream_us'] as const
const histogramColumns = ['total_hist', 'gateway_hist', 'upstream_hist'] as const
const columns = ['bucket', ...keyColumns, 'route', ...sumColumns, ...histogramColumns]

function keyOf(event: RequestEvent): RollupDelta['key'] {
  return [
    event.environmentId,
    event.tenantId ?? '',
    event.apiId ?? '',
    event.versionId ?? '',
    event.routeId ?? '',
    event.applicationId ?? '',
    event.planId ?? '',
    event.status,
    event.reason ?? '',
    event.tryIt,
    event.method,
  ]
}

/** Counts events into rows of one granularity. */
export function countRollup(events: readonly RequestEvent[], granularity: Granularity): RollupDelta[] {
  const sizeMs = granularities[granularity]
  const deltas = new Map<string, RollupDelta>()
  for (const event of events) {
    const bucketMs = Math.floor(event.at / sizeMs) * sizeMs
    const key = keyOf(event)
    const name = `${bucketMs}\n${key.join('\n')}`
    const delta = deltas.get(name) ?? emptyDelta(bucketMs, key)
    deltas.set(name, delta)
    add(delta, event)
  }
  return [...deltas.values()]
}

function add(delta: RollupDelta, event: RequestEvent): void {
  delta.route = event.route ?? ''
  delta.requests++
  delta.bytesIn += event.bytesIn
  delta.bytesOut += event.bytesOut
  delta.gatewayUs += event.gatewayUs
  delta.upstreamUs += event.upstreamUs
  increment(delta.total, event.gatewayUs + event.upstreamUs)
  increment(delta.gateway, event.gatewayUs)
  increment(delta.upstream, event.upstreamUs)
}

function increment(histogram: number[], us: number): void {
  const bucket = latencyBucket(us)
  histogram[bucket] = (histogram[bucket] ?? 0) + 1
}

function emptyDelta(bucketMs: number, key: RollupDelta['key']): RollupDelta {
  const empty = () => Array.from({ length: latencyBucketCount }, () => 0)
  return {
    bucketMs,
    key,
    route: '',
    requests: 0,
    bytesIn: 0,
    bytesOut: 0,
    gatewayUs: 0,
    upstreamUs: 0,
    total: empty(),
    gateway: empty(),
    upstream: empty(),
  }
}

/** Adds the events to all three tables. They must be new: the caller inserted them in this transaction. */
export async function addToRollups(client: ClientBase, events: readonly RequestEvent[]): Promise<void> {
  for (const granularity of ['minute', 'hour', 'day'] as const) {
    await client.query('TRUNCATE incoming_rollup')
    await copyRows(client, 'incoming_rollup', columns, countRollup(events, granularity).map(toRow))
    await client.query(upsert(granularity))
  }
}

/** Where deltas wait for their upsert; belongs to one connection. */
export const incomingRollup = `CREATE TEMP TABLE IF NOT EXISTS incoming_rollup (LIKE rollup_minute);
  ALTER TABLE incoming_rollup DROP COLUMN IF EXISTS key`

function toRow(delta: RollupDelta): (string | number | boolean)[] {
  const { requests, bytesIn, bytesOut, gatewayUs, upstreamUs } = delta
  return [
    new Date(delta.bucketMs).toISOString(),
    ...delta.key,
    delta.route,
    ...[requests, bytesIn, bytesOut, gatewayUs, upstreamUs],
    ...[delta.total, delta.gateway, delta.upstream].map(histogramLiteral),
  ]
}

/** Without the zeros at both ends, which are most of it: `[40:42]={1,0,2}`. Postgres counts from 1. */
function histogramLiteral(counts: readonly number[]): string {
  const first = counts.findIndex((count) => count > 0)
  const last = counts.findLastIndex((count) => count > 0)
  return `[${first + 1}:${last + 1}]={${counts.slice(first, last + 1).join(',')}}`
}

function upsert(granularity: Granularity): string {
  const table = `rollup_${granularity}`
  const list = columns.join(', ')
  const key = `rollup_key(${keyColumns.map((column) => `${column}::text`).join(', ')})`
  const sums = sumColumns.map((column) => `${column} = ${table}.${column} + excluded.${column}`)
  const histograms = histogramColumns.map(
    (column) => `${column} = histogram_add(${table}.${column}, excluded.${column})`,
  )
  return `
    INSERT INTO ${table} (key, ${list})
    -- All writers lock rows in one order.
    SELECT ${key} AS key, ${list} FROM incoming_rollup ORDER BY bucket, key
    ON CONFLICT (bucket, key) DO UPDATE SET
      route = excluded.route, ${[...sums, ...histograms].join(', ')}`
}
