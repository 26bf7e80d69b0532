// How long do requests take, in the gateway and upstream?
import type { Pool } from 'pg'
import { noLatency, readLatencies } from '../latencies.ts'
import { bucketStarts } from '../range.ts'
import { bucketOf, type Slice } from '../slice.ts'

export async function latency(pool: Pool, slice: Slice) {
  const at = { time: bucketOf(slice.range) }
  const [gateway, upstream, total] = await Promise.all([
    readLatencies(pool, slice, 'gateway', at),
    readLatencies(pool, slice, 'upstream', at),
    readLatencies(pool, slice, 'total', at),
  ])
  const points = bucketStarts(slice.range).map((start) => {
    const name = String(start.getTime() / 1000)
    return {
      at: start.toISOString(),
      gateway: gateway.groups.get(name) ?? noLatency,
      upstream: upstream.groups.get(name) ?? noLatency,
      total: total.groups.get(name) ?? noLatency,
    }
  })
  return { gateway: gateway.whole, upstream: upstream.whole, total: total.whole, points }
}
