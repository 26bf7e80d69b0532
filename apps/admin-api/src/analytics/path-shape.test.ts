// Paths that no route answers, as templates.
import { expect, test } from 'vitest'
import { createShapes } from './path-shape.ts'

const shapeOf = createShapes([
  '/shop/books',
  '/shop/books/{bookId}',
  '/shop/books/{bookId}/reviews',
  '/shop/books/newest',
  '/shop/covers/{name}.png',
  '/shop/files/{path+}',
])

test.each([
  ['another method of a route is that route', '/shop/books/17', '/shop/books/{bookId}'],
  ['a literal stands before a parameter', '/shop/books/newest', '/shop/books/newest'],
  [
    'what begins with a literal may still be the longer template',
    '/shop/books/newest/reviews',
    '/shop/books/{bookId}/reviews',
  ],
  ['below a parameter its name stays', '/shop/books/anna/likes', '/shop/books/{bookId}/likes'],
  ['a segment with text and parameter', '/shop/covers/anna.png', '/shop/covers/{name}.png'],
  ['the rest of a path', '/shop/files/a/b/c', '/shop/files/{path+}'],
  ['words stay', '/shop/order-items', '/shop/order-items'],
  ['a letter', '/shop/a/b', '/shop/{id}/{id}'],
  ['numbers go', '/shop/orders/4711', '/shop/orders/{id}'],
  ['a UUID', '/shop/orders/0b6f0e0e-8f4c-4b0c-9d0a-1f2e3d4c5b6a', '/shop/orders/{id}'],
  ['an address', '/shop/users/anna@example.org/likes', '/shop/users/{id}/likes'],
  ['a token', '/shop/tokens/eyJhbGciOiJIUzI1NiJ9', '/shop/tokens/{id}'],
  ['what the masker wrote', '/shop/tokens/[key]', '/shop/tokens/{id}'],
  ['encoded text', '/shop/%C3%A4', '/shop/{id}'],
  ['a final slash', '/shop/orders/', '/shop/orders/'],
  ['a long word', `/shop/${'a'.repeat(25)}`, '/shop/{id}'],
  ['a path as deep as a client likes', `/shop${'/ab'.repeat(1000)}`, `/shop${'/ab'.repeat(11)}/*`],
])('D13: %s', (_, path, shape) => {
  expect(shapeOf(path)).toBe(shape)
})

test('D13: of thousands of routes those are asked that begin like the path: a flood of made-up ones holds no intake', () => {
  const shapeOfMany = createShapes(
    Array.from({ length: 5_000 }, (_, i) => `/api/things${i}/{id}/parts${i % 7}/{part}`),
  )
  // Each against each, this takes longer than a test may.
  for (let i = 0; i < 20_000; i++) expect(shapeOfMany(`/api/made${i}`)).toMatch(/^\/api\//)
  expect(shapeOfMany('/api/things4711/17/parts0/9')).toBe('/api/things4711/{id}/parts0/{part}')
  expect(shapeOfMany('/api/things4711/17/others')).toBe('/api/things4711/{id}/others')
})
