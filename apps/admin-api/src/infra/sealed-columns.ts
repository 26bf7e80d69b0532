// What is sealed in Postgres: checked at start, and sealed anew when the key changes.
import { keyIdOf } from '@gatewright/shared/sealing/sealed'
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import type pg from 'pg'
import { Database } from './database.ts'
import { Sealer } from './sealer.ts'

/** Every column with sealed secrets. One that is not named here is lost with the key it was sealed under. */
const sealedColumns = [
  { table: 'identity_provider', column: 'client_secret', boundTo: 'id' },
  { table: 'event_sink', column: 'secret', boundTo: 'id' },
  { table: 'credential', column: 'secret', boundTo: 'id' },
  { table: 'authorisation_key', column: 'private_key', boundTo: 'id' },
  { table: 'host_certificate', column: 'private_key', boundTo: 'id' },
  // As policySecretPlace says.
  {
    table: 'policy_secret',
    column: 'sealed',
    boundTo: "coalesce(tenant_id, 'global') || '/' || type || '/' || id",
  },
  { table: 'totp', column: 'secret', boundTo: 'id' },
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
  /** False when something sealed under another key was found at the last look, too: a process goes on sealing with it. */
  readonly isDone: boolean
}

const pageSize = 200

/**
 * Seals every secret anew that is not sealed under the current key, and looks again until there is none left: a process that still
 * has the old key first may have sealed something meanwhile. May be interrupted and run again, also beside running processes: each
 * secret is replaced by itself, and only if it is still the one that was read.
 */
export async function resealAll(pool: pg.Pool, sealer: Sealer): Promise<Resealed> {
  const first = await resealOnce(pool, sealer)
  let [last, resealed] = [first, first.resealed]
  for (let looks = 1; last.resealed + last.passed > 0 && looks < looksMax; looks++) {
    last = await resealOnce(pool, sealer)
    resealed += last.resealed
  }
  const isDone = last.resealed + last.passed === 0
  return { resealed, current: first.current, failed: last.failed, isDone }
}

const looksMax = 10

async function resealOnce(pool: pg.Pool, sealer: Sealer) {
  let [resealed, current, passed] = [0, 0, 0]
  const failed: string[] = []
  for (const { table, column, boundTo } of sealedColumns) {
    for (let after = ''; ; ) {
      const { rows } = await pool.query<{ id: string; bound: string; sealed: string }>(
        `SELECT id, ${boundTo} AS bound, ${column} AS sealed FROM ${table}
         WHERE ${column} IS NOT NULL AND id > $1 ORDER BY id LIMIT ${pageSize}`,
        [after],
      )
      for (const { id, bound, sealed } of rows) {
        if (keyIdOf(sealed) === sealer.keyId) {
          current++
          continue
        }
        try {
          const place = { table, column, id: bound }
          const anew = sealer.seal(sealer.open(sealed, place), place)
          const { rowCount } = await pool.query(
            `UPDATE ${table} SET ${column} = $1 WHERE id = $2 AND ${column} = $3`,
            [anew, id, sealed],
          )
          if (rowCount === 1) resealed++
          // Somebody set another secret meanwhile: it is sealed under the key that their process seals with, so the next look finds it.
          else passed++
        } catch (error) {
          failed.push(error instanceof Error ? error.message : String(error))
        }
      }
      const last = rows.at(-1)
      if (!last || rows.length < pageSize) break
      after = last.id
    }
  }
  return { resealed, current, passed, failed }
}
