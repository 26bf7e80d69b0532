// What is wrong with a manifest beyond its schema, and where.
import { expect, test } from 'vitest'
import { manifestSchema } from './manifest.ts'
import { manifestFaults } from './manifest-faults.ts'

const headers = [
  { name: 'x-client', values: ['ios', 'tv'] },
  { name: 'x-beta', values: [] },
]

test.each([
  [{ headers }, { headers: headers.toReversed() }, 'GET /a (x-beta is there, x-client is ios or tv)'],
  [{ contentTypes: ['a/b', 'a/*'] }, { contentTypes: ['a/*', 'a/b'] }, 'GET /a (the body is a/* or a/b)'],
  [null, { headers: [] }, 'GET /a'],
])('A3: the same conditions in other words are the same route: %j, %j', (one, other, named) => {
  const routes = [one, other].map((when) => ({ method: 'GET', path: '/a', when }))
  const manifest = manifestSchema.parse({
    gatewright: 1,
    apis: [{ name: 'books', title: 'Books', versions: [{ name: 'v1', basePath: '/books', routes }] }],
  })
  expect(manifestFaults(manifest)).toEqual([
    { pointer: 'apis/books/versions/v1/routes', code: 'duplicate', detail: `"${named}" is there twice` },
  ])
})
