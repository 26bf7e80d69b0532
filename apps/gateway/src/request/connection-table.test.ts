import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConnectionTable, createConnectionMemory, readConnectionCounts } from './connection-table.ts'

const seed = 7

it('D7 an address holds as many connections as it may over all workers, and not one more', () => {
  const memory = createConnectionMemory(3, seed)
  const workers = [0, 1, 2].map((worker) => new ConnectionTable(memory, worker, 5))
  const admitted = Array.from({ length: 12 }, (_, i) => workers[i % 3]?.enter('192.0.2.1', false))
  expect(admitted.filter((it) => it)).toHaveLength(5)
  expect(workers[0]?.enter('192.0.2.2', false)).toBe(true)
  expect(readConnectionCounts(memory)).toEqual({ open: 6, refused: 7, busiest: 5 })
  workers[0]?.leave('192.0.2.1')
  expect(workers[2]?.enter('192.0.2.1', false)).toBe(true)
  expect(workers[2]?.enter('192.0.2.1', false)).toBe(false)
})

it('D7 counts as a plain map counts, whatever comes and goes', () => {
  const memory = createConnectionMemory(2, seed)
  const workers = [new ConnectionTable(memory, 0, 3), new ConnectionTable(memory, 1, 3)]
  const held = new Map<string, string[]>()
  const step = fc.record({ address: fc.ipV4(), again: fc.nat(9), worker: fc.nat(1), leaves: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const { address, again, worker, leaves } of steps) {
        const known = [...held.keys()]
        const one = again < known.length ? (known[again] as string) : address
        const mine = held.get(one) ?? []
        if (leaves && mine.length > 0) {
          workers[Number(mine.pop())]?.leave(one)
        } else if (workers[worker]?.enter(one, false)) {
          mine.push(String(worker))
          expect(mine.length).toBeLessThanOrEqual(3)
        } else {
          expect(mine).toHaveLength(3)
        }
        held.set(one, mine)
      }
    }),
    { seed: 1, numRuns: 50 },
  )
  expect(readConnectionCounts(memory).open).toBe([...held.values()].flat().length)
})

it('D7 our own proxies are counted and never refused; 0 is no limit', () => {
  const memory = createConnectionMemory(1, seed)
  const table = new ConnectionTable(memory, 0, 1)
  expect([1, 2, 3].map(() => table.enter('192.0.2.9', true))).toEqual([true, true, true])
  expect(readConnectionCounts(memory)).toEqual({ open: 3, refused: 0, busiest: 3 })
  const open = new ConnectionTable(createConnectionMemory(1, seed), 0, 0)
  for (let i = 0; i < 1_000; i++) expect(open.enter('192.0.2.1', false)).toBe(true)
})

it('D7 a worker that comes back starts from nothing, and what was refused stays counted', () => {
  const memory = createConnectionMemory(2, seed)
  const first = new ConnectionTable(memory, 0, 1)
  new ConnectionTable(memory, 1, 1).enter('192.0.2.2', false)
  first.enter('192.0.2.1', false)
  first.enter('192.0.2.1', false)
  const again = new ConnectionTable(memory, 0, 1)
  expect(readConnectionCounts(memory)).toEqual({ open: 1, refused: 1, busiest: 1 })
  expect(again.enter('192.0.2.1', false)).toBe(true)
})

it('D7 whoever has a /64 has one address', () => {
  const table = new ConnectionTable(createConnectionMemory(1, seed), 0, 2)
  const admitted = ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2::3', '2001:db8:1:3::1'].map(
    (address) => table.enter(address, false),
  )
  expect(admitted).toEqual([true, true, false, true])
})
