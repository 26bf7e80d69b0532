import type { Discovery } from '@gatewright/shared/model/upstream'
import { afterEach, describe, expect, it } from 'vitest'
import { type Listener, listenTo } from '../../testing/registries/listener.fixture.ts'
import { type NameServer, startNameServer } from '../../testing/registries/name-server.fixture.ts'
import { discoverInDns } from './dns.ts'

let names: NameServer
let listener: Listener
afterEach(async () => {
  listener.stop()
  await names.close()
})

const name = 'books.default.svc.cluster.local'

function follow(settings: Partial<Extract<Discovery, { kind: 'dns' }>> = {}): Listener {
  const all = { kind: 'dns', name, record: 'A', port: 8080, scheme: 'http', ...settings } as const
  listener = listenTo(discoverInDns(all, [names.address]))
  return listener
}

const a = (address: string, ttl = 1) => ({ type: 'A', ttl, address }) as const
const srv = (target: string, port: number, more = {}) =>
  ({ type: 'SRV', ttl: 1, target, port, weight: 0, priority: 0, ...more }) as const

describe('A15: DNS', () => {
  it('every address is a target that is called by the name; what changed is seen after the TTL', async () => {
    names = await startNameServer()
    names.set(name, [a('10.0.0.1'), a('10.0.0.2')])
    const heard = follow({ name: `${name}.` })
    await heard.until(({ readings }) => readings > 0)
    expect([...heard.targets].sort((x, y) => (x.url < y.url ? -1 : 1))).toEqual([
      { url: 'http://10.0.0.1:8080', hostName: name, weight: 1, region: null },
      { url: 'http://10.0.0.2:8080', hostName: name, weight: 1, region: null },
    ])
    names.set(name, [a('10.0.0.3')])
    await heard.until(({ urls }) => urls[0] === 'http://10.0.0.3:8080')
    expect(heard.urls).toHaveLength(1)
  })

  it('an answer is believed for its TTL, and for a minute at most', async () => {
    names = await startNameServer()
    names.set(name, [a('10.0.0.1', 3_600)])
    names.set('short.test', [a('10.0.0.2', 0)])
    const heard = follow()
    await heard.until(({ readings }) => readings === 1)
    const other = listenTo(
      discoverInDns({ kind: 'dns', name: 'short.test', record: 'A', port: 80, scheme: 'http' }, [
        names.address,
      ]),
    )
    await other.until(({ readings }) => readings === 3)
    other.stop()
    // A TTL of 0 is asked for each second, not all the time; the long one was asked for once meanwhile.
    expect(heard.readings).toBe(1)
    expect(names.asked.get('A short.test')).toBe(3)
  })

  it('AAAA records serve where there are no A records', async () => {
    names = await startNameServer()
    names.set(name, [{ type: 'AAAA', ttl: 1, address: 'fd00::7' }])
    const heard = follow({ scheme: 'https', port: 8443 })
    await heard.until(({ readings }) => readings > 0)
    expect(heard.urls).toEqual(['https://[fd00::7]:8443'])
    names.set(name, [{ type: 'AAAA', ttl: 1, address: 'fd00::7' }, a('10.0.0.1')])
    await heard.until(({ urls }) => urls[0] === 'https://10.0.0.1:8443')
    expect(heard.urls).toHaveLength(1)
  })

  it('SRV records bring ports, weights and names; those of the best priority are used', async () => {
    names = await startNameServer()
    // Names without a common ending: dns2 would write them in short form, which RFC 2782 forbids and resolvers refuse.
    const service = '_http._tcp.books.shop.svc.cluster.local'
    names.set('pod-1.one', [a('10.0.0.1')])
    names.set('pod-2.two', [a('10.0.0.2')])
    names.set('spare.three', [a('10.0.0.3')])
    names.set(service, [
      srv('pod-1.one', 8001, { weight: 5 }),
      srv('pod-2.two', 8002),
      srv('spare.three', 8003, { priority: 10 }),
    ])
    const heard = follow({ name: service, record: 'SRV' })
    await heard.until(({ readings }) => readings > 0)
    expect([...heard.targets].sort((x, y) => (x.url < y.url ? -1 : 1))).toEqual([
      { url: 'http://10.0.0.1:8001', hostName: 'pod-1.one', weight: 5, region: null },
      { url: 'http://10.0.0.2:8002', hostName: 'pod-2.two', weight: 1, region: null },
    ])
    names.set(service, [srv('spare.three', 8003, { priority: 10 })])
    await heard.until(({ urls }) => urls[0] === 'http://10.0.0.3:8003')
    expect(heard.targets[0]?.weight).toBe(1)
  })

  it.each([
    ['a name that is gone', () => names.set(name, []), `There is no name ${name}`],
    [
      'a name without addresses',
      () => names.set(name, [srv('x.test', 1)]),
      `The name ${name} has no such records`,
    ],
    ['a server that fails', () => names.fail(2), `The name ${name} cannot be resolved: ESERVFAIL`],
  ])('%s takes nothing away', async (_, breakIt, problem) => {
    names = await startNameServer()
    names.set(name, [a('10.0.0.1')])
    const heard = follow()
    await heard.until(({ readings }) => readings > 0)
    breakIt()
    await heard.until(({ failures }) => failures > 1)
    expect(heard.urls).toEqual(['http://10.0.0.1:8080'])
    expect(heard.problem).toBe(problem)
    names.fail(null)
    names.set(name, [a('10.0.0.2')])
    await heard.until(({ urls }) => urls[0] === 'http://10.0.0.2:8080')
    expect(heard.problem).toBeNull()
  })
})
