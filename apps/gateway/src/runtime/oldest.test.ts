// Bounded Maps: the oldest go first, there is always room afterwards, and nothing that was deleted is held.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { createMemoryStore } from './limits/memory-store.ts'
import { dropOldest } from './oldest.ts'

it('drops what was put in first, one of few and several of many, and names what it dropped', () => {
  const few = new Map([1, 2, 3].map((n) => [n, `value ${n}`]))
  const dropped: [string, number][] = []
  dropOldest(few, (value, key) => dropped.push([value, key]))
  expect([...few.keys()]).toEqual([2, 3])
  expect(dropped).toEqual([['value 1', 1]])

  const many = new Map(Array.from({ length: 100_000 }, (_, n) => [n, n]))
  dropOldest(many)
  expect(many.size).toBe(100_000 - 64)
  expect(many.keys().next().value).toBe(64)
  dropOldest(new Map())
})

it('names that came and went hold no memory: a store that was never full keeps none of its old tables', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  let nowMs = 0
  const store = createMemoryStore(() => nowMs)
  const ask = { least: 1, demand: 1, want: 1, holdMs: 0 }
  function pass(round: number) {
    for (let n = 0; n < 20_000; n++) {
      const key = `address ${round} ${n}`
      store.take(
        { algorithm: 'fixed', key, owner: 'all', limit: 5, opensWithCall: true, windowMs: 1_000 },
        ask,
      )
    }
    nowMs += 2_000
    store.sweep()
  }
  pass(0)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  for (let round = 1; round <= 20; round++) pass(round)
  collectGarbage()
  expect(store.size).toBe(0)
  // One round of 20 000 names is some 5 MB.
  expect((process.memoryUsage().heapUsed - before) / 1e6).toBeLessThan(5)
})
