// What the data plane does without the rest: Redis, Postgres and the control plane die one after the other under load.
import { policyInput } from '@gatewright/shared/policies/specs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failed, Load, type Tally } from './load.ts'
import { call, flood, type Rig, startRig, untilTrue } from './rig.ts'
import { soak } from './soak.ts'
import { metricOf, TestUpstream } from './standalone.ts'

let rig: Rig
let upstream: TestUpstream
beforeAll(async () => {
  upstream = await TestUpstream.start()
  rig = await startRig()
})
afterAll(async () => {
  await rig?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

function expectClean(tally: Tally): void {
  expect(failed(tally)).toBe(0)
  expect(Object.keys(tally.statuses)).toEqual(['200'])
}

describe('three gateways under load', () => {
  it('I11 Redis, Postgres and the control plane die in turn, and known callers notice nothing', async () => {
    const published = await rig.publish('i11-turn', { upstreamUrl: upstream.url })
    const { key } = await rig.subscribe(published)
    // Every worker has seen the key while Redis could say whose it is.
    await flood(published.url, key, 120)
    await using load = new Load({
      url: published.url,
      connections: 12,
      pauseMs: 5,
      headers: { 'x-api-key': key },
    })
    await load.more(300)
    load.take()
    const outages: [() => Promise<void>, () => Promise<void>][] = [
      [() => rig.stack.killRedis(), () => rig.stack.startRedis()],
      [() => rig.stack.killPostgres(), () => rig.stack.startPostgres()],
      [() => rig.stack.admin.kill(), () => rig.stack.admin.start()],
    ]
    for (const [kill, start] of outages) {
      await kill()
      await load.more(300)
      expectClean(load.take())
      // Nothing fails open: a key that nobody has seen is let in by none.
      expect(await call(published.url, 'gw_prod_nobody')).toBe(401)
      await start()
      await load.more(300)
      expectClean(load.take())
    }
    expectClean({ ...(await load.stop()), statuses: { 200: 1 } })
  })

  it('I10 one gateway or three count as one, and tell an autoscaler how busy they are', async () => {
    const published = await rig.publish('i10', {
      upstreamUrl: upstream.url,
      planPolicies: [
        policyInput.parse({
          type: 'rate-limit',
          name: 'rate',
          config: { limit: 300, windowMs: 3_600_000, mode: 'strict' },
        }),
      ],
    })
    const { key } = await rig.subscribe(published)
    const [first, ...others] = rig.stack.gateways
    if (first === undefined) throw new Error('the rig has no gateway')
    const answered = () =>
      Promise.all(
        rig.stack.gateways.map(({ opsUrl }) =>
          metricOf(opsUrl, 'http_server_request_duration_seconds_count'),
        ),
      )
    const before = await answered()
    // One gateway serves alone; then two more come and take their share of what is left.
    for (const gateway of others) await gateway.stop()
    const alone = await flood(`${first.url}${published.path}`, key, 120)
    for (const gateway of others) await gateway.start()
    for (const { url } of others) {
      await untilTrue(15_000, async () => (await call(`${url}${published.path}`, 'gw_prod_nobody')) === 401)
    }
    const together = await flood(published.url, key, 300)
    expect(alone).toEqual({ 200: 120 })
    expect(together).toEqual({ 200: 180, 429: 120 })
    const after = await answered()
    expect(after[0]).toBeGreaterThanOrEqual((before[0] ?? 0) + 120 + 100)
    for (const { opsUrl } of rig.stack.gateways) {
      expect(await metricOf(opsUrl, 'gw_requests_in_flight')).toBeGreaterThanOrEqual(0)
      const busy = await metricOf(opsUrl, 'gw_worker_busy_seconds_total')
      await flood(published.url, key, 60)
      expect(await metricOf(opsUrl, 'gw_worker_busy_seconds_total')).toBeGreaterThan(busy)
      expect(await metricOf(opsUrl, 'gw_workers')).toBeGreaterThan(0)
    }
  })

  it('I18 a soak looks at memory and latency, changes the configuration under load, and comes to a verdict', async () => {
    const lines: string[] = []
    // Too short to say anything of a gateway: this is about the soak.
    const verdict = await soak(rig, 12, (line) => lines.push(line))
    expect(lines).toHaveLength(60)
    for (const line of lines) expect(line).toMatch(/^ *\d+ s +\d+ requests {2}p99 [\d.]+ ms {2}\d+ MB$/)
    expect(verdict.rssMb).toBeGreaterThan(50)
    expect(Number.isFinite(verdict.rssSlopeMbPerHour) && verdict.p99Drift > 0).toBe(true)
    expect(verdict.faults.filter((fault) => fault.endsWith('requests failed'))).toEqual([])
  })
})
