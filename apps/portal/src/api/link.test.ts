import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createLink, encode } from './link.ts'

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

test('an answer that stops half-way is a problem of the network, not of the program', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"data":', () => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const link = createLink({
      operationOf: () => ({ method: 'GET', path: '/things', demands: {} }),
      origin: () => `http://127.0.0.1:${port}`,
      prepare() {},
      loadTimeoutMs: 10_000,
    })
    await expect(link.call(['things'], {}, { context: {} })).rejects.toMatchObject({ code: 'network' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
