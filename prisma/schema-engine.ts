// First step of the database's life: loads Prisma's schema engine (WebAssembly, no native download) over node-postgres.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as binding from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

const wasmPath = createRequire(import.meta.url)
  .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  .replace(/\.js$/, '.wasm')

let loaded: Promise<void> | undefined

// The package's own entry imports the .wasm as a module, which Node 24 cannot do: instantiate it by hand.
async function load(): Promise<void> {
  const imports = { ...(binding as unknown as Record<string, (...args: unknown[]) => unknown>) }
  for (const [name, setTimer] of Object.entries(imports)) {
    if (!name.startsWith('__wbg_setTimeout_')) continue
    // The time limit on the engine's lock keeps running for 10 s after the lock is taken: it must not keep us too.
    imports[name] = (...args) => (setTimer(...args) as NodeJS.Timeout).unref()
  }
  const { instance } = await WebAssembly.instantiate(await readFile(wasmPath), {
    './schema_engine_bg.js': imports as WebAssembly.ModuleImports,
  })
  // The engine tells its panics to this global. They surface outside any promise, so all that can be done is to name them.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message(message: string) {
        throw new Error(`The schema engine failed: ${message}`)
      },
    },
  })
  binding.__wbg_set_wasm(instance.exports)
  const start = instance.exports.__wbindgen_start
  if (typeof start === 'function') start()
}

type SchemaFile = { path: string; content: string }

/** What the engine is given where no schema matters; it refuses to start with none. */
const emptySchema: SchemaFile = {
  path: 'empty.prisma',
  content: 'datasource db {\n  provider = "postgresql"\n}\n',
}

/** Runs `work` with an engine connected to `databaseUrl`. The engine's failures become readable errors. */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  work: (engine: binding.SchemaEngine) => Promise<T>,
  schema: SchemaFile = emptySchema,
): Promise<T> {
  loaded ??= load()
  await loaded
  const pool = createPool(databaseUrl)
  const adapter = bindMigrationAwareSqlAdapterFactory(createAdapterFactory(databaseUrl, pool))
  try {
    const engine = await binding.SchemaEngine.new(
      { datamodels: [[schema.path, schema.content]] },
      () => undefined,
      adapter,
    )
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  } catch (error) {
    throw readableError(error)
  } finally {
    await pool.end()
  }
}

function createAdapterFactory(databaseUrl: string, pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(pool),
    async connectToShadowDb() {
      const name = `prisma_migrate_shadow_${crypto.randomUUID()}`
      await pool.query(`CREATE DATABASE "${name}"`)
      const url = new URL(databaseUrl)
      url.pathname = `/${name}`
      const shadow = createPool(url.href)
      const adapter = await connect(shadow)
      adapter.dispose = async () => {
        await shadow.end()
        await pool.query(`DROP DATABASE "${name}" WITH (FORCE)`)
      }
      return adapter
    },
  }
}

/** The engine keeps Postgres' own words on a failed script to itself: remember them for the reader. */
let scriptError: Error | undefined

async function connect(pool: pg.Pool): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(pool).connect()
  const runScript = pool.query.bind(pool) as (script: string) => Promise<unknown>
  nameCharColumns(pool, adapter)
  // The adapter splits scripts at every semicolon, also inside strings and function bodies. Postgres itself takes
  // a whole script, as one transaction: a migration that fails half-way leaves nothing behind.
  adapter.executeScript = async (script) => {
    scriptError = undefined
    try {
      await runScript(script)
    } catch (error) {
      scriptError = error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }
  return adapter
}

function createPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 4 })
  // The engine reports a dropped connection itself; without a listener Node would end the process first.
  pool.on('error', () => undefined)
  return pool
}

/**
 * PostgreSQL's 1-byte catalogue type "char". The engine reads the catalogue's columns of that type as single
 * characters, and the adapter does not know it at all: hand it over as text, then say what it really is.
 */
function nameCharColumns(pool: pg.Pool, adapter: SqlDriverAdapter): void {
  const charOid = 18
  const textOid = 25
  const charColumns = new WeakMap<unknown[], number[]>()
  const query = pool.query.bind(pool) as (request: unknown) => Promise<pg.QueryResult>
  const queryAsText = async (request: unknown) => {
    const result = await query(request)
    const indexes = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === charOid ? [i] : []))
    charColumns.set(result.rows, indexes)
    for (const field of result.fields ?? []) if (field.dataTypeID === charOid) field.dataTypeID = textOid
    return result
  }
  Object.assign(pool, { query: queryAsText })

  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async (request) => {
    const result = await queryRaw(request)
    for (const index of charColumns.get(result.rows) ?? [])
      result.columnTypes[index] = ColumnTypeEnum.Character
    return result
  }
}

function readableError(error: unknown): Error {
  const raw = error instanceof Error ? error.message : String(error)
  const migration = /migration_name="([^"]+)"/.exec(raw)?.[1]
  if (migration !== undefined && scriptError !== undefined)
    return new Error(`Migration ${migration} failed and changed nothing: ${scriptError.message}`, {
      cause: error,
    })
  return error instanceof Error ? error : new Error(raw)
}
