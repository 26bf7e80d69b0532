// Where are messages not what the document says? What is seen most first.
import type { DriftRecord } from '@gatewright/shared/model/drift'
import type { Pool } from 'pg'
import type { Listed } from '../listed.ts'

export interface DriftRow extends Record<string, unknown> {
  readonly id: string
  /** bigint as text. */
  readonly calls: string
  readonly apiId: string
  readonly apiName: string
  readonly apiTitle: string
  readonly version: string
  readonly direction: DriftRecord['direction']
  readonly method: string
  readonly template: string
  readonly place: DriftRecord['in']
  readonly pointer: string
  readonly rule: string
  readonly observed: DriftRecord['observed'] | ''
  readonly firstAt: Date
  readonly lastAt: Date
}

export async function drift(pool: Pool, listed: Listed): Promise<DriftRow[]> {
  const { rows } = await pool.query<DriftRow>(
    `SELECT seen.*, api.id AS "apiId", api.name AS "apiName", api.title AS "apiTitle", version.name AS version
     FROM (
       SELECT md5(concat_ws(' ', version_id, direction, method, template, place, rule, observed, pointer)) AS id, tenant_id,
         environment_id, version_id, direction, method, template, place, pointer, rule, observed, count AS calls,
         first_at AS "firstAt", last_at AS "lastAt"
       FROM drift
     ) AS seen
     JOIN api_version AS version ON version.id = version_id JOIN api ON api.id = version.api_id
     WHERE seen.tenant_id = $1 AND environment_id = $2 AND "lastAt" >= $3
       AND ($4::text IS NULL OR api.id = $4) AND ($5::text IS NULL OR version.id = $5)
       AND ($6::bigint IS NULL OR calls < $6 OR (calls = $6 AND seen.id > $7))
     ORDER BY calls DESC, seen.id LIMIT $8`,
    [
      ...[listed.tenantId, listed.environmentId, listed.cutoff, listed.apiId, listed.versionId],
      ...[listed.after?.[0] ?? null, listed.after?.[1] ?? '', listed.limit],
    ],
  )
  return rows
}
