// Second step of the database's life: brings a Postgres to the newest schema, and writes new migrations from schema.prisma.
//
//   node prisma/migrate.ts                apply what is missing to DATABASE_URL
//   node prisma/migrate.ts diff <name>    write prisma/migrations/<timestamp>_<name>/migration.sql (needs a DATABASE_URL to work beside)
//   node prisma/migrate.ts check          exit 1 when schema.prisma and the migrations disagree
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { withSchemaEngine } from './schema-engine.ts'

const prismaFolder = import.meta.dirname
const migrationsFolder = join(prismaFolder, 'migrations')
const schemaPath = join(prismaFolder, 'schema.prisma')

/** Any constant will do, as long as it is not the one the engine takes for itself (72707369). */
const migrateLock = 4_749_001

type Options = { migrations?: string; schema?: string }

/** Applies the missing migrations; safe to call from many processes at once. Answers the names just applied. */
export async function migrate(databaseUrl: string, options: Options = {}): Promise<string[]> {
  const migrationsList = await readMigrations(options.migrations ?? migrationsFolder)
  const lock = new pg.Client({ connectionString: databaseUrl })
  await lock.connect()
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [migrateLock])
    return await withSchemaEngine(databaseUrl, async (engine) => {
      await forgetUnfinished(lock, engine)
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList,
        filters: await readFilter(),
      })
      return appliedMigrationNames
    })
  } finally {
    await lock.end()
  }
}

/** A migration is one transaction, so one that began and did not finish has left nothing: it may simply run again. */
async function forgetUnfinished(client: pg.Client, engine: SchemaEngine): Promise<void> {
  const { rows: found } = await client.query(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`)
  if (!found[0].exists) return
  const { rows } = await client.query(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL',
  )
  for (const row of rows) await engine.markMigrationRolledBack({ migrationName: row.migration_name })
}

/** The SQL that leads from the migrations to schema.prisma, or undefined when they agree. Changes nothing in the database. */
export async function pendingSql(databaseUrl: string, options: Options = {}): Promise<string | undefined> {
  const path = options.schema ?? schemaPath
  const schema = { path, content: await readFile(path, 'utf8') }
  const migrationsList = await readMigrations(options.migrations ?? migrationsFolder)
  const diff = async (engine: SchemaEngine) => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationsList },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: true,
      filters: await readFilter(),
    })
    return exitCode === 2 ? (stdout ?? '') : undefined
  }
  return withSchemaEngine(databaseUrl, diff, schema)
}

/** Writes the difference as a new migration and answers its path, or undefined when there is none. */
export async function writeMigration(
  databaseUrl: string,
  name: string,
  now: Date,
  options: Options = {},
): Promise<string | undefined> {
  if (!/^[a-z0-9_]+$/.test(name))
    throw new Error(`"${name}" is no migration name: use a-z, 0-9 and _, such as add_plans`)
  const sql = await pendingSql(databaseUrl, options)
  if (sql === undefined) return undefined
  const timestamp = now.toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(options.migrations ?? migrationsFolder, `${timestamp}_${name}`)
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'migration.sql')
  await writeFile(path, sql)
  return path
}

async function readMigrations(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  const migrationDirectories = await Promise.all(
    names.map(async (path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(join(folder, path, 'migration.sql'), 'utf8') },
      },
    })),
  )
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories,
  }
}

// Tables that only SQL knows are listed in one file, which `check` and `diff` must not propose to drop.
async function readFilter(): Promise<{ externalTables: string[]; externalEnums: string[] }> {
  const { default: external } = await import('./external.json', { with: { type: 'json' } })
  return { externalTables: external.tables, externalEnums: [] }
}

async function main([command = 'apply', name]: string[]): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL
  if (!databaseUrl)
    throw new Error(
      'DATABASE_URL is not set: it names the Postgres to migrate (postgres://user:password@host:5432/db)',
    )
  if (command === 'apply') {
    const applied = await migrate(databaseUrl)
    console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`)
  } else if (command === 'diff' && name) {
    const path = await writeMigration(databaseUrl, name, new Date())
    console.log(path === undefined ? 'schema.prisma and the migrations agree.' : `Wrote ${path}`)
  } else if (command === 'check') {
    const sql = await pendingSql(databaseUrl)
    if (sql !== undefined)
      throw new Error(`schema.prisma and the migrations disagree; missing in the migrations:\n${sql}`)
    console.log('schema.prisma and the migrations agree.')
  } else {
    throw new Error('Usage: node prisma/migrate.ts [apply | diff <name> | check]')
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
