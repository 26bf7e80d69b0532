// Counts on the dashboards against the load generator's own, also when Redis was away in the middle.
import { setTimeout as delay } from 'node:timers/promises'
import { policyInput } from '@gatewright/shared/policies/specs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, flood, type Rig, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

const range = (api: string) => ({
  tenant,
  environment: rig.stack.environment,
  from: 'now-1h',
  to: 'now',
  api,
})

/** Status → count as the dashboards have it. */
async function stored(api: string): Promise<Record<number, number>> {
  const { data } = await rig.owner.client.analytics.status(range(api))
  return Object.fromEntries(data.map(({ status, requests }) => [status, requests]))
}

const total = (counts: Record<number, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

describe('analytics', () => {
  it('G1 G3 counts equal the client’s, throttled ones too', async () => {
    const published = await rig.publish('g1', {
      planPolicies: [
        policyInput.parse({
          type: 'rate-limit',
          name: 'rate',
          config: { limit: 150, windowMs: 3_600_000, mode: 'strict' },
        }),
      ],
    })
    const { key } = await rig.subscribe(published)
    const sent = await flood(published.url, key, 400)
    expect(sent[429]).toBe(250)
    await untilTrue(20_000, async () => total(await stored('g1')) >= 400)
    expect(await stored('g1')).toEqual(sent)
    const { current } = await rig.owner.client.analytics.overview(range('g1'))
    expect(current).toMatchObject({ requests: 400, throttled: 250 })
  })

  it('G2 splits latency into gateway and upstream', async () => {
    const published = await rig.publish('g2')
    const { key } = await rig.subscribe(published)
    const slow = published.url.replace('/books/bk_dune', '/reports/sales?delayMs=100')
    const seenMs: number[] = []
    for (let i = 0; i < 20; i++) {
      const started = performance.now()
      expect(await call(slow, key)).toBe(200)
      seenMs.push(performance.now() - started)
    }
    await untilTrue(20_000, async () => total(await stored('g2')) >= 20)
    // So short a range is read from single requests, exactly. Each took its client at least what the gateway says of it.
    const { gateway, upstream } = await rig.owner.client.analytics.latency({
      ...range('g2'),
      from: 'now-10m',
    })
    const medianMs = seenMs.sort((a, b) => a - b)[9] as number
    const leastMs = 99
    expect(upstream.p50Ms).toBeGreaterThanOrEqual(leastMs)
    expect(upstream.p50Ms).toBeLessThan(medianMs)
    expect(gateway.p50Ms).toBeLessThan(medianMs - leastMs)
  })

  it('G12 finds one request by its id within a second, with its story', async () => {
    const published = await rig.publish('g12')
    const response = await fetch(published.url)
    const id = response.headers.get('x-request-id') ?? ''
    expect(response.status).toBe(401)
    await untilTrue(15_000, async () => total(await stored('g12')) >= 1)
    const started = performance.now()
    const request = await rig.owner.client.analytics.request({
      tenant,
      environment: rig.stack.environment,
      request: id,
    })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(request).toMatchObject({ status: 401, reason: 'credential_missing', policy: 'api-key' })
  })

  it('G1 nothing is lost or doubled when Redis is away for 30 s under load', {
    timeout: 120_000,
  }, async () => {
    const published = await rig.publish('g1-outage')
    const { key } = await rig.subscribe(published)
    const sent: Record<number, number> = {}
    let running = true
    const load = async () => {
      while (running) {
        const status = await call(published.url, key)
        sent[status] = (sent[status] ?? 0) + 1
        await delay(5)
      }
    }
    const clients = Promise.all([load(), load(), load(), load()])
    await delay(2_000)
    await rig.stack.killRedis()
    await delay(30_000)
    await rig.stack.startRedis()
    await delay(3_000)
    running = false
    await clients
    expect(sent[200]).toBe(total(sent))
    await untilTrue(40_000, async () => total(await stored('g1-outage')) >= total(sent))
    expect(await stored('g1-outage')).toEqual(sent)
  })
})
