// Instances come and go in a registry, and the traffic of a real gateway follows without a publish.
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { join } from 'node:path'
import type { Discovery } from '@gatewright/shared/model/upstream'
import type { VersionUpstreams } from '@gatewright/shared/model/upstream-state'
import { describe, expect, it, vi } from 'vitest'
import { startConsul } from '../src/testing/registries/consul.fixture.ts'
import { startEureka } from '../src/testing/registries/eureka.fixture.ts'
import { startKubernetes } from '../src/testing/registries/kubernetes.fixture.ts'
import { startNameServer } from '../src/testing/registries/name-server.fixture.ts'
import { snapshotOf, upstream, version } from './documents.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

// What the product promises: no traffic to an instance this long after it is gone.
const goneWithinMs = 5_000
/** More than the workers of a gateway, so that each has answered. */
const callsPerLook = 12

/** An instance that answers with its name and counts the connections that are open to it. */
async function startInstance(name: string, host = '127.0.0.1', port = 0) {
  let seenHost: string | undefined
  const server: Server = createHttpServer((request, response) => {
    seenHost = request.headers.host
    response.end(name)
  })
  const at = await new Promise<number>((resolve) => {
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return {
    name,
    port: at,
    get seenHost() {
      return seenHost
    },
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function serve(rig: Rig, discovery: Discovery, settings: NodeJS.ProcessEnv = {}): Promise<TestGateway> {
  const found = upstream('ups_found', [], { discovery, passiveHealth: null })
  await rig.publisher.publish(snapshotOf([version({ isPublic: true, more: { upstreams: [found] } })]))
  const gateway = await rig.startGateway({ FORBIDDEN_UPSTREAMS: '169.254.0.0/16', ...settings })
  await rig.publisher.live([gateway])
  return gateway
}

/** Who answers right now, over connections of their own, so that both workers are asked. */
async function answering(gateway: TestGateway): Promise<string> {
  const replies = await Promise.all(
    Array.from({ length: callsPerLook }, () =>
      gateway.call('/echo/things', { headers: { Connection: 'close' } }),
    ),
  )
  return [...new Set(replies.map(({ status, body }) => (status === 200 ? body : String(status))))]
    .sort()
    .join()
}

/** Waits until just these answer; a promise of the product, so its time is asserted. */
async function follows(gateway: TestGateway, names: string) {
  let last = ''
  await until(
    async () => {
      last = await answering(gateway)
      return last === names
    },
    `${names} answer`,
    goneWithinMs,
  ).catch((error: Error) => {
    throw new Error(`${error.message}, but ${last}`)
  })
  expect(await answering(gateway)).toBe(names)
}

/** The service `books` of a Consul. */
const booksIn = (url: string): Discovery => ({
  kind: 'consul',
  url,
  service: 'books',
  tag: null,
  datacenter: null,
  scheme: 'http',
})

describe('A13: Consul', () => {
  it('traffic follows what is registered within 5 s, without a publish; a Consul that is away takes nothing away', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a')
    await using b = await startInstance('b')
    const consul = await startConsul('token-of-the-operator')
    const register = ({ name, port }: typeof a) =>
      consul.register({ ID: name, Name: 'books', Address: '127.0.0.1', Port: port })
    await register(a)
    const tokenFile = join(rig.folder, 'token')
    const registries = join(rig.folder, 'registries.json')
    writeFileSync(tokenFile, 'token-of-the-operator')
    writeFileSync(registries, JSON.stringify([{ url: consul.url, tokenFile }]))
    const gateway = await serve(
      rig,
      { kind: 'consul', url: consul.url, service: 'books', tag: null, datacenter: null, scheme: 'http' },
      { REGISTRIES: registries },
    )
    // Known before the first request: the configuration went live with it.
    expect(await answering(gateway)).toBe('a')
    await register(b)
    await follows(gateway, 'a,b')
    await consul.deregister('a')
    await follows(gateway, 'b')
    await consul.deregister('b')
    await follows(gateway, '503')
    await register(a)
    await follows(gateway, 'a')

    await consul.close()
    const stateOf = async () => {
      const { upstreams } = (
        await gateway.ops('/upstreams?version=ver_echo')
      ).json() as unknown as VersionUpstreams
      return upstreams[0]
    }
    // First the question that waited is cut, then no other one arrives.
    const problem = `${new URL(consul.url).host} cannot be reached: ECONNREFUSED`
    await until(
      async () => (await stateOf())?.discovery?.error === problem,
      'the state says that Consul is away',
    )
    expect(await stateOf()).toMatchObject({
      discovery: { updatedAt: expect.any(Number) },
      targets: [{ url: `http://127.0.0.1:${a.port}`, source: 'discovery', state: 'healthy' }],
    })
    const metrics = (await gateway.ops('/metrics')).body
    expect(metrics).toContain('gw_discovery_services 1')
    expect(metrics).toContain('gw_discovery_failing 1')
    expect(await answering(gateway)).toBe('a')
    expect(rig.publisher.revision).toBe(1)
    expect(JSON.stringify(gateway.logs)).not.toContain('token-of-the-operator')
  })

  it('FORBIDDEN_UPSTREAMS: neither a registry nor an instance is where gateways may not call', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a', '127.0.0.3')
    const consul = await startConsul()
    await consul.register({ ID: 'a', Name: 'books', Address: '127.0.0.3', Port: a.port })
    const discovery = booksIn(consul.url)
    const gateway = await serve(rig, discovery, { FORBIDDEN_UPSTREAMS: '127.0.0.3' })
    expect(await answering(gateway)).toBe('503')
    expect(consul.asked.length).toBeGreaterThan(0)
    await gateway.kill()
    consul.asked.length = 0
    const other = await serve(rig, discovery, { FORBIDDEN_UPSTREAMS: '127.0.0.1' })
    expect(await answering(other)).toBe('503')
    expect(consul.asked).toEqual([])
    await consul.close()
  })

  it('what is known outlives a publish and the crash of a worker, though the registry is gone', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a')
    const consul = await startConsul()
    await consul.register({ ID: 'a', Name: 'books', Address: '127.0.0.1', Port: a.port })
    const discovery = booksIn(consul.url)
    const gateway = await serve(rig, discovery, {
      WORKERS: '1',
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'crashes.ts')}`,
    })
    expect(await answering(gateway)).toBe('a')
    await consul.close()
    const changed = upstream('ups_found', [], { discovery, passiveHealth: null, idleTimeoutMs: 9_000 })
    await rig.publisher.publish(snapshotOf([version({ isPublic: true, more: { upstreams: [changed] } })]))
    await rig.publisher.live([gateway])
    expect(await answering(gateway)).toBe('a')
    process.kill(gateway.pid, 'SIGUSR2')
    await gateway.logged((line) => line.msg === 'worker ended; it is started again')
    await until(
      () =>
        answering(gateway)
          .then((who) => who === 'a')
          .catch(() => false),
      'the new worker answers',
    )
  })
})

describe('A14: Eureka', () => {
  it('traffic follows what is up within 5 s, without a publish; a Eureka that fails takes nothing away', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a')
    await using b = await startInstance('b')
    const eureka = await startEureka()
    const register = ({ name, port }: typeof a) =>
      eureka.register('books', {
        instanceId: name,
        hostName: `${name}.books.test`,
        ipAddr: '127.0.0.1',
        port,
      })
    await register(a)
    const gateway = await serve(rig, { kind: 'eureka', url: eureka.url, app: 'books' })
    expect(await answering(gateway)).toBe('a')
    expect(a.seenHost).toBe(`a.books.test:${a.port}`)
    await register(b)
    await follows(gateway, 'a,b')
    await eureka.setStatus('BOOKS', 'a', 'DOWN')
    await follows(gateway, 'b')
    await eureka.deregister('BOOKS', 'b')
    await follows(gateway, '503')
    await eureka.setStatus('BOOKS', 'a', 'UP')
    await follows(gateway, 'a')
    eureka.fail(500)
    await until(() => eureka.asked.length > 0, 'asked')
    expect(await answering(gateway)).toBe('a')
    await eureka.close()
  })
})

describe('A15: DNS', () => {
  it('new addresses are used after the TTL, connections to old ones are closed, a name that is gone takes nothing away', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a', '127.0.0.1')
    await using _b = await startInstance('b', '127.0.0.2', a.port)
    const names = await startNameServer()
    const name = 'books.default.svc.cluster.local'
    const record = (address: string) => ({ type: 'A', ttl: 1, address }) as const
    names.set(name, [record('127.0.0.1')])
    const gateway = await serve(
      rig,
      { kind: 'dns', name, record: 'A', port: a.port, scheme: 'http' },
      { DNS_SERVERS: names.address },
    )
    expect(await answering(gateway)).toBe('a')
    expect(a.seenHost).toBe(`${name}:${a.port}`)
    expect(await a.connections()).toBeGreaterThan(0)
    names.set(name, [record('127.0.0.1'), record('127.0.0.2')])
    await follows(gateway, 'a,b')
    names.set(name, [record('127.0.0.2')])
    await follows(gateway, 'b')
    await until(async () => (await a.connections()) === 0, 'connections to a are closed')
    names.set(name, [])
    const asked = names.asked.get(`A ${name}`) ?? 0
    await until(() => (names.asked.get(`A ${name}`) ?? 0) > asked + 1, 'the name was asked for in vain')
    expect(await answering(gateway)).toBe('b')
    await names.close()
  })

  it('SRV records lead to their ports', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a')
    await using b = await startInstance('b')
    const names = await startNameServer()
    const service = '_http._tcp.books'
    const srv = (target: string, port: number) =>
      ({ type: 'SRV', ttl: 1, target, port, weight: 1, priority: 0 }) as const
    names.set('pod-a.one', [{ type: 'A', ttl: 1, address: '127.0.0.1' }])
    names.set('pod-b.two', [{ type: 'A', ttl: 1, address: '127.0.0.1' }])
    names.set(service, [srv('pod-a.one', a.port)])
    const gateway = await serve(
      rig,
      { kind: 'dns', name: service, record: 'SRV', port: 80, scheme: 'http' },
      { DNS_SERVERS: names.address },
    )
    expect(await answering(gateway)).toBe('a')
    names.set(service, [srv('pod-b.two', b.port)])
    await follows(gateway, 'b')
    await names.close()
  })
})

describe('A15: Kubernetes EndpointSlices', () => {
  it('traffic follows the ready endpoints within 5 s, without a publish, and over a restart of the API server', async () => {
    await using rig = await createRig()
    await using a = await startInstance('a')
    await using b = await startInstance('b', '127.0.0.2', a.port)
    const cluster = await startKubernetes(createHttpServer)
    const set = (...addresses: string[]) =>
      cluster.set({
        namespace: 'shop',
        service: 'books',
        name: 'books-abc12',
        ports: [{ name: 'http', port: a.port }],
        endpoints: addresses.map((address) => ({ address })),
      })
    set('127.0.0.1')
    const gateway = await serve(rig, {
      kind: 'kubernetes',
      url: cluster.url,
      namespace: 'shop',
      service: 'books',
      port: 'http',
      scheme: 'http',
    })
    expect(await answering(gateway)).toBe('a')
    set('127.0.0.1', '127.0.0.2')
    await follows(gateway, 'a,b')
    expect(b.seenHost).toBe(`books.shop.svc:${b.port}`)
    cluster.cut()
    set('127.0.0.2')
    await follows(gateway, 'b')
    set()
    await follows(gateway, '503')
    await cluster.close()
  })
})
