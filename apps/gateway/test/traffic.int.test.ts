// Releases as gateways of one environment serve them together: shares, guards that trip for all, switches under load.
import { Agent } from 'node:http'
import { guardsKey } from '@gatewright/shared/channels'
import { guardId } from '@gatewright/shared/model/guard'
import { plainTraffic, type Traffic } from '@gatewright/shared/model/traffic'
import type { VersionUpstreams } from '@gatewright/shared/model/upstream-state'
import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { createGuardRecord } from '../src/traffic/guard-record.ts'
import { environment, policy, snapshotOf, upstream, version } from './documents.ts'
import { balance, createRig, type Rig, type TestGateway, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 120_000 })

const shares = (canary: number, more: Partial<Traffic> = {}): Traffic => ({
  ...plainTraffic,
  shares: [
    { upstream: 'stable', weight: 100 - canary },
    { upstream: 'canary', weight: canary },
  ],
  ...more,
})

/** Two releases behind one API; the canary answers what it is told to. */
async function world(rig: Rig) {
  const world = { canaryStatus: 200 }
  const stable = await rig.startUpstream((_, response) => response.end('stable'))
  const canary = await rig.startUpstream((_, response) =>
    response.writeHead(world.canaryStatus).end('canary'),
  )
  const publish = (traffic: Traffic) =>
    rig.publisher.publish(
      snapshotOf([
        version({
          isPublic: true,
          more: {
            upstreams: [
              upstream('ups_stable', [stable.url], {}, 'stable'),
              upstream('ups_canary', [canary.url], {}, 'canary'),
            ],
            traffic,
          },
        }),
      ]),
    )
  return { world, publish }
}

/** Callers who call as fast as they are answered, each gateway in turn. */
function load(gateways: readonly TestGateway[], callers = 16) {
  const agent = new Agent({ keepAlive: true })
  const send = balance(gateways)
  const seen = { total: 0, stable: 0, canary: 0, failed: 0, firstFailureAt: 0, lastFailureAt: 0 }
  let isOver = false
  const running = Array.from({ length: callers }, async () => {
    while (!isOver) {
      const { status, body } = await send('/echo/things', { agent }).catch(() => ({ status: 0, body: '' }))
      seen.total++
      if (body === 'stable') seen.stable++
      if (body === 'canary') seen.canary++
      if (status === 200) continue
      seen.failed++
      seen.lastFailureAt = performance.now()
      seen.firstFailureAt ||= seen.lastFailureAt
    }
  })
  return {
    seen,
    async stop() {
      isOver = true
      await Promise.all(running)
      agent.destroy()
    },
  }
}

async function guardOf(gateway: TestGateway) {
  const { json } = await gateway.ops('/upstreams?version=ver_echo')
  return (json() as unknown as VersionUpstreams).guard
}

describe('I7: canary', () => {
  it('shares of 5, 25, 50 and 100 % hold to ± 1 % on three gateways, and grow without a failed request', async () => {
    await using rig = await createRig()
    const { publish } = await world(rig)
    await publish(shares(0))
    const gateways = await Promise.all([1, 2, 3].map(() => rig.startGateway()))
    await rig.publisher.live(gateways)
    const send = balance(gateways)
    for (const percent of [5, 25, 50, 100]) {
      await publish(shares(percent))
      await rig.publisher.live(gateways)
      let canary = 0
      for (let i = 0; i < 900; i++) {
        const { status, body } = await send('/echo/things')
        expect(status).toBe(200)
        if (body === 'canary') canary++
      }
      expect(Math.abs(canary / 9 - percent)).toBeLessThanOrEqual(1)
    }
  })

  it('a bad one at 10 % is back within 10 s on all gateways, with less than 1 % of the requests hurt', async () => {
    await using rig = await createRig()
    const { world: releases, publish } = await world(rig)
    const guard = { errorPercent: 5, p95Ms: null, minRequests: 10, windowMs: 10_000 }
    await publish(shares(10, { guard }))
    const gateways = await Promise.all([1, 2, 3].map(() => rig.startGateway()))
    await rig.publisher.live(gateways)
    const { seen, stop } = load(gateways)
    await until(() => seen.canary > 100, 'the canary has its share')
    expect(seen.failed).toBe(0)
    const before = seen.total
    releases.canaryStatus = 500
    await until(() => seen.total - before > 8_000, 'enough requests went on', 60_000)
    await stop()
    expect(seen.failed).toBeGreaterThan(0)
    expect(seen.failed / (seen.total - before)).toBeLessThan(0.01)
    expect(seen.lastFailureAt - seen.firstFailureAt).toBeLessThan(10_000)
    for (const gateway of gateways) {
      const state = await guardOf(gateway)
      expect(state).toMatchObject({ state: 'tripped', upstreams: [{ name: 'canary' }] })
      expect(state?.reason).toMatch(/^canary: [\d.]+ % errors of \d+ requests$/)
    }
  })

  it('a trip outlives restarts, with Redis and without, and ends with a reset or other shares', async () => {
    await using rig = await createRig()
    const { world: releases, publish } = await world(rig)
    const guard = { errorPercent: 5, p95Ms: null, minRequests: 5, windowMs: 10_000 }
    const traffic = shares(50, { guard })
    releases.canaryStatus = 500
    await publish(traffic)
    const dataDir = `${rig.folder}/kept`
    let gateway = await rig.startGateway({ DATA_DIR: dataDir })
    await rig.publisher.live([gateway])
    const isTripped = async () => (await guardOf(gateway))?.state === 'tripped'
    await until(async () => {
      await gateway.call('/echo/things')
      return isTripped()
    }, 'the guard trips')
    await until(
      async () => (await rig.redis.client.hlen(guardsKey(environment))) === 2,
      'the trip is in Redis',
    )
    const bodies = async () => {
      const replies = await Promise.all(Array.from({ length: 40 }, () => gateway.call('/echo/things')))
      return [...new Set(replies.map(({ body }) => body))].sort()
    }
    expect(await bodies()).toEqual(['stable'])

    await gateway.kill()
    gateway = await rig.startGateway()
    expect(await bodies()).toEqual(['stable'])
    await gateway.kill()
    await rig.redis.stop()
    gateway = await rig.startGateway({ DATA_DIR: dataDir })
    expect(await bodies()).toEqual(['stable'])
    await rig.redis.start()

    releases.canaryStatus = 200
    await rig.redis.client.hdel(guardsKey(environment), guardId('ver_echo', traffic))
    await until(async () => !(await isTripped()), 'the reset arrives')
    expect(await bodies()).toEqual(['canary', 'stable'])

    releases.canaryStatus = 500
    await until(async () => {
      await gateway.call('/echo/things')
      return isTripped()
    }, 'the guard trips again')
    releases.canaryStatus = 200
    await publish(shares(40, { guard }))
    await rig.publisher.live([gateway])
    expect(await bodies()).toEqual(['canary', 'stable'])
  })

  it('a cookie that one gateway gave is good on all of them, whatever worker answers', async () => {
    await using rig = await createRig()
    const { publish } = await world(rig)
    await publish(shares(50, { stickiness: { by: 'cookie', name: 'release' } }))
    const gateways = await Promise.all([rig.startGateway(), rig.startGateway()])
    await rig.publisher.live(gateways)
    const send = balance(gateways)
    const releases = new Set<string>()
    for (let i = 0; i < 10; i++) {
      const first = await send('/echo/things')
      const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
      for (let j = 0; j < 8; j++) {
        expect((await send('/echo/things', { headers: { cookie } })).body).toBe(first.body)
      }
      releases.add(first.body)
    }
    expect([...releases].sort()).toEqual(['canary', 'stable'])
  })
})

