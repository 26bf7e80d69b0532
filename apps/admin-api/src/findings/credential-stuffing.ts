// One client that tries many credentials, or that gets in after many that were refused.
import type { Pool } from 'pg'
import {
  type Followed,
  joinFollowed,
  keyOf,
  parametersOf,
  placeBy,
  requestsKept,
  type Sighting,
  suspectsMax,
  type Window,
} from './sighting.ts'

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
  readonly attempts: string
  readonly credentials: string
  readonly first_at: Date
  readonly last_at: Date
  readonly requests: string[]
}

interface Client {
  readonly tenant: string
  readonly environment: string
  readonly client: string
}

interface Success {
  readonly id: string
  readonly at: Date
  readonly credential_id: string
  readonly application_id: string
}

const network = 'caller_network(address)'

// 401 is every refusal for who called, and what an API itself says of a password that is wrong.
const attemptsSql = (from: string) => `
  SELECT * FROM (
    SELECT tenant_id, environment_id, ${network} AS network, count(*) AS attempts,
      count(DISTINCT nullif(attempt, '')) AS credentials, min(at) AS first_at, max(at) AS last_at,
      (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests,
      ${placeBy("count(DISTINCT nullif(attempt, '')) DESC, count(*) DESC")}
    FROM request_event ${from}
    WHERE at > $1 AND at <= $2 AND status = 401 AND (attempt <> '' OR reason = '') AND NOT try_it
    GROUP BY 1, 2, 3
    HAVING count(DISTINCT nullif(attempt, '')) >= ${credentialsMin} OR count(*) >= ${attemptsMin}
  ) AS suspect WHERE place <= ${suspectsMax}`

const othersSql = `
  SELECT followed.tenant, followed.environment, followed.client, count(*) AS calls,
    bool_or(credential_id <> '' AND status < 400) AS is_good
  FROM request_event ${joinFollowed(network)}
  WHERE at > $1 AND at <= $2 AND status <> 401 AND NOT try_it GROUP BY 1, 2, 3`

// The first call with a credential that was good, and that nobody used from there before all this began.
const successSql = `
  SELECT DISTINCT ON (followed.tenant, followed.environment, followed.client)
    followed.tenant, followed.environment, followed.client, id, at, credential_id, application_id
  FROM request_event AS it ${joinFollowed(network)}
  WHERE at > $1 AND at <= $2 AND at > followed.since AND credential_id <> '' AND status < 400 AND NOT try_it
    AND NOT EXISTS (
      SELECT FROM request_event AS earlier
      WHERE earlier.tenant_id = it.tenant_id AND earlier.at >= $7 AND earlier.at < followed.since
        AND caller_network(earlier.address) = followed.client AND earlier.credential_id = it.credential_id
        AND earlier.status < 400
    )
  ORDER BY 1, 2, 3, at`

export async function credentialStuffing(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<Row>(
    attemptsSql(window.only === undefined ? '' : joinFollowed(network)),
    parametersOf(window),
  )
  if (rows.length === 0) return []
  const others = await othersOf(pool, rows.map(followed), window)
  const shareOf = (row: Row) => {
    const attempts = Number(row.attempts)
    return attempts / (attempts + Number(others.get(keyOf(followed(row)))?.calls ?? 0))
  }
  const suspects = rows.filter((row) => shareOf(row) >= shareMin)
  const mayBeIn = suspects.map(followed).filter((one) => others.get(keyOf(one))?.is_good)
  const successes = await successesOf(pool, mayBeIn, window)
  return suspects.flatMap((row) => judge(row, successes.get(keyOf(followed(row)))) ?? [])
}

const followed = ({ tenant_id, environment_id, network, first_at }: Row): Followed => ({
  tenantId: tenant_id,
  environmentId: environment_id,
  client: network,
  firstAt: first_at,
})

const keyOfRow = ({ tenant, environment, client }: Client) =>
  keyOf({ tenantId: tenant, environmentId: environment, client })

async function othersOf(pool: Pool, only: readonly Followed[], window: Window) {
  const { rows } = await pool.query<Client & { readonly calls: string; readonly is_good: boolean }>(
    othersSql,
    parametersOf({ ...window, only }),
  )
  return new Map(rows.map((row) => [keyOfRow(row), row]))
}

async function successesOf(pool: Pool, only: readonly Followed[], window: Window) {
  if (only.length === 0) return new Map<string, Client & Success>()
  const knownSince = new Date(window.from.getTime() - knownForMs)
  const { rows } = await pool.query<Client & Success>(successSql, [
    ...parametersOf({ ...window, only }),
    knownSince,
  ])
  return new Map(rows.map((row) => [keyOfRow(row), row]))
}

function judge(row: Row, success: Success | undefined): Sighting | undefined {
  const [attempts, credentials] = [Number(row.attempts), Number(row.credentials)]
  if (credentials < credentialsMin && !(success !== undefined && attempts >= attemptsMin)) return undefined
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
