// Templates that answer the same requests have one key, however they are written.
import { expect, test } from 'vitest'
import { templateKey } from './path-template.ts'

test.each([
  ['/books/{id}', '/books/{bookId}'],
  ['/books/{a}{b}', '/books/{id}'],
  ['/books/{rest+}', '/books/*'],
  ['/books/%41', '/books/A'],
  ['/caf%c3%a9', '/café'],
  ['/{a}.{b}{c}', '/{x}.{y}'],
])('%s answers what %s answers', (one, other) => {
  expect(templateKey(one)).toBe(templateKey(other))
})

test.each([
  ['/books/{id}', '/books/*'],
  ['/books/{id}', '/books/{id}.json'],
  ['/books/{}', '/books/%7B%7D'],
  ['/books/', '/books'],
  ['/Books', '/books'],
])('%s is not %s', (one, other) => {
  expect(templateKey(one)).not.toBe(templateKey(other))
})
