// Routing as callers meet it, with real gateways: hosts, conditions, versions, methods, rewrites, and the end of a version.
import { noConditions, type RequestConditions } from '@gatewright/shared/model/match'
import { describe, expect, it, vi } from 'vitest'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

type Version = ReturnType<typeof version>

async function serve(rig: Rig, versions: readonly Version[], settings = {}) {
  await rig.publisher.publish(snapshotOf(versions))
  const gateway = await rig.startGateway(settings)
  await rig.publisher.live([gateway])
  return gateway
}

const open = (url: string, input: Parameters<typeof version>[0] = {}) =>
  version({ upstreamUrls: [url], isPublic: true, ...input })

const when = (conditions: Partial<RequestConditions>) => ({ ...noConditions, ...conditions })

describe('A2: hosts', () => {
  it('the same path with two hosts reaches two backends, an unknown host none, and a wildcard every name below it', async () => {
    await using rig = await createRig()
    const [shop, blog] = [await rig.startUpstream(), await rig.startUpstream()]
    const at = (name: string, url: string, hosts: string[]) =>
      open(url, { name, basePath: '/', routes: ['GET /a'], more: { hosts } })
    const gateway = await serve(rig, [
      at('shop', shop.url, ['shop.test']),
      at('blog', blog.url, ['*.blog.test']),
    ])
    const ask = async (host: string) => (await gateway.call('/a', { headers: { Host: host } })).status
    expect(await ask('shop.test')).toBe(200)
    expect(await ask('SHOP.test:8000')).toBe(200)
    expect(await ask('me.blog.test')).toBe(200)
    expect(await ask('blog.test')).toBe(404)
    expect(await ask('unknown.test')).toBe(404)
    expect([shop.seen.length, blog.seen.length]).toEqual([2, 1])
  })
})

describe('conditions', () => {
  it('A3 A4: a header or a parameter leads to another backend of the version; without them it is 404 or 415', async () => {
    await using rig = await createRig()
    const [main, mobile] = [await rig.startUpstream(), await rig.startUpstream()]
    const documents = open(main.url, {
      routes: [
        { id: 'plain', method: 'GET', path: '/a', public: true },
        {
          id: 'ios',
          method: 'GET',
          path: '/a',
          public: true,
          upstream: 'mobile',
          when: when({ headers: [{ name: 'x-client', values: ['ios'] }] }),
        },
        {
          id: 'two',
          method: 'GET',
          path: '/a',
          public: true,
          upstream: 'mobile',
          when: when({ query: [{ name: 'version', values: ['2'] }] }),
        },
        {
          id: 'json',
          method: 'POST',
          path: '/a',
          public: true,
          when: when({ contentTypes: ['application/json'] }),
        },
      ],
    })
    const [only] = documents.upstreams
    if (!only) throw new Error('one upstream')
    const second = {
      ...only,
      id: 'ups_mobile',
      name: 'mobile',
      targets: [{ url: mobile.url, weight: 1, region: null }],
    }
    const gateway = await serve(rig, [{ ...documents, upstreams: [only, second] }])
    await gateway.call('/echo/a')
    const ios = await gateway.call('/echo/a', { headers: { 'X-CLIENT': 'ios' } })
    await gateway.call('/echo/a?x=1&version=1&v%65rsion=%32')
    expect(main.seen.map(({ url }) => url)).toEqual(['/a'])
    expect(mobile.seen.map(({ url }) => url)).toEqual(['/a', '/a?x=1&version=1&v%65rsion=%32'])
    expect(ios.headers.vary).toBe('x-client')
    const wrong = await gateway.call('/echo/a', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: 'a',
    })
    expect([wrong.status, wrong.headers.accept]).toEqual([415, 'application/json'])
  })
})

