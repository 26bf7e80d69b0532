import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { operations } from './operations.ts'
import { createBookstore } from './server.ts'
import { openStore } from './store.ts'

const document = parse(readFileSync(join(import.meta.dirname, '../openapi.yaml'), 'utf8'))
const newBook = {
  title: 'The Dispossessed',
  authorId: 'au_leguin',
  genre: 'science-fiction',
  year: 1974,
  isbn: '9780061054884',
  priceCents: 1299,
  stock: 5,
}

let dataFile: string
let server: ReturnType<typeof createBookstore>
let base: string

beforeEach(async () => {
  dataFile = join(mkdtempSync(join(tmpdir(), 'bookstore-')), 'shop.json')
  await open()
})

afterEach(async () => {
  await close()
  rmSync(dirname(dataFile), { recursive: true })
})

async function open() {
  server = createBookstore(openStore(dataFile))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function close() {
  await new Promise((resolve) => server.close(resolve).closeAllConnections())
}

async function call(method: string, path: string, body?: unknown) {
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    body: text && JSON.parse(text),
  }
}

test('the document and the service name the same operations', () => {
  const documented = Object.entries(document.paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete']
      .filter((method) => Object.hasOwn(item as object, method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(documented.sort()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).sort())
})

test('the service answers with its own document, which names the address at which it was asked for', async () => {
  const served = parse(await (await fetch(`${base}/openapi.yaml`)).text())
  expect(served.servers[0].url).toBe(base)
  expect({ ...served, servers: document.servers }).toEqual(document)
})

test('pages through every book once, in the asked order', async () => {
  const seen: { id: string; priceCents: number }[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await call('GET', `/books?sort=priceCents&limit=5${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.items)
    cursor = body.nextCursor
  }
  expect(new Set(seen.map(({ id }) => id)).size).toBe(12)
  expect(seen.map(({ priceCents }) => priceCents)).toEqual(
    seen.map(({ priceCents }) => priceCents).sort((a, b) => a - b),
  )
})

test('filters by genre and price, and finds by title and author', async () => {
  const cheap = await call('GET', '/books?genre=science-fiction&maxPriceCents=1100')
  expect(cheap.body.items.map((book: { id: string }) => book.id)).toEqual(['bk_dune', 'bk_messiah'])
  const found = await call('GET', '/search?q=le%20guin')
  expect(found.body.items).toHaveLength(2)
  const tolkien = await call('GET', '/authors/au_tolkien/books')
  expect(tolkien.body.items).toHaveLength(2)
})

test('adds, replaces and removes a book', async () => {
  const added = await call('POST', '/books', newBook)
  expect(added.status).toBe(201)
  const path = added.headers.get('location') ?? ''
  expect((await call('PUT', path, { ...newBook, stock: 9 })).body.stock).toBe(9)
  expect((await call('GET', path)).body).toEqual({ ...newBook, id: added.body.id, stock: 9 })
  expect((await call('DELETE', path)).status).toBe(204)
  expect((await call('GET', path)).status).toBe(404)
})

test('an order takes books out of stock, all or none; cancelling puts them back once', async () => {
  const lines = [
    { bookId: 'bk_dune', quantity: 2 },
    { bookId: 'bk_decline', quantity: 5 },
  ]
  const refused = await call('POST', '/orders', { customer: 'ada@example.org', lines })
  expect(refused.status).toBe(409)
  expect(refused.body.detail).toBe('Only 4 copies of bk_decline are in stock.')
  expect((await call('GET', '/books/bk_dune')).body.stock).toBe(12)

  const placed = await call('POST', '/orders', { customer: 'ada@example.org', lines: lines.slice(0, 1) })
  expect(placed.body).toMatchObject({ totalCents: 2198, status: 'placed' })
  expect((await call('GET', '/books/bk_dune')).body.stock).toBe(10)
  expect((await call('DELETE', '/books/bk_dune')).status).toBe(409)

  await call('POST', `/orders/${placed.body.id}/cancel`)
  await call('POST', `/orders/${placed.body.id}/cancel`)
  expect((await call('GET', '/books/bk_dune')).body.stock).toBe(12)
})

test('what was answered is still there after a restart', async () => {
  const added = await call('POST', '/books', newBook)
  await close()
  await open()
  expect((await call('GET', `/books/${added.body.id}`)).body).toEqual(added.body)
})

test('a report waits as long as it was asked to', async () => {
  const started = performance.now()
  const { body } = await call('GET', '/reports/stock?delayMs=60')
  expect(performance.now() - started).toBeGreaterThanOrEqual(59)
  expect(body).toMatchObject({ id: 'stock', titles: 12, copies: 143 })
})

test('says every mistake of a body with its place', async () => {
  const { status, type, body } = await call('POST', '/orders', {
    customer: 'ada',
    lines: [{ bookId: 'x', quantity: 0 }],
    extra: 1,
  })
  expect(status).toBe(400)
  expect(type).toBe('application/problem+json')
  expect(body.errors).toEqual([
    { at: 'body.extra', message: 'is not known here' },
    { at: 'body.customer', message: 'must be an e-mail address' },
    { at: 'body.lines[0].quantity', message: 'must be a whole number from 1 to 1000' },
  ])
})

test.each([
  ['GET', '/nothing', undefined, 404],
  ['PATCH', '/books', undefined, 405],
  ['GET', '/books?limit=0', undefined, 400],
  ['GET', '/books?limt=5', undefined, 400],
  ['GET', '/search', undefined, 400],
  ['GET', '/books/%zz', undefined, 400],
  ['POST', '/books', 'text', 400],
  ['POST', '/books', { ...newBook, isbn: '9780441013593' }, 409],
  ['POST', '/books', { ...newBook, authorId: 'au_none' }, 409],
  ['GET', '/reports/none', undefined, 404],
])('%s %s with %j answers %i as a problem', async (method, path, body, status) => {
  const answer = await call(method, path, body)
  expect(answer.status).toBe(status)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body.status).toBe(status)
})

test('a body that is too long or no JSON is refused', async () => {
  const post = (body: string, type = 'application/json') =>
    fetch(`${base}/books`, { method: 'POST', headers: { 'content-type': type }, body })
  expect((await post('x'.repeat(1_000_001))).status).toBe(413)
  expect((await post('{"title":')).status).toBe(400)
  expect((await post('a=b', 'application/x-www-form-urlencoded')).status).toBe(415)
})

test('HEAD says of a book what GET says, without the book', async () => {
  const [head, get] = [await call('HEAD', '/books/bk_dune'), await call('GET', '/books/bk_dune')]
  expect([head.status, head.type, head.body]).toEqual([200, get.type, ''])
  expect((await call('PATCH', '/books/bk_dune')).headers.get('allow')).toBe('GET, HEAD, PUT, DELETE')
})
