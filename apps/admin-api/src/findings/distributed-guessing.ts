// Many clients that try the credentials of one application: who spreads the attempts shows nowhere as one client.
import type { Pool } from 'pg'
import {
  joinFollowed,
  parametersOf,
  placeBy,
  requestsKept,
  type Sighting,
  suspectsMax,
  type Window,
} from './sighting.ts'

const networksMin = 10

interface Row {
  readonly tenant_id: string
  readonly environment_id: string
  readonly application_id: string
  readonly attempts: string
  readonly credentials: string
  readonly networks: string
  readonly first_at: Date
  readonly last_at: Date
  readonly requests: string[]
}

const sql = (from: string) => `
  SELECT * FROM (
    SELECT tenant_id, environment_id, application_id, count(*) AS attempts,
      count(DISTINCT nullif(attempt, '')) AS credentials, count(DISTINCT caller_network(address)) AS networks,
      min(at) AS first_at, max(at) AS last_at, (array_agg(id ORDER BY at DESC))[1:${requestsKept}] AS requests,
      ${placeBy('count(*) DESC')}
    FROM request_event ${from}
    WHERE at > $1 AND at <= $2 AND status = 401 AND reason <> '' AND application_id <> '' AND NOT try_it
    GROUP BY 1, 2, 3
    HAVING count(DISTINCT caller_network(address)) >= ${networksMin}
  ) AS suspect WHERE place <= ${suspectsMax}`

export async function distributedGuessing(pool: Pool, window: Window): Promise<Sighting[]> {
  const { rows } = await pool.query<Row>(
    sql(window.only === undefined ? '' : joinFollowed('application_id')),
    parametersOf(window),
  )
  return rows.map((row) => {
    const [credentials, networks] = [Number(row.credentials), Number(row.networks)]
    return {
      pattern: 'distributed_guessing',
      tenantId: row.tenant_id,
      environmentId: row.environment_id,
      clientKind: 'application',
      client: row.application_id,
      // One key that is refused everywhere may be one that its own fleet forgot to replace.
      severity: credentials > 1 ? 'high' : 'medium',
      firstAt: row.first_at,
      lastAt: row.last_at,
      count: Number(row.attempts),
      facts: { credentials, networks },
      requests: row.requests,
    }
  })
}
