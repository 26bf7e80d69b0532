import { activeHealth, circuitBreaker, passiveHealth } from '@gatewright/shared/model/upstream'
import { describe, expect, it } from 'vitest'
import { documentOf, startBackend } from '../testing/backends.fixture.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type Caller, noBody, type Upstream, type UpstreamObserver } from './call.ts'
import type { DiscoverySource, DiscoveryState } from './discovery/hub.ts'
import { createUpstreamPools } from './pools.ts'
import { Service } from './service.ts'

const nobody: Caller = { clientAddress: '192.0.2.1', principal: null, header: () => undefined }
const at = (...ports: number[]) => ports.map((port) => ({ url: `http://127.0.0.1:${port}` }))
const found = (...ports: number[]) => ({
  targets: at(...ports).map((target) => ({ ...target, hostName: null, weight: 1, region: null })),
  updatedAt: 1,
  error: null,
})

function startPools(region: string | null = null) {
  const clock = new ManualClock()
  let tell: ((state: DiscoveryState) => void) | null = null
  const discovery: DiscoverySource = {
    subscribe(_tenantId, _settings, onState) {
      tell = onState
      return () => {
        tell = null
      }
    },
  }
  const pools = createUpstreamPools({ clock, region, discovery })
  return { clock, pools, tell: (state: DiscoveryState) => tell?.(state), isFollowed: () => tell !== null }
}

/** How often each port is picked. */
function picks(upstream: Upstream, times: number): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < times; i++) {
    const port = upstream.pick(nobody)?.authority.split(':')[1] ?? 'none'
    counts[port] = (counts[port] ?? 0) + 1
  }
  return counts
}

const outliersOf = (upstream: Upstream) => {
  if (!(upstream instanceof Service) || upstream.targets.outliers === null) throw new Error('not watched')
  return upstream.targets.outliers
}
const targetAt = (upstream: Upstream, port: number) => {
  const target = (upstream as Service).targets.targets.find(({ authority }) => authority.endsWith(`:${port}`))
  if (target === undefined) throw new Error(`no target at ${port}`)
  return target
}
const discovery = {
  kind: 'consul',
  url: 'http://consul:8500',
  service: 'books',
  tag: null,
  datacenter: null,
  scheme: 'http',
} as const

