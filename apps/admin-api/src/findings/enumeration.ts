// One caller that looks for what there is: many paths that there are not, or the ids of a route one after the other.
import type { Pool } from 'pg'
import {
  type ClientKind,
  joinFollowed,
  keyOf,
  parametersOf,
  placeBy,
  requestsKept,
  type Sighting,
  suspectsMax,
  type Window,
} from './sighting.ts'

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
const asked = 'at > $1 AND at <= $2 AND NOT try_it'
const fromOf = ({ only }: Window) => `FROM request_event ${only === undefined ? '' : joinFollowed(principal)}`

const unknownPathsSql = (from: string) => `
  SELECT * FROM (
    SELECT tenant_id, environment_id, ${kind} AS kind, ${principal} AS client, count(*) AS calls,
      count(DISTINCT path) AS paths, min(at) AS first_at, max(at) AS last_at,
      (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests, ${placeBy('count(DISTINCT path) DESC')}
    ${from} WHERE status = 404 AND ${asked}
    GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT path) >= ${pathsMin}
  ) AS suspect WHERE place <= ${suspectsMax}`

const allCallsSql = `
  SELECT followed.tenant, followed.environment, followed.client, count(*) AS calls
  FROM request_event ${joinFollowed(principal)} WHERE ${asked} GROUP BY 1, 2, 3`

/** Many 404s of one caller. */
export async function unknownPaths(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<Row & { readonly paths: string }>(
    unknownPathsSql(fromOf(window)),
    parametersOf(window),
  )
  if (rows.length === 0) return []
  const seen = rows.map((row): Sighting => {
    return { ...common(row), severity: 'medium', facts: { notFound: Number(row.paths) } }
  })
  const { rows: all } = await pool.query<Record<'tenant' | 'environment' | 'client' | 'calls', string>>(
    allCallsSql,
    parametersOf({ ...window, only: seen }),
  )
  const calls = new Map(
    all.map(({ tenant: tenantId, environment: environmentId, client, calls }) => [
      keyOf({ tenantId, environmentId, client }),
      Number(calls),
    ]),
  )
  return seen.filter((one) => one.count / Math.max(1, calls.get(keyOf(one)) ?? 0) >= shareMin)
}

// The last number of a path is taken for the id; 15 digits are exact in every language.
const walksSql = (from: string) => `
  SELECT * FROM (
  SELECT tenant_id, environment_id, kind, client, route, count(*) AS calls, count(DISTINCT number) AS ids,
    min(number) AS least, max(number) AS greatest, min(at) AS first_at, max(at) AS last_at,
    (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests, ${placeBy('count(DISTINCT number) DESC')}
  FROM (
    SELECT id, at, tenant_id, environment_id, ${kind} AS kind, ${principal} AS client, route_id, route,
      substring(path FROM '(?:^|[^0-9])([0-9]{1,15})[^0-9]*$')::bigint AS number
    ${from} WHERE position('{' IN route) > 0 AND status IN (200, 403, 404) AND ${asked}
  ) AS call
  WHERE number IS NOT NULL
  GROUP BY tenant_id, environment_id, kind, client, route_id, route
  HAVING count(DISTINCT number) >= ${idsMin}
    AND count(DISTINCT number) >= ${densityMin} * (max(number) - min(number) + 1)
  ) AS suspect WHERE place <= ${suspectsMax} ORDER BY ids DESC`

/** Ids of a route in a row. Reads every call of the window: not for every few seconds. */
export async function walks(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<
    Row & { readonly route: string; readonly ids: string; readonly least: string; readonly greatest: string }
  >(walksSql(fromOf(window)), parametersOf(window))
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
