// The part of the traffic that a question is about, as the fragments of SQL that every question shares.
import type { Range } from './range.ts'

/** Who asks about what. `applications`: only these (null = all), which is all that `analytics:own` grants. */
export interface Slice {
  readonly tenantId: string
  readonly environmentId: string
  /** Other teams whose APIs `applicationIds` call: what they call there counts too (ADR 97). With all applications none. */
  readonly providerIds: readonly string[]
  readonly range: Range
  readonly apiId: string | null
  readonly versionId: string | null
  readonly applicationIds: readonly string[] | null
  readonly planId: string | null
  /** Id or path template. */
  readonly route: string | null
  readonly method: string | null
  /** 2 to 5. */
  readonly statusClass: number | null
}

/** Values of `$1` to `$11`; a question's own begin at `$12`. */
export function sliceValues(slice: Slice): unknown[] {
  return [
    slice.providerIds.length === 0 ? slice.tenantId : [slice.tenantId, ...slice.providerIds],
    slice.environmentId,
    slice.range.from,
    slice.range.to,
    slice.apiId,
    slice.versionId,
    slice.applicationIds,
    slice.planId,
    slice.route,
    slice.method,
    slice.statusClass,
  ]
}

/** Conditions of a slice but its time. The tenant comes first: raw SQL is outside the client that adds it elsewhere. */
export const inSlice = (slice: Slice) => `${inTenants(slice)} AND environment_id = $2
  AND ($5::text IS NULL OR api_id = $5)
  AND ($6::text IS NULL OR version_id = $6)
  AND ($7::text[] IS NULL OR application_id = ANY($7))
  AND ($8::text IS NULL OR plan_id = $8)
  AND ($9::text IS NULL OR route_id = $9 OR route = $9)
  AND ($10::text IS NULL OR method = $10)
  AND ($11::int IS NULL OR status / 100 = $11)`

// At a team's APIs there are all its callers, at another team's one's own applications alone.
const inTenants = ({ providerIds }: Slice) =>
  providerIds.length === 0 ? 'tenant_id = $1' : 'tenant_id = ANY($1) AND application_id = ANY($7)'

/** FROM and WHERE of a question about counts: single requests or a rollup, in the same columns. */
export function traffic(slice: Slice): string {
  const { source } = slice.range
  const table =
    source === 'raw'
      ? `(SELECT *, at AS bucket, 1::bigint AS requests FROM request_event)`
      : `rollup_${source}`
  return `FROM ${table} AS traffic WHERE ${inSlice(slice)} AND bucket >= $3 AND bucket < $4`
}

/** Start of the bucket that a row of `traffic` belongs to. */
export function bucketOf({ bucketSeconds, timeZone, source }: Range): string {
  // The zone is the tenant's setting, checked when it was saved, and quoted all the same.
  if (bucketSeconds === 86_400 && source !== 'day') {
    return `date_trunc('day', bucket, '${timeZone.replaceAll("'", "''")}')`
  }
  return `date_bin('${bucketSeconds} seconds', bucket, 'epoch')`
}

/** bigint and numeric come as text; counts of requests stay far below 2^53. */
export const toNumber = (value: string | number | null): number => Number(value ?? 0)
