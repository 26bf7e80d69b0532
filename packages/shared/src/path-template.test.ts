// Templates that answer the same requests have one key, however they are written.
import { expect, test } from 'vitest'
import { createParameterReader, templateKey } from './path-template.ts'

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

test.each([
  ['/books/{id}', '/books/7', { id: '7' }],
  ['/books/{id}/{part}/', '/books/a%2Fb/2/', { id: 'a%2Fb', part: '2' }],
  ['/f/{name}.{type}', '/f/a.b.c', { name: 'a', type: 'b.c' }],
  ['/f/v{major}-{minor}x', '/f/v1-2-3x', { major: '1', minor: '2-3' }],
  ['/f/{a}{b}.x', '/f/12.x', { a: '12' }],
  ['/caf%c3%a9{a}', '/caf%C3%A91', { a: '1' }],
  ['/f/{path+}', '/f/a/b/', { path: 'a/b/' }],
  ['/f/*', '/f/', { '*': '' }],
  ['/f', '/f', {}],
])('A6: the parameters of %s in %s are %j', (template, path, values) => {
  expect(Object.fromEntries(createParameterReader(template)(path))).toEqual(values)
})
