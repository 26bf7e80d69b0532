// One caller that looks for what there is: many paths that there are not, or the ids of a route one after the other.
import type { Pool } from 'pg'
import { type ClientKind, parametersOf, requestsKept, type Sighting, type Window } from './sighting.ts'

/** Different paths that there are not, and their share of the caller's calls. */
const pathsMin = 40
const shareMin = 0.5
/** Different ids of a route, and how much of the range from the least to the greatest they are. */
const idsMin = 100
const densityMin = 0.8

interface Row {
  readonly tenant_id: string
  readonly environment_id: string
  readonly kind: ClientKind
  readonly client: string
  readonly calls: string
  readonly first_at: Date
  readonly last_at: Date
  readonly requests: string[]
}

// Whoever proved no credential is known by the network.
const principal = `CASE WHEN credential_id = '' THEN caller_network(address) ELSE credential_id END`
const kind = `CASE WHEN credential_id = '' THEN 'network' ELSE 'credential' END`
const asked = `at > $1 AND at <= $2 AND NOT try_it
    AND ($3::text IS NULL OR (tenant_id = $3 AND environment_id = $4 AND ${principal} = $5))`

const unknownPathsSql = `
  SELECT tenant_id, environment_id, ${kind} AS kind, ${principal} AS client, count(*) AS calls,
    count(DISTINCT path) AS paths, min(at) AS first_at, max(at) AS last_at,
    (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests
  FROM request_event WHERE status = 404 AND ${asked}
  GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT path) >= ${pathsMin}`

const allCallsSql = `
  SELECT count(*) AS calls FROM request_event
  WHERE tenant_id = $1 AND environment_id = $2 AND at >= $3 AND at <= $4 AND NOT try_it AND ${principal} = $5`

/** Many 404s of one caller. */
export async function unknownPaths(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<Row & { readonly paths: string }>(unknownPathsSql, parametersOf(window))
  const seen: Sighting[] = []
  for (const row of rows) {
    const { rows: all } = await pool.query<{ calls: string }>(allCallsSql, [
      row.tenant_id,
      row.environment_id,
      row.first_at,
      window.to,
      row.client,
    ])
    if (Number(row.calls) / Math.max(1, Number(all[0]?.calls)) < shareMin) continue
    seen.push({ ...common(row), severity: 'medium', facts: { notFound: Number(row.paths) } })
  }
  return seen
}

// The last number of a path is taken for the id; 15 digits are exact in every language.
const walksSql = `
  SELECT tenant_id, environment_id, kind, client, route, count(*) AS calls, count(DISTINCT number) AS ids,
    min(number) AS least, max(number) AS greatest, min(at) AS first_at, max(at) AS last_at,
    (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests
  FROM (
    SELECT id, at, tenant_id, environment_id, ${kind} AS kind, ${principal} AS client, route_id, route,
      substring(path FROM '(?:^|[^0-9])([0-9]{1,15})[^0-9]*$')::bigint AS number
    FROM request_event WHERE position('{' IN route) > 0 AND status IN (200, 403, 404) AND ${asked}
  ) AS call
  WHERE number IS NOT NULL
  GROUP BY tenant_id, environment_id, kind, client, route_id, route
  HAVING count(DISTINCT number) >= ${idsMin}
    AND count(DISTINCT number) >= ${densityMin} * (max(number) - min(number) + 1)
  ORDER BY ids DESC`

/** Ids of a route in a row. Reads every call of the window: not for every few seconds. */
export async function walks(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<
    Row & { readonly route: string; readonly ids: string; readonly least: string; readonly greatest: string }
  >(walksSql, parametersOf(window))
  return rows.map((row) => ({
    ...common(row),
    severity: 'medium',
    facts: {
      walk: {
        route: row.route,
        ids: Number(row.ids),
        from: Number(row.least),
        to: Number(row.greatest),
      },
    },
  }))
}

const common = (row: Row) => ({
  pattern: 'enumeration' as const,
  tenantId: row.tenant_id,
  environmentId: row.environment_id,
  clientKind: row.kind,
  client: row.client,
  firstAt: row.first_at,
  lastAt: row.last_at,
  count: Number(row.calls),
  requests: row.requests,
})
