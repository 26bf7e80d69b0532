import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { BlockList } from 'node:net'
import type { Discovery } from '@gatewright/shared/model/upstream'
import { afterEach, describe, expect, it } from 'vitest'
import { testCertificate, testKey } from '../../testing/certificate.fixture.ts'
import {
  startKubernetes,
  type TestEndpoint,
  type TestKubernetes,
} from '../../testing/registries/kubernetes.fixture.ts'
import { type Listener, listenTo } from '../../testing/registries/listener.fixture.ts'
import type { RegistryAccess } from './access.ts'
import { discoverInKubernetes } from './kubernetes.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'

let cluster: TestKubernetes
let listener: Listener
afterEach(async () => {
  listener.stop()
  await cluster.close()
})

function follow(
  settings: Partial<Extract<Discovery, { kind: 'kubernetes' }>> = {},
  access: () => RegistryAccess = () => ({ token: null, ca: null }),
  client = createRegistryClient(new BlockList()),
): Listener {
  listener = listenTo(
    discoverInKubernetes(
      {
        kind: 'kubernetes',
        url: cluster.url,
        namespace: 'shop',
        service: 'books',
        port: null,
        scheme: 'http',
        ...settings,
      },
      client,
      async () => access(),
    ),
  )
  return listener
}

const slice = (endpoints: readonly TestEndpoint[], more = {}) => ({
  namespace: 'shop',
  service: 'books',
  name: 'books-abc12',
  ports: [
    { name: 'http', port: 8080 },
    { name: 'admin', port: 9090 },
  ],
  endpoints,
  ...more,
})
const at = (...addresses: string[]) => slice(addresses.map((address) => ({ address })))

describe('A15: Kubernetes EndpointSlices', () => {
  it('what the list has and what the watch tells are the targets', async () => {
    cluster = await startKubernetes(createServer)
    cluster.set(slice([{ address: '10.1.0.1', zone: 'eu-1a' }]))
    cluster.set({ ...at('10.9.9.9'), service: 'others', name: 'others-1' })
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    expect(heard.targets).toEqual([
      { url: 'http://10.1.0.1:8080', hostName: 'books.shop.svc', weight: 1, region: 'eu-1a' },
    ])
    cluster.set({ ...at('10.1.0.2'), name: 'books-def34' })
    await heard.until(({ urls }) => urls.length === 2)
    cluster.set(at('10.1.0.3'))
    await heard.until(({ urls }) => urls.includes('http://10.1.0.3:8080'))
    expect(heard.urls).toEqual(['http://10.1.0.3:8080', 'http://10.1.0.2:8080'])
    cluster.remove('shop', 'books-def34')
    await heard.until(({ urls }) => urls.length === 1)
    cluster.set(at())
    await heard.until(({ urls }) => urls.length === 0)
    expect([cluster.lists, cluster.watches]).toEqual([1, 1])
  })

  it('only ready endpoints that are not on their way out count; a port is found by its name', async () => {
    cluster = await startKubernetes(createServer)
    cluster.set(
      slice([
        { address: '10.1.0.1', conditions: {} },
        { address: '10.1.0.2', conditions: { ready: false } },
        { address: '10.1.0.3', conditions: { ready: true, serving: true, terminating: true } },
      ]),
    )
    cluster.set({ ...slice([{ address: 'fd00::1' }], { addressType: 'IPv6' }), name: 'books-v6' })
    const heard = follow({ port: 'admin', scheme: 'https' })
    await heard.until(({ readings }) => readings > 0)
    expect(heard.urls).toEqual(['https://10.1.0.1:9090'])
    cluster.remove('shop', 'books-abc12')
    await heard.until(({ urls }) => urls[0] !== 'https://10.1.0.1:9090')
    expect(heard.urls).toEqual(['https://[fd00::1]:9090'])
  })

  it('a watch that is cut is followed by a list, so that nothing is missed', async () => {
    cluster = await startKubernetes(createServer)
    cluster.set(at('10.1.0.1'))
    const heard = follow()
    await cluster.watched()
    cluster.cut()
    cluster.set(at('10.1.0.2'))
    await heard.until(({ urls }) => urls[0] === 'http://10.1.0.2:8080')
    expect(cluster.lists).toBe(2)
  })

  it('410 Gone lists anew; a bookmark moves on without a change', async () => {
    cluster = await startKubernetes(createServer)
    cluster.set(at('10.1.0.1'))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    await cluster.watched()
    cluster.bookmark()
    cluster.set(at('10.1.0.2'))
    await heard.until(({ urls }) => urls[0] === 'http://10.1.0.2:8080')
    cluster.forget()
    cluster.expire()
    cluster.set(at('10.1.0.3'))
    await heard.until(({ urls }) => urls[0] === 'http://10.1.0.3:8080')
    expect([heard.failures, cluster.lists]).toEqual([0, 2])
  })

  it('a refusal says what gateways must be allowed; the last list stays', async () => {
    cluster = await startKubernetes(createServer)
    cluster.set(at('10.1.0.1'))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    cluster.fail(403)
    await heard.until(({ problem }) => problem?.includes('403') === true)
    expect(heard.problem).toBe(
      `${new URL(cluster.url).host} answers 403: gateways may not list and watch endpointslices in shop`,
    )
    expect(heard.urls).toEqual(['http://10.1.0.1:8080'])
    cluster.fail(null)
    await heard.until(({ problem }) => problem === null)
  })

  it('the token is read anew for each question, and the server is verified by the authority it comes with', async () => {
    const secure = (listener: Parameters<typeof createServer>[1]) =>
      createSecureServer({ key: testKey, cert: testCertificate }, listener)
    cluster = await startKubernetes(secure as never, 'https', 'second')
    cluster.set(at('10.1.0.1'))
    const stranger = follow()
    await stranger.until(({ failures }) => failures > 0)
    expect(stranger.problem).toBe(
      `${new URL(cluster.url).host} cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT`,
    )
    stranger.stop()
    let token = 'first'
    const heard = follow({}, () => ({ token, ca: testCertificate }))
    await heard.until(({ problem }) => problem?.includes('answers 401') === true)
    token = 'second'
    await heard.until(({ urls }) => urls.length === 1)
    expect([...cluster.tokens]).toEqual(['Bearer first', 'Bearer second'])
  })

  it('slices that watches make up without end are dropped: all is listed again', async () => {
    cluster = await startKubernetes(createServer)
    const lists = Promise.withResolvers<void>()
    let listed = 0
    const list = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [] })
    const madeUp = {
      metadata: { name: 'x'.repeat(9_000_000) },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.1'] }],
      ports: [{ port: 80 }],
    }
    const client: RegistryClient = {
      async get() {
        if (++listed === 2) lists.resolve()
        return { status: 200, headers: {}, body: list }
      },
      async lines(_, onLine) {
        if (listed === 1) onLine(JSON.stringify({ type: 'ADDED', object: madeUp }))
        return 200
      },
    }
    const heard = follow({}, undefined, client)
    await lists.promise
    await heard.until(({ urls }) => urls.length === 0)
  })
})
