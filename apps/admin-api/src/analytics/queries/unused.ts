// What has nobody used for so many days? From the list of what runs, in which intake counts; idle longest first.
import type { Pool } from 'pg'
import type { Listed } from '../listed.ts'

export interface UnusedRow extends Record<string, unknown> {
  readonly id: string
  readonly idleSince: Date
  readonly since: Date
  readonly lastAt: Date | null
  readonly apiId: string | null
  readonly apiName: string | null
  readonly apiTitle: string | null
  readonly version: string | null
  readonly lifecycle: 'draft' | 'published' | 'deprecated' | 'retired' | null
  readonly method: string | null
  readonly template: string | null
  readonly applicationId: string | null
  readonly applicationName: string | null
  readonly applicationTitle: string | null
  readonly key: string | null
}

export type Unused = 'apis' | 'versions' | 'operations' | 'keys'

/** Routes that only conditions tell apart are one operation. */
const grouping = {
  operations: {
    by: 'version.id, method, template',
    id: 'min(route_id)',
    columns: 'min(version.name) AS version, min(version.lifecycle::text) AS lifecycle, method, template',
  },
  versions: {
    by: 'version.id',
    id: 'version.id',
    columns:
      'min(version.name) AS version, min(version.lifecycle::text) AS lifecycle, NULL AS method, NULL AS template',
  },
  apis: {
    by: 'api.id',
    id: 'api.id',
    columns: 'NULL AS version, NULL AS lifecycle, NULL AS method, NULL AS template',
  },
} as const

function routesBy(what: keyof typeof grouping): string {
  const { by, id, columns } = grouping[what]
  return `
    SELECT ${id} AS id, coalesce(max(last_at), min(since)) AS "idleSince", min(since) AS since, max(last_at) AS "lastAt",
      min(api.id) AS "apiId", min(api.name) AS "apiName", min(api.title) AS "apiTitle", ${columns},
      NULL AS "applicationId", NULL AS "applicationName", NULL AS "applicationTitle", NULL AS key
    FROM route_use
    JOIN api_version AS version ON version.id = version_id JOIN api ON api.id = version.api_id
    WHERE route_use.tenant_id = $1 AND environment_id = $2
      AND ($4::text IS NULL OR api.id = $4) AND ($5::text IS NULL OR version.id = $5)
      AND version.lifecycle <> 'retired'
    GROUP BY ${by}`
}

const keys = `
  SELECT credential.id, coalesce(last_used_at, credential.created_at) AS "idleSince", credential.created_at AS since,
    last_used_at AS "lastAt", NULL AS "apiId", NULL AS "apiName", NULL AS "apiTitle", NULL AS version,
    NULL AS lifecycle, NULL AS method, NULL AS template, application.id AS "applicationId",
    application.name AS "applicationName", application.title AS "applicationTitle",
    credential.name || ' (' || prefix || '…' || last4 || ')' AS key
  FROM credential JOIN application ON application.id = application_id
  WHERE credential.tenant_id = $1 AND environment_id = $2 AND state = 'active' AND NOT try_it
    -- Keys belong to no API.
    AND $4::text IS NULL AND $5::text IS NULL`

export async function unused(pool: Pool, listed: Listed, of: Unused): Promise<UnusedRow[]> {
  const { rows } = await pool.query<UnusedRow>(
    `SELECT * FROM (${of === 'keys' ? keys : routesBy(of)}) AS thing
     -- Whatever came later could not have been used for so long.
     WHERE "idleSince" < $3 AND since < $3
       AND ($6::timestamptz IS NULL OR ("idleSince", id) > ($6, $7))
     ORDER BY "idleSince", id LIMIT $8`,
    [
      ...[listed.tenantId, listed.environmentId, listed.cutoff, listed.apiId, listed.versionId],
      ...[listed.after?.[0] ?? null, listed.after?.[1] ?? '', listed.limit],
    ],
  )
  return rows
}
