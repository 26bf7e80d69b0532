// What is found to collide or never to answer, and above all what is not.
import { describe, expect, it, test } from 'vitest'
import { noConditions, type RequestConditions, type VersionSelector } from './model/match.ts'
import { findOverlaps, type PlacedVersion } from './route-overlap.ts'

type Routes = readonly (string | [text: string, when: Partial<RequestConditions>])[]

function version(name: string, routes: Routes, more: Partial<PlacedVersion> = {}): PlacedVersion {
  return {
    id: `ver_${name}`,
    apiId: 'api_books',
    apiName: 'books',
    name,
    hosts: [],
    basePath: '/books',
    groups: [],
    selector: null,
    routes: routes.map((route) => {
      const [text, when] = typeof route === 'string' ? [route, null] : route
      const [method = '', path = ''] = text.split(' ')
      return { method, path, when: when && { ...noConditions, ...when } }
    }),
    ...more,
  }
}

const byHeader = (value: string, isDefault = false): VersionSelector => ({
  by: 'header',
  name: 'x-version',
  value,
  isDefault,
})
const client = (...values: string[]) => ({ headers: [{ name: 'x-client', values }] })
const told = (...versions: PlacedVersion[]) =>
  findOverlaps(versions).map(({ kind, message }) => `${kind}: ${message}`)

describe('A6: routes of one version', () => {
  it.each<[Routes, string[]]>([
    [
      ['GET /a/{id}', 'GET /a/{name}'],
      ['duplicate: GET /a/{name} answers the same requests as GET /a/{id} of books v1'],
    ],
    [
      [
        ['GET /a', client('ios')],
        ['GET /a', client('ios')],
      ],
      [
        'duplicate: GET /a (x-client is ios) answers the same requests as GET /a (x-client is ios) of books v1',
      ],
    ],
    [
      [
        ['GET /a', { headers: [{ name: 'x-client', values: [] }, ...client('ios').headers] }],
        ['GET /a', client('ios')],
      ],
      [
        'unreachable: GET /a (x-client is ios) can never answer: GET /a (x-client is there, x-client is ios) of books v1 is tried first, and answers when x-client is there, x-client is ios',
      ],
    ],
    [['FETCH /a'], ['unreachable: FETCH /a can never answer: gateways refuse FETCH']],
    [['TRACE /a'], ['unreachable: TRACE /a can never answer: gateways refuse TRACE']],
    [
      ['GET /a/../b'],
      ['unreachable: GET /a/../b can never answer: dot segments are removed before a request is routed'],
    ],
    [['GET /a%2'], ['unreachable: GET /a%2 can never answer: broken percent-encoding is refused']],
    [['GET /a%0A'], ['unreachable: GET /a%0A can never answer: encoded control characters are refused']],
    [
      ['GET /..%2fb'],
      ['unreachable: GET /..%2fb can never answer: dot segments behind encoded separators are refused'],
    ],
  ])('%j: %j', (routes, expected) => expect(told(version('v1', routes))).toEqual(expected))

  it('no alarm where a request exists that only this route answers', () => {
    const routes: Routes = [
      'GET /a/{id}',
      'GET /a/me',
      'GET /a/*',
      'GET /{x}/me',
      'GET /a/{id}.json',
      'GET /a/..b',
      'GET /.well-known/x',
      'HEAD /a/{id}',
      'OPTIONS /a/{id}',
      'QUERY /a/{id}',
      ['GET /c', client('ios')],
      ['GET /c', client('ios', 'android')],
      ['GET /c', client()],
      ['GET /c', { query: [{ name: 'x-client', values: ['ios'] }] }],
      ['GET /c', { contentTypes: ['application/json'] }],
      ['GET /c', { contentTypes: ['application/*'] }],
      'GET /c',
    ]
    expect(told(version('v1', routes))).toEqual([])
  })

  it('so many routes that differ by conditions alone are too many, and are told once', () => {
    const routes = (count: number): Routes =>
      Array.from({ length: count }, (_, i) => ['GET /a', client(`c${i}`)] as const).map(([text, when]) => [
        text,
        when,
      ])
    expect(told(version('v1', routes(100)))).toEqual([])
    expect(told(version('v1', routes(2_000)))).toEqual([
      'ambiguous: GET /a has more than 100 routes that differ by conditions alone',
    ])
  })

  it('routes of one path are not compared across selectors: ten thousand take no minute, as all with all would', () => {
    const clients: Routes = Array.from({ length: 100 }, (_, i) => ['GET /a', client(`c${i}`)])
    const versions = Array.from({ length: 100 }, (_, i) =>
      version(`v${i}`, clients, { selector: byHeader(String(i)) }),
    )
    expect(told(...versions)).toEqual([])
  }, 15_000)

  it('conditions that ask for nothing are none', () => {
    expect(told(version('v1', ['GET /a', ['GET /a', {}]]))).toHaveLength(1)
  })
})

