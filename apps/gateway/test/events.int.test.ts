// One event per request, whatever happens: exact counts with Redis away, across a restart, and with a disk that is full.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { requestEventSchema } from '@gatewright/shared/event'
import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { credential, plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function publishOpen(rig: Rig) {
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true })]))
}

async function send(gateway: TestGateway, count: number): Promise<string[]> {
  const ids: string[] = []
  let left = count
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left-- > 0) ids.push(String((await gateway.call('/echo/things')).headers['x-request-id']))
    }),
  )
  return ids
}

const idsOf = async (rig: Rig) => new Set((await rig.publisher.events()).map((event) => event.id))

describe('G1: events', () => {
  it('say who called what, how it ended and how long it took', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream((request, response) => {
      request.resume()
      setTimeout(() => response.end('12345'), 100)
    })
    await rig.publisher.publish(
      snapshotOf(
        [
          version({
            upstreamUrls: [upstream.url],
            policies: [policy('api-key'), policy('rate-limit', { limit: 1, mode: 'strict' })],
          }),
        ],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const headers = { 'X-API-Key': app.key, 'User-Agent': 'curl/8.5.0' }
    const calledAt = performance.now()
    const passed = await gateway.call('/echo/things/7?secret=x', { headers })
    const tookUs = (performance.now() - calledAt) * 1_000
    await gateway.call('/echo/things', { headers })
    await gateway.call(`/nowhere/${app.key}`)
    await until(async () => (await rig.publisher.events()).length === 3, 'three events arrive')
    const events = await rig.publisher.events()
    // C4: a key stands nowhere but with its owner, also when they put it where it does not belong.
    expect(JSON.stringify(events)).not.toContain(app.key)
    z.array(requestEventSchema).parse(events)
    const byStatus = (status: number) => events.find((event) => event.status === status)
    expect(byStatus(200)).toMatchObject({
      id: passed.headers['x-request-id'],
      environmentId: 'env_prod',
      gatewayId: gateway.id,
      revision: 1,
      tenantId: 'ten_1',
      apiId: 'api_echo',
      versionId: 'ver_echo',
      routeId: 'rte_echo GET /things/{id}',
      applicationId: 'app_app',
      subscriptionId: 'sub_app',
      planId: 'pln_free',
      credentialId: 'key_app',
      method: 'GET',
      route: '/echo/things/{id}',
      path: '/echo/things/7',
      reason: null,
      bytesOut: 5,
      address: '127.0.0.1',
      agent: 'curl',
    })
    // G2: the two latencies are told apart. The call took its caller at least both, and the upstream's pause is in one.
    const { upstreamUs = 0, gatewayUs = Number.NaN } = byStatus(200) ?? {}
    expect(upstreamUs).toBeGreaterThanOrEqual(99_000)
    expect(gatewayUs).toBeLessThanOrEqual(tookUs - upstreamUs)
    expect(byStatus(429)).toMatchObject({
      reason: 'rate_limited',
      policy: 'rate-limit',
      applicationId: 'app_app',
      upstreamUs: 0,
    })
    expect(byStatus(404)).toMatchObject({ reason: 'route_not_found', tenantId: null, route: null })
  })

  it('are also about what was refused before it was a request', async () => {
    await using rig = await createRig()
    await publishOpen(rig)
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const { hostname, port } = new URL(gateway.url)
    const socket = connect(Number(port), hostname)
    socket.end('garbage\r\n\r\n')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    await until(async () => (await rig.publisher.events()).length === 1, 'its event arrives')
    const [event] = await rig.publisher.events()
    expect(requestEventSchema.parse(event)).toMatchObject({
      status: 400,
      reason: 'malformed_request',
      address: '127.0.0.1',
      tenantId: null,
      method: '',
      path: '',
    })
    expect(answer).toContain(event?.id)
    const { body } = await gateway.ops('/metrics')
    expect(body).toContain('gw_refusals_total{reason="malformed_request"} 1')
    expect(body).toContain('gw_requests_in_flight 0')
  })

  it('are complete to the request although Redis was away in the middle', async () => {
    await using rig = await createRig()
    await publishOpen(rig)
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const ids = await send(gateway, 500)
    await rig.redis.stop()
    ids.push(...(await send(gateway, 3_000)))
    const spools = async () => /gw_events_spooled [1-9]/.test((await gateway.ops('/metrics')).body)
    await until(spools, 'events wait on disk')
    await rig.redis.start()
    ids.push(...(await send(gateway, 500)))
    await until(async () => (await idsOf(rig)).size === ids.length, `${ids.length} events arrive`)
    expect(await idsOf(rig)).toEqual(new Set(ids))
    // Reports come every so often: one of the moment before tells of fewer.
    await expect
      .poll(async () => (await rig.publisher.reports())[0]?.events, { timeout: 10_000 })
      .toEqual({ sent: ids.length, spooled: 0, dropped: 0 })
  })

  it('survive a restart of the gateway while Redis is away', async () => {
    await using rig = await createRig()
    await publishOpen(rig)
    const folder = join(rig.folder, 'kept')
    const first = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([first])
    await rig.redis.stop()
    const ids = await send(first, 400)
    expect(await first.stop()).toBe(0)
    const second = await rig.startGateway({ DATA_DIR: folder })
    ids.push(...(await send(second, 100)))
    await rig.redis.start()
    await until(async () => (await idsOf(rig)).size === ids.length, 'all events arrive')
    expect(await idsOf(rig)).toEqual(new Set(ids))
    await until(() => readdirSync(join(folder, 'spool')).length === 0, 'the spool is empty')
  })

  it('that find no room are counted, never silently lost; requests are served all the same', async () => {
    await using rig = await createRig()
    await publishOpen(rig)
    const gateway = await rig.startGateway({ SPOOL_LIMIT_BYTES: '60000' })
    await rig.publisher.live([gateway])
    await rig.redis.stop()
    const ids = await send(gateway, 1_000)
    expect(ids).toHaveLength(1_000)
    await rig.redis.start()
    await until(async () => {
      const { events } = (await rig.publisher.reports())[0] ?? {}
      return events !== undefined && events.spooled === 0 && events.sent + events.dropped === 1_000
    }, 'sent and dropped add up')
    const { events } = (await rig.publisher.reports())[0] ?? {}
    expect(events?.dropped).toBeGreaterThan(0)
    expect((await idsOf(rig)).size).toBe(events?.sent)
  })

  it('on a disk that refuses are counted as dropped', async () => {
    await using rig = await createRig()
    await publishOpen(rig)
    const folder = join(rig.folder, 'kept')
    mkdirSync(folder)
    // A file where the spool's folder should be: nothing can be written there, as on a full disk.
    writeFileSync(join(folder, 'spool'), '')
    const gateway = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([gateway])
    await rig.redis.stop()
    expect(await send(gateway, 50)).toHaveLength(50)
    await rig.redis.start()
    await until(async () => {
      const { events } = (await rig.publisher.reports())[0] ?? {}
      return events !== undefined && events.sent + events.dropped === 50
    }, 'all are accounted for')
    expect(gateway.logs.some((line) => line.msg === 'Events cannot be spooled to disk')).toBe(true)
  })
})
