// Router: precedence, methods, hosts; and the compiled form agrees with a naive reading of the rules.

import {
  compareMixed,
  type MixedPattern,
  matchesMixed,
  parseTemplate,
} from '@gatewright/shared/path-template'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyChain } from '../testing/gateway.fixture.ts'
import type { CompiledRoute } from './generation.ts'
import { createRouter, type RouterEntry } from './router.ts'
import { RouteConflict } from './router-slot.ts'

function entry(text: string, hosts: string[] = [], apiName = 'shop'): RouterEntry {
  const [method = '', template = ''] = text.split(' ')
  const route: CompiledRoute = {
    kind: 'route',
    facts: {
      id: `${hosts.join()} ${text}`,
      method,
      template,
      basePath: '',
      operationId: null,
      tenantId: 'ten_1',
      apiId: `api_${apiName}`,
      apiName,
      versionId: `ver_${apiName}`,
      versionName: 'v1',
      public: true,
      mocks: [],
      operation: null,
    },
    chain: emptyChain,
    edgeCount: 0,
    identifiedAt: 0,
    plans: null,
    priority: 2,
    basePathLength: 0,
    lifecycleFields: [],
    vary: null,
    hasSecretInPath: false,
    strippedParameter: null,
    upstream: null,
    traffic: null,
  }
  return { hosts, basePath: '/', route, when: null }
}

/** A request that says nothing beyond host, path and method. */
const plain = { query: '', header: () => undefined }

const routerOf = (...texts: string[]) => createRouter(texts.map((text) => entry(text)))

function found(router: ReturnType<typeof createRouter>, method: string, path: string, host = 'any.test') {
  const match = router.match(host, path, method, plain)
  if (match === null) return null
  return match.kind === 'route' ? match.facts.id.trim() : `405 ${match.allow}`
}

describe('paths', () => {
  it('A1: a prefix ends at a segment, so /usersX is nobody’s', () => {
    const router = routerOf('GET /users/{id}', 'GET /products/{id}')
    expect(found(router, 'GET', '/users/123')).toBe('GET /users/{id}')
    expect(found(router, 'GET', '/products/456')).toBe('GET /products/{id}')
    expect(found(router, 'GET', '/usersX/123')).toBeNull()
    expect(found(router, 'GET', '/users')).toBeNull()
  })

  it('A6: a static segment beats a parameter, at every depth', () => {
    const router = routerOf(
      'GET /users/{id}',
      'GET /users/me',
      'GET /users/me/orders',
      'GET /{any}/{id}/items',
    )
    expect(found(router, 'GET', '/users/me')).toBe('GET /users/me')
    expect(found(router, 'GET', '/users/you')).toBe('GET /users/{id}')
    expect(found(router, 'GET', '/users/me/orders')).toBe('GET /users/me/orders')
    expect(found(router, 'GET', '/users/me/items')).toBe('GET /{any}/{id}/items')
  })

  it('matches text and parameters in one segment, the more literal first', () => {
    const router = routerOf(
      'GET /files/{name}.json',
      'GET /files/{name}',
      'GET /v1/{resource}:cancel',
      'GET /{a}-{b}/x',
    )
    expect(found(router, 'GET', '/files/a.json')).toBe('GET /files/{name}.json')
    expect(found(router, 'GET', '/files/.json')).toBe('GET /files/{name}')
    expect(found(router, 'GET', '/v1/op-7:cancel')).toBe('GET /v1/{resource}:cancel')
    expect(found(router, 'GET', '/a-b-c/x')).toBe('GET /{a}-{b}/x')
    expect(found(router, 'GET', '/ab/x')).toBeNull()
  })

  it('a pattern that matches all that another one does never stands before it', () => {
    const router = routerOf(
      'GET /files/{name}.{type}',
      'GET /files/{name}.x',
      'GET /files/{a}x',
      'GET /files/y{b}',
    )
    expect(found(router, 'GET', '/files/a.x')).toBe('GET /files/{name}.x')
    expect(found(router, 'GET', '/files/a.b')).toBe('GET /files/{name}.{type}')
    const pattern = fc
      .tuple(
        fc.constantFrom('', 'a', 'b'),
        fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 1 }),
        fc.constantFrom('', 'a', 'b'),
      )
      .map(([start, inner, end]): MixedPattern => {
        return { start, inner, end, key: [start, ...inner, end].join('{}') }
      })
    // Strings over the letters of the patterns and one more are enough to tell any two of these apart.
    const texts = everyText(['a', 'b', 'z'], 7)
    fc.assert(
      fc.property(pattern, pattern, (wide, narrow) => {
        fc.pre(wide.key !== narrow.key && wide.key !== '' && narrow.key !== '')
        const [ofWide, ofNarrow] = [wide, narrow].map((it) => texts.filter((text) => matchesMixed(it, text)))
        fc.pre((ofNarrow ?? []).every((text) => ofWide?.includes(text)))
        expect(compareMixed(wide, narrow)).toBeGreaterThan(0)
      }),
      { numRuns: 60 },
    )
  })

  it('a rest segment takes the remainder of the path, empty or not, and loses to everything else', () => {
    const router = routerOf('GET /files/*', 'GET /files/{id}', 'GET /proxy/{path+}')
    expect(found(router, 'GET', '/files/')).toBe('GET /files/*')
    expect(found(router, 'GET', '/files/a')).toBe('GET /files/{id}')
    expect(found(router, 'GET', '/files/a/b/c')).toBe('GET /files/*')
    expect(found(router, 'GET', '/files')).toBeNull()
    expect(found(router, 'GET', '/proxy/a/b')).toBe('GET /proxy/{path+}')
  })

  it('A1: a final slash is part of the path', () => {
    const router = routerOf('GET /users', 'GET /teams/')
    expect(found(router, 'GET', '/users/')).toBeNull()
    expect(found(router, 'GET', '/teams')).toBeNull()
    expect(found(router, 'GET', '/teams/')).toBe('GET /teams/')
  })

  it('a parameter does not match an empty segment', () => {
    expect(found(routerOf('GET /users/{id}'), 'GET', '/users/')).toBeNull()
  })

  it('the root is a path like any other', () => {
    expect(found(routerOf('GET /'), 'GET', '/')).toBe('GET /')
  })

  it('templates are compared in the normal form of request paths', () => {
    const router = routerOf('GET /caf\u00e9/%7euser', 'GET /a%2fb')
    expect(found(router, 'GET', '/caf%C3%A9/~user')).toBe('GET /caf\u00e9/%7euser')
    expect(found(router, 'GET', '/a%2Fb')).toBe('GET /a%2fb')
  })
})

