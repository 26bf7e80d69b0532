// A credential that suddenly does what it never did: far more calls, or far more errors, than in its own history.
import type { Pool } from 'pg'
import { centreOf, modifiedZ, outlierScore } from './robust.ts'
import { requestsKept, type Sighting } from './sighting.ts'

export const bucketMs = 600_000
const historyMs = 14 * 86_400_000
/** Times of ten minutes in which it called, before anything is said of it: four hours of use. */
const bucketsMin = 24
/** Below these no anomaly is worth a word. */
const callsMin = 100
const callsForShareMin = 20
const growthMin = 3
const errorShareMin = 0.2
/** The spread that errors have by chance: two in a hundred. */
const shareSpreadMin = 0.02

interface Row {
  readonly credential_id: string
  readonly environment_id: string
  readonly tenant_id: string
  readonly requests: number
  readonly errors: number
  readonly earlier_requests: number[]
  readonly earlier_errors: number[]
}

/** Start of the newest ten minutes that are over. */
export const lastBucket = (now: Date) => new Date(Math.floor(now.getTime() / bucketMs) * bucketMs - bucketMs)

/** Counts the ten minutes from `bucket` on anew; late events of them are counted, too. */
export async function countPace(pool: Pool, bucket: Date): Promise<void> {
  await pool.query(
    `INSERT INTO credential_pace (credential_id, environment_id, bucket, tenant_id, requests, errors)
     SELECT credential_id, environment_id, $1, tenant_id, count(*), count(*) FILTER (WHERE status >= 400)
     FROM request_event WHERE at >= $1 AND at < $2 AND credential_id <> '' AND NOT try_it
     GROUP BY credential_id, environment_id, tenant_id
     ON CONFLICT (tenant_id, credential_id, environment_id, bucket) DO UPDATE
     SET requests = excluded.requests, errors = excluded.errors`,
    [bucket, new Date(bucket.getTime() + bucketMs)],
  )
  await pool.query('DELETE FROM credential_pace WHERE bucket < $1', [new Date(bucket.getTime() - historyMs)])
}

const sql = `
  SELECT credential_id, environment_id, tenant_id, now.requests, now.errors,
    array_agg(earlier.requests ORDER BY earlier.bucket) AS earlier_requests,
    array_agg(earlier.errors ORDER BY earlier.bucket) AS earlier_errors
  FROM credential_pace AS now JOIN credential_pace AS earlier USING (tenant_id, credential_id, environment_id)
  WHERE now.bucket = $1 AND earlier.bucket < $1 AND now.requests >= ${callsForShareMin}
  GROUP BY credential_id, environment_id, tenant_id, now.requests, now.errors
  HAVING count(*) >= ${bucketsMin}`

/** What stands out in the ten minutes from `bucket` on, which were counted before. */
export async function anomalies(pool: Pool, bucket: Date): Promise<Sighting[]> {
  const { rows } = await pool.query<Row>(sql, [bucket])
  const seen: Sighting[] = []
  for (const row of rows) {
    const found = [volumeOf(row), errorsOf(row)].filter((one) => one !== undefined)
    if (found.length === 0) continue
    const { firstAt, lastAt } = between(bucket)
    for (const one of found) {
      seen.push({
        ...one,
        tenantId: row.tenant_id,
        environmentId: row.environment_id,
        clientKind: 'credential',
        client: row.credential_id,
        firstAt,
        lastAt,
        requests: await someOf(pool, row, bucket, one.pattern === 'error_anomaly'),
      })
    }
  }
  return seen
}

type Judged = Pick<Sighting, 'pattern' | 'severity' | 'count' | 'facts'>

function volumeOf({ requests, earlier_requests: earlier }: Row): Judged | undefined {
  const centre = centreOf(earlier)
  // Counts of independent calls vary by their square root (Poisson).
  const score = modifiedZ(requests, centre, Math.max(1, Math.sqrt(centre.median)))
  if (requests < callsMin || requests < growthMin * centre.median || score <= outlierScore) return undefined
  return {
    pattern: 'volume_anomaly',
    severity: requests >= 10 * centre.median ? 'medium' : 'low',
    count: requests,
    facts: { value: requests, median: centre.median, score: rounded(score) },
  }
}

function errorsOf(row: Row): Judged | undefined {
  const share = row.errors / row.requests
  const earlier = row.earlier_errors.map((errors, i) => errors / Math.max(1, row.earlier_requests[i] ?? 1))
  const centre = centreOf(earlier)
  const score = modifiedZ(share, centre, shareSpreadMin)
  if (share < errorShareMin || score <= outlierScore) return undefined
  return {
    pattern: 'error_anomaly',
    severity: share >= 0.5 ? 'medium' : 'low',
    count: row.errors,
    facts: { value: rounded(share), median: rounded(centre.median), score: rounded(score) },
  }
}

const rounded = (value: number) => Math.round(value * 1_000) / 1_000
const between = (bucket: Date) => ({ firstAt: bucket, lastAt: new Date(bucket.getTime() + bucketMs) })

async function someOf(pool: Pool, row: Row, bucket: Date, failed: boolean): Promise<string[]> {
  const { firstAt, lastAt } = between(bucket)
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM request_event
     WHERE tenant_id = $1 AND at >= $2 AND at < $3 AND credential_id = $4 AND environment_id = $5 AND NOT try_it
       AND (NOT $6 OR status >= 400) ORDER BY at DESC LIMIT ${requestsKept}`,
    [row.tenant_id, firstAt, lastAt, row.credential_id, row.environment_id, failed],
  )
  return rows.map(({ id }) => id)
}
