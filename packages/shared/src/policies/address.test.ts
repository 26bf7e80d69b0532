// rewrite and redirect: what the upstream is asked for, where callers are sent, and that no value gets out of its place.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { Verdict } from './policy.ts'
import { policy as redirect } from './redirect.ts'
import { policy as rewrite } from './rewrite.ts'

const at = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' } as const
type Input = Parameters<typeof createContext>[0]

function rewritten(config: object, input: Input = {}) {
  const ctx = createContext(input)
  const verdict = rewrite
    .create(rewrite.spec.config.parse(config), createDeps(), at)
    .request?.(ctx) as Verdict
  return { ctx, verdict, path: ctx.paths.at(-1) ?? null }
}

function redirected(config: object, input: Input = {}): string {
  const verdict = redirect
    .create(redirect.spec.config.parse(config), createDeps(), at)
    .request?.(createContext(input)) as Verdict
  if (verdict === undefined) return 'passed'
  return verdict.kind === 'refusal' ? verdict.code : `${verdict.status} ${verdict.headers[1]}`
}

describe('A6: rewrite', () => {
  it.each<[string, object, Input, string | null]>([
    ['a parameter of the route', { path: '/v2/items/{id}' }, {}, '/v2/items/7'],
    ['its encoding as it came', { path: '/v2/{id}' }, { pathParameters: { id: 'a%2Fb' } }, '/v2/a%2Fb'],
    ['the rest of the path', { path: '/v2/{*}' }, { pathParameters: { '*': 'a/b/' } }, '/v2/a/b/'],
    [
      'a header',
      { path: '/{header.X-Tenant}/{id}' },
      { header: { 'x-tenant': 'a/b ü' } },
      '/a%2Fb%20%C3%BC/7',
    ],
    ['a query parameter', { path: '/p/{query.page}.json' }, { query: { page: '?#%' } }, '/p/%3F%23%25.json'],
    ['a prefix that is removed', { stripPrefix: '/books' }, {}, '/7'],
    ['all of the path', { stripPrefix: '/books/7' }, {}, '/'],
    ['no part of a segment', { stripPrefix: '/book' }, {}, '/books/7'],
    ['a prefix that is added', { addPrefix: '/v2' }, {}, '/v2/books/7'],
    ['one for another', { stripPrefix: '/books', addPrefix: '/items' }, {}, '/items/7'],
    ['nothing', { host: 'a.test' }, {}, null],
  ])('%s: %o', (_, config, input, expected) => {
    const { path, verdict } = rewritten(config, input)
    expect([path, verdict]).toEqual([expected, undefined])
  })

  it('asks for the query it is told to, all values read before any is gone', () => {
    const config = {
      query: {
        set: [{ name: 'a', value: '{query.b}' }],
        add: [
          { name: 'tag', value: 'x{header.x-t}y' },
          { name: 'id', value: '{id}' },
          { name: 'none', value: '{header.x-none}' },
        ],
        remove: ['b'],
      },
    }
    const { ctx } = rewritten(config, {
      query: { a: '1', b: '2&c=3' },
      header: { 'x-t': ' & ' },
      pathParameters: { id: 'a%2Fb' },
    })
    expect(ctx.dropped).toEqual(['b', 'a'])
    expect(ctx.addedParameters).toEqual([
      ['a', '2&c=3'],
      ['tag', 'x & y'],
      ['id', 'a/b'],
    ])
  })

  it('sets the host', () => {
    expect(rewritten({ host: 'a.test:81' }).ctx.upstreamHeaders.log).toEqual(['set host: a.test:81'])
  })

  it('D6: values never climb out of their segment', () => {
    for (const tenant of ['..', '.']) {
      expect(
        rewritten({ path: '/a/{header.x-tenant}' }, { header: { 'x-tenant': tenant } }).verdict,
      ).toMatchObject({
        code: 'invalid_path',
      })
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { path } = rewritten({ path: '/a/{header.x}/b' }, { header: { x: value } })
        if (path !== null) expect(path).toMatch(/^\/a\/[A-Za-z0-9._~!'()*%-]+\/b$/)
      }),
    )
  })

  it('a path that needs a value which is not there is refused by its name', () => {
    for (const header of [{}, { 'x-tenant': '' }]) {
      expect(rewritten({ path: '/{header.x-tenant}' }, { header }).verdict).toMatchObject({
        code: 'invalid_path',
        detail: 'The upstream is asked for a path that needs the header x-tenant.',
      })
    }
    expect(rewritten({ path: '/{nobody}' }).verdict).toMatchObject({
      detail: 'The upstream is asked for a path that needs the path parameter nobody.',
    })
  })

  it('a parameter that the route does not have is found before it is published', () => {
    const fault = (config: object, template: string) =>
      rewrite.spec.templateFault?.(rewrite.spec.config.parse(config), template)
    expect(
      fault({ path: '/{id}/{header.x}', query: { set: [{ name: 'a', value: '{id}' }] } }, '/a/{id}'),
    ).toBeNull()
    expect(fault({ path: '/{path}' }, '/a/{path+}')).toBeNull()
    expect(fault({ path: '/{id}/{nobody}' }, '/a/{id}/{b}.{c}')).toBe(
      '{nobody} is no parameter of /a/{id}/{b}.{c}, which has {id}, {b}, {c}',
    )
    expect(fault({ query: { add: [{ name: 'a', value: '{*}' }] } }, '/a')).toBe(
      '{*} is no parameter of /a, which has none',
    )
    expect(
      redirect.spec.templateFault?.(redirect.spec.config.parse({ location: '/{id}' }), '/{name}'),
    ).toContain('{id}')
  })

  it.each([
    { path: 'v2' },
    { path: '/a/../b' },
    { path: '/a?b' },
    { path: '/a b' },
    { path: '/a/{' },
    { path: '/a/{x' },
    { path: '/%61' },
    { path: '/%2f' },
    { path: '/%zz' },
    { path: '/a\r\nX: 1' },
    { path: '/a', addPrefix: '/b' },
    { stripPrefix: '/' },
    { stripPrefix: '/a/' },
    { addPrefix: '/..' },
    { host: 'a/b' },
    { host: 'a@b' },
    { host: 'a\r\nb' },
    { query: { set: [{ name: 'a', value: '{' }] } },
  ])('%j is refused', (config) => expect(rewrite.spec.config.safeParse(config).success).toBe(false))
})