describe('versions', () => {
  it('F1 F2 F3 F4: by path, Accept, parameter and default, each with its own backend', async () => {
    await using rig = await createRig()
    const [one, two, three, four] = [
      await rig.startUpstream(),
      await rig.startUpstream((_, response) => void response.setHeader('Vary', 'Origin').end('two')),
      await rig.startUpstream(),
      await rig.startUpstream(),
    ]
    const of = (name: string, url: string, more: Partial<Version>) => ({
      ...open(url, { name: 'books', routes: [`GET /list`] }),
      id: `ver_${name}`,
      name,
      upstreams: open(url, { name: `books-${name}` }).upstreams,
      ...more,
    })
    const gateway = await serve(rig, [
      of('v1', one.url, {}),
      of('v2', two.url, {
        selector: { by: 'media-type', mediaType: 'application/vnd.books.v2+json', isDefault: false },
      }),
      of('v3', three.url, {
        selector: { by: 'query', name: 'version', value: '3', strip: true, isDefault: false },
      }),
      of('v4', four.url, { basePath: '/books/v4' }),
    ])
    const first = await gateway.call('/books/list')
    const second = await gateway.call('/books/list', { headers: { Accept: 'application/vnd.books.v2+json' } })
    await gateway.call('/books/list?q=1&version=3')
    const fourth = await gateway.call('/books/v4/list')
    expect([first.headers.vary, second.headers.vary, fourth.headers.vary]).toEqual([
      'Accept',
      'Origin, Accept',
      undefined,
    ])
    expect([one, two, three, four].map(({ seen }) => seen.map(({ url }) => url))).toEqual([
      ['/list'],
      ['/list'],
      ['/list?q=1'],
      ['/list'],
    ])
    const unknown = await gateway.call('/books/list', {
      headers: { Accept: 'application/vnd.books.v9+json' },
    })
    expect([unknown.status, unknown.headers.vary]).toEqual([406, 'Accept'])
    expect(unknown.json()).toMatchObject({
      code: 'version_not_offered',
      detail: 'Versions go by Accept: application/vnd.books.v2+json, ?version=3, or none.',
    })
  })

  it('F5: a deprecated version is 410 from the moment of its sunset on, without anybody publishing', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const lifecycle = { state: 'deprecated' as const, deprecatedAt: 0, successorPath: '/echo/v2' }
    const soon = { ...lifecycle, sunsetAt: Date.now() + 3_600_000 }
    const past = { ...lifecycle, sunsetAt: Date.now() - 1 }
    const gateway = await serve(rig, [
      open(upstream.url, { name: 'soon', more: { lifecycle: soon } }),
      open(upstream.url, { name: 'past', policies: [policy('api-key')], more: { lifecycle: past } }),
    ])
    expect((await gateway.call('/soon/things')).status).toBe(200)
    const gone = await gateway.call('/past/things')
    expect(gone.json()).toMatchObject({ code: 'api_retired', status: 410 })
    expect(gone.headers).toMatchObject({ deprecation: '@0', link: '</echo/v2>; rel="successor-version"' })
    expect(gone.headers.sunset).toBe(new Date(past.sunsetAt).toUTCString())
    expect(upstream.seen).toHaveLength(1)
  })
})

describe('methods', () => {
  it('A5: QUERY carries its body; TRACE is 405 and CONNECT goes nowhere', async () => {
    await using rig = await createRig()
    const bodies: string[] = []
    const upstream = await rig.startUpstream((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        bodies.push(`${request.method} ${body}`)
        response.end('ok')
      })
    })
    const gateway = await serve(rig, [
      open(upstream.url, { routes: ['QUERY /books', 'GET /books', 'TRACE /books'] }),
    ])
    const found = await gateway.call('/echo/books', { method: 'QUERY', body: 'title = Dune' })
    expect([found.status, bodies]).toEqual([200, ['QUERY title = Dune']])
    const traced = await gateway.call('/echo/books', { method: 'TRACE' })
    expect([traced.status, traced.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS, QUERY'])
    const options = await gateway.call('/echo/books', { method: 'OPTIONS' })
    expect([options.status, options.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS, QUERY'])
    expect(bodies).toHaveLength(1)
  })
})

describe('addresses', () => {
  it('A6: a parameter of the path reaches the backend through a rewrite; a redirect answers before anybody is asked for a key', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const rewrite = policy('rewrite', {
      path: '/v2/items/{productID}',
      query: { set: [{ name: 'tenant', value: '{header.x-tenant}' }] },
    })
    const redirect = policy('redirect', { location: 'https://books.example/{id}' })
    const gateway = await serve(rig, [
      open(upstream.url, {
        routes: [{ method: 'GET', path: '/products/{productID}', public: true, policies: [rewrite] }],
      }),
      version({
        name: 'old',
        upstreamUrls: [upstream.url],
        policies: [policy('api-key'), redirect],
        routes: ['GET /{id}'],
      }),
    ])
    await gateway.call('/echo/products/a%2Fb?x=1', { headers: { 'X-Tenant': 'a&b' } })
    expect(upstream.seen.map(({ url }) => url)).toEqual(['/v2/items/a%2Fb?x=1&tenant=a%26b'])
    const moved = await gateway.call('/old/7?x')
    expect([moved.status, moved.headers.location]).toEqual([308, 'https://books.example/7?x'])
  })
})
