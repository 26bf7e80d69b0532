import { BlockList } from 'node:net'
import type { Discovery } from '@gatewright/shared/model/upstream'
import { afterEach, describe, expect, it } from 'vitest'
import { startConsul, type TestConsul } from '../../testing/registries/consul.fixture.ts'
import { type Listener, listenTo } from '../../testing/registries/listener.fixture.ts'
import type { RegistryAccess } from './access.ts'
import { discoverInConsul, nextIndex } from './consul.ts'
import { createRegistryClient } from './registry-client.ts'

let consul: TestConsul
let listener: Listener | null = null
afterEach(async () => {
  if (listener === null) return
  listener.stop()
  listener = null
  await consul.close()
})

const nothing: RegistryAccess = { token: null, ca: null }

function follow(settings: Partial<Extract<Discovery, { kind: 'consul' }>> = {}, access = nothing): Listener {
  listener = listenTo(
    discoverInConsul(
      {
        kind: 'consul',
        url: consul.url,
        service: 'books',
        tag: null,
        datacenter: null,
        scheme: 'http',
        ...settings,
      },
      createRegistryClient(new BlockList()),
      async () => access,
    ),
  )
  return listener
}

const book = (id: string, port: number, more = {}) => ({
  ID: id,
  Name: 'books',
  Address: '10.0.0.1',
  Port: port,
  ...more,
})

describe('A13: Consul', () => {
  it('a service that comes or goes is told at once, by a question that waits for it', async () => {
    consul = await startConsul()
    await consul.register(book('b1', 8001))
    await consul.register(book('other', 9000, { Name: 'others' }))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    expect(heard.targets).toEqual([{ url: 'http://10.0.0.1:8001', hostName: null, weight: 1, region: null }])
    await consul.register(book('b2', 8002, { Weights: { Passing: 7, Warning: 1 } }))
    await heard.until(({ urls }) => urls.length === 2)
    expect(heard.targets[1]).toMatchObject({ url: 'http://10.0.0.1:8002', weight: 7 })
    await consul.deregister('b1')
    await heard.until(({ urls }) => urls.length === 1)
    expect(heard.urls).toEqual(['http://10.0.0.1:8002'])
    // The first question asks what is there, every other one waits for a change from the index of the answer before.
    expect(consul.asked[0]).toBe('/v1/health/service/books?passing=1')
    expect(consul.asked[1]).toMatch(/^\/v1\/health\/service\/books\?passing=1&index=\d+&wait=16s$/)
    expect(consul.asked.length).toBeLessThan(6)
  })

  it('an empty list is followed: nobody is there', async () => {
    consul = await startConsul()
    await consul.register(book('b1', 8001))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    await consul.deregister('b1')
    await heard.until(({ urls }) => urls.length === 0)
    expect(heard.problem).toBeNull()
  })

  it('only passing instances count; tag and data centre narrow the question; an instance may lean on its node', async () => {
    consul = await startConsul()
    await consul.register(book('b1', 8001, { Status: 'critical', Tags: ['v2'] }))
    await consul.register(book('b2', 8002, { Tags: ['v2'], Address: '' }))
    await consul.register(book('b3', 8003, { Tags: ['v1'] }))
    await consul.register(book('b4', 0, { Tags: ['v2'] }))
    await consul.register(book('b5', 8005, { Tags: ['v2'], Address: 'books.internal' }))
    await consul.register(book('b6', 8006, { Tags: ['v2'], Address: 'evil/path?' }))
    const heard = follow({ tag: 'v2', datacenter: 'dc 1' })
    await heard.until(({ readings }) => readings > 0)
    expect(heard.urls).toEqual(['http://127.0.0.1:8002', 'http://books.internal:8005'])
    expect(consul.asked[0]).toBe('/v1/health/service/books?passing=1&tag=v2&dc=dc+1')
  })

  it('the token of the operator is shown, and a refusal tells nothing of its text', async () => {
    consul = await startConsul('s3cret')
    const heard = follow({}, { token: 'wrong', ca: null })
    await heard.until(({ failures }) => failures > 0)
    expect(heard.problem).toBe(`${new URL(consul.url).host} answers 403`)
    heard.stop()
    const trusted = follow({}, { token: 's3cret', ca: null })
    await trusted.until(({ readings }) => readings > 0)
    expect(trusted.problem).toBeNull()
  })

  it('an index that went backwards starts anew: what was restored is seen', async () => {
    consul = await startConsul()
    await consul.register(book('b1', 8001))
    const heard = follow()
    await heard.until(({ readings }) => readings > 0)
    await consul.blocked()
    const { length } = consul.asked
    consul.restore(3)
    await consul.blocked()
    const [anew, next] = consul.asked.slice(length)
    expect(anew).not.toContain('index=')
    expect(next).toContain('index=3&')
  })

  it('while it fails nothing is told but why; when it is back, what changed meanwhile is seen', async () => {
    consul = await startConsul()
    await consul.register(book('b1', 8001))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    await consul.blocked()
    consul.fail(500)
    await heard.until(({ failures }) => failures > 1)
    expect(heard.urls).toEqual(['http://10.0.0.1:8001'])
    expect(heard.problem).toMatch(/answers 500|cannot be reached/)
    consul.fail(null)
    await consul.register(book('b2', 8002))
    await heard.until(({ urls }) => urls.length === 2)
    expect(heard.problem).toBeNull()
  })
})

it.each([
  [0, '17', 17],
  [17, '18', 18],
  [17, '17', 17],
  [17, '3', 0],
  [0, '0', 1],
])('after index %i, %s leads to %i', (before, header, next) => {
  expect(nextIndex(before, header)).toBe(next)
})
