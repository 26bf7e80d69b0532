// What every integration test stands on, started once per run: a PostgreSQL with the migrated schema as a template.
// DATABASE_URL and REDIS_URL are used instead where they are set.
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../prisma/migrate.ts'
import { type Postgres, startPostgres, usePostgres } from './postgres.ts'
import { requireRedis, useRedis } from './redis.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A connection string without a database's name. */
    postgresUrl: string
    /** The migrated database that `testDatabase()` copies. */
    templateDatabase: string
    /** Begins the name of every database of this run. */
    databasePrefix: string
    /** Set only when REDIS_URL was. */
    sharedRedisUrl: string | undefined
    /** A folder for this run's private servers. */
    testFolder: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-test-'))
  chmodSync(folder, 0o711)
  const given = process.env.DATABASE_URL
  const postgres = given
    ? await usePostgres(given)
    : await startPostgres({ dataDir: folder, database: 'postgres', durable: false })
  try {
    return await prepare(project, postgres, folder)
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

async function prepare(
  project: TestProject,
  postgres: Postgres,
  folder: string,
): Promise<() => Promise<void>> {
  // Once, before the workers: two of them could not install it at the same time.
  if (process.env.REDIS_URL) await useRedis(process.env.REDIS_URL)
  else requireRedis(console.log)
  const run = createHash('sha256').update(folder).digest('hex').slice(0, 8)
  const databasePrefix = `gw_test_${run}_`
  const templateDatabase = `${databasePrefix}template`
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE "${templateDatabase}"`)
  await migrate(withDatabase(postgres.url, templateDatabase))

  project.provide('postgresUrl', postgres.url)
  project.provide('templateDatabase', templateDatabase)
  project.provide('databasePrefix', databasePrefix)
  project.provide('sharedRedisUrl', process.env.REDIS_URL)
  project.provide('testFolder', folder)

  return async () => {
    if (!postgres.program) await dropDatabases(admin, databasePrefix)
    await admin.end()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export function withDatabase(url: string, name: string): string {
  const result = new URL(url)
  result.pathname = `/${name}`
  return result.href
}

async function dropDatabases(admin: pg.Client, prefix: string): Promise<void> {
  const { rows } = await admin.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [
    prefix,
  ])
  for (const { datname } of rows) await admin.query(`DROP DATABASE "${datname}" WITH (FORCE)`)
}
