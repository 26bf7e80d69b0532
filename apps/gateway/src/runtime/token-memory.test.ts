// What is remembered of tokens: bounded for all attachments together, and each finds only its own.
import { expect, it } from 'vitest'
import { createTokenMemory } from './token-memory.ts'

it('the oldest entries make room, whosever they are', () => {
  const memory = createTokenMemory(3)
  const [one, two] = [memory.open<number>(), memory.open<number>()]
  one.put('a', 1)
  two.put('a', 2)
  one.put('b', 3)
  expect([one.get('a'), two.get('a'), one.get('b')]).toEqual([1, 2, 3])
  two.put('c', 4)
  expect([one.get('a'), two.get('a'), one.get('b'), two.get('c')]).toEqual([undefined, 2, 3, 4])
  expect(memory.size).toBe(3)
})

it('what is put again takes no second place', () => {
  const memory = createTokenMemory(2)
  const own = memory.open<number>()
  for (let i = 0; i < 10; i++) own.put('a', i)
  own.put('b', 0)
  expect([own.get('a'), own.get('b'), memory.size]).toEqual([9, 0, 2])
})
