// The outbox of the sinks: refused calls come in with the intake, audit entries are fetched from their chains, and both get one order.
import type { RequestEvent } from '@gatewright/shared/event'
import type { ClientBase } from 'pg'
import type { AuditEvent } from '../generated/prisma/client.ts'
import { auditBody, type OutboxEvent, securityBody, trafficBody } from './sink-event.ts'

/** Before the id of a call in the outbox, which may hold the same call as a security event. */
const trafficPrefix = 'traffic:'
const chainsAtOnce = 100
const entriesPerChain = 200
const orderedAtOnce = 1_000
/** Calls that wait at most, of all sinks that take traffic: what comes beyond them is dropped and counted, and stays in the analytics. */
const trafficWaitingMax = 100_000

/** Puts the security events among `events` into the outbox, inside the transaction that stores them; nothing while no sink wants them. */
export async function addSecurityEvents(client: ClientBase, events: readonly RequestEvent[]): Promise<void> {
  const rows = events.flatMap((event) => {
    const body = securityBody(event)
    return body === null ? [] : [{ id: event.id, at: new Date(event.at), body }]
  })
  if (rows.length === 0) return
  await client.query(
    `INSERT INTO sink_event (id, kind, at, body)
     SELECT id, 'security', at, body::jsonb
     FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS row (id, at, body)
     WHERE EXISTS (SELECT FROM event_sink WHERE 'security' = ANY (kinds))
     ON CONFLICT DO NOTHING`,
    [rows.map(({ id }) => id), rows.map(({ at }) => at), rows.map(({ body }) => JSON.stringify(body))],
  )
}

/**
 * Puts the calls that are exported into the outbox, inside the transaction that stores them. A refused call is a security event too: so
 * the outbox knows a call by its kind as well. Where a sink is too far behind, nothing is added and it is told how much it missed.
 */
export async function addTraffic(
  client: ClientBase,
  events: readonly RequestEvent[],
  waitingMax = trafficWaitingMax,
): Promise<void> {
  const rows = events.flatMap((event) => {
    const body = trafficBody(event)
    return body === null ? [] : [{ id: event.id, at: new Date(event.at), body }]
  })
  if (rows.length === 0) return
  const { rows: sinks } = await client.query<{ waiting: string | null }>(
    `SELECT (SELECT position FROM sink_order) - min(position)
       + (SELECT count(*) FROM (SELECT FROM sink_event WHERE position IS NULL LIMIT ${waitingMax}) AS fresh) AS waiting
     FROM event_sink WHERE 'traffic' = ANY (kinds)`,
  )
  const waiting = sinks[0]?.waiting ?? null
  if (waiting === null) return
  if (Number(waiting) + rows.length > waitingMax) {
    await client.query(`UPDATE event_sink SET lost = lost + $1 WHERE 'traffic' = ANY (kinds)`, [rows.length])
    return
  }
  await client.query(
    `INSERT INTO sink_event (id, kind, at, body)
     SELECT id, 'traffic', at, body::jsonb FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS row (id, at, body)
     ON CONFLICT DO NOTHING`,
    [
      rows.map(({ id }) => `${trafficPrefix}${id}`),
      rows.map(({ at }) => at),
      rows.map(({ body }) => JSON.stringify(body)),
    ],
  )
}

/** The first sink was made: what was done before is not its business. In the transaction that makes it. */
export const startOutbox = [
  'DELETE FROM sink_event',
  'DELETE FROM sink_chain',
  'INSERT INTO sink_chain (chain, seq) SELECT chain, seq FROM audit_head',
] as const

/**
 * Gives everything that waits its place in the order. One process at a time does it, the others skip; so positions are given in the
 * order of commits, and a sink that has read up to one has missed nothing. Answers how many events were ordered.
 */
