// Batch → Postgres: each event once however often it arrives, and the rollups in the same transaction, so they always agree.
import type { RequestEvent } from '@gatewright/shared/event'
import { type ClientBase, DatabaseError } from 'pg'
import { addSecurityEvents, addTraffic } from '../siem/outbox.ts'
import { type Cell, copyRows } from './copy.ts'
import { createPartitions, daysOf } from './partitions.ts'
import { addToRollups, incomingRollup } from './rollup.ts'
import { addRouteUses, addUndocumentedCalls } from './route-uses.ts'

const columns = [
  'id',
  'at',
  'environment_id',
  'gateway_id',
  'revision',
  'tenant_id',
  'api_id',
  'version_id',
  'route_id',
  'application_id',
  'subscription_id',
  'plan_id',
  'credential_id',
  'method',
  'route',
  'path',
  'host',
  'status',
  'reason',
  'policy',
  'gateway_us',
  'upstream_us',
  'bytes_in',
  'bytes_out',
  'address',
  'agent',
  'cache',
  'try_it',
  'attempt',
  'security',
] as const

function toRow(event: RequestEvent): Cell[] {
  return [
    event.id,
    new Date(event.at).toISOString(),
    event.environmentId,
    event.gatewayId,
    event.revision,
    event.tenantId ?? '',
    event.apiId ?? '',
    event.versionId ?? '',
    event.routeId ?? '',
    event.applicationId ?? '',
    event.subscriptionId ?? '',
    event.planId ?? '',
    event.credentialId ?? '',
    event.method,
    event.route ?? '',
    event.path,
    event.host,
    event.status,
    event.reason ?? '',
    event.policy ?? '',
    event.gatewayUs,
    event.upstreamUs,
    event.bytesIn,
    event.bytesOut,
    event.address,
    event.agent,
    event.cache,
    event.tryIt,
    event.attempt ?? '',
    event.security === undefined ? null : JSON.stringify(event.security),
  ]
}

/** Makes a connection ready to store: its own tables for what is on its way. Once per connection. */
export async function prepareStore(client: ClientBase): Promise<void> {
  await client.query('CREATE TEMP TABLE IF NOT EXISTS incoming_event (LIKE request_event)')
  await client.query(incomingRollup)
}

/** Recent days whose partition is known to exist. Old ones are looked up each time: retention may have dropped them. */
const knownDays = new Set<string>()
const recentMs = 2 * 86_400_000

/** Stores events in one transaction; answers how many of them were new. */
export async function storeEvents(
  client: ClientBase,
  events: readonly RequestEvent[],
  nowMs: number,
): Promise<number> {
  try {
    return await storeOnce(client, events, nowMs)
  } catch (error) {
    // check_violation: no partition for a row. A day that was known is gone; look at all of them again.
    if (!(error instanceof DatabaseError) || error.code !== '23514' || knownDays.size === 0) throw error
    knownDays.clear()
    return storeOnce(client, events, nowMs)
  }
}

async function storeOnce(
  client: ClientBase,
  events: readonly RequestEvent[],
  nowMs: number,
): Promise<number> {
  const days = daysOf(events.map((event) => event.at))
  const missing = [...days].filter((day) => !knownDays.has(day))
  await createPartitions(client, missing)
  await client.query('BEGIN')
  try {
    await client.query('TRUNCATE incoming_event')
    await copyRows(client, 'incoming_event', columns, events.map(toRow))
    const list = columns.join(', ')
    const { rows } = await client.query<{ id: string; at: Date }>(
      `INSERT INTO request_event (${list}) SELECT ${list} FROM incoming_event ORDER BY at, id
       ON CONFLICT DO NOTHING RETURNING id, at`,
    )
    const fresh = rows.length === events.length ? events : onlyFresh(events, rows)
    await addToRollups(client, fresh)
    // In this order: whoever takes a deployment out locks it before its lists.
    await addUndocumentedCalls(client, fresh)
    await addRouteUses(client, fresh)
    await addSecurityEvents(client, fresh)
    await addTraffic(client, fresh)
    await touchCredentials(client)
    await client.query('COMMIT')
    for (const day of missing) if (Date.parse(day) > nowMs - recentMs) knownDays.add(day)
    return fresh.length
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/** The events that were inserted just now, each once even if the batch itself repeats it. */
function onlyFresh(
  events: readonly RequestEvent[],
  rows: readonly { id: string; at: Date }[],
): RequestEvent[] {
  const inserted = new Set(rows.map(({ id, at }) => `${at.getTime()} ${id}`))
  return events.filter((event) => inserted.delete(`${event.at} ${event.id}`))
}

/** "Last used" of the keys, at most once a minute each. Ordered, so that two intakes never wait for each other in a circle. */
async function touchCredentials(client: ClientBase): Promise<void> {
  await client.query(`
    WITH used AS (
      SELECT credential_id, max(at) AS at FROM incoming_event WHERE credential_id <> '' GROUP BY credential_id
    ), due AS (
      SELECT credential.id, used.at FROM credential JOIN used ON used.credential_id = credential.id
      WHERE credential.last_used_at IS NULL OR credential.last_used_at < used.at - interval '1 minute'
      ORDER BY credential.id FOR UPDATE OF credential SKIP LOCKED
    )
    UPDATE credential SET last_used_at = due.at FROM due WHERE credential.id = due.id`)
}