describe('F4: versions side by side', () => {
  test('on paths of their own, or named by a selector, they do not collide', () => {
    const routes = ['GET /a']
    expect(told(version('v1', routes), version('v2', routes, { basePath: '/books/v2' }))).toEqual([])
    expect(told(version('v1', routes), version('v2', routes, { selector: byHeader('2') }))).toEqual([])
    expect(
      told(
        version('v1', routes, { selector: byHeader('1', true) }),
        version('v2', routes, { selector: byHeader('2') }),
      ),
    ).toEqual([])
  })

  test('two without a selector collide where they have the same route', () => {
    expect(told(version('v1', ['GET /a', 'GET /b']), version('v2', ['GET /b', 'GET /c']))).toEqual([
      'duplicate: GET /b answers the same requests as GET /b of books v1',
    ])
  })

  test('one name for two, and two defaults, are told', () => {
    expect(
      told(
        version('v1', [], { selector: byHeader('1') }),
        version('v2', [], { selector: byHeader('1', true) }),
        version('v3', [], { selector: byHeader('3', true) }),
      ),
    ).toEqual([
      'ambiguous: books v2 has the same selector as books v1 (x-version: 1)',
      'ambiguous: books v3 and books v2 both answer requests that name no version',
    ])
  })

  test('a version without a selector beside a default never answers, unless it has a host of its own', () => {
    const chosen = version('v2', ['GET /a'], { selector: byHeader('2', true) })
    expect(told(version('v1', ['GET /a']), chosen)).toEqual([
      'unreachable: books v1 can never answer: it has no selector, and books v2 answers requests that name no version',
    ])
    const onTwo = version('v1', ['GET /a'], { hosts: ['a.test', 'b.test'] })
    expect(told(onTwo, { ...chosen, hosts: ['a.test'] })).toEqual([])
    expect(told(version('v1', ['GET /a']), { ...chosen, groups: ['edge'] })).toEqual([])
  })

  test('A28: versions of different gateway groups never meet', () => {
    const one = version('v1', ['GET /a'], { groups: ['edge'] })
    expect(told(one, version('v2', ['GET /a'], { groups: ['internal'] }))).toEqual([])
    expect(told(one, version('v2', ['GET /a'], { groups: ['internal', 'edge'] }))).toHaveLength(1)
  })

  test('conditions never let one API stand before another', () => {
    const other = version('v1', [['GET /a', client('ios')]], { id: 'ver_x', apiId: 'api_x', apiName: 'x' })
    expect(told(version('v1', ['GET /a']), other)).toEqual([
      'duplicate: GET /a (x-client is ios) answers the same requests as GET /a of books v1',
    ])
  })

  test('the root of a base path is found in all its spellings', () => {
    const inner = version('v1', ['GET /v2'], { basePath: '/books' })
    const outer = version('v2', ['GET /'], { basePath: '/books/v2' })
    expect(told(inner, outer)).toHaveLength(1)
  })
})
