import { expect, test } from 'vitest'
import { anchorOf, placeAt, placeOf } from './docs-place.ts'

test('an operation is found by its first tag and its id', () => {
  const place = placeOf({
    method: 'GET',
    path: '/books',
    operationId: 'listBooks',
    tags: ['All books', 'more'],
  })
  expect(place).toEqual({ tag: 'All books', operationId: 'listBooks' })
  expect(anchorOf(place)).toBe('/All%20books/listBooks')
})

test('one without tag and id is found as swagger-ui names it', () => {
  expect(placeOf({ method: 'GET', path: '/books/{bookId}', operationId: null, tags: [] })).toEqual({
    tag: 'default',
    operationId: 'get_books__bookId_',
  })
})

test('a fragment leads back to its place, also where the id holds slashes', () => {
  const place = { tag: 'All books', operationId: 'books/list all' }
  expect(placeAt(`#${anchorOf(place)}`)).toEqual(place)
  expect(placeAt('#/repos/repos/list')).toEqual({ tag: 'repos', operationId: 'repos/list' })
})

test('a fragment that names no operation opens none', () => {
  for (const fragment of ['', '#', '#/', '#/All%20books', '#/%/x']) expect(placeAt(fragment)).toBeUndefined()
})
