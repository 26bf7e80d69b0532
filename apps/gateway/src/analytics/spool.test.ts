// The spool: everything that was accepted comes back in order, also after a crash; what has no room is refused.
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createEventBuffer, type EventBatch } from './buffer.ts'
import { openSpool, type Spool } from './spool.ts'

const log = pino({ level: 'silent' })
const batch = (n: number, size = 10): EventBatch => ({
  json: new TextEncoder().encode(JSON.stringify([n, 'x'.repeat(size)])),
  count: n,
})
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function readAll(spool: Spool): number[] {
  const counts: number[] = []
  for (let segment = spool.oldest(); segment; segment = spool.oldest()) {
    counts.push(...segment.batches.map(({ count }) => count))
    segment.remove()
  }
  return counts
}

it('comes back in order over many segments, and leaves no file', () => {
  const spool = openSpool(folder, 1e9, log)
  for (let n = 1; n <= 50; n++) expect(spool.append(batch(n, 1_000_000))).toBe(true)
  expect(readdirSync(join(folder, 'spool')).length).toBeGreaterThan(3)
  expect(spool.events).toBe(1_275)
  expect(readAll(spool)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
  expect([spool.events, spool.bytes, spool.isEmpty]).toEqual([0, 0, true])
  expect(readdirSync(join(folder, 'spool'))).toEqual([])
  spool.close()
})

it('goes on after a restart, and a line that a crash cut does not count', () => {
  const first = openSpool(folder, 1e9, log)
  for (let n = 1; n <= 3; n++) first.append(batch(n))
  first.close()
  const [name = ''] = readdirSync(join(folder, 'spool'))
  appendFileSync(join(folder, 'spool', name), '9 ["half a li')
  const second = openSpool(folder, 1e9, log)
  expect(second.events).toBe(6)
  second.append(batch(4))
  expect(readAll(second)).toEqual([1, 2, 3, 4])
  second.close()
})

it('what is written while the oldest is read goes elsewhere', () => {
  const spool = openSpool(folder, 1e9, log)
  spool.append(batch(1))
  const segment = spool.oldest()
  spool.append(batch(2))
  expect(segment?.batches.map(({ count }) => count)).toEqual([1])
  segment?.remove()
  expect(readAll(spool)).toEqual([2])
  spool.close()
})

it('refuses what has no room, and takes again when there is some', () => {
  const spool = openSpool(folder, 2_500, log)
  expect([1, 2, 3].map((n) => spool.append(batch(n, 1_000)))).toEqual([true, true, false])
  spool.oldest()?.remove()
  expect(spool.append(batch(4, 1_000))).toBe(true)
  spool.close()
})

it('a buffer whose receiver is slow drops what is new, and counts it', async () => {
  const taken: EventBatch[] = []
  const buffer = createEventBuffer((sent) => taken.push(sent), 1_000)
  const event = { id: 'req' } as Parameters<typeof buffer.push>[0]
  // Sixteen batches of 500 may be under way; 1 000 more wait; the rest is lost.
  for (let i = 0; i < 10_000; i++) buffer.push(event)
  expect(taken).toHaveLength(16)
  expect(buffer.dropped).toBe(1_000)
  const drained = buffer.drain()
  while (taken.reduce((sum, { count }) => sum + count, 0) < 9_000) buffer.acknowledge()
  for (let i = 0; i < 18; i++) buffer.acknowledge()
  await drained
  expect(buffer.length).toBe(0)
})

it('a segment that cannot be read or removed holds up no other, and throws nothing', () => {
  const first = openSpool(folder, 1e9, log)
  first.append(batch(1))
  first.close()
  const at = (number: number) => join(folder, 'spool', `${String(number).padStart(10, '0')}.spool`)
  mkdirSync(at(2))
  const spool = openSpool(folder, 1e9, log)
  expect(spool.append(batch(3))).toBe(true)
  expect(spool.events).toBe(4)
  const segment = spool.oldest()
  rmSync(at(1))
  mkdirSync(at(1))
  segment?.remove()
  expect(spool.oldest()?.batches.map(({ count }) => count)).toEqual([3])
  rmSync(at(3))
  spool.append(batch(4))
  expect([spool.oldest()?.batches.map(({ count }) => count), spool.events]).toEqual([[4], 4])
  spool.close()
})
