// One client that tries many credentials, or that gets in after many that were refused.
import type { Pool } from 'pg'
import { parametersOf, requestsKept, type Sighting, type Window } from './sighting.ts'

/** Different credentials that were refused to one client. */
const credentialsMin = 10
/** Attempts of any kind before a first success says something. */
const attemptsMin = 20
/** Of all calls of the client: behind one address of many good callers a few are always wrong. */
const shareMin = 0.2
/** How long a credential must not have been used from there to be news. */
const knownForMs = 86_400_000

interface Row {
  readonly tenant_id: string
  readonly environment_id: string
  readonly network: string
  readonly addresses: string[]
  readonly attempts: string
  readonly credentials: string
  readonly first_at: Date
  readonly last_at: Date
  readonly requests: string[]
}

// 401 is every refusal for who called, and what an API itself says of a password that is wrong.
const attemptsSql = `
  SELECT tenant_id, environment_id, caller_network(address) AS network, array_agg(DISTINCT address) AS addresses,
    count(*) AS attempts, count(DISTINCT nullif(attempt, '')) AS credentials, min(at) AS first_at, max(at) AS last_at,
    (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests
  FROM request_event
  WHERE at > $1 AND at <= $2 AND status = 401 AND (attempt <> '' OR reason = '') AND NOT try_it
    AND ($3::text IS NULL OR (tenant_id = $3 AND environment_id = $4 AND caller_network(address) = $5))
  GROUP BY 1, 2, 3
  HAVING count(DISTINCT nullif(attempt, '')) >= ${credentialsMin} OR count(*) >= ${attemptsMin}`

const othersSql = `
  SELECT count(*) AS calls FROM request_event
  WHERE tenant_id = $1 AND environment_id = $2 AND address = ANY ($3) AND at >= $4 AND at <= $5
    AND status <> 401 AND NOT try_it`

// The first call with a credential that was good, and that nobody used from there before all this began.
const successSql = `
  SELECT id, at, credential_id, application_id FROM request_event AS it
  WHERE tenant_id = $1 AND environment_id = $2 AND address = ANY ($3) AND at > $4 AND at <= $5
    AND credential_id <> '' AND status < 400 AND NOT try_it
    AND NOT EXISTS (
      SELECT FROM request_event AS earlier
      WHERE earlier.tenant_id = $1 AND earlier.at >= $6 AND earlier.at < $4 AND earlier.address = ANY ($3)
        AND earlier.credential_id = it.credential_id AND earlier.status < 400
    )
  ORDER BY at LIMIT 1`

export async function credentialStuffing(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<Row>(attemptsSql, parametersOf(window))
  const seen: Sighting[] = []
  for (const row of rows) {
    const sighting = await judge(pool, row, window)
    if (sighting) seen.push(sighting)
  }
  return seen
}

async function judge(pool: Pool, row: Row, { to }: Window): Promise<Sighting | undefined> {
  const [attempts, credentials] = [Number(row.attempts), Number(row.credentials)]
  const place = [row.tenant_id, row.environment_id, row.addresses, row.first_at, to]
  const { rows: others } = await pool.query<{ calls: string }>(othersSql, place)
  const share = attempts / (attempts + Number(others[0]?.calls ?? 0))
  const { rows: successes } = await pool.query<{
    id: string
    at: Date
    credential_id: string
    application_id: string
  }>(successSql, [...place, new Date(row.first_at.getTime() - knownForMs)])
  const success = successes[0]
  const isStuffing = credentials >= credentialsMin && share >= shareMin
  const gotIn = success !== undefined && attempts >= attemptsMin && share >= shareMin
  if (!isStuffing && !gotIn) return undefined
  return {
    pattern: 'credential_stuffing',
    tenantId: row.tenant_id,
    environmentId: row.environment_id,
    clientKind: 'network',
    client: row.network,
    severity: success ? 'critical' : credentials >= 5 * credentialsMin ? 'high' : 'medium',
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: attempts,
    facts: {
      credentials,
      ...(success && {
        succeeded: {
          credentialId: success.credential_id,
          applicationId: success.application_id,
          at: success.at.toISOString(),
          request: success.id,
        },
      }),
    },
    requests: row.requests,
  }
}
