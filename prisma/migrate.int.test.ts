import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalJson } from '@gatewright/shared/canonical'
import { upstreamSettings } from '@gatewright/shared/model/upstream'
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

// What the migrations before `20261121190000_upstreams_and_traffic` made of a version with two targets.
const oldVersion = `
  INSERT INTO app_user (id, email, name, updated_at) VALUES ('usr_1', 'a@b.test', 'A', now());
  INSERT INTO tenant (id, name, title, updated_at) VALUES ('ten_1', 'acme', 'Acme', now());
  INSERT INTO environment (id, name, title, gateway_url, updated_at) VALUES ('env_1', 'prod', 'P', 'http://g', now());
  INSERT INTO api (id, tenant_id, name, title, owner_id, updated_at)
    VALUES ('api_1', 'ten_1', 'books', 'Books', 'usr_1', now());
  INSERT INTO api_version (id, tenant_id, api_id, name, base_path, updated_at)
    VALUES ('ver_1', 'ten_1', 'api_1', 'v1', '/books', now());
  INSERT INTO route (id, tenant_id, version_id, method, path, updated_at)
    VALUES ('rte_1', 'ten_1', 'ver_1', 'GET', '/', now());
  INSERT INTO upstream (id, tenant_id, version_id, total_timeout_ms, tls_verify, updated_at)
    VALUES ('ups_1', 'ten_1', 'ver_1', 900, false, now());
  INSERT INTO target (id, tenant_id, upstream_id, url, weight, position)
    VALUES ('tgt_2', 'ten_1', 'ups_1', 'http://two.test', 3, 1), ('tgt_1', 'ten_1', 'ups_1', 'http://one.test', 1, 0);
  INSERT INTO api_revision (id, tenant_id, version_id, number, document, hash, created_by) VALUES
    ('rev_1', 'ten_1', 'ver_1', 1, $1, 'of the old shape', 'A'), ('rev_2', 'ten_1', 'ver_1', 2, $2, 'of the old shape', 'A');
  INSERT INTO revision (environment_id, number, tenant_id, actor_id, actor_name, action, reason, changes, deployments, policies)
    VALUES ('env_1', 1, 'ten_1', 'usr_1', 'A', 'publish', '', '[]',
      '[{"versionId": "ver_1", "apiRevisionId": "rev_1", "groups": []}]', '[]');`

test('upstreams, revisions and what rollbacks restore are carried over, and serve as before', async () => {
  const url = await createEmptyDatabase()
  const all = join(import.meta.dirname, 'migrations')
  const before = createProject({}).migrations
  for (const name of readdirSync(all)) {
    if (name < '20261121190000') cpSync(join(all, name), join(before, name), { recursive: true })
  }
  await migrate(url, { migrations: before })
  const route = {
    id: 'rte_1',
    method: 'GET',
    path: '/',
    operationId: null,
    public: true,
    policies: [],
    mocks: [],
  }
  const place = { id: 'ver_1', tenantId: 'ten_1', apiId: 'api_1', apiName: 'books', name: 'v1', hosts: [] }
  const old = {
    ...place,
    basePath: '/books',
    policies: [],
    routes: [{ ...route, summary: 'Bücher "und" \t mehr' }],
  }
  const patience = {
    connectTimeoutMs: 5000,
    firstByteTimeoutMs: 30000,
    idleTimeoutMs: 60000,
    totalTimeoutMs: 900,
  }
  const targets = [
    { url: 'http://one.test', weight: 1 },
    { url: 'http://two.test', weight: 3 },
  ]
  const upstream = { id: 'ups_1', targets, hostHeader: 'upstream', tlsVerify: false, ...patience }
  const literal = (document: object) => `'${JSON.stringify(document)}'`
  const rows = oldVersion
    .replace('$1', literal({ ...old, upstream }))
    .replace('$2', literal({ ...old, upstream: null }))
  await query(url, rows)
  expect(await migrate(url)).toContain('20261121190000_upstreams_and_traffic')

  const settings = upstreamSettings.parse({
    targets,
    passiveHealth: null,
    tls: { verify: false },
    ...patience,
  })
  expect(await query(url, 'SELECT name, settings FROM upstream')).toEqual([{ name: 'default', settings }])
  const revisions = await query(url, 'SELECT document, hash FROM api_revision ORDER BY number')
  const carried = { ...old, selector: null, routes: [{ ...old.routes[0], when: null, upstream: null }] }
  const documents = [
    { ...carried, upstreams: [{ id: 'ups_1', name: 'default', ...settings }] },
    { ...carried, upstreams: [] },
  ]
  expect(revisions).toEqual(
    documents.map((document) => ({
      document,
      hash: createHash('sha256').update(canonicalJson(document)).digest('hex'),
    })),
  )
  expect(await query(url, 'SELECT deployments FROM revision')).toEqual([
    { deployments: [{ versionId: 'ver_1', apiRevisionId: 'rev_1', groups: [], traffic: null }] },
  ])
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

async function query(url: string, sql: string, values: string[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql, values)).rows
  } finally {
    await client.end()
  }
}
