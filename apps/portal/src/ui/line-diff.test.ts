import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines } from './line-diff.ts'

test('marks the changed line and keeps the rest', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc').map((line) => `${line.kind[0]} ${line.text}`)).toEqual([
    's a',
    'r b',
    'a x',
    's c',
  ])
})

test('from and to nothing', () => {
  expect(diffLines('', 'a\nb').every((line) => line.kind === 'added')).toBe(true)
  expect(diffLines('a\nb', '').every((line) => line.kind === 'removed')).toBe(true)
  expect(diffLines('', '')).toEqual([])
})

test('both texts can be read back out of the diff', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      const lines = diffLines(a.join('\n'), b.join('\n'))
      expect(lines.filter((line) => line.kind !== 'added').map((line) => line.text)).toEqual(a)
      expect(lines.filter((line) => line.kind !== 'removed').map((line) => line.text)).toEqual(b)
    }),
  )
})
