// What breaks under load, and what callers see of it: targets, workers, configuration, the gateway itself.
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { policyInput } from '@gatewright/shared/policies/specs'
import { describe, expect, it } from 'vitest'
import { startBalancer } from '../scripts/stack/balancer.ts'
import { failed, Load, type Tally } from './load.ts'
import { manifestOf, startStandalone, TestUpstream } from './standalone.ts'

const connections = 16
const workers = 2

/** Nothing but 200, and each to whom it belongs. */
function expectClean(tally: Tally): void {
  expect(tally).toMatchObject({ failures: {}, mixedUp: 0 })
  expect(Object.keys(tally.statuses)).toEqual(['200'])
}

const count = ({ statuses }: Tally, status: number) => statuses[status] ?? 0

describe('under load', () => {
  it('A13 a target that dies costs nothing where requests may be tried again, and little where not', async () => {
    await using stays = await TestUpstream.start()
    await using dies = await TestUpstream.start()
    const retries = { attempts: 2, on: ['connect', 'reset'], budgetPercent: 100 }
    await using gateway = await startStandalone(
      manifestOf([stays, dies], { upstream: { retries, passiveHealth: { failures: 3, ejectMs: 500 } } }),
    )
    await using load = new Load({ url: `${gateway.url}/api/echo`, connections })
    await load.more(500)
    await dies.kill()
    await load.more(500)
    expectClean(load.take())

    // It comes back, and takes its share again.
    const before = dies.requests
    await dies.revive()
    while (dies.requests < before + 100) await load.more(100)
    expectClean(load.take())

    // Without retries each worker learns it the hard way, and then stops trying.
    await gateway.configure(manifestOf([stays, dies], { upstream: { passiveHealth: { failures: 3 } } }))
    await load.more(200)
    load.take()
    await dies.kill()
    await load.more(1_000)
    const tally = load.take()
    expect(failed(tally)).toBe(0)
    expect(count(tally, 502)).toBeGreaterThan(0)
    expect(count(tally, 502)).toBeLessThanOrEqual(workers * (3 + connections))
    expect(count(tally, 200) + count(tally, 502)).toBe(tally.latenciesMs.length)
  })

  it('A17 a target that hangs is waited for as long as allowed, by few', async () => {
    await using stays = await TestUpstream.start()
    await using hangs = await TestUpstream.start()
    await using gateway = await startStandalone(
      manifestOf([stays, hangs], {
        upstream: { firstByteTimeoutMs: 300, passiveHealth: { failures: 3, ejectMs: 60_000 } },
      }),
    )
    await using load = new Load({ url: `${gateway.url}/api/echo`, connections })
    await load.more(500)
    expectClean(load.take())
    hangs.isHung = true
    await load.more(2_000)
    const tally = load.take()
    expect(failed(tally)).toBe(0)
    expect(count(tally, 504)).toBeGreaterThan(0)
    expect(count(tally, 504)).toBeLessThanOrEqual(workers * (3 + connections))
    await load.more(500)
    expectClean(load.take())
  })

  it('I11 a worker that crashes takes with it what it was at, and nothing else', async () => {
    await using upstream = await TestUpstream.start()
    await using gateway = await startStandalone(manifestOf([upstream]), {
      WORKERS: String(workers),
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'crash-worker.ts')}`,
    })
    await using load = new Load({ url: `${gateway.url}/api/echo`, connections })
    await load.more(500)
    expectClean(load.take())
    process.kill(gateway.pid, 'SIGUSR2')
    await gateway.logged('worker ended; it is started again')
    await load.more(500)
    const tally = load.take()
    expect(failed(tally)).toBeLessThanOrEqual(connections)
    expect(tally.mixedUp).toBe(0)
    expect(count(tally, 200)).toBe(tally.latenciesMs.length)
    await expect.poll(() => gateway.metric('gw_workers'), { timeout: 10_000 }).toBe(workers)
    load.take()
    await load.more(500)
    expectClean(load.take())
  })

  it('I16 requests in flight and open sockets survive a swap; what began on the old revision ends on it', async () => {
    await using upstream = await TestUpstream.start()
    const revision = (value: string) =>
      manifestOf([upstream], {
        policies: [
          policyInput.parse({
            type: 'headers',
            name: 'marker',
            config: { response: { set: [{ name: 'x-marker', value }] } },
          }),
        ],
      })
    await using gateway = await startStandalone(revision('old'))
    await using load = new Load({ url: `${gateway.url}/api/echo`, connections })
    const slow = get(`${gateway.url}/api/slow`, { agent: false })
    while (upstream.held === 0) await delay(10)
    await load.more(300)
    expect(load.take().opened).toBe(connections)
    for (const value of ['a', 'b', 'c', 'new']) {
      await gateway.configure(revision(value))
      await load.more(200)
      const answer = await fetch(`${gateway.url}/api/echo`)
      await answer.arrayBuffer()
      expect(answer.headers.get('x-marker')).toBe(value)
    }
    upstream.release()
    const [answer] = await once(slow, 'response')
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['x-marker']).toBe('old')
    answer.resume()
    const tally = await load.stop()
    expectClean(tally)
    expect(tally.opened).toBe(0)
  })

  it('I9 SIGTERM behind a balancer that watches /readyz fails no request', async () => {
    await using upstream = await TestUpstream.start({ delayMs: 5 })
    const manifest = manifestOf([upstream])
    await using first = await startStandalone(manifest)
    await using second = await startStandalone(manifest)
    const ready: string[] = [first.url, second.url]
    await using balancer = await startBalancer(ready)
    const watch = setInterval(async () => {
      const isReady = await fetch(`${first.opsUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (!isReady && ready.length > 1) ready.shift()
    }, 50)
    try {
      await using load = new Load({ url: `${balancer.url}/api/echo`, connections })
      await load.more(500)
      const ended = first.stop()
      expect(await ended).toBe('exit code 0')
      await load.more(500)
      expectClean(await load.stop())
    } finally {
      clearInterval(watch)
    }
  })
})
