// Findings as they are kept: opened once, counted on while they last, closed after quiet; and told to sinks and to the tenant.
import { findingSeverities } from '@gatewright/shared/contract/findings'
import { createId } from '@gatewright/shared/ids'
import type { Pool, PoolClient } from 'pg'
import { nobody, type Sighting } from './sighting.ts'

/** So long without a call of its kind, and a finding is over. */
export const quietMs = 15 * 60_000

/** So many findings of a tenant in an environment last at a time; whoever comes from more places opens no more of them. */
const lastingMax = 500

interface Known {
  readonly id: string
  readonly first_at: Date
  readonly last_at: Date
  readonly severity: string
  readonly facts: object
}

export const occasionOf = ({ pattern, tenantId, environmentId, client }: Sighting) =>
  [pattern, tenantId, environmentId, client].join(' ')

/** When the findings began that these sightings belong to, by `occasionOf`; those that do not last yet are not in it. */
export async function lastSince(pool: Pool, sightings: readonly Sighting[]): Promise<Map<string, Date>> {
  const { rows } = await pool.query<{ readonly occasion: string; readonly first_at: Date }>(
    'SELECT occasion, first_at FROM finding WHERE occasion = ANY ($1)',
    [sightings.map(occasionOf)],
  )
  return new Map(rows.map(({ occasion, first_at }) => [occasion, first_at]))
}

/** Opens the finding of a sighting, or counts on in the one that lasts. */
export async function record(pool: Pool, sighting: Sighting, now: Date): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<Known>(
      'SELECT id, first_at, last_at, severity, facts FROM finding WHERE occasion = $1 FOR UPDATE',
      [occasionOf(sighting)],
    )
    const known = rows[0]
    if (known) await countOn(client, known, sighting, now)
    else await open(client, sighting, now)
  })
}

async function open(client: PoolClient, sighting: Sighting, now: Date): Promise<void> {
  const id = createId('fnd', now.getTime())
  const { rowCount } = await client.query(
    `INSERT INTO finding (id, tenant_id, environment_id, pattern, client_kind, client, occasion, severity, first_at, last_at,
       count, facts, requests)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
     WHERE EXISTS (SELECT FROM environment WHERE id = $3)
       AND (SELECT count(*) FROM finding WHERE tenant_id = $2 AND environment_id = $3 AND occasion IS NOT NULL) < ${lastingMax}
     ON CONFLICT (occasion) DO NOTHING`,
    [
      id,
      sighting.tenantId || nobody,
      sighting.environmentId,
      sighting.pattern,
      sighting.clientKind,
      sighting.client,
      occasionOf(sighting),
      sighting.severity,
      sighting.firstAt,
      sighting.lastAt,
      sighting.count,
      JSON.stringify(sighting.facts),
      sighting.requests,
    ],
  )
  if (rowCount !== 1) return
  await tellSinks(client, id, 'opened', now)
  await tellTenant(client, id, sighting, now)
}

/** Facts of several kinds add up: who looks for paths may walk through ids as well. */
async function countOn(client: PoolClient, known: Known, sighting: Sighting, now: Date): Promise<void> {
  const severity = worse(known.severity, sighting.severity)
  await client.query(
    `UPDATE finding SET last_at = greatest(last_at, $2), first_at = least(first_at, $3), count = greatest(count, $4),
       facts = facts || $5, requests = $6, severity = $7 WHERE id = $1`,
    [
      known.id,
      sighting.lastAt,
      sighting.firstAt,
      sighting.count,
      JSON.stringify(sighting.facts),
      sighting.requests,
      severity,
    ],
  )
  if (severity !== known.severity) await tellSinks(client, known.id, 'worse', now)
}

const rank = (severity: string) => (findingSeverities as readonly string[]).indexOf(severity)
const worse = (a: string, b: string) => (rank(b) > rank(a) ? b : a)

/** Closes what was quiet for long enough. */
export async function closeQuiet(pool: Pool, now: Date): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `UPDATE finding SET closed_at = $1, occasion = NULL WHERE occasion IS NOT NULL AND last_at < $2 RETURNING id`,
      [now, new Date(now.getTime() - quietMs)],
    )
    for (const { id } of rows) await tellSinks(client, id, 'closed', now)
  })
}

/** Sinks that take security events take findings too. Nothing of a path or a header is in them. */
async function tellSinks(client: PoolClient, id: string, event: string, now: Date): Promise<void> {
  await client.query(
    `INSERT INTO sink_event (id, kind, at, body)
     SELECT $2, 'security', $3, jsonb_build_object(
       'tenantId', nullif(tenant_id, '${nobody}'), 'category', 'finding', 'event', $4::text, 'finding', id, 'pattern', pattern,
       'client', jsonb_build_object('kind', client_kind, 'id', client), 'severity', severity,
       'environmentId', environment_id, 'firstAt', first_at, 'lastAt', last_at, 'count', count, 'facts', facts,
       'requests', to_jsonb(requests))
     FROM finding WHERE id = $1 AND EXISTS (SELECT FROM event_sink WHERE 'security' = ANY (kinds))
     ON CONFLICT DO NOTHING`,
    [id, `${id}-${event}-${now.getTime()}`, now, event],
  )
}

async function tellTenant(client: PoolClient, id: string, sighting: Sighting, now: Date): Promise<void> {
  if (sighting.tenantId === '') return
  const { pattern, severity, client: who, clientKind, count } = sighting
  await client.query(
    `INSERT INTO notice (id, tenant_id, environment_id, kind, occasion, application_id, plan_id, facts, created_at)
     VALUES ($1, $2, $3, 'security_finding', $4, NULL, NULL, $5, $6) ON CONFLICT (occasion) DO NOTHING`,
    [
      createId('ntc', now.getTime()),
      sighting.tenantId,
      sighting.environmentId,
      `finding:${id}`,
      JSON.stringify({ id, pattern, severity, client: { kind: clientKind, id: who }, count }),
      now,
    ],
  )
}

async function inTransaction(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await work(client)
    await client.query('COMMIT')
    client.release()
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    client.release(true)
    throw error
  }
}
