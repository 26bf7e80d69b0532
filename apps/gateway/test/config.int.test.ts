// Configuration as gateways live it: pulled, refused whole, repaired after losses, served from disk, swapped under traffic.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { signDebug } from '../src/request/debug-gate.ts'
import { policy, snapshotOf, version } from './documents.ts'
import { call, createRig, failToStart, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

const open = (url: string, name = 'echo', more = {}) =>
  version({ name, upstreamUrls: [url], isPublic: true, ...more })

describe('propagation', () => {
  it('I16: a change is live without a reload, and requests in flight finish on what they began with', async () => {
    await using rig = await createRig()
    const held: (() => void)[] = []
    const upstream = await rig.startUpstream((_, response) => {
      held.push(() => response.end('done'))
    })
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const inFlight = gateway.call('/echo/things')
    await until(() => held.length === 1, 'the upstream has the request')
    await rig.publisher.publish(snapshotOf([open(upstream.url, 'other')]))
    await rig.publisher.live([gateway])
    expect((await gateway.call('/echo/things')).json()).toMatchObject({ code: 'route_not_found' })
    held[0]?.()
    expect(await inFlight).toMatchObject({ status: 200, body: 'done' })
  })

  it('I16: 40 changes under load cost no request', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    let isOver = false
    const statuses = new Map<number, number>()
    const load = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        const { status } = await gateway.call('/echo/things')
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    })
    for (let i = 0; i < 40; i++) {
      const header = policy('headers', { response: { set: [{ name: 'X-Turn', value: String(i) }] } })
      await rig.publisher.publish(snapshotOf([open(upstream.url, 'echo', { policies: [header] })]))
      await rig.publisher.live([gateway])
      expect((await gateway.call('/echo/things')).headers['x-turn']).toBe(String(i))
    }
    isOver = true
    await Promise.all(load)
    expect([...statuses.keys()]).toEqual([200])
  })

  it('I11: lost wake-ups and a Redis that was gone are repaired within 2 s of its return', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateways = await Promise.all([rig.startGateway(), rig.startGateway(), rig.startGateway()])
    await rig.publisher.live(gateways)

    await rig.publisher.publish(snapshotOf([open(upstream.url, 'silent')]), { wake: false })
    const published = performance.now()
    await rig.publisher.live(gateways)
    expect(performance.now() - published).toBeLessThan(2_000)

    await rig.redis.stop()
    // The data path does not notice.
    for (const gateway of gateways) expect((await gateway.call('/silent/things')).status).toBe(200)
    await rig.redis.start()
    await rig.publisher.publish(snapshotOf([open(upstream.url, 'back')]), { wake: false })
    const returned = performance.now()
    await rig.publisher.live(gateways)
    expect(performance.now() - returned).toBeLessThan(2_500)
    for (const gateway of gateways) expect((await gateway.call('/back/things')).status).toBe(200)
  })

  it('I11: a gateway starts and serves with Redis down, from its last good snapshot', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const folder = join(rig.folder, 'kept')
    const first = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([first])
    await first.kill()
    await rig.redis.stop()
    const second = await rig.startGateway({ DATA_DIR: folder })
    expect(second.id).toBe(first.id)
    expect((await second.call('/echo/things')).status).toBe(200)
    await rig.redis.start()
    await rig.publisher.publish(snapshotOf([open(upstream.url, 'new')]))
    await rig.publisher.live([second])
    expect((await second.call('/new/things')).status).toBe(200)
  })

  it('I11: a damaged last good snapshot is not served', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const folder = join(rig.folder, 'kept')
    const first = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([first])
    await first.kill()
    await rig.redis.stop()
    const path = join(folder, 'snapshot.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('/things', '/thongs'))
    const second = await rig.startGateway({ DATA_DIR: folder })
    expect((await second.call('/echo/things')).json()).toMatchObject({
      code: 'gateway_not_ready',
      status: 503,
    })
    expect((await second.ops('/readyz')).status).toBe(503)
    expect(second.logs.some((line) => String(line.reason).includes('does not have its announced hash'))).toBe(
      true,
    )
  })

  it('an unwritable data folder is complained about, and the gateway serves all the same', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    // A file where the folder should be: also root cannot write below it.
    const path = join(rig.folder, 'file')
    writeFileSync(path, '')
    const gateway = await rig.startGateway({ DATA_DIR: join(path, 'data') })
    await rig.publisher.live([gateway])
    expect((await gateway.call('/echo/things')).status).toBe(200)
    expect((await gateway.ops('/metrics')).body).toContain('gw_last_good_failures_total 1')
  })
})

