// Known keys on disk: what was seen is recalled after a restart, what changed is not, a crash in a line costs that line.
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openKnownKeys } from './known-keys.ts'

const log = pino({ level: 'silent' })
const hash = (n: number) => n.toString(16).padStart(64, '0')
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-known-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('I11: keys and position survive a restart; dropped ones do not', () => {
  const first = openKnownKeys(folder, log)
  for (let i = 0; i < 100; i++) first.saw(hash(i), `{"n":${i},"name":"Zoë"}`)
  first.saw(hash(7), '{"n":"seven"}')
  first.drop([hash(8)])
  first.position = 42
  first.close()
  const second = openKnownKeys(folder, log)
  expect([second.size, second.position]).toEqual([99, 42])
  expect([second.recall(hash(7)), second.recall(hash(8)), second.recall(hash(99))]).toEqual([
    '{"n":"seven"}',
    null,
    '{"n":99,"name":"Zoë"}',
  ])
  second.close()
})

it('I11: a key that was pushed out and then revoked does not come back with a restart', () => {
  const first = openKnownKeys(folder, log, 2)
  for (const n of [1, 2, 3]) first.saw(hash(n), 'active')
  first.drop([hash(1)])
  first.close()
  const second = openKnownKeys(folder, log, 2)
  expect([1, 2, 3].map((n) => second.recall(hash(n)))).toEqual([null, 'active', 'active'])
  second.close()
})

it('a line that a crash cut is forgotten, and what is written after it is whole', () => {
  const first = openKnownKeys(folder, log)
  first.saw(hash(1), 'one')
  first.close()
  appendFileSync(join(folder, 'known-keys.log'), `+${hash(2)} half of wh`)
  const second = openKnownKeys(folder, log)
  second.saw(hash(3), 'three')
  second.close()
  const third = openKnownKeys(folder, log)
  expect([third.recall(hash(1)), third.recall(hash(2)), third.recall(hash(3))]).toEqual([
    'one',
    null,
    'three',
  ])
  third.close()
})

it('clearing forgets all and keeps the position', () => {
  const first = openKnownKeys(folder, log)
  first.saw(hash(1), 'one')
  first.position = 5
  first.clear()
  first.saw(hash(2), 'two')
  first.close()
  const second = openKnownKeys(folder, log)
  expect([second.position, second.recall(hash(1)), second.recall(hash(2))]).toEqual([5, null, 'two'])
  second.close()
})

it('the file does not grow with each change of the same keys', () => {
  const store = openKnownKeys(folder, log)
  const text = 'x'.repeat(4_000)
  for (let round = 0; round < 12; round++) for (let i = 0; i < 500; i++) store.saw(hash(i), `${round}${text}`)
  expect(statSync(join(folder, 'known-keys.log')).size).toBeLessThan(20 * 1024 * 1024)
  expect(store.recall(hash(499))).toBe(`11${text}`)
  store.close()
})

it('a folder that cannot be used makes it forgetful, not fatal', () => {
  const path = join(folder, 'file')
  writeFileSync(path, '')
  const store = openKnownKeys(join(path, 'below'), log)
  store.saw(hash(1), 'one')
  expect(store.recall(hash(1))).toBeNull()
  store.close()
})