describe('upstream pools', () => {
  it('the same settings of the same tenant give the same upstream, until nobody uses it', () => {
    const { pools } = startPools()
    const document = documentOf(at(1))
    const one = pools.acquire(document, 'ten_1')
    const two = pools.acquire(structuredClone(document), 'ten_1')
    expect(two.upstream).toBe(one.upstream)
    one.release()
    expect(pools.acquire(document, 'ten_1').upstream).toBe(two.upstream)
  })

  it('tenants share neither upstreams nor connections, even if all their settings are the same', () => {
    const { pools } = startPools()
    const document = documentOf(at(1))
    const one = pools.acquire(document, 'ten_1').upstream
    const other = pools.acquire(document, 'ten_2').upstream
    expect(other).not.toBe(one)
    expect(other.pick(nobody)?.client).not.toBe(one.pick(nobody)?.client)
  })

  it('changed settings keep connections, load, ejections and the verdict of probes of targets that stay', () => {
    const { pools, clock } = startPools()
    const settings = { passiveHealth: passiveHealth.parse({ failures: 1, ejectMs: 1_000 }) }
    const before = pools.acquire(documentOf(at(1, 2, 3, 4), settings), 'ten_1').upstream
    const [one, two] = [targetAt(before, 1), targetAt(before, 2)]
    outliersOf(before).failed(one, 'status 503')
    two.load.open = 7
    const after = pools.acquire(documentOf(at(1, 2, 3), settings), 'ten_1').upstream
    expect(after).not.toBe(before)
    expect(targetAt(after, 2).client).toBe(two.client)
    expect(targetAt(after, 2).load).toBe(two.load)
    expect(targetAt(after, 1).reason).toContain('status 503')
    expect(Object.keys(picks(after, 10))).toEqual(['2', '3'])
    clock.advance(1_001)
    expect(Object.keys(picks(after, 9))).toEqual(['1', '2', '3'])
  })

  it('A16: an open breaker stays open when other settings change', () => {
    const { pools, clock } = startPools()
    const settings = { circuitBreaker: circuitBreaker.parse({ minRequests: 1, openMs: 1_000 }) }
    const before = pools.acquire(documentOf(at(1), settings), 'ten_1').upstream as Service
    expect(before.plan?.admit()).toBe(0)
    before.breaker?.failed(before.breaker.epoch)
    const after = pools.acquire(documentOf(at(1, 2), settings), 'ten_1').upstream
    expect(after.plan?.admit()).toBe(1_000)
    clock.advance(1_000)
    expect(after.plan?.admit()).toBe(0)
  })

  it('a configuration that is dropped leaves what is known with the one that stays', () => {
    const { pools } = startPools()
    const settings = { passiveHealth: passiveHealth.parse({ failures: 1 }) }
    const first = pools.acquire(documentOf(at(1, 2), settings), 'ten_1').upstream
    pools.acquire(documentOf(at(1, 2, 3), settings), 'ten_1').release()
    outliersOf(first).failed(targetAt(first, 1), 'status 503')
    const next = pools.acquire(documentOf(at(1, 2), { ...settings, connectTimeoutMs: 7 }), 'ten_1').upstream
    expect(picks(next, 4)).toEqual({ 2: 4 })
  })

  it('A11: prefers the region of the gateway as long as a target there is well', () => {
    const { pools, clock } = startPools('eu')
    const targets = [
      { url: 'http://127.0.0.1:1', weight: 1, region: 'eu' },
      { url: 'http://127.0.0.1:2', weight: 1, region: 'us' },
      { url: 'http://127.0.0.1:3', weight: 1, region: null },
    ]
    const { upstream } = pools.acquire(
      documentOf([], { targets, passiveHealth: passiveHealth.parse({ failures: 1, ejectMs: 100 }) }),
      'ten_1',
    )
    expect(picks(upstream, 10)).toEqual({ 1: 10 })
    outliersOf(upstream).failed(targetAt(upstream, 1), 'status 503')
    expect(picks(upstream, 10)).toEqual({ 2: 5, 3: 5 })
    clock.advance(100)
    expect(picks(upstream, 10)).toEqual({ 1: 10 })
  })

  it('slow start: a target that is new or back takes more and more', () => {
    const { pools, clock, tell } = startPools()
    const { upstream } = pools.acquire(documentOf([], { discovery, slowStartMs: 10_000 }), 'ten_1')
    tell(found(1, 2))
    expect(picks(upstream, 100)).toEqual({ 1: 50, 2: 50 })
    tell(found(1, 2, 3))
    expect(picks(upstream, 210)[3]).toBe(10)
    clock.advance(5_000)
    expect(picks(upstream, 250)[3]).toBe(50)
    clock.advance(5_000)
    expect(picks(upstream, 300)[3]).toBe(100)
    expect(clock.pending).toBe(0)
  })

  it('A15: targets that discovery finds come and go; one that is gone drains', () => {
    const { pools, tell, isFollowed } = startPools()
    const { upstream, release } = pools.acquire(documentOf(at(9), { discovery }), 'ten_1')
    tell(found(1, 9))
    expect(picks(upstream, 4)).toEqual({ 1: 2, 9: 2 })
    targetAt(upstream, 1).load.open = 1
    const leaving = targetAt(upstream, 1)
    tell(found(2))
    expect(picks(upstream, 4)).toEqual({ 2: 2, 9: 2 })
    const stateOf = (port: number) => upstream.state().targets.find(({ url }) => url.endsWith(`:${port}`))
    expect(stateOf(1)).toMatchObject({ state: 'draining', source: 'discovery', openRequests: 1 })
    leaving.load.open = 0
    expect(stateOf(1)).toBeUndefined()
    tell({ targets: [], updatedAt: null, error: 'no answer' })
    expect(picks(upstream, 4)).toEqual({ 2: 2, 9: 2 })
    expect(upstream.state().discovery).toEqual({ updatedAt: 1, error: 'no answer' })
    release()
    expect(isFollowed()).toBe(false)
  })

  it('changed settings begin with what the registry said last', () => {
    const { pools, tell } = startPools()
    pools.acquire(documentOf([], { discovery }), 'ten_1')
    tell(found(1))
    const { upstream } = pools.acquire(documentOf([], { discovery, connectTimeoutMs: 7 }), 'ten_1')
    expect(picks(upstream, 2)).toEqual({ 1: 2 })
  })

  it('a name that discovery knows is what the instance is called', () => {
    const { pools, tell } = startPools()
    const { upstream } = pools.acquire(documentOf([], { discovery }), 'ten_1')
    const [target] = found(8080).targets
    tell({
      ...found(),
      targets: [{ ...target, url: 'http://10.0.0.7:8080', hostName: 'books.svc', weight: 1, region: null }],
    })
    expect(upstream.pick(nobody)?.authority).toBe('books.svc:8080')
  })

  it('a plain upstream has no plan: nothing stands between its requests and its one target', () => {
    const { pools } = startPools()
    expect(pools.acquire(documentOf(at(1)), 'ten_1').upstream.plan).toBeNull()
    expect(pools.acquire(documentOf(at(1, 2)), 'ten_1').upstream.plan).not.toBeNull()
  })

  it('outliers return later each time, up to ten times, and sooner after a good time', () => {
    const { pools, clock } = startPools()
    const { upstream } = pools.acquire(
      documentOf(at(1, 2), { passiveHealth: passiveHealth.parse({ failures: 1, ejectMs: 100 }) }),
      'ten_1',
    )
    const target = targetAt(upstream, 1)
    const outFor = () => {
      outliersOf(upstream).failed(target, 'status 500')
      const startMs = clock.nowMs()
      while (target.ejected) clock.advance(10)
      return clock.nowMs() - startMs
    }
    expect([outFor(), outFor(), outFor()]).toEqual([100, 200, 300])
    for (let i = 0; i < 10; i++) outFor()
    expect(outFor()).toBe(1_000)
    clock.advance(1_100)
    expect(outFor()).toBe(100)
  })

  it('A12: the one target that takes requests is not put out for one that takes none', () => {
    const { pools } = startPools()
    const weighted = (weights: Record<number, number>) =>
      documentOf([], {
        targets: Object.entries(weights).map(([port, weight]) => ({
          url: `http://127.0.0.1:${port}`,
          weight,
          region: null,
        })),
        passiveHealth: passiveHealth.parse({ failures: 1 }),
      })
    const one = pools.acquire(weighted({ 1: 1, 2: 0 }), 'ten_1').upstream as Service
    expect(one.targets.outliers).toBeNull()
    // Two of them, and two spares: one may go, but not both.
    const two = pools.acquire(weighted({ 1: 1, 2: 0, 3: 1, 4: 0 }), 'ten_1').upstream
    for (const port of [1, 3]) outliersOf(two).failed(targetAt(two, port), 'status 503')
    expect(picks(two, 2)).toEqual({ 3: 2 })
  })

  it('A12: probes ask until they are told to stop, each after its time', async () => {
    const backend = await startBackend()
    const { pools, clock } = startPools()
    const { release } = pools.acquire(
      documentOf([backend], { activeHealth: activeHealth.parse({ path: '/health', intervalMs: 1_000 }) }),
      'ten_1',
    )
    for (let probe = 1; probe <= 3; probe++) {
      clock.advance(1_101)
      while (backend.probes < probe || clock.pending === 0)
        await new Promise((resolve) => setImmediate(resolve))
      expect(backend.probes).toBe(probe)
    }
    release()
    expect(clock.pending).toBe(0)
    await backend.stop()
  })

  it('keeps connections open ahead of need, and closes them when their target goes while running calls end', async () => {
    const backend = await startBackend()
    let answer: (() => void) | undefined
    const asked = new Promise<void>((resolve) => {
      backend.respond = (_, response) => {
        answer = () => response.end('done')
        resolve()
      }
    })
    const { pools } = startPools()
    const { upstream, release } = pools.acquire(
      documentOf([backend], { connections: { max: 8, queueMax: 8, warm: 3 } }),
      'ten_1',
    )
    const settle = async (open: number) => {
      while (pools.connectionCount().open !== open) await new Promise((resolve) => setImmediate(resolve))
    }
    while (pools.connectionCount().idle !== 3) await new Promise((resolve) => setImmediate(resolve))
    const ended = Promise.withResolvers<void>()
    const observer: UpstreamObserver = {
      onInterim: () => undefined,
      onHead: () => undefined,
      onBody: () => true,
      onEnd: () => ended.resolve(),
      onLull: () => undefined,
      onDrain: () => undefined,
      onFailure: ({ kind }) => ended.reject(new Error(kind)),
    }
    const target = upstream.pick(nobody)
    target?.client.start(
      { method: 'GET', target: '/', headers: ['Host', 'a'], bodyLength: noBody, timeouts: upstream.timeouts },
      observer,
    )
    await asked
    expect(pools.connectionCount()).toEqual({ open: 3, idle: 2 })
    release()
    expect(pools.connectionCount()).toEqual({ open: 0, idle: 0 })
    answer?.()
    await ended.promise
    await settle(0)
    await backend.stop()
  })
})