describe('the record of trips', () => {
  it('keeps the first word, passes over what cannot be read, and tells a loss from a reset', async () => {
    await using rig = await createRig()
    const { client } = rig.redis
    const key = guardsKey(environment)
    const record = createGuardRecord(client, environment, pino({ level: 'silent' }))
    const trip = (reason: string) => new Map([['ver_1:a', { versionId: 'ver_1', reason, at: 1 }]])
    expect(await record.read()).toEqual({ trips: new Map(), isKept: false })
    await record.write(trip('first'))
    await record.write(trip('second'))
    await client.hset(key, 'ver_2:a', '{"versionId":7}', 'ver_2:b', 'no JSON')
    expect(await record.read()).toEqual({ trips: trip('first'), isKept: true })
    await client.hdel(key, 'ver_1:a', 'ver_2:a', 'ver_2:b')
    expect(await record.read()).toEqual({ trips: new Map(), isKept: true })
    await client.set(key, 'something else')
    await expect(record.write(trip('third'))).rejects.toThrow('WRONGTYPE')
    await expect(record.read()).rejects.toThrow('WRONGTYPE')
  })
})

describe('I6: blue and green', () => {
  it('switching to and fro under load costs no request', async () => {
    await using rig = await createRig()
    const { publish } = await world(rig)
    await publish(shares(0))
    const gateways = await Promise.all([1, 2, 3].map(() => rig.startGateway()))
    await rig.publisher.live(gateways)
    const { seen, stop } = load(gateways)
    for (const percent of [100, 0, 100, 0, 100, 0]) {
      const before = percent === 100 ? seen.canary : seen.stable
      await publish(shares(percent))
      await rig.publisher.live(gateways)
      await until(() => (percent === 100 ? seen.canary : seen.stable) > before + 200, 'the other one answers')
    }
    await stop()
    expect(seen.failed).toBe(0)
  })
})

describe('requests at the same time', () => {
  it('are limited exactly over the workers of a gateway, and a place is free again when one is over', async () => {
    await using rig = await createRig()
    const held: (() => void)[] = []
    const service = await rig.startUpstream((_, response) => {
      held.push(() => response.end('done'))
    })
    const limit = policy('concurrency-limit', { limit: 5, by: 'api' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [service.url], isPublic: true, policies: [limit] })]),
    )
    const gateway = await rig.startGateway({ WORKERS: '2' })
    await rig.publisher.live([gateway])
    for (let round = 0; round < 3; round++) {
      const replies = Array.from({ length: 20 }, () =>
        // Connections of their own, so that both workers get some.
        gateway.call('/echo/things', { agent: new Agent() }),
      )
      let refused = 0
      for (const reply of replies) void reply.then(({ status }) => (refused += status === 429 ? 1 : 0))
      await until(() => refused === 15 && held.length === 5, 'five are under way and the rest is refused')
      for (const end of held.splice(0)) end()
      const statuses = (await Promise.all(replies)).map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(5)
    }
  })
})
