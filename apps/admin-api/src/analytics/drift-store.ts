// Batches of drift → rows: each batch counts once, however often and in whatever order it arrives (ADR 92).
import type { DriftBatch } from '@gatewright/shared/model/drift'
import type { ClientBase } from 'pg'

/** Of one deployment; what is new beyond is not kept. */
const recordsMax = 1_000

/** False: it was there before. */
export async function storeDrift(client: ClientBase, batch: DriftBatch): Promise<boolean> {
  await client.query('BEGIN')
  try {
    const isNew = await remember(client, batch)
    if (isNew) await addRecords(client, batch)
    await client.query('COMMIT')
    return isNew
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}

/** The numbers of a source that came are one range while none is missing: a row however many there are. */
async function remember(client: ClientBase, { source, number }: DriftBatch): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO drift_source AS known (source, seen, last_at)
     VALUES ($1, int4multirange(int4range($2::int, $2::int, '[]')), now())
     ON CONFLICT (source) DO UPDATE SET seen = known.seen + excluded.seen, last_at = now()
     WHERE NOT known.seen @> $2::int`,
    [source, number],
  )
  return rowCount === 1
}

/** Of versions that run there; what is of others has nobody to be told to. */
async function addRecords(client: ClientBase, { environmentId, records }: DriftBatch): Promise<void> {
  const list = <T>(read: (record: DriftBatch['records'][number]) => T) => records.map(read)
  await client.query(
    `INSERT INTO drift AS known (environment_id, tenant_id, version_id, direction, method, template, place, pointer, rule,
       observed, count, first_at, last_at)
     SELECT environment_id, tenant_id, made.* FROM deployment JOIN unnest($2::text[], $3::text[], $4::text[], $5::text[],
       $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[])
       AS made (version_id, direction, method, template, place, pointer, rule, observed, count, first_at, last_at)
       USING (version_id)
     WHERE environment_id = $1 AND (
       (SELECT count(*) FROM drift WHERE drift.environment_id = $1 AND drift.version_id = made.version_id) < ${recordsMax}
       OR EXISTS (SELECT FROM drift AS old WHERE old.environment_id = $1
         AND (old.version_id, old.direction, old.method, old.template, old.place, old.pointer, old.rule, old.observed)
           = (made.version_id, made.direction, made.method, made.template, made.place, made.pointer, made.rule, made.observed)))
     -- Locked in one order: two intakes never wait for each other in a circle.
     ORDER BY version_id, direction, method, template, place, pointer, rule, observed
     ON CONFLICT (environment_id, version_id, direction, method, template, place, pointer, rule, observed)
     DO UPDATE SET count = known.count + excluded.count, first_at = least(known.first_at, excluded.first_at),
       last_at = greatest(known.last_at, excluded.last_at)`,
    [
      environmentId,
      list(({ versionId }) => versionId),
      list(({ direction }) => direction),
      list(({ method }) => method),
      list(({ template }) => template),
      list((record) => record.in),
      list(({ pointer }) => pointer),
      list(({ rule }) => rule),
      list(({ observed }) => observed ?? ''),
      list(({ count }) => count),
      list(({ firstAt }) => new Date(firstAt).toISOString()),
      list(({ lastAt }) => new Date(lastAt).toISOString()),
    ],
  )
}
