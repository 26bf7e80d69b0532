// Which route a request gets where host, path and method do not say it all: conditions and versions.
import { noConditions, type RequestConditions, type VersionSelector } from '@gatewright/shared/model/match'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { snapshotOf, version } from '../../test/documents.ts'
import { PreflightView } from '../request/preflight.ts'
import { createCompileDeps } from '../testing/compile.fixture.ts'
import { compileSnapshot } from './compile.ts'
import type { RequestView } from './generation.ts'
import { partsOf } from './parts.ts'
import { stemOf } from './version-place.ts'

type Versions = ReturnType<typeof version>[]

async function compile(versions: Versions, group = 'default') {
  const generation = await compileSnapshot(
    { revision: 1, hash: '' },
    partsOf(snapshotOf(versions)),
    createCompileDeps({ group }),
    null,
  )
  return {
    router: generation.router,
    /** `GET /path?query` and header lines → the name of the route, or the code that refuses it. */
    ask(line: string, ...headers: string[]): string {
      const { method, path, view } = requestOf(line, headers)
      const match = generation.router.match('any.test', path, method, view)
      if (match === null) return 'route_not_found'
      return match.kind === 'route' ? match.facts.id : match.refusal.code
    },
    miss(line: string, ...headers: string[]) {
      const { method, path, view } = requestOf(line, headers)
      const match = generation.router.match('any.test', path, method, view)
      if (match?.kind !== 'miss') throw new Error('it was answered')
      return match
    },
    route(line: string, ...headers: string[]) {
      const { method, path, view } = requestOf(line, headers)
      const match = generation.router.match('any.test', path, method, view)
      if (match?.kind !== 'route') throw new Error('it was not answered')
      return match
    },
    reasons(line: string, ...headers: string[]) {
      const { method, path, view } = requestOf(line, headers)
      return generation.router
        .explain('any.test', path, method, view)
        .map(({ routeId, won, reason }) => `${routeId}${won ? ' won' : ''}: ${reason}`)
    },
  }
}

function requestOf(line: string, headers: readonly string[]) {
  const [method = '', url = ''] = line.split(' ')
  const [path = '', query = ''] = url.split('?')
  const view: RequestView & { header(name: string): string | undefined } = {
    query,
    header(name) {
      const values = headers
        .map((text) => text.split(/: ?(.*)/s))
        .filter(([key]) => key?.toLowerCase() === name)
        .map(([, value]) => value ?? '')
      return values.length === 0 ? undefined : values.join(', ')
    },
  }
  return { method, path, view }
}

const when = (conditions: Partial<RequestConditions>) => ({ ...noConditions, ...conditions })
const header = (name: string, ...values: string[]) => ({ name, values })

function routes(entries: Record<string, [text: string, when?: Partial<RequestConditions>]>, basePath = '/') {
  return version({
    isPublic: true,
    basePath,
    upstreamUrls: ['http://127.0.0.1:1'],
    routes: Object.entries(entries).map(([id, [text, conditions]]) => {
      const [method = '', path = ''] = text.split(' ')
      return { id, method, path, public: true, when: conditions ? when(conditions) : null }
    }),
  })
}

describe('A3: routes told apart by header', () => {
  it('x-client: ios goes to B, nothing to A, and the case of the name does not count', async () => {
    const { ask } = await compile([
      routes({ A: ['GET /a'], B: ['GET /a', { headers: [header('x-client', 'ios', 'ipados')] }] }),
    ])
    expect(ask('GET /a')).toBe('A')
    expect(ask('GET /a', 'X-Client: ios')).toBe('B')
    expect(ask('GET /a', 'x-CLIENT: ipados')).toBe('B')
    expect(ask('GET /a', 'X-Client: IOS')).toBe('A')
    expect(ask('HEAD /a', 'X-Client: ios')).toBe('B')
  })

  it('repeated fields and lists are the same thing, and a quoted comma divides nothing', async () => {
    const { ask } = await compile([
      routes({ A: ['GET /a'], B: ['GET /a', { headers: [header('x-client', 'ios', 'a, b')] }] }),
    ])
    expect(ask('GET /a', 'X-Client: web', 'X-Client: ios')).toBe('B')
    expect(ask('GET /a', 'X-Client: web,ios ,tv')).toBe('B')
    expect(ask('GET /a', 'X-Client: a, b')).toBe('B')
    expect(ask('GET /a', 'X-Client: "web, ios , tv"')).toBe('A')
    expect(ask('GET /a', `X-Client: ${'"\\'.repeat(8_000)}`)).toBe('A')
  })

  it('a condition without values asks only that the field is there', async () => {
    const { ask } = await compile([routes({ A: ['GET /a'], B: ['GET /a', { headers: [header('x-beta')] }] })])
    expect([ask('GET /a'), ask('GET /a', 'X-Beta: '), ask('GET /a', 'X-Beta: no')]).toEqual(['A', 'B', 'B'])
  })
})

