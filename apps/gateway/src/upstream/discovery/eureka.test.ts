import { BlockList } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startEureka, type TestEureka } from '../../testing/registries/eureka.fixture.ts'
import { type Listener, listenTo } from '../../testing/registries/listener.fixture.ts'
import type { RegistryAccess } from './access.ts'
import { discoverInEureka } from './eureka.ts'
import { createRegistryClient } from './registry-client.ts'

let eureka: TestEureka
let listener: Listener
afterEach(async () => {
  listener.stop()
  await eureka.close()
})

function follow(app = 'books', access: RegistryAccess = { token: null, ca: null }): Listener {
  const settings = { kind: 'eureka', url: eureka.url, app } as const
  const client = createRegistryClient(new BlockList())
  listener = listenTo(
    discoverInEureka(
      settings,
      client,
      async () => access,
      () => 0,
    ),
  )
  return listener
}

const book = (id: string, port: number, more = {}) => ({
  instanceId: id,
  hostName: `${id}.internal`,
  ipAddr: '10.0.0.1',
  port,
  ...more,
})

describe('A14: Eureka', () => {
  it('instances that are up are targets, by address, with the name they have', async () => {
    eureka = await startEureka()
    await eureka.register('books', book('b1', 8001))
    await eureka.register('BOOKS', book('b2', 8002))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 2)
    expect(heard.targets).toEqual([
      { url: 'http://10.0.0.1:8001', hostName: 'b1.internal', weight: 1, region: null },
      { url: 'http://10.0.0.1:8002', hostName: 'b2.internal', weight: 1, region: null },
    ])
    expect(eureka.asked[0]).toBe('/eureka/apps/BOOKS')
    await eureka.setStatus('BOOKS', 'b1', 'OUT_OF_SERVICE')
    await heard.until(({ urls }) => urls.length === 1)
    await eureka.deregister('BOOKS', 'b2')
    await heard.until(({ urls }) => urls.length === 0)
    expect(heard.problem).toBeNull()
  })

  it('the secure port is used where it is switched on; what has no open port, or no address, is left out', async () => {
    eureka = await startEureka()
    await eureka.register('books', book('b1', 8001, { securePort: 8443 }))
    await eureka.register('books', book('b2', 0))
    await eureka.register('books', book('b3', 8003, { ipAddr: 'b3.internal' }))
    await eureka.register('books', book('b4', 8004, { ipAddr: 'x\r\ny', hostName: 'a b' }))
    const heard = follow()
    await heard.until(({ readings }) => readings > 0)
    expect(heard.targets).toEqual([
      { url: 'https://10.0.0.1:8443', hostName: 'b1.internal', weight: 1, region: null },
      { url: 'http://b3.internal:8003', hostName: 'b3.internal', weight: 1, region: null },
    ])
  })

  it('a name that no URL can carry is told like any other failure', async () => {
    eureka = await startEureka()
    const heard = follow('\ud800')
    await heard.until(({ failures }) => failures > 0)
    expect(heard.problem).toContain('URI malformed')
  })

  it('an application that is gone has no instances, and people are told that it is not known', async () => {
    eureka = await startEureka()
    await eureka.register('books', book('b1', 8001))
    const heard = follow()
    await heard.until(({ urls }) => urls.length === 1)
    await eureka.deregister('BOOKS', 'b1')
    await heard.until(({ urls }) => urls.length === 0)
    expect(heard.problem).toBe(`${new URL(eureka.url).host} knows no application BOOKS`)
  })

  it('user and password of the operator are shown; a registry that fails takes nothing away', async () => {
    eureka = await startEureka()
    await eureka.register('books', book('b1', 8001))
    const heard = follow('books', { token: 'gateway:pass', ca: null })
    await heard.until(({ urls }) => urls.length === 1)
    expect([...eureka.authorizations]).toEqual(['Basic Z2F0ZXdheTpwYXNz'])
    eureka.fail(503)
    await heard.until(({ failures }) => failures > 1)
    expect(heard.urls).toEqual(['http://10.0.0.1:8001'])
    expect(heard.problem).toBe(`${new URL(eureka.url).host} answers 503`)
    eureka.fail(null)
    await heard.until(({ problem }) => problem === null)
  })
})
