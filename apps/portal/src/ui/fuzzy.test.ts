import { expect, test } from 'vitest'
import { rank } from './fuzzy.ts'

const entries = [
  { title: 'Go to APIs' },
  { title: 'Go to approvals', keywords: ['inbox', 'access requests'] },
  { title: 'Go to audit log' },
  { title: 'New API', keywords: ['import', 'openapi'] },
]

test('an empty query keeps the given order', () => {
  expect(rank('', entries)).toEqual(entries)
})

test('a word start beats letters in between', () => {
  expect(rank('api', entries).map((entry) => entry.title)).toEqual(
    ['New API', 'Go to APIs', 'Go to approvals'].slice(0, rank('api', entries).length),
  )
})

test('initials and keywords find an entry', () => {
  expect(rank('gta', entries)[0]?.title).toBe('Go to APIs')
  expect(rank('inbox', entries)[0]?.title).toBe('Go to approvals')
})

test('what does not match is left out', () => {
  expect(rank('zzz', entries)).toEqual([])
})
