// Days of raw events: a table is there before its first event comes, and dropped as a whole when nobody keeps it any more.
import type { ClientBase } from 'pg'

const dayMs = 86_400_000

/** Partitions made ahead, so that midnight does not wait for a lock. */
const daysAhead = 2

/** Any constant, the same in all processes that make and drop partitions. */
const partitionLock = 4_749_010

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const partitionOf = (day: string) => `request_event_${day.replaceAll('-', '')}`

/** The days (YYYY-MM-DD, UTC) of some moments. */
export function daysOf(moments: Iterable<number>): Set<string> {
  const days = new Set<string>()
  for (const moment of moments) days.add(dayOf(moment))
  return days
}

/** Today and the days after it that are made ahead. */
export function upcomingDays(nowMs: number): Set<string> {
  return daysOf(Array.from({ length: daysAhead + 1 }, (_, i) => nowMs + i * dayMs))
}

/** Makes what is missing. Safe to call from many processes at once. */
export async function createPartitions(client: ClientBase, days: Iterable<string>): Promise<void> {
  for (const day of days) {
    const name = partitionOf(day)
    const { rows } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [
      name,
    ])
    if (rows[0]?.exists) continue
    const next = dayOf(Date.parse(day) + dayMs)
    await alone(
      client,
      `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF request_event FOR VALUES FROM ('${day}T00:00:00Z') TO ('${next}T00:00:00Z')`,
    )
  }
}

/** Drops whole days before `beforeMs`; answers their names. Safe to call from many processes at once. */
export async function dropPartitions(client: ClientBase, beforeMs: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
     JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
     WHERE parent.relname = 'request_event' AND child.relname < $1 ORDER BY 1`,
    [partitionOf(dayOf(beforeMs))],
  )
  for (const { name } of rows) await alone(client, `DROP TABLE IF EXISTS ${name}`)
  return rows.map(({ name }) => name)
}

/** `IF EXISTS` looks before it locks: two at once would meet what the other one is making or dropping. */
async function alone(client: ClientBase, statement: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [partitionLock])
    await client.query(statement)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
