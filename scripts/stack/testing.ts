// What an integration test asks for: a database of its own, a Redis of its own. Call it in a file's `beforeAll` or at its top.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { findProgram } from './program.ts'
import { type RedisServer, startRedis } from './redis.ts'
import { withDatabase } from './vitest-global.ts'

/** An empty, migrated database that no other test sees. Dropped with the run. */
export async function testDatabase(): Promise<{ url: string }> {
  const name = `${inject('databasePrefix')}${crypto.randomUUID().slice(0, 8)}`
  const admin = new pg.Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  try {
    // Copying a template locks it for the moment of the copy: take turns across test files.
    await admin.query('SELECT pg_advisory_lock(4749002)')
    await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${inject('templateDatabase')}"`)
  } finally {
    await admin.end()
  }
  return { url: withDatabase(inject('postgresUrl'), name) }
}

export type TestRedis = AsyncDisposable & {
  url: string
  /** Ends the server as a crash would. Only a private server can be killed. */
  kill(): Promise<void>
  /** Brings the killed server back on the same port, with the data it had, or with none. */
  restart(options?: { empty: boolean }): Promise<void>
  stop(): Promise<void>
}

/**
 * A Redis that no other test sees: a private server where the program is installed, else the REDIS_URL one, whose
 * databases tests share out between them. Stop it in `afterAll`.
 */
export async function testRedis(): Promise<TestRedis> {
  const shared = inject('sharedRedisUrl')
  if (shared !== undefined && findProgram(['redis-server', 'valkey-server']) === undefined) {
    const index = 1 + (Number(process.env.VITEST_POOL_ID ?? 0) % 15)
    return createHandle({ url: `${shared.replace(/\/\d*$/, '')}/${index}`, stop: async () => undefined })
  }
  const dataDir = mkdtempSync(join(inject('testFolder'), 'redis-'))
  return createHandle(await startRedis({ dataDir, durable: true, say: () => undefined }), dataDir)
}

function createHandle(first: RedisServer, dataDir?: string): TestRedis {
  let server = first
  const privateOnly = (): string => {
    if (dataDir === undefined) throw new Error('A shared Redis (REDIS_URL) cannot be killed by a test.')
    return dataDir
  }
  const stop = () => server.stop()
  return {
    url: first.url,
    stop,
    [Symbol.asyncDispose]: stop,
    async kill() {
      privateOnly()
      await server.program?.kill()
    },
    async restart(options) {
      const preferredPort = Number(new URL(first.url).port)
      server = await startRedis({
        dataDir: privateOnly(),
        preferredPort,
        durable: true,
        say: () => undefined,
        empty: options?.empty ?? false,
      })
    },
  }
}
