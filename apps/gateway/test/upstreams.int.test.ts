// Upstreams of a real gateway with several workers: what its operations port tells of them, and what outlives a publish.
import type { VersionUpstreams } from '@gatewright/shared/model/upstream-state'
import { describe, expect, it, vi } from 'vitest'
import { type Backend, startBackends } from '../src/testing/backends.fixture.ts'
import { snapshotOf, upstream, version } from './documents.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

type Settings = Parameters<typeof upstream>[2]

const urlsOf = (backends: readonly Backend[]) => backends.map(({ url }) => url)
const served = (urls: readonly string[], settings: Settings) =>
  snapshotOf([version({ isPublic: true, more: { upstreams: [upstream('ups_echo', urls, settings)] } })])

async function serve(rig: Rig, urls: readonly string[], settings: Settings) {
  await rig.publisher.publish(served(urls, settings))
  const gateway = await rig.startGateway({ WORKERS: '2' })
  await rig.publisher.live([gateway])
  return gateway
}

async function stateOf(gateway: TestGateway): Promise<VersionUpstreams> {
  return (await gateway.ops('/upstreams?version=ver_echo')).json() as unknown as VersionUpstreams
}

/** A new connection each time, so that both workers answer. */
const callOnce = (gateway: TestGateway) => gateway.call('/echo/things', { headers: { Connection: 'close' } })

async function stopAll(backends: readonly Backend[]) {
  await Promise.all(backends.map((backend) => backend.stop().catch(() => undefined)))
}

describe('upstreams of a gateway', () => {
  it('A12: probes put a killed target out in all workers, the operations port says why, and a publish changes nothing about it', async () => {
    await using rig = await createRig()
    const backends = await startBackends(2)
    const probing = { activeHealth: { path: '/health', intervalMs: 250, unhealthyAfter: 2, healthyAfter: 2 } }
    const gateway = await serve(rig, urlsOf(backends), probing)
    expect((await callOnce(gateway)).status).toBe(200)
    const [victim] = backends
    await victim?.stop()
    const isOut = async () => {
      const { upstreams } = await stateOf(gateway)
      return upstreams[0]?.targets.some(({ state }) => state === 'unhealthy') ?? false
    }
    await until(isOut, 'a worker has put it out')
    const { upstreams } = await stateOf(gateway)
    expect(upstreams).toHaveLength(1)
    expect(upstreams[0]).toMatchObject({ name: 'default', breaker: null, discovery: null })
    expect(upstreams[0]?.targets.find(({ url }) => url === victim?.url)?.reason).toBe(
      '2 probes failed: ECONNREFUSED',
    )
    await until(async () => {
      const metrics = (await gateway.ops('/metrics')).body
      return metrics.includes('gw_upstream_healthy{upstream="ups_echo"} 2\n')
    }, 'both workers have put it out')
    // Other settings of the same upstream, compiled anew.
    await rig.publisher.publish(served(urlsOf(backends), { ...probing, idleTimeoutMs: 5_000 }))
    await rig.publisher.live([gateway])
    expect(await isOut()).toBe(true)
    const answers = await Promise.all(Array.from({ length: 20 }, () => callOnce(gateway)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    await victim?.start()
    await until(async () => !(await isOut()), 'it is back')
    await stopAll(backends)
  })

  it('an open breaker of any worker is told, and counted', async () => {
    await using rig = await createRig()
    const backends = await startBackends(1)
    for (const backend of backends) backend.respond = (_, response) => response.writeHead(500).end()
    const gateway = await serve(rig, urlsOf(backends), {
      circuitBreaker: { minRequests: 5, openMs: 60_000 },
      retries: { attempts: 1, on: ['500'], backoffMs: 0 },
    })
    await until(async () => (await callOnce(gateway)).body.includes('circuit_open'), 'a breaker is open')
    expect((await stateOf(gateway)).upstreams[0]?.breaker).toBe('open')
    const metrics = (await gateway.ops('/metrics')).body
    expect(metrics).toMatch(/gw_upstream_breaker_open\{upstream="ups_echo"\} [12]\n/)
    expect(metrics).toMatch(/gw_upstream_retries_total [1-9]/)
    expect(metrics).toMatch(/gw_refusals_total\{reason="circuit_open"\} [1-9]/)
    await stopAll(backends)
  })

  it('a version that is not served here is told to be so', async () => {
    await using rig = await createRig()
    const gateway = await serve(rig, ['http://127.0.0.1:9'], {})
    expect((await gateway.ops('/upstreams?version=ver_other')).status).toBe(404)
    expect((await gateway.ops('/upstreams?version=ver_echo')).status).toBe(200)
  })

  it('A10: both workers lead one client to the same target', async () => {
    await using rig = await createRig()
    const backends = await startBackends(4)
    const gateway = await serve(rig, urlsOf(backends), {
      balancing: { algorithm: 'hash', on: 'header', name: 'X-Session' },
    })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        gateway.call('/echo/things', { headers: { Connection: 'close', 'X-Session': 'seven' } }),
      ),
    )
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    await stopAll(backends)
  })

  it('A11: the gateway prefers targets of its region', async () => {
    await using rig = await createRig()
    const [near, far] = await startBackends(2)
    const targets = [
      { url: near?.url ?? '', region: 'eu' },
      { url: far?.url ?? '', region: 'us' },
    ]
    const settings = { targets, passiveHealth: { failures: 1, ejectMs: 60_000 } }
    await rig.publisher.publish(served([], settings))
    const gateway = await rig.startGateway({ WORKERS: '1', REGION: 'eu' })
    await rig.publisher.live([gateway])
    const answers = await Promise.all(Array.from({ length: 20 }, () => callOnce(gateway)))
    expect(answers.every(({ body }) => body === String(near?.port))).toBe(true)
    await near?.stop()
    expect((await callOnce(gateway)).status).toBe(502)
    expect((await callOnce(gateway)).body).toBe(String(far?.port))
    await stopAll([near, far].filter((it) => it !== undefined))
  })
})
