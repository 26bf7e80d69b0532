// What is remembered of tokens: bounded for all attachments together, and each finds only its own.
import { expect, it } from 'vitest'
import { createTokenMemory } from './token-memory.ts'

it('the oldest entries make room, whosever they are', () => {
  const memory = createTokenMemory({ entries: 3, bytes: 10_000 })
  const [one, two] = [memory.open<number>(), memory.open<number>()]
  one.put('a', 1, 10)
  two.put('a', 2, 10)
  one.put('b', 3, 10)
  expect([one.get('a'), two.get('a'), one.get('b')]).toEqual([1, 2, 3])
  two.put('c', 4, 10)
  expect([one.get('a'), two.get('a'), one.get('b'), two.get('c')]).toEqual([undefined, 2, 3, 4])
  expect(memory.size).toBe(3)
})

it('what is put again takes no second place', () => {
  const memory = createTokenMemory({ entries: 2, bytes: 10_000 })
  const own = memory.open<number>()
  for (let i = 0; i < 10; i++) own.put('a', i, 10)
  own.put('b', 0, 10)
  expect([own.get('a'), own.get('b'), memory.size]).toEqual([9, 0, 2])
})

it('large ones make room of several', () => {
  const memory = createTokenMemory({ entries: 10, bytes: 2_000 })
  const own = memory.open<number>()
  for (const name of ['a', 'b', 'c', 'd', 'e']) own.put(name, 1, 100)
  own.put('large', 1, 1_000)
  expect(['a', 'b', 'c', 'd', 'e', 'large'].map((name) => own.get(name))).toEqual([
    undefined,
    undefined,
    undefined,
    1,
    1,
    1,
  ])
  for (let i = 0; i < 100; i++) own.put(`n${i}`, i, 100)
  expect(own.get('n99')).toBe(99)
  expect(memory.size).toBe(6)
})
