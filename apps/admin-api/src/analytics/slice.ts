// The part of the traffic that a question is about, as the fragments of SQL that every question shares.
import type { Range } from './range.ts'

/** Who asks about what. `applications`: only these (null = all), which is all that `analytics:own` grants. */
export interface Slice {
  readonly tenantId: string
  readonly environmentId: string
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
    slice.tenantId,
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
export const inSlice = `tenant_id = $1 AND environment_id = $2
  AND ($5::text IS NULL OR api_id = $5)
  AND ($6::text IS NULL OR version_id = $6)
  AND ($7::text[] IS NULL OR application_id = ANY($7))
  AND ($8::text IS NULL OR plan_id = $8)
  AND ($9::text IS NULL OR route_id = $9 OR route = $9)
  AND ($10::text IS NULL OR method = $10)
  AND ($11::int IS NULL OR status / 100 = $11)`

/** FROM and WHERE of a question about counts: single requests or a rollup, in the same columns. */
export function traffic({ source }: Range): string {
  const table =
    source === 'raw'
      ? `(SELECT *, at AS bucket, 1::bigint AS requests FROM request_event)`
      : `rollup_${source}`
  return `FROM ${table} AS traffic WHERE ${inSlice} AND bucket >= $3 AND bucket < $4`
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