describe('refusal', () => {
  it('C11: a route that nobody guards refuses the whole snapshot, by name; the one before keeps serving', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const before = await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const unguarded = version({ name: 'bare', upstreamUrls: [upstream.url], routes: ['GET /secret'] })
    await rig.publisher.publish(snapshotOf([open(upstream.url), open(upstream.url, 'fine'), unguarded]))
    await until(
      async () => (await rig.publisher.reports())[0]?.refusal?.revision === 2,
      'the refusal is reported',
    )
    const [report] = await rig.publisher.reports()
    expect(report).toMatchObject({ revision: before.revision, hash: before.hash })
    expect(report?.refusal?.reason).toBe(
      'tenant acme, API bare v1, route GET /secret: nothing asks who is calling; attach a policy such as api-key or jwt, or mark it public',
    )
    expect((await gateway.call('/echo/things')).status).toBe(200)
    expect((await gateway.call('/fine/things')).status).toBe(404)
    expect((await gateway.ops('/readyz?verbose')).body).toContain('nothing asks who is calling')
    // The next good one is taken, and the refusal is over.
    await rig.publisher.publish(snapshotOf([open(upstream.url, 'fine')]))
    await rig.publisher.live([gateway])
    expect((await rig.publisher.reports())[0]?.refusal).toBeNull()
  })

  it.each([
    [
      'an unknown policy',
      { policies: [policy('teleport')] },
      'policy teleport: there is no policy of the type teleport',
    ],
    [
      'an unknown option',
      { policies: [policy('rate-limit', { limit: 5, speed: 3 })] },
      'tenant acme, API echo v1, policy rate-limit: config: Unrecognized key: "speed"',
    ],
    ['a wrong value', { policies: [policy('rate-limit', { limit: 0 })] }, 'limit: Too small'],
    [
      'two routes that answer the same',
      { routes: ['GET /a/{x}', 'GET /a/{y}'] },
      'GET /echo/a/{y} of echo v1 answers the same requests as GET /echo/a/{x} of echo v1',
    ],
  ])('%s refuses the snapshot and says where', async (_, more, reason) => {
    await using rig = await createRig()
    await rig.publisher.publish(snapshotOf([version({ isPublic: true, ...more })]))
    const gateway = await rig.startGateway()
    await until(
      async () => (await rig.publisher.reports())[0]?.refusal?.reason !== undefined,
      'the refusal is reported',
    )
    expect((await rig.publisher.reports())[0]?.refusal?.reason).toContain(reason)
    expect((await gateway.call('/echo/things')).json()).toMatchObject({ code: 'gateway_not_ready' })
  })

  it.each([
    ['is not what its hash says', (text: string) => text.replaceAll('/things', '/thongs'), 'announced hash'],
    ['is no snapshot', () => '{}', 'The envelope is not valid'],
    ['is cut off', (text: string) => text.slice(0, -9), 'The envelope is not JSON'],
  ])('a document that %s is refused', async (_, damage, reason) => {
    await using rig = await createRig()
    await rig.publisher.publish(snapshotOf([open('http://127.0.0.1:1')]))
    const key = 'gw:{prod}:snapshot'
    await rig.redis.client.set(key, damage((await rig.redis.client.get(key)) ?? ''))
    await rig.startGateway()
    await until(
      async () => (await rig.publisher.reports())[0]?.refusal?.reason !== undefined,
      'the refusal is reported',
    )
    expect((await rig.publisher.reports())[0]?.refusal?.reason).toContain(reason)
  })

  it('I11: a snapshot that ends the workers that compile it is served by none', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateway = await rig.startGateway({
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'crashes.ts')}`,
    })
    await rig.publisher.live([gateway])
    await rig.publisher.publish(snapshotOf([open(upstream.url), open(upstream.url, 'poison')]))
    await until(
      async () => (await rig.publisher.reports())[0]?.refusal?.reason !== undefined,
      'the refusal is reported',
    )
    expect((await rig.publisher.reports())[0]?.refusal?.reason).toMatch(/^worker \d ended while it compiled/)
    const serves = () =>
      gateway.call('/echo/things').then(
        ({ status }) => status === 200,
        () => false,
      )
    await until(serves, 'the new workers serve what was live')
  })
})

describe('serving', () => {
  it('A1 A5 A6: paths, methods and parameters reach the right upstream', async () => {
    await using rig = await createRig()
    const [users, products] = [await rig.startUpstream(), await rig.startUpstream()]
    await rig.publisher.publish(
      snapshotOf([
        open(users.url, 'users', {
          basePath: '/',
          routes: ['GET /users/{id}', 'GET /users/me', 'DELETE /users/{id}'],
        }),
        open(products.url, 'products', { basePath: '/products', routes: ['GET /{id}'] }),
      ]),
    )
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    await gateway.call('/users/123')
    await gateway.call('/users/me')
    await gateway.call('/products/456?x=1')
    expect(users.seen.map(({ url }) => url)).toEqual(['/users/123', '/users/me'])
    expect(products.seen.map(({ url }) => url)).toEqual(['/456?x=1'])
    expect((await gateway.call('/usersX/123')).status).toBe(404)
    const refused = await gateway.call('/users/123', { method: 'PUT' })
    expect([refused.status, refused.headers.allow]).toEqual([405, 'DELETE, GET, HEAD, OPTIONS'])
  })

  it('A25: an API without an upstream answers from its examples; callers choose by Prefer and Accept', async () => {
    await using rig = await createRig()
    const mocks = [
      { status: 404, mediaType: 'application/json', name: 'gone', body: '{"error":"gone"}' },
      { status: 200, mediaType: 'application/json', name: 'dune', body: '{"title":"Dune"}' },
      { status: 200, mediaType: 'application/xml', name: 'dune', body: '<title>Dune</title>' },
    ]
    const mocked = version({
      isPublic: true,
      routes: [
        { method: 'GET', path: '/books', mocks },
        { method: 'GET', path: '/none' },
      ],
    })
    await rig.publisher.publish(snapshotOf([mocked]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const plain = await gateway.call('/echo/books')
    expect([plain.status, plain.headers['content-type'], plain.body]).toEqual([
      200,
      'application/json',
      '{"title":"Dune"}',
    ])
    const xml = await gateway.call('/echo/books', { headers: { Accept: 'application/xml, */*;q=0.1' } })
    expect([xml.headers['content-type'], xml.body]).toEqual(['application/xml', '<title>Dune</title>'])
    const gone = await gateway.call('/echo/books', { headers: { Prefer: 'code=404' } })
    expect([gone.status, gone.headers['preference-applied'], gone.body]).toEqual([
      404,
      'code=404',
      '{"error":"gone"}',
    ])
    expect((await gateway.call('/echo/none')).json()).toMatchObject({ code: 'mock_missing', status: 501 })
  })

  it('F5: a deprecated version says so and still answers; a retired one is 410', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const lifecycle = {
      deprecatedAt: Date.UTC(2026, 0, 1),
      sunsetAt: Date.UTC(2027, 0, 1),
      successorPath: '/echo/v2',
    }
    const at = (state: 'deprecated' | 'retired') =>
      snapshotOf([open(upstream.url, 'echo', { more: { lifecycle: { ...lifecycle, state } } })])
    await rig.publisher.publish(at('deprecated'))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const deprecated = await gateway.call('/echo/things')
    expect(deprecated.status).toBe(200)
    expect(deprecated.headers).toMatchObject({
      deprecation: '@1767225600',
      sunset: 'Fri, 01 Jan 2027 00:00:00 GMT',
      link: '</echo/v2>; rel="successor-version"',
    })
    await rig.publisher.publish(at('retired'))
    await rig.publisher.live([gateway])
    const retired = await gateway.call('/echo/things')
    expect(retired.json()).toMatchObject({ code: 'api_retired', status: 410 })
    expect(retired.headers.link).toBe('</echo/v2>; rel="successor-version"')
    expect(upstream.seen).toHaveLength(1)
  })

  it('D11: preflights are answered without a key; foreign origins get no allow field; a 401 can be read by the page', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const guarded = version({
      upstreamUrls: [upstream.url],
      policies: [
        policy('cors', { origins: ['https://app.test', 'https://*.pages.test'] }),
        policy('api-key'),
      ],
    })
    await rig.publisher.publish(snapshotOf([guarded]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const preflight = (origin: string) =>
      gateway.call('/echo/things', {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'x-api-key',
        },
      })
    const allowed = await preflight('https://app.test')
    expect(allowed.status).toBe(204)
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.test',
      'access-control-allow-headers': 'x-api-key',
      'access-control-max-age': '600',
    })
    expect(allowed.headers['access-control-allow-methods']).toContain('POST')
    expect((await preflight('https://pr-7.pages.test')).headers['access-control-allow-origin']).toBe(
      'https://pr-7.pages.test',
    )
    const foreign = await preflight('https://evil.test')
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined()
    const refused = await gateway.call('/echo/things', { headers: { Origin: 'https://app.test' } })
    expect(refused.status).toBe(401)
    expect(refused.headers['access-control-allow-origin']).toBe('https://app.test')
    expect(refused.headers['access-control-expose-headers']).toContain('RateLimit')
    expect(upstream.seen).toHaveLength(0)
  })

  it('A28: a version of another gateway group does not exist here', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(
      snapshotOf([
        open(upstream.url, 'inside', { more: { groups: ['internal'] } }),
        open(upstream.url, 'everywhere', { more: { groups: [] } }),
      ]),
    )
    const gateway = await rig.startGateway({ GATEWAY_GROUP: 'edge' })
    await rig.publisher.live([gateway])
    expect((await gateway.call('/inside/things')).status).toBe(404)
    expect((await gateway.call('/everywhere/things')).status).toBe(200)
  })
})

describe('explain', () => {
  it('lists candidates and judges each policy without counting anything', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const guarded = version({
      upstreamUrls: [upstream.url],
      routes: ['GET /things/{id}', 'GET /things/new'],
      policies: [
        policy('ip-filter', { deny: ['10.9.0.0/16'] }),
        policy('rate-limit', { limit: 1, by: 'api', mode: 'strict' }),
        policy('api-key'),
      ],
    })
    await rig.publisher.publish(snapshotOf([guarded]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const ask = async (question: object) =>
      (await gateway.ops('/explain', { method: 'POST', body: JSON.stringify(question) })).json()
    const missing = await ask({ url: '/echo/things/new' })
    expect(missing).toMatchObject({
      candidates: [
        { template: '/echo/things/new', won: true },
        {
          template: '/echo/things/{id}',
          won: false,
          reason: expect.stringContaining('matches the host or the path'),
        },
      ],
      steps: [
        { policy: 'blocklist', verdict: 'passed', stage: 'edge' },
        { policy: 'ip-filter', verdict: 'passed', microseconds: expect.any(Number) },
        { policy: 'api-key', verdict: 'refused', reason: 'credential_missing' },
      ],
      notReached: [{ policy: 'blocklist', stage: 'admit' }, { policy: 'rate-limit' }],
      outcome: { kind: 'refused', status: 401, code: 'credential_missing', policy: 'api-key' },
    })
    expect(await ask({ url: '/echo/things/1', clientAddress: '10.9.1.1' })).toMatchObject({
      outcome: { code: 'address_not_allowed', policy: 'ip-filter' },
    })
    expect(await ask({ url: '/nowhere' })).toMatchObject({
      candidates: [],
      outcome: { code: 'route_not_found' },
    })
    expect(await ask({ method: 'PUT', url: '/echo/things/1' })).toMatchObject({
      outcome: { code: 'method_not_allowed' },
    })
    expect(upstream.seen).toHaveLength(0)
  })
})

describe('operations port', () => {
  it('C17 is nothing that an API can have behind it', async () => {
    await using rig = await createRig()
    await rig.publisher.publish(snapshotOf([]))
    const gateway = await rig.startGateway()
    const routes = ['GET /metrics', 'POST /explain']
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [gateway.opsUrl], isPublic: true, routes })]),
    )
    await rig.publisher.live([gateway])
    expect((await gateway.call('/echo/metrics')).status).toBe(403)
    const asked = await gateway.call('/echo/explain', { method: 'POST', body: '{"url":"/echo/metrics"}' })
    expect(asked.status).toBe(403)
    expect((await gateway.ops('/metrics')).status).toBe(200)
  })
})

describe('debug header', () => {
  it('a signed request tells what happened to it; an unsigned or stale one tells nothing', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const policies = [policy('body-limit'), policy('rate-limit', { limit: 1, by: 'api', mode: 'strict' })]
    await rig.publisher.publish(snapshotOf([open(upstream.url, 'echo', { policies })]))
    const secret = 'only the operator knows this'
    const gateway = await rig.startGateway({ DEBUG_SECRET: secret })
    await rig.publisher.live([gateway])
    const traceOf = async (value: string, path = '/echo/things') => {
      const { headers, status } = await gateway.call(path, { headers: { 'X-Gatewright-Debug': value } })
      const field = headers['x-gatewright-trace']
      return { status, trace: field === undefined ? null : JSON.parse(String(field)) }
    }
    const signed = (atMs: number) => signDebug(secret, 'GET', '/echo/things', atMs)
    const passed = await traceOf(signed(Date.now()))
    expect(passed).toMatchObject({
      status: 200,
      trace: {
        steps: [
          { policy: 'blocklist', verdict: 'passed', stage: 'edge' },
          { policy: 'blocklist', verdict: 'passed', stage: 'admit' },
          { policy: 'rate-limit', verdict: 'passed', microseconds: expect.any(Number) },
          { policy: 'body-limit', verdict: 'passed' },
        ],
        attempts: [{ status: 200, microseconds: expect.any(Number) }],
      },
    })
    const refused = await traceOf(signed(Date.now()))
    expect(refused).toMatchObject({
      status: 429,
      trace: {
        steps: [
          { policy: 'blocklist' },
          { policy: 'blocklist' },
          { policy: 'rate-limit', verdict: 'refused', reason: 'rate_limited' },
        ],
        attempts: [],
      },
    })
    expect((await traceOf(signed(Date.now() - 6 * 60_000))).trace).toBeNull()
    expect(
      (await traceOf(signDebug('another secret entirely', 'GET', '/echo/things', Date.now()))).trace,
    ).toBeNull()
    expect((await traceOf(signed(Date.now()), '/echo/things/7')).trace).toBeNull()
    expect(upstream.seen[0]?.headers['x-gatewright-debug']).toBeUndefined()
  })
})

describe('process', () => {
  it('I9: behind a balancer that asks /readyz, SIGTERM fails no request', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream((request, response) => {
      request.resume()
      setTimeout(() => response.end('slow'), 30)
    })
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateways = await Promise.all([
      rig.startGateway({ DRAIN_DELAY_MS: '2000' }),
      rig.startGateway({ DRAIN_DELAY_MS: '2000' }),
    ])
    await rig.publisher.live(gateways)
    const [leaving, staying] = gateways
    if (!leaving || !staying) throw new Error('two gateways')
    const outcomes = new Map<string, number>()
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    let isLeavingReady = true
    let isOver = false
    const probe = (async () => {
      while (!isOver && isLeavingReady) {
        isLeavingReady = await leaving.ops('/readyz').then(
          ({ status }) => status === 200,
          () => false,
        )
      }
    })()
    let next = 0
    const load = Array.from({ length: 20 }, async () => {
      while (!isOver) {
        const gateway = isLeavingReady && next++ % 2 ? leaving : staying
        await gateway.call('/echo/things').then(
          ({ status }) => count(String(status)),
          (error: NodeJS.ErrnoException) => count(error.code ?? error.message),
        )
      }
    })
    await until(() => (outcomes.get('200') ?? 0) > 50, 'there is traffic')
    const code = await leaving.stop()
    isOver = true
    await Promise.all([...load, probe])
    expect(code).toBe(0)
    expect([...outcomes.keys()]).toEqual(['200'])
    // Gone, not missing: it took its report with it.
    expect((await rig.publisher.reports()).map((report) => report.gatewayId)).toEqual([staying.id])
  })

  it('I9: a request in flight at SIGTERM is finished, and its connection closed', async () => {
    await using rig = await createRig()
    let finish: (() => void) | undefined
    const upstream = await rig.startUpstream((_, response) => {
      finish = () => response.end('done')
    })
    await rig.publisher.publish(snapshotOf([open(upstream.url)]))
    const gateway = await rig.startGateway({ DRAIN_DELAY_MS: '0' })
    await rig.publisher.live([gateway])
    const answered = gateway.call('/echo/things')
    await until(() => finish !== undefined, 'the upstream has the request')
    const stopped = gateway.stop()
    await gateway.logged((line) => line.msg === 'draining')
    finish?.()
    expect(await answered).toMatchObject({ status: 200, body: 'done' })
    expect(await stopped).toBe(0)
  })

  it('a gateway whose port is taken says which, and ends', async () => {
    await using rig = await createRig()
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address()
        resolve(typeof address === 'object' && address ? address.port : 0)
      })
    })
    const settings = { DATA_DIR: join(rig.folder, 'd'), REDIS_URL: rig.redis.url, GATEWAY_PORT: String(port) }
    const { code, stderr } = await failToStart(settings)
    taken.close()
    expect(code).toBe(1)
    expect(stderr).toBe(`gateway: GATEWAY_PORT: 127.0.0.1:${port} is in use by another program\n`)
  })

  it('two gateways do not share a data folder', async () => {
    await using rig = await createRig()
    const folder = join(rig.folder, 'd')
    const first = await rig.startGateway({ DATA_DIR: folder })
    const { code, stderr } = await failToStart({ DATA_DIR: folder, REDIS_URL: rig.redis.url })
    expect(code).toBe(1)
    expect(stderr).toContain(`is used by the process ${first.pid}`)
  })

  it('wrong settings are named, all of them', async () => {
    const { code, stderr } = await failToStart({ WORKERS: 'many', TRUSTED_PROXIES: '10.0.0.0/99' })
    expect(code).toBe(1)
    expect(stderr).toContain('WORKERS: ')
    expect(stderr).toContain('TRUSTED_PROXIES: Use addresses and CIDR ranges')
  })
})

describe('standalone', () => {
  const manifest = (limit: string) => `gatewright: 1
apis:
  - name: books
    title: Books
    versions:
      - name: v1
        basePath: /books
        public: true
        deployments: { prod: {} }
        routes:
          - method: GET
            path: /all
            mocks: [{ status: 200, mediaType: text/plain, name: null, body: all of them }]
        policies:
          - type: rate-limit
            config: { ${limit}, by: api, mode: strict }
`

  it('serves a manifest without Redis; a change is live at once; a bad one is refused with file and line', async () => {
    await using rig = await createRig()
    const path = join(rig.folder, 'gateway.yaml')
    writeFileSync(path, manifest('limit: 3'))
    await rig.redis.stop()
    const gateway = await rig.startGateway({}, ['--manifest', path])
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await gateway.call('/books/all')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])

    // As editors do: no half of a file is ever there to be read.
    const replace = (text: string) => {
      writeFileSync(`${path}.new`, text)
      renameSync(`${path}.new`, path)
    }
    replace(manifest('limits: 50'))
    const refused = await gateway.logged((line) => line.level === 50)
    expect(refused.reason).toContain(`${path}:16:21: apis.0.versions.0.policies.0.config`)
    expect((await gateway.call('/books/all')).status).toBe(429)

    replace(manifest('limit: 100'))
    await gateway.logged((line) => line.revision === 2)
    expect((await gateway.call('/books/all')).headers['x-ratelimit-limit']).toBe('100')
    await rig.redis.start()
  })

  it('does not start with a manifest that is wrong or missing', async () => {
    await using rig = await createRig()
    const path = join(rig.folder, 'gateway.yaml')
    writeFileSync(path, 'gatewright: 1\napis:\n  - name: Books\n')
    const settings = { DATA_DIR: join(rig.folder, 'd') }
    const wrong = await failToStart(settings, ['--manifest', path])
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain(`${path}:3:11: apis.0.name: Use lower-case letters`)
    const missing = await failToStart(settings, ['--manifest', join(rig.folder, 'nowhere.yaml')])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain('no such file')
  })
})

it('a worker that crashes is started again and serves what the others serve', async () => {
  await using rig = await createRig()
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(snapshotOf([open(upstream.url)]))
  const gateway = await rig.startGateway({
    WORKERS: '1',
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'crashes.ts')}`,
  })
  await rig.publisher.live([gateway])
  expect((await call(`${gateway.url}/echo/things`)).status).toBe(200)
  process.kill(gateway.pid, 'SIGUSR2')
  await gateway.logged((line) => line.msg === 'worker ended; it is started again')
  await until(
    () =>
      gateway.call('/echo/things').then(
        ({ status }) => status === 200,
        () => false,
      ),
    'the new worker serves',
  )
  expect((await gateway.ops('/metrics')).body).toContain('gw_workers 1')
})