describe('methods', () => {
  it('A5: a method that is not declared is 405 with every method of the path', () => {
    const router = routerOf('GET /users/{id}', 'DELETE /users/{id}')
    expect(found(router, 'PUT', '/users/1')).toBe('405 DELETE, GET, HEAD, OPTIONS')
  })

  it('A5: HEAD finds GET, unless it is declared', () => {
    const router = routerOf('HEAD /b', 'GET /a', 'GET /b')
    expect(found(router, 'HEAD', '/a')).toBe('GET /a')
    expect(found(router, 'HEAD', '/b')).toBe('HEAD /b')
  })

  it('a better path that lacks the method gives way to one that has it', () => {
    const router = routerOf('GET /users/me', 'DELETE /users/{id}')
    expect(found(router, 'DELETE', '/users/me')).toBe('DELETE /users/{id}')
    expect(found(router, 'PUT', '/users/me')).toBe('405 DELETE, GET, HEAD, OPTIONS')
  })

  it('A5: TRACE and CONNECT answer nowhere, whatever is declared', () => {
    const router = routerOf('TRACE /a', 'CONNECT /a', 'QUERY /a', 'CONNECT /b')
    expect(found(router, 'TRACE', '/a')).toBe('405 OPTIONS, QUERY')
    expect(found(router, 'CONNECT', '/b')).toBeNull()
  })

  it('A5: QUERY is a method like any other, and HEAD is not derived from it', () => {
    const router = routerOf('QUERY /a')
    expect(found(router, 'QUERY', '/a')).toBe('QUERY /a')
    expect(found(router, 'HEAD', '/a')).toBe('405 OPTIONS, QUERY')
  })

  it('methods are case-sensitive (RFC 9110 9.1)', () => {
    expect(found(routerOf('GET /a'), 'get', '/a')).toBe('405 GET, HEAD, OPTIONS')
  })
})

describe('hosts', () => {
  it('A2: an exact host beats the longest wildcard beats any host', () => {
    const router = createRouter([
      entry('GET /a', ['api.example.com']),
      entry('GET /a', ['*.eu.example.com']),
      entry('GET /a', ['*.example.com']),
      entry('GET /a'),
      entry('GET /only-any'),
    ])
    expect(found(router, 'GET', '/a', 'api.example.com')).toBe('api.example.com GET /a')
    expect(found(router, 'GET', '/a', 'x.eu.example.com')).toBe('*.eu.example.com GET /a')
    expect(found(router, 'GET', '/a', 'y.example.com')).toBe('*.example.com GET /a')
    expect(found(router, 'GET', '/a', 'example.com')).toBe('GET /a')
    expect(found(router, 'GET', '/only-any', 'api.example.com')).toBe('GET /only-any')
  })

  it('A2: a host that no API names gets nothing of the named ones', () => {
    const router = createRouter([entry('GET /a', ['api.example.com'])])
    expect(found(router, 'GET', '/a', 'other.example.com')).toBeNull()
  })
})

describe('conflicts', () => {
  it.each([
    ['GET /a', 'GET /a'],
    ['GET /users/{id}', 'GET /users/{name}'],
    ['GET /f/{a}.json', 'GET /f/{b}.json'],
    ['GET /f/*', 'GET /f/{rest+}'],
  ])('%s and %s cannot both answer, and both are named', (first, second) => {
    const conflict = () => createRouter([entry(first, [], 'shop'), entry(second, [], 'store')])
    expect(conflict).toThrow(RouteConflict)
    expect(conflict).toThrow(`${second} of store v1 answers the same requests as ${first} of shop v1`)
  })
})

