// Secrets at rest against a real Postgres: what a start without the key says, and a change of keys that is interrupted.
import { randomBytes } from 'node:crypto'
import { createId } from '@gatewright/shared/ids'
import { keyIdOf } from '@gatewright/shared/sealing/sealed'
import type pg from 'pg'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { testDatabase } from '../../../../scripts/stack/testing.ts'
import { parseEnv } from '../env.ts'
import { rotateSecrets } from '../rotate-secrets.ts'
import { Database } from './database.ts'
import { createLogger } from './logger.ts'
import { resealAll, SealedColumns } from './sealed-columns.ts'
import { Sealer } from './sealer.ts'

const newKey = () => randomBytes(32).toString('base64')
const withKeys = (...keys: string[]) =>
  new Sealer({ SECRETS_KEY: keys.length === 0 ? undefined : keys.join(','), SECRETS_KEY_FILE: undefined })
const placeOf = (id: string) => ({ table: 'identity_provider', column: 'client_secret', id })

const opened: Database[] = []
let url: string
let database: Database
beforeEach(async () => {
  url = (await testDatabase()).url
  const env = parseEnv({ DATABASE_URL: url })
  database = new Database(env, createLogger({ LOG_LEVEL: 'silent' }))
  opened.push(database)
})
afterAll(() => Promise.all(opened.map((one) => one.onApplicationShutdown())))

async function store(sealer: Sealer, secret: string): Promise<string> {
  const id = createId('idp')
  await database.everything.identityProvider.create({
    data: {
      id,
      name: id.replace('_', '-'),
      title: id,
      issuer: 'https://id.example',
      clientId: 'gatewright',
      clientSecret: sealer.seal(secret, placeOf(id)),
    },
  })
  return id
}

async function stored(id: string): Promise<string> {
  const row = await database.everything.identityProvider.findUniqueOrThrow({ where: { id } })
  return row.clientSecret ?? ''
}

test('a start without the key of what is sealed says which key is missing and what to set', async () => {
  const start = (sealer: Sealer) => new SealedColumns(database, sealer).onApplicationBootstrap()
  await start(withKeys())
  const key = newKey()
  const id = await store(withKeys(key), 'secret')
  const keyId = keyIdOf(await stored(id))
  await start(withKeys(key))
  await start(withKeys(newKey(), key))
  await expect(start(withKeys())).rejects.toThrow(`sealed under the key ${keyId}, and no key is set`)
  const other = withKeys(newKey())
  await expect(start(other)).rejects.toThrow(`the key ${keyId}, and only ${other.keyId} is set`)
})

test('a change of keys that is interrupted leaves every secret readable, and the next run ends it', async () => {
  const [old, next] = [newKey(), newKey()]
  const ids: string[] = []
  for (let i = 0; i < 210; i++) ids.push(await store(withKeys(old), `secret ${i}`))
  const both = withKeys(next, old)
  // Killed by its connection after the twentieth secret.
  let writes = 0
  const dying = {
    query: (text: string, values: unknown[]) => {
      if (text.startsWith('UPDATE') && ++writes > 20) throw new Error('killed')
      return database.pool.query(text, values)
    },
  } as unknown as pg.Pool
  const interrupted = await resealAll(dying, both)
  expect(interrupted).toMatchObject({ resealed: 20 })
  const readAll = async (sealer: Sealer) => {
    for (const [i, id] of ids.entries())
      expect(sealer.open(await stored(id), placeOf(id))).toBe(`secret ${i}`)
  }
  await readAll(both)
  expect(await resealAll(database.pool, both)).toEqual({
    resealed: 190,
    current: 20,
    failed: [],
    isDone: true,
  })
  await readAll(withKeys(next))
  expect(await resealAll(database.pool, both)).toEqual({
    resealed: 0,
    current: 210,
    failed: [],
    isDone: true,
  })
})

test('a secret that is set while keys change is not overwritten with the one before', async () => {
  const [old, next] = [newKey(), newKey()]
  const id = await store(withKeys(old), 'before')
  const both = withKeys(next, old)
  const racing = {
    async query(text: string, values: unknown[]) {
      if (text.startsWith('UPDATE')) {
        const sealed = withKeys(old).seal('after', placeOf(id))
        await database.everything.identityProvider.update({ where: { id }, data: { clientSecret: sealed } })
      }
      return database.pool.query(text, values)
    },
  } as unknown as pg.Pool
  expect(await resealAll(racing, both)).toMatchObject({ resealed: 0, failed: [], isDone: false })
  expect(both.open(await stored(id), placeOf(id))).toBe('after')
})

test('the command seals anew, says what it did, and leaves what it cannot open', async () => {
  const [old, next, lost] = [newKey(), newKey(), newKey()]
  const id = await store(withKeys(old), 'kept')
  const unreadable = await store(withKeys(lost), 'lost')
  const before = await stored(unreadable)
  const [said, complained]: [string[], string[]] = [[], []]
  const say = { log: (line: string) => said.push(line), error: (line: string) => complained.push(line) }
  const source = { DATABASE_URL: url, SECRETS_KEY: `${next},${old}`, LOG_LEVEL: 'silent' }
  expect(await rotateSecrets(source, say)).toBe(1)
  expect(said).toEqual([expect.stringContaining('Sealed 1 secrets anew')])
  expect(complained).toEqual([
    expect.stringContaining(`client_secret of ${unreadable} is sealed under the key`),
  ])
  expect(withKeys(next).open(await stored(id), placeOf(id))).toBe('kept')
  expect(await stored(unreadable)).toBe(before)
  const entries = await database.everything.auditEvent.findMany({ where: { action: 'secrets.rotate' } })
  expect(entries.map(({ after }) => after)).toEqual([{ resealed: 1, failed: 1 }])
})