describe('A4: routes told apart by query parameter', () => {
  it('?version=2 goes to B, repeated and encoded alike', async () => {
    const { ask } = await compile([
      routes({ A: ['GET /a'], B: ['GET /a', { query: [header('version', '2', 'zwölf und')] }] }),
    ])
    for (const query of [
      'version=2',
      'x=1&version=2',
      'version=1&version=2',
      'v%65rsion=%32',
      'version=zw%C3%B6lf+und',
    ]) {
      expect([query, ask(`GET /a?${query}`)]).toEqual([query, 'B'])
    }
    for (const query of [
      '',
      'version',
      'version=',
      'version=22',
      'Version=2',
      'xversion=2',
      'version=%E0%A4',
    ]) {
      expect([query, ask(`GET /a?${query}`)]).toEqual([query, 'A'])
    }
  })
})

describe('conditions together', () => {
  const { json, xml } = {
    json: 'content-type: Application/JSON; charset=utf-8',
    xml: 'content-type: text/xml',
  }

  it('more conditions come first; then headers, then parameters, then the narrower ones', async () => {
    const ios = header('x-client', 'ios')
    const { ask, reasons } = await compile([
      routes({
        none: ['POST /a'],
        body: ['POST /a', { contentTypes: ['application/json'] }],
        parameter: ['POST /a', { query: [header('beta')] }],
        wide: ['POST /a', { headers: [header('x-client')] }],
        two: ['POST /a', { headers: [header('x-client', 'ios', 'tv')] }],
        one: ['POST /a', { headers: [ios] }],
        both: ['POST /a', { headers: [ios], contentTypes: ['application/*'] }],
      }),
    ])
    expect(ask('POST /a', 'X-Client: ios', json)).toBe('both')
    expect(ask('POST /a?beta', 'X-Client: ios', xml)).toBe('one')
    expect(ask('POST /a?beta', 'X-Client: tv', json)).toBe('two')
    expect(ask('POST /a?beta', 'X-Client: web', json)).toBe('wide')
    expect(ask('POST /a?beta', json)).toBe('parameter')
    expect(ask('POST /a', json)).toBe('body')
    expect(ask('POST /a', xml)).toBe('none')
    expect(reasons('POST /a', 'X-Client: ios', json)).toEqual([
      'both won: the best match of host and path that has the method, and x-client is ios, the body is application/*',
      'one: a route with more conditions is tried before it (2 to 1)',
      'two: a route with more conditions is tried before it (2 to 1)',
      'wide: a route with more conditions is tried before it (2 to 1)',
      'parameter: it wants more than the request says: ?beta is there',
      'body: a route with more conditions is tried before it (2 to 1)',
      'none: a route with more conditions is tried before it (2 to 0)',
    ])
  })

  it('where none holds, the next best path answers, else 404, or 415 when only the body was wrong', async () => {
    const { ask, miss } = await compile([
      routes({
        exact: ['POST /a/b', { headers: [header('x-client', 'ios')] }],
        template: [
          'POST /a/{id}',
          { query: [header('q')], contentTypes: ['application/json', 'application/*+json'] },
        ],
        other: ['GET /a/b'],
      }),
    ])
    expect(ask('POST /a/b?q', json)).toBe('template')
    expect(ask('POST /a/b', json)).toBe('route_not_found')
    expect(ask('POST /a/b?q', xml)).toBe('media_type_not_supported')
    expect(ask('POST /a/b?q')).toBe('media_type_not_supported')
    expect(ask('POST /a/b?q', 'content-type: application/problem+json')).toBe('template')
    expect(miss('POST /a/b?q', xml).refusal.headers).toEqual([
      'Accept',
      'application/json, application/*+json',
      'Vary',
      'Content-Type',
    ])
    expect(miss('PUT /a/b')).toMatchObject({
      allow: 'GET, HEAD, OPTIONS, POST',
      refusal: { code: 'method_not_allowed' },
    })
    expect(miss('POST /a/b').facts.versionId).toBe('ver_echo')
  })

  it('a preflight tells names of fields alone: the route that may be meant answers', async () => {
    const { router } = await compile([
      routes({
        A: ['PUT /a'],
        B: ['PUT /a', { headers: [header('x-client', 'ios')], contentTypes: ['application/json'] }],
      }),
    ])
    const asked = (...names: string[]) => {
      const { view } = requestOf(
        'OPTIONS /a',
        names.map((name) => `Access-Control-Request-Headers: ${name}`),
      )
      const match = router.match('any.test', '/a', 'PUT', new PreflightView(view))
      return match?.kind === 'route' ? match.facts.id : null
    }
    expect([asked(), asked('x-client'), asked('content-type', 'X-Client, x-other')]).toEqual(['A', 'A', 'B'])
  })

  it('a route that stands alone is itself, and one among others knows on what the choice depended', async () => {
    const { route } = await compile([
      routes({
        alone: ['GET /b'],
        A: ['GET /a'],
        B: ['GET /a', { headers: [header('x-client', 'ios')], query: [header('q')] }],
      }),
    ])
    expect([route('GET /b').vary, route('GET /a').vary]).toEqual([null, 'x-client'])
  })

  it('conditions divide what one API answers; they never let one stand before another', async () => {
    const first = routes({ A: ['GET /a'] })
    const thief = {
      ...routes({ B: ['GET /a', { headers: [header('x-client')] }] }),
      id: 'ver_x',
      apiId: 'api_x',
      apiName: 'x',
    }
    await expect(compile([first, thief])).rejects.toThrow(
      'GET /a (x-client is there) of x v1 answers the same requests as GET /a of echo v1',
    )
  })

  it('agrees with a naive reading: the first in the stated order whose conditions all hold', async () => {
    const names = fc.constantFrom('x-a', 'x-b')
    const value = fc.constantFrom('1', '2')
    const conditions = fc.record({
      headers: fc.uniqueArray(fc.record({ name: names, values: fc.uniqueArray(value, { maxLength: 2 }) }), {
        selector: ({ name }) => name,
        maxLength: 2,
      }),
      query: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('p'), values: fc.uniqueArray(value, { maxLength: 1 }) }),
        {
          selector: ({ name }) => name,
          maxLength: 1,
        },
      ),
      contentTypes: fc.constant<string[]>([]),
    })
    const said = fc.record({ a: fc.option(value), b: fc.option(value), p: fc.option(value) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(conditions, { maxLength: 6 }),
        fc.array(said, { minLength: 1 }),
        async (sets, asked) => {
          const unique = [...new Map(sets.map((set) => [keyOf(set), set])).values()]
          const entries = Object.fromEntries(
            unique.map((set): [string, [string, typeof set]] => [`r${keyOf(set)}`, ['GET /a', set]]),
          )
          const { ask } = await compile([routes(entries)])
          for (const { a, b, p } of asked) {
            const fields = [...(a ? [`X-A: ${a}`] : []), ...(b ? [`X-B: ${b}`] : [])]
            const holding = unique.filter(
              ({ headers, query }) =>
                headers.every(({ name, values }) => fits(name === 'x-a' ? a : b, values)) &&
                query.every(({ values }) => fits(p, values)),
            )
            const most = Math.max(...holding.map(({ headers, query }) => headers.length + query.length))
            const given = ask(`GET /a${p ? `?p=${p}` : ''}`, ...fields)
            const winner = unique.find((set) => `r${keyOf(set)}` === given)
            expect(winner === undefined).toBe(holding.length === 0)
            if (!winner) continue
            expect(holding).toContain(winner)
            expect(winner.headers.length + winner.query.length).toBe(most)
          }
        },
      ),
      { numRuns: 150 },
    )

    function fits(given: string | null, values: string[]): boolean {
      return given !== null && (values.length === 0 || values.includes(given))
    }
    function keyOf(set: {
      headers: { name: string; values: string[] }[]
      query: { values: string[] }[]
    }): string {
      return JSON.stringify([
        set.headers.map(({ name, values }) => [name, ...values.toSorted()]).toSorted(),
        set.query.map(({ values }) => values.toSorted()),
      ])
    }
  })
})