describe('explain', () => {
  it('lists every route that could be meant and why it lost', () => {
    const router = routerOf('GET /users/me', 'GET /users/{id}', 'DELETE /users/{id}')
    expect(router.explain('any.test', '/users/me', 'GET', plain)).toMatchObject([
      { template: '/users/me', won: true },
      {
        template: '/users/{id}',
        method: 'GET',
        won: false,
        reason: '/users/me matches the host or the path more exactly',
      },
      { template: '/users/{id}', method: 'DELETE', won: false, reason: 'its method is DELETE' },
    ])
  })
})

/** Every text of up to `length` of these letters. */
function everyText(letters: string[], length: number): string[] {
  const texts = ['']
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at] ?? ''
    if (text.length < length) for (const letter of letters) texts.push(text + letter)
  }
  return texts
}

describe('agreement with a naive router', () => {
  const literals = fc.constantFrom('a', 'b', 'ab', 'a.x')
  const segments = fc.oneof(
    { weight: 4, arbitrary: literals },
    { weight: 2, arbitrary: fc.constantFrom('{p}', '{q}') },
    { weight: 1, arbitrary: fc.constantFrom('{p}.x', 'a{p}', '{p}.{q}') },
  )
  const templates = fc
    .tuple(fc.array(segments, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '', '', '/', '/*'))
    .map(([parts, tail]) => `/${parts.join('/')}${tail}`)
  const methods = fc.constantFrom('GET', 'POST')
  const paths = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'ab', 'a.x', 'c', 'b.x'), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
    )
    .map(([parts, slash]) => `/${parts.join('/')}${slash ? '/' : ''}`)

  it('finds the same route for every path and method', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(methods, templates), { maxLength: 25 }),
        fc.array(fc.tuple(methods, paths), { minLength: 1, maxLength: 25 }),
        (declared, asked) => {
          const kept = new Map<string, RouterEntry>()
          for (const [method, template] of declared) {
            const key = `${method} ${rank(template).join()}`
            if (!kept.has(key)) kept.set(key, entry(`${method} ${template}`))
          }
          const router = createRouter(kept.values())
          for (const [method, path] of asked) {
            const match = router.match('any.test', path, method, plain)
            const expected = naive([...kept.values()], method, path)
            expect(match?.kind === 'route' ? match.facts.id : null).toBe(expected)
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  // One comparable key per segment, best first; equal keys answer the same requests.
  function rank(template: string): string[] {
    return parseTemplate(template).map((segment) => {
      if (segment.kind === 'literal') return `0${segment.text}`
      if (segment.kind === 'mixed') {
        const { start, inner, end, key } = segment.pattern
        const literal = start.length + inner.join('').length + end.length
        return `1${1000 - literal} ${inner.length} ${key}`
      }
      return segment.kind === 'parameter' ? '2' : '3'
    })
  }

  function covers(template: string, path: string): boolean {
    const wanted = parseTemplate(template)
    const given = path.slice(1).split('/')
    for (const [i, segment] of wanted.entries()) {
      if (segment.kind === 'rest') return given.length > i
      const text = given[i]
      if (text === undefined) return false
      if (segment.kind === 'literal' && segment.text !== text) return false
      if (segment.kind === 'parameter' && text === '') return false
      if (segment.kind === 'mixed' && !matchesMixed(segment.pattern, text)) return false
    }
    return wanted.length === given.length
  }

  function naive(entries: RouterEntry[], method: string, path: string): string | null {
    const fitting = entries
      .map(({ route }) => route)
      .filter((route) => route.facts.method === method && covers(route.facts.template, path))
      .sort((a, b) => {
        const [left, right] = [rank(a.facts.template), rank(b.facts.template)]
        for (let i = 0; ; i++) {
          const [l, r] = [left[i], right[i]]
          if (l === undefined || r === undefined || l !== r) return (l ?? '') < (r ?? '') ? -1 : 1
        }
      })
    return fitting[0]?.facts.id ?? null
  }
})

describe('size', () => {
  it('10 000 routes are built and found without a linear search', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) =>
      entry(
        i % 2 ? `GET /api-${i % 100}/things/item-${i}` : `GET /api-${i % 100}/things-${i}/{id}/parts/{part}`,
      ),
    )
    const router = createRouter(entries)
    const startedAt = performance.now()
    let hits = 0
    for (let i = 0; i < 100_000; i++) {
      const n = (i * 7) % 10_000
      const path = n % 2 ? `/api-${n % 100}/things/item-${n}` : `/api-${n % 100}/things-${n}/7/parts/x`
      if (router.match('any.test', path, 'GET', plain)?.kind === 'route') hits++
    }
    expect(hits).toBe(100_000)
    // A linear search would need minutes; the bound is loose because machines differ.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