export async function orderOutbox(client: ClientBase): Promise<number> {
  await client.query('BEGIN')
  try {
    const { rows } = await client.query<{ position: string }>(
      `SELECT position FROM sink_order WHERE EXISTS (SELECT FROM event_sink) FOR UPDATE SKIP LOCKED`,
    )
    let ordered = 0
    if (rows[0]) {
      await takeAudit(client)
      ordered = await givePositions(client, BigInt(rows[0].position))
    }
    await client.query('COMMIT')
    return ordered
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/** A chain commits in the order of its numbers, without gaps (publishing/audit-chain.ts): its number is a cursor. */
async function takeAudit(client: ClientBase): Promise<void> {
  const { rows: behind } = await client.query<{ chain: string; seq: number }>(
    `SELECT head.chain, coalesce(taken.seq, 0) AS seq FROM audit_head AS head
     LEFT JOIN sink_chain AS taken USING (chain) WHERE head.seq > coalesce(taken.seq, 0) ORDER BY chain LIMIT ${chainsAtOnce}`,
  )
  for (const { chain, seq } of behind) {
    const { rows } = await client.query<AuditEvent>(
      `SELECT id, chain, seq, hash, tenant_id AS "tenantId", actor_kind AS "actorKind", actor_id AS "actorId",
         actor_name AS "actorName", action, resource_kind AS "resourceKind", resource_id AS "resourceId",
         resource_name AS "resourceName", before, after, reason, request_id AS "requestId", address, at
       FROM audit_event WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT ${entriesPerChain}`,
      [chain, seq],
    )
    const last = rows.at(-1)
    if (!last) continue
    await client.query(
      `INSERT INTO sink_event (id, kind, at, body)
       SELECT id, 'audit', at, body::jsonb FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS row (id, at, body)
       ON CONFLICT DO NOTHING`,
      [rows.map(({ id }) => id), rows.map(({ at }) => at), rows.map((row) => JSON.stringify(auditBody(row)))],
    )
    await client.query(
      `INSERT INTO sink_chain (chain, seq) VALUES ($1, $2) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq`,
      [chain, last.seq],
    )
  }
}

/** By time, and the entries of a chain by their number, also when clocks of two processes differ. */
async function givePositions(client: ClientBase, from: bigint): Promise<number> {
  const { rows } = await client.query<{
    id: string
    at: Date
    chain: string | null
    sequence: number | null
  }>(
    `SELECT id, at, body->>'chain' AS chain, (body->>'sequence')::int AS sequence
     FROM sink_event WHERE position IS NULL ORDER BY at, id LIMIT ${orderedAtOnce}`,
  )
  if (rows.length === 0) return 0
  const ids = inChainOrder(rows)
  await client.query(
    `UPDATE sink_event SET position = $2::bigint + place FROM unnest($1::text[]) WITH ORDINALITY AS given (id, place)
     WHERE sink_event.id = given.id`,
    [ids, String(from)],
  )
  await client.query('UPDATE sink_order SET position = $1', [String(from + BigInt(ids.length))])
  return ids.length
}

interface Waiting {
  readonly id: string
  readonly chain: string | null
  readonly sequence: number | null
}

/** Each place that an entry of a chain has goes to the chain's next entry. */
export function inChainOrder(rows: readonly Waiting[]): string[] {
  const byChain = Map.groupBy(rows, ({ chain, id }) => chain ?? id)
  for (const entries of byChain.values()) entries.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
  return rows.map(({ chain, id }) => byChain.get(chain ?? id)?.shift()?.id ?? id)
}

export async function readOutbox(
  client: ClientBase,
  after: bigint,
  kinds: readonly string[],
  limit: number,
): Promise<OutboxEvent[]> {
  const { rows } = await client.query<Omit<OutboxEvent, 'position'> & { position: string }>(
    `SELECT id, position, kind, at, body FROM sink_event
     WHERE position > $1 AND kind = ANY ($2) ORDER BY position LIMIT $3`,
    [String(after), kinds, limit],
  )
  return rows.map((row) => ({
    ...row,
    id: row.kind === 'traffic' ? row.id.slice(trafficPrefix.length) : row.id,
    position: BigInt(row.position),
  }))
}

/** Removes what every sink has, and what has waited for too long; the sinks that miss the latter are told how much it was. */
export async function sweepOutbox(client: ClientBase, keptSince: Date): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(
      `UPDATE event_sink SET lost = lost + missed.events, position = missed.last FROM (
         SELECT sink.id, count(*) FILTER (WHERE event.kind = ANY (sink.kinds)) AS events, max(event.position) AS last
         FROM event_sink AS sink JOIN sink_event AS event ON event.position > sink.position AND event.created_at < $1
         GROUP BY sink.id
       ) AS missed WHERE missed.id = event_sink.id`,
      [keptSince],
    )
    await client.query(
      `DELETE FROM sink_event WHERE position <= (SELECT min(position) FROM event_sink) OR NOT EXISTS (SELECT FROM event_sink)`,
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