describe('versions side by side', () => {
  function api(
    selectors: Record<string, VersionSelector | null>,
    more: Partial<ReturnType<typeof version>> = {},
  ) {
    return Object.entries(selectors).map(([name, selector]) => ({
      ...version({ name: 'books', isPublic: true, upstreamUrls: ['http://127.0.0.1:1'], routes: [] }),
      id: `ver_${name}`,
      name,
      selector,
      routes: version({
        isPublic: true,
        routes: ['GET /list', ...(name === 'v2' ? ['GET /new', 'PUT /list'] : ['POST /old'])],
      }).routes.map((route) => ({ ...route, id: `${name} ${route.method} ${route.path}` })),
      ...more,
    }))
  }
  const media = (mediaType: string, isDefault = false): VersionSelector => ({
    by: 'media-type',
    mediaType,
    isDefault,
  })
  const byHeader = (value: string, isDefault = false): VersionSelector => {
    return { by: 'header', name: 'x-version', value, isDefault }
  }
  const byQuery = (value: string, strip = true, isDefault = false): VersionSelector => {
    return { by: 'query', name: 'version', value, strip, isDefault }
  }
  const v2 = 'application/vnd.books.v2+json'

  it('F1: on paths of their own they need no names', async () => {
    const [one, two] = api({ v1: null, v2: null })
    if (!one || !two) throw new Error('two versions')
    const { ask, route } = await compile([one, { ...two, basePath: '/books/v2' }])
    expect([ask('GET /books/list'), ask('GET /books/v2/list')]).toEqual(['v1 GET /list', 'v2 GET /list'])
    expect(route('GET /books/list').vary).toBeNull()
  })

  it.each([
    ['nothing', undefined, 'v1 GET /list'],
    ['its media type', v2, 'v2 GET /list'],
    ['another case and parameters', 'Application/VND.books.V2+json; charset=utf-8', 'v2 GET /list'],
    ['a wildcard', '*/*', 'v1 GET /list'],
    ['a wildcard beside it', `${v2}, */*;q=0.8`, 'v2 GET /list'],
    ['a wildcard that is wanted more', `${v2};q=0.5, */*`, 'v1 GET /list'],
    ['a type that is no version', 'application/json', 'v1 GET /list'],
    ['two versions by quality', `application/vnd.books.v3+json;q=0.2, ${v2};q=0.3`, 'v2 GET /list'],
    ['a version that nobody has', 'application/vnd.books.v9+json', 'version_not_offered'],
    ['one that nobody has, or anything', 'application/vnd.books.v9+json, */*;q=0.1', 'v1 GET /list'],
    [
      'one that nobody has, or one that is there',
      `application/vnd.books.v9+json, ${v2};q=0.1`,
      'v2 GET /list',
    ],
    ['one that is not wanted', `${v2};q=0`, 'v1 GET /list'],
    ['the vendor type of somebody else', 'application/vnd.api+json', 'v1 GET /list'],
  ])('F2: Accept says %s', async (_, accept, expected) => {
    const { ask } = await compile(
      api({ v1: null, v2: media(v2), v3: media('application/vnd.books.v3+json') }),
    )
    expect(ask('GET /books/list', ...(accept ? [`Accept: ${accept}`] : []))).toBe(expected)
  })

  it('F2: 406 lists what there is, and Vary names the field, also where a version was not named', async () => {
    const { miss, route } = await compile(
      api({ v1: media('application/vnd.books.v1+json', true), v2: media(v2) }),
    )
    expect(miss('GET /books/list', 'Accept: application/vnd.books.v9+json')).toMatchObject({
      allow: null,
      refusal: {
        code: 'version_not_offered',
        detail:
          'Versions go by Accept: application/vnd.books.v1+json, Accept: application/vnd.books.v2+json, or none.',
        headers: ['Vary', 'Accept'],
      },
    })
    expect(route('GET /books/list').vary).toBe('Accept')
    expect(route('GET /books/list', `Accept: ${v2}`).vary).toBe('Accept')
  })

  it.each([
    ['application/vnd.books.v2+json', 'application/vnd.books.'],
    ['application/vnd.my-api.v2.1+json', 'application/vnd.my-api.'],
    ['application/vnd.books-v2+json', 'application/vnd.books-'],
    ['application/vnd.books.beta', 'application/vnd.books.'],
    ['application/vnd.books+json', null],
    ['application/json', null],
  ])('F2: the versions beside %s begin with %s', (mediaType, stem) => expect(stemOf(mediaType)).toBe(stem))

  it('F3: by parameter, stripped where the version says so', async () => {
    const { ask, route } = await compile(api({ v1: byQuery('1', false, true), v2: byQuery('2') }))
    expect(ask('GET /books/list')).toBe('v1 GET /list')
    expect(ask('GET /books/list?x&version=2')).toBe('v2 GET /list')
    expect(ask('GET /books/list?version=%32&version=2')).toBe('v2 GET /list')
    expect(ask('GET /books/list?version=1&version=2')).toBe('version_not_offered')
    expect(ask('GET /books/list?version=3')).toBe('version_not_offered')
    expect(ask('GET /books/list?version')).toBe('version_not_offered')
    expect(route('GET /books/list?version=2')).toMatchObject({ strippedParameter: 'version', vary: null })
    expect(route('GET /books/list?version=1')).toMatchObject({ strippedParameter: null })
  })

  it('F4: by header; the marked version, else the one without a selector, else nobody answers who names none', async () => {
    const marked = await compile(api({ v1: byHeader('1'), v2: byHeader('2', true) }))
    expect(marked.ask('GET /books/list')).toBe('v2 GET /list')
    expect(marked.ask('GET /books/list', 'X-Version: 1')).toBe('v1 GET /list')
    expect(marked.ask('GET /books/list', 'X-Version: ')).toBe('v2 GET /list')
    expect(marked.ask('GET /books/list', 'X-Version: 1', 'X-Version: 2')).toBe('version_not_offered')
    const bare = await compile(api({ v1: null, v2: byHeader('2') }))
    expect(bare.ask('GET /books/list')).toBe('v1 GET /list')
    const none = await compile(api({ v1: byHeader('1'), v2: byHeader('2') }))
    expect(none.ask('GET /books/list')).toBe('version_not_offered')
    expect(none.miss('GET /books/list').refusal.detail).toBe(
      'Versions go by x-version: 1, x-version: 2; a request has to name one.',
    )
  })

  it('F4: what one version has is not there in another; A5: Allow is that of the version', async () => {
    const { ask, miss, route } = await compile(api({ v1: null, v2: byHeader('2') }))
    expect(ask('GET /books/new')).toBe('route_not_found')
    expect(ask('GET /books/new', 'X-Version: 2')).toBe('v2 GET /new')
    expect(ask('GET /books/new', 'X-Version: 3')).toBe('version_not_offered')
    expect(ask('POST /books/old', 'X-Version: 2')).toBe('route_not_found')
    expect(miss('DELETE /books/list').allow).toBe('GET, HEAD, OPTIONS')
    expect(miss('DELETE /books/list', 'X-Version: 2').allow).toBe('GET, HEAD, OPTIONS, PUT')
    expect(miss('DELETE /books/list').refusal.headers?.slice(2)).toEqual(['Vary', 'x-version'])
    expect(miss('OPTIONS /books/list', 'X-Version: 2').allow).toBe('GET, HEAD, OPTIONS, PUT')
    // Also replies of a path that only one version has depend on the field.
    expect(route('POST /books/old').vary).toBe('x-version')
  })

  it('F4: HEAD is derived in each version that does not declare it', async () => {
    const [one, two] = api({ v1: null, v2: byHeader('2') })
    if (!one || !two) throw new Error('two versions')
    const head = { ...one.routes[0], id: 'v1 HEAD', method: 'HEAD' } as (typeof one.routes)[number]
    const { ask } = await compile([{ ...one, routes: [...one.routes, head] }, two])
    expect(ask('HEAD /books/list')).toBe('v1 HEAD')
    expect(ask('HEAD /books/list', 'X-Version: 2')).toBe('v2 GET /list')
  })

  it('the header decides before the parameter, and both before Accept', async () => {
    const { ask } = await compile(api({ v1: null, v2: media(v2), v3: byHeader('3'), v4: byQuery('4') }))
    expect(ask('GET /books/list?version=4', 'X-Version: 3', `Accept: ${v2}`)).toBe('v3 GET /list')
    expect(ask('GET /books/list?version=4', `Accept: ${v2}`)).toBe('v4 GET /list')
    expect(ask('GET /books/list', `Accept: ${v2}`)).toBe('v2 GET /list')
  })

  it('a version that is more exact by its host gives way to one on any host that has the name', async () => {
    const [one, two] = api({ v1: null, v2: byHeader('2') })
    if (!one || !two) throw new Error('two versions')
    const { ask } = await compile([one, { ...two, hosts: ['any.test'] }])
    expect([ask('GET /books/list'), ask('GET /books/list', 'X-Version: 2')]).toEqual([
      'v1 GET /list',
      'v2 GET /list',
    ])
  })

  it('one name for two versions, and two defaults, are refused with the names of both', async () => {
    await expect(compile(api({ v1: byHeader('1'), v2: byHeader('1') }))).rejects.toThrow(
      'tenant acme, books v2 has the same selector as books v1 (x-version: 1)',
    )
    await expect(compile(api({ v1: byHeader('1', true), v2: byHeader('2', true) }))).rejects.toThrow(
      'tenant acme, books v2 and books v1 both answer requests that name no version',
    )
  })

  it('A28: an API of the group "edge" is 404 on "internal" and the reverse, and takes no name there', async () => {
    const [one, two] = api({ v1: byHeader('1'), v2: byHeader('1') })
    if (!one || !two) throw new Error('two versions')
    const versions = [
      { ...one, groups: ['edge'] },
      { ...two, groups: ['internal'] },
    ]
    const edge = await compile(versions, 'edge')
    const internal = await compile(versions, 'internal')
    expect([edge.ask('POST /books/old', 'X-Version: 1'), edge.ask('GET /books/new', 'X-Version: 1')]).toEqual(
      ['v1 POST /old', 'route_not_found'],
    )
    expect([
      internal.ask('POST /books/old', 'X-Version: 1'),
      internal.ask('GET /books/new', 'X-Version: 1'),
    ]).toEqual(['route_not_found', 'v2 GET /new'])
  })

  it('explain says which version the request names', async () => {
    const { reasons } = await compile(api({ v1: null, v2: byHeader('2') }))
    expect(reasons('GET /books/list')).toEqual([
      'v1 GET /list won: the best match of host and path that has the method, of the version books v1',
      'v2 GET /list: the request names books v1, or no version',
      'v2 PUT /list: its method is PUT',
    ])
    expect(reasons('GET /books/list', 'X-Version: 2')[0]).toBe('v1 GET /list: the request names books v2')
    expect(reasons('GET /books/list', 'X-Version: 9')[0]).toBe(
      'v1 GET /list: the request names no version that is offered; versions go by x-version: 2, or none.',
    )
  })
})
