// What is called that no document describes? Called most first.
import type { Pool } from 'pg'
import type { Listed } from '../listed.ts'

export interface UndocumentedRow extends Record<string, unknown> {
  readonly id: string
  /** bigint as text. */
  readonly calls: string
  readonly apiId: string
  readonly apiName: string
  readonly apiTitle: string
  readonly version: string
  readonly method: string
  readonly template: string
  readonly answered: boolean
  readonly firstAt: Date
  readonly lastAt: Date
}

export async function undocumented(pool: Pool, listed: Listed): Promise<UndocumentedRow[]> {
  const { rows } = await pool.query<UndocumentedRow>(
    `SELECT seen.*, api.id AS "apiId", api.name AS "apiName", api.title AS "apiTitle", version.name AS version
     FROM (
       SELECT version_id || ' ' || method || ' ' || template AS id, tenant_id, environment_id, version_id, method, template,
         false AS answered, calls, first_at AS "firstAt", last_at AS "lastAt"
       FROM undocumented_call
       UNION ALL
       SELECT version_id || ' ' || method || ' ' || template, tenant_id, environment_id, version_id, method, template,
         true, sum(calls)::bigint, min(first_at), max(last_at)
       FROM route_use WHERE NOT documented AND calls > 0
       GROUP BY tenant_id, environment_id, version_id, method, template
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
