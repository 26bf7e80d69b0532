import { expect, test } from 'vitest'
import {
  flag,
  instant,
  integer,
  oneOf,
  parseSearch,
  searchParams,
  stringifySearch,
  text,
} from './search-params.ts'

const read = searchParams({ q: text, tab: oneOf(['routes', 'policies']), page: integer, open: flag })

test('good values are typed, bad and unknown ones dropped', () => {
  expect(read({ q: 'books', tab: 'routes', page: '3', open: '1', other: 'x' })).toEqual({
    q: 'books',
    tab: 'routes',
    page: 3,
    open: true,
  })
  expect(read({ q: '', tab: 'nope', page: '3x' })).toEqual({})
})

test('what is written can be read again, also text that looks like a number', () => {
  const values = { q: '123', tab: 'policies', page: 7, open: true } as const
  expect(read(parseSearch(stringifySearch(values)))).toEqual(values)
})

test('a moment is kept when the API could read it', () => {
  const read = searchParams({ from: instant })
  expect(read({ from: '2026-11-21T08:30:00.000Z' })).toEqual({ from: '2026-11-21T08:30:00.000Z' })
  for (const from of ['yesterday', '2026-11-21', '2026-13-45T00:00:00Z', '2026-11-21T08:30:00'])
    expect(read({ from })).toEqual({})
})
