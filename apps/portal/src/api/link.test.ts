import { expect, test } from 'vitest'
import { encode } from './link.ts'

const origin = 'https://portal.example'
const read = { method: 'GET', path: '/api/v1/tenants/{tenant}/apis', demands: {} }
const write = { method: 'PATCH', path: '/api/v1/tenants/{tenant}/apis/{api}', demands: {} }

test('path members go into the path, encoded; the rest of a read is its query', () => {
  const { url, body } = encode(read, { tenant: 'a/b c', search: 'x y', limit: 50, cursor: undefined }, origin)
  expect(url.href).toBe('https://portal.example/api/v1/tenants/a%2Fb%20c/apis?search=x+y&limit=50')
  expect(body).toBeUndefined()
})

test('lists and objects in a query are written in bracket notation', () => {
  const { url } = encode(read, { tenant: 'acme', ids: ['a', 'b'], filter: { state: 'open' } }, origin)
  expect([...url.searchParams]).toEqual([
    ['ids[0]', 'a'],
    ['ids[1]', 'b'],
    ['filter[state]', 'open'],
  ])
})

test('the rest of a write is its JSON body, null included', () => {
  const { url, body, headers } = encode(
    write,
    { tenant: 'acme', api: 'books', title: 'Books', note: null },
    origin,
  )
  expect(url.pathname).toBe('/api/v1/tenants/acme/apis/books')
  expect(JSON.parse(body ?? '')).toEqual({ title: 'Books', note: null })
  expect(headers['content-type']).toBe('application/json')
})

test('a missing path member is an error, never the path of something else', () => {
  expect(() => encode(write, { tenant: 'acme', api: '' }, origin)).toThrow('needs api')
})
