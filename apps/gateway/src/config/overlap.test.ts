// What is told at publish and what a gateway does are one thing: it refuses what was called a duplicate, and nothing else.
import { METHODS } from 'node:http'
import type { VersionSelector } from '@gatewright/shared/model/match'
import { findOverlaps, knownMethods } from '@gatewright/shared/route-overlap'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { snapshotOf, version } from '../../test/documents.ts'
import { createCompileDeps } from '../testing/compile.fixture.ts'
import { compileSnapshot } from './compile.ts'
import { partsOf, SnapshotRefused } from './parts.ts'

const values = fc.uniqueArray(fc.constantFrom('1', '2'), { maxLength: 2 })
const conditions = fc.record({
  headers: fc.array(fc.record({ name: fc.constantFrom('x-a'), values }), { maxLength: 2 }),
  query: fc.array(fc.record({ name: fc.constantFrom('p'), values }), { maxLength: 1 }),
  contentTypes: fc.uniqueArray(fc.constantFrom('a/b', 'a/*', 'a/c+d', 'a/*+d'), { maxLength: 2 }),
})
const routes = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'HEAD'),
    path: fc.constantFrom('/', '/a', '/{x}', '/{y}', '/{x}a', '/a/./b', '/*'),
    when: fc.option(conditions),
  }),
  { maxLength: 5 },
)
const selector: fc.Arbitrary<VersionSelector | null> = fc.option(
  fc.record({
    by: fc.constant('header' as const),
    name: fc.constantFrom('x-version'),
    value: fc.constantFrom('1', '2'),
    isDefault: fc.boolean(),
  }),
)
const documents = fc.array(
  fc.record({
    api: fc.constantFrom('books', 'books', 'books', 'films'),
    hosts: fc.constantFrom<string[]>([], [], ['a.test'], ['a.test', 'b.test']),
    basePath: fc.constantFrom('/s', '/s', '/s/a'),
    groups: fc.constantFrom<string[]>([], [], ['default'], ['other'], ['default', 'other']),
    selector,
    routes,
  }),
  { maxLength: 4 },
)

function* requests() {
  for (const host of ['a.test', 'b.test', 'c.test'])
    for (const path of ['/s', '/s/', '/s/a', '/s/a/', '/s/b', '/s/ba', '/s/a/a', '/s/a/b', '/s/a/b/c'])
      for (const method of ['GET', 'HEAD'])
        for (const a of [undefined, '', '1', '2', '3', '1, 2'])
          for (const wanted of [undefined, '1', '2'])
            for (const query of ['', 'p', 'p=1', 'p=2', 'p=1&p=2'])
              for (const type of [undefined, 'a/b', 'a/c+d', 'a/e'])
                yield {
                  host,
                  path,
                  method,
                  query,
                  fields: { 'x-a': a, 'x-version': wanted, 'content-type': type },
                }
}
const everyRequest = [...requests()]

/** null when the gateway refuses it. */
function compile(versions: ReturnType<typeof version>[], group: string) {
  const parts = partsOf(snapshotOf(versions))
  return compileSnapshot({ revision: 1, hash: '' }, parts, createCompileDeps({ group }), null).catch(
    (error: unknown) => {
      if (error instanceof SnapshotRefused) return null
      throw error
    },
  )
}

/** Ids of the routes that at least one request reaches. */
function answeredBy(generation: Awaited<ReturnType<typeof compile>>): Set<string> {
  const answered = new Set<string>()
  for (const { host, path, method, query, fields } of everyRequest) {
    const header = (name: string) => fields[name as keyof typeof fields]
    const match = generation?.router.match(host, path, method, { query, header })
    if (match?.kind === 'route') answered.add(match.facts.id)
  }
  return answered
}

it('A5: the methods that gateways read are those that can be declared', () => {
  expect([...knownMethods].toSorted()).toEqual(METHODS.toSorted())
})

it('A6 F4: gateways refuse exactly what is called duplicate or ambiguous, and what is called unreachable never answers', async () => {
  await fc.assert(
    fc.asyncProperty(documents, async (given) => {
      const versions = given.map(({ api, routes: wanted, ...more }, i) => ({
        ...version({ name: api, isPublic: true, upstreamUrls: ['http://127.0.0.1:1'] }),
        id: `ver_${i}`,
        name: `v${i}`,
        ...more,
        routes: version({ isPublic: true, routes: wanted }).routes.map((route, j) => ({
          ...route,
          id: `${i} ${j}`,
        })),
      }))
      const overlaps = findOverlaps(versions)
      const generations = await Promise.all(['default', 'other'].map((group) => compile(versions, group)))
      const refused = overlaps.some(({ kind }) => kind !== 'unreachable')
      expect(generations.includes(null)).toBe(refused)
      if (refused || overlaps.length === 0) return
      const answered = new Set(generations.flatMap((generation) => [...answeredBy(generation)]))
      for (const { version: told, route } of overlaps) {
        for (const one of versions.find(({ id }) => id === told.id)?.routes ?? []) {
          if (route === null || one === route) expect(answered).not.toContain(one.id)
        }
      }
    }),
    { numRuns: 120 },
  )
})