describe('redirect', () => {
  it.each<[object, Input, string]>([
    [{ location: '/v2/items/{id}' }, {}, '308 /v2/items/7'],
    [{ location: '/v2/{id}', status: 303 }, { rawQuery: 'a=1' }, '303 /v2/7?a=1'],
    [{ location: '/v2/{id}', keepQuery: false }, { rawQuery: 'a=1' }, '308 /v2/7'],
    [
      { location: '/v2?id={id}&t={query.t}' },
      { rawQuery: 'a=1', query: { t: 'a&b' } },
      '308 /v2?id=7&t=a%26b&a=1',
    ],
    [
      { location: 'https://b.test:444/{*}' },
      { pathParameters: { '*': '/evil.test' } },
      '308 https://b.test:444//evil.test',
    ],
    [{ location: '/{query.x}/a' }, { query: { x: '' } }, 'route_not_found'],
    [{ httpsHosts: ['api.test'] }, {}, 'passed'],
    [
      { httpsHosts: ['b.test', 'api.test'] },
      { scheme: 'http', rawQuery: 'a' },
      '308 https://api.test/books/7?a',
    ],
    [{ httpsHosts: ['api.test:8443'], status: 301 }, { scheme: 'http' }, '301 https://api.test:8443/books/7'],
    [{ httpsHosts: ['b.test'] }, { scheme: 'http', host: 'evil.test' }, '308 https://b.test/books/7'],
  ])('%o and %o: %s', (config, input, expected) => expect(redirected(config, input)).toBe(expected))

  it('D6: no value of a request leads to a host that the configuration does not name', () => {
    expect(redirected({ location: '/{*}' }, { pathParameters: { '*': '/evil.test/a' } })).toBe(
      'route_not_found',
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const answer = redirected({ location: '/{query.x}' }, { query: { x: value } })
        if (answer === 'route_not_found') return
        expect(new URL(answer.slice('308 '.length), 'https://api.test').host).toBe('api.test')
      }),
    )
  })

  it.each([
    {},
    { location: '/a', httpsHosts: ['a.test'] },
    { location: '//evil.test' },
    { location: 'https://{query.host}/a' },
    { location: '/{header.authorization}' },
    { location: 'https://a.test' },
    { location: 'ftp://a.test/' },
    { location: 'javascript:alert(1)' },
    { location: '/a\r\nSet-Cookie: x' },
    { location: '/a#b' },
    { location: '/a', status: 300 },
    { httpsHosts: ['a.test/b'] },
  ])('%j is refused', (config) => expect(redirect.spec.config.safeParse(config).success).toBe(false))
})
