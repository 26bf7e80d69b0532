import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { testDatabase } from '../scripts/stack/testing.ts'
import { withDatabase } from '../scripts/stack/vitest-global.ts'
import { migrate, pendingSql, writeMigration } from './migrate.ts'

let emptyUrl: string

beforeAll(async () => {
  emptyUrl = await createEmptyDatabase()
})

test('schema.prisma and the migrations agree', async () => {
  expect(await pendingSql(emptyUrl)).toBeUndefined()
})

test('migrating at the same time, and again, applies every migration once', async () => {
  const url = await createEmptyDatabase()
  const applied = await Promise.all([migrate(url), migrate(url), migrate(url)])
  const names = applied.flat()
  expect(names.length).toBeGreaterThan(0)
  expect(new Set(names).size).toBe(names.length)
  expect(await migrate(url)).toEqual([])
})

test('a test database is migrated already', async () => {
  const { url } = await testDatabase()
  expect(await migrate(url)).toEqual([])
})

test('a migration that fails half-way leaves nothing, says why, and runs again once it is mended', async () => {
  const url = await createEmptyDatabase()
  const { migrations } = createProject({ '1_half': 'CREATE TABLE kept (id int); SELECT no_such_column;' })
  await expect(migrate(url, { migrations })).rejects.toThrow(
    'Migration 1_half failed and changed nothing: column "no_such_column" does not exist',
  )
  expect(await tableExists(url, 'kept')).toBe(false)

  writeFileSync(join(migrations, '1_half/migration.sql'), 'CREATE TABLE kept (id int);')
  expect(await migrate(url, { migrations })).toEqual(['1_half'])
  expect(await tableExists(url, 'kept')).toBe(true)
})

test('a migration may hold semicolons in strings and function bodies', async () => {
  const url = await createEmptyDatabase()
  const sql = `CREATE FUNCTION answer() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$;`
  const { migrations } = createProject({ '1_function': sql })
  expect(await migrate(url, { migrations })).toEqual(['1_function'])
})

test('diff writes what the schema has and the migrations lack, and nothing the second time', async () => {
  const options = createProject({}, 'model Tenant {\n  id String @id\n}\n')
  const now = new Date('2026-01-02T03:04:05Z')
  const path = await writeMigration(emptyUrl, 'tenants', now, options)
  expect(path).toBe(join(options.migrations, '20260102030405_tenants/migration.sql'))
  expect(await writeMigration(emptyUrl, 'again', now, options)).toBeUndefined()
})

test('a database that cannot be reached is named as such', async () => {
  await expect(migrate('postgres://postgres@127.0.0.1:1/none')).rejects.toThrow('ECONNREFUSED')
})

function createProject(migrationSqlByName: Record<string, string>, models = '') {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const migrations = join(folder, 'migrations')
  const schema = join(folder, 'schema.prisma')
  mkdirSync(migrations)
  writeFileSync(schema, `datasource db {\n  provider = "postgresql"\n}\n\n${models}`)
  for (const [name, sql] of Object.entries(migrationSqlByName)) {
    mkdirSync(join(migrations, name))
    writeFileSync(join(migrations, name, 'migration.sql'), sql)
  }
  return { migrations, schema }
}

async function createEmptyDatabase(): Promise<string> {
  const name = `${inject('databasePrefix')}empty_${crypto.randomUUID().slice(0, 8)}`
  await query(inject('postgresUrl'), `CREATE DATABASE "${name}"`)
  return withDatabase(inject('postgresUrl'), name)
}

async function tableExists(url: string, name: string): Promise<boolean> {
  const [row] = await query(url, 'SELECT to_regclass($1) IS NOT NULL AS found', [name])
  return row?.found === true
}

async function query(url: string, sql: string, values: string[] = []): Promise<{ found?: boolean }[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}
