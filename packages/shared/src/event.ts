// The one analytics row: what the gateway says about each request, what intake stores, what every question reads.
import * as z from 'zod'
import { securityReportSchema } from './security.ts'

const exportedFields = z.record(z.string().max(100), z.string().max(500))

/** What of a call's head is told to sinks that take traffic, masked; that it is there says that the call is told at all. */
export const exportedCallSchema = z.strictObject({ request: exportedFields, response: exportedFields })
export type ExportedCall = z.output<typeof exportedCallSchema>

export const requestEventSchema = z.strictObject({
  id: z.string().max(64).meta({ title: 'Request id' }),
  at: z.int().meta({ title: 'Received, Unix milliseconds' }),
  environmentId: z.string(),
  gatewayId: z.string(),
  revision: z.int().meta({ title: 'Config revision that served it' }),
  tenantId: z.string().nullable(),
  apiId: z.string().nullable(),
  versionId: z.string().nullable(),
  routeId: z.string().nullable(),
  applicationId: z.string().nullable(),
  subscriptionId: z.string().nullable(),
  planId: z.string().nullable(),
  credentialId: z.string().nullable(),
  method: z.string().max(32),
  route: z.string().max(1024).nullable().meta({ title: 'Path template, never the raw path' }),
  path: z.string().max(2048).meta({ title: 'Path without its query' }),
  host: z.string().max(255),
  status: z.int(),
  reason: z.string().max(64).nullable().meta({ title: 'Error code when the gateway itself answered' }),
  policy: z.string().max(128).nullable().meta({ title: 'Policy that refused' }),
  gatewayUs: z.int().min(0).meta({ title: 'Time in the gateway, microseconds' }),
  upstreamUs: z.int().min(0).meta({ title: 'Time waiting for the upstream, microseconds' }),
  bytesIn: z.int().min(0),
  bytesOut: z.int().min(0),
  address: z.string().max(64).meta({ title: 'Client address' }),
  agent: z.string().max(64).meta({ title: 'User agent family' }),
  cache: z.enum(['none', 'hit', 'miss', 'stale']).default('none'),
  tryIt: z.boolean().default(false),
  security: z.array(securityReportSchema).max(20).optional().meta({ title: 'What was suspicious about it' }),
  exported: exportedCallSchema
    .optional()
    .meta({ title: 'What sinks that take traffic are told of its head' }),
  attempt: z.string().max(16).optional().meta({
    title: 'Beginning of the hash of a credential that was refused',
  }),
})

export type RequestEvent = z.output<typeof requestEventSchema>

/**
 * Upper bounds of the latency histogram's buckets, microseconds; the last bucket is open.
 * Counts per bucket add up across minutes, hours and gateways, so percentiles are never averaged.
 * Steps of about 19 % (2^(1/4)) from 50 µs to 60 s bound the error of any percentile to half a step.
 */
export const latencyBoundsUs: readonly number[] = Array.from({ length: 82 }, (_, i) =>
  Math.round(50 * 2 ** (i / 4)),
)

/** Index of the bucket that holds `us` microseconds. */
export function latencyBucket(us: number): number {
  if (us <= 50) return 0
  const i = Math.ceil(4 * Math.log2(us / 50) - 1e-9)
  return Math.min(i, latencyBoundsUs.length)
}

export const latencyBucketCount = latencyBoundsUs.length + 1

/** Percentile `q` (0…1) of a histogram, microseconds, interpolated inside its bucket; null when it is empty. */
export function latencyPercentileUs(counts: readonly number[], q: number): number | null {
  let total = 0
  for (const count of counts) total += count
  if (total === 0) return null
  let left = q * total
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0
    if (count >= left && count > 0) {
      const low = i === 0 ? 0 : (latencyBoundsUs[i - 1] ?? 0)
      const high = latencyBoundsUs[i] ?? low * 2 ** 0.25
      return low + (high - low) * (left / count)
    }
    left -= count
  }
  return latencyBoundsUs.at(-1) ?? null
}
