// What is sealed in Postgres: checked at start, and sealed anew when the key changes.
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import type pg from 'pg'
import { Database } from './database.ts'
import { keyIdOf, Sealer } from './sealer.ts'

/** Every column with sealed secrets. One that is not named here is lost with the key it was sealed under. */
const sealedColumns = [
  { table: 'identity_provider', column: 'client_secret' },
  { table: 'event_sink', column: 'secret' },
] as const

@Injectable()
export class SealedColumns implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  /** Ends the start when a secret in Postgres cannot be opened: people would find out one refusal at a time. */
  async onApplicationBootstrap(): Promise<void> {
    // Without Postgres nothing can be told; the process starts all the same, and whatever needs a secret fails closed.
    if (!(await this.database.ping(2_000))) return
    for (const { table, column } of sealedColumns) {
      const { rows } = await this.database.pool.query<{ key: string }>(
        `SELECT DISTINCT split_part(${column}, '.', 2) AS key FROM ${table} WHERE ${column} IS NOT NULL`,
      )
      const missing = rows.map(({ key }) => key).filter((key) => !this.sealer.has(key))
      if (missing.length > 0) throw new Error(missingKeys(missing, `${table}.${column}`, this.sealer.keyIds))
    }
  }
}

function missingKeys(missing: readonly string[], where: string, held: readonly string[]): string {
  const have = held.length === 0 ? 'no key is set' : `only ${held.join(', ')} is set`
  return (
    `Secrets in PostgreSQL (${where}) are sealed under the key ${missing.join(', ')}, and ${have}. ` +
    'Give it back as SECRETS_KEY or SECRETS_KEY_FILE; to change keys, put the new one first and the old one behind it, ' +
    'separated by a comma, and run rotate-secrets'
  )
}

export interface Resealed {
  /** Sealed anew under the current key. */
  readonly resealed: number
  /** Were already. */
  readonly current: number
  /** Cannot be opened; each with its reason. They are left as they are. */
  readonly failed: readonly string[]
}

const pageSize = 200

/**
 * Seals every secret anew that is not sealed under the current key. May be interrupted and run again, also beside running
 * processes: each secret is replaced by itself, and only if it is still the one that was read.
 */
export async function resealAll(pool: pg.Pool, sealer: Sealer): Promise<Resealed> {
  let [resealed, current] = [0, 0]
  const failed: string[] = []
  for (const { table, column } of sealedColumns) {
    for (let after = ''; ; ) {
      const { rows } = await pool.query<{ id: string; sealed: string }>(
        `SELECT id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL AND id > $1 ORDER BY id LIMIT ${pageSize}`,
        [after],
      )
      for (const { id, sealed } of rows) {
        if (keyIdOf(sealed) === sealer.keyId) {
          current++
          continue
        }
        try {
          const place = { table, column, id }
          const anew = sealer.seal(sealer.open(sealed, place), place)
          const { rowCount } = await pool.query(
            `UPDATE ${table} SET ${column} = $1 WHERE id = $2 AND ${column} = $3`,
            [anew, id, sealed],
          )
          // Somebody set another secret meanwhile: it is sealed under the key that their process seals with.
          resealed += rowCount ?? 0
        } catch (error) {
          failed.push(error instanceof Error ? error.message : String(error))
        }
      }
      const last = rows.at(-1)
      if (!last || rows.length < pageSize) break
      after = last.id
    }
  }
  return { resealed, current, failed }
}
