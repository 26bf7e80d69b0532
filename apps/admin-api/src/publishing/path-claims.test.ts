// Which places on shared gateways two teams may hold side by side.
import { expect, test } from 'vitest'
import { intrudes, type Place } from './path-claims.ts'

const place = (text: string): Place => {
  const slash = text.indexOf('/')
  return { host: text.slice(0, slash), basePath: text.slice(slash) }
}
const meets = (wanted: string, taken: string, granted = false) =>
  intrudes(place(wanted), place(taken), 'api.example.com', granted)

test.each([
  ['*/books/v1', '*/books/v1'],
  ['*/books/v1/admin', '*/books/v1'],
  ['*/books', '*/books/v1'],
  ['*/', '*/books/v1'],
  // A named host is preferred by routers, so it would take what answers on any host.
  ['shop.example.com/books/v1', '*/books/v1'],
  // The name all clients use is any host; so is what is no name of its own.
  ['*/books/v1', 'api.example.com/books/v1'],
  ['api.example.com/books', '*/books/v1'],
  ['*.example.com/books/v1', '*/books/v1'],
  ['*/books/v1', 'localhost/books/v1'],
  ['127.0.0.1/books/v1', '*/books/v1'],
  ['a.shop.test/books', '*.shop.test/books/v1'],
  ['*.shop.test/', 'a.shop.test/books/v1'],
])('C17: %s takes requests from %s', (wanted, taken) => {
  expect(meets(wanted, taken)).toBe(true)
})

test.each([
  ['*/books/v2', '*/books/v1'],
  ['*/books/v10', '*/books/v1'],
  ['a.shop.test/books', 'b.shop.test/books'],
  // Who comes later on any host takes nothing from a named one, or one team could lock out all others.
  ['*/books/v1', 'shop.example.org/'],
])('C17: %s leaves %s alone', (wanted, taken) => {
  expect(meets(wanted, taken)).toBe(false)
})

test('a granted host may stand before what answers on any host, but not before the gateways’ own name', () => {
  expect(meets('shop.test/books/v1', '*/books/v1', true)).toBe(false)
  expect(meets('api.example.com/books/v1', '*/books/v1', true)).toBe(true)
})
