// A canary from its first share to its end, on three gateways: shares that hold, callers who stay, a guard that takes it back.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askAlways, type ReleasedApi, spread, startReleases } from './release-rig.ts'
import { type Rig, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

/** What each gateway says of the guard. */
async function guardsOf({ published }: ReleasedApi) {
  const { data, unreachable } = await rig.owner.client.environments.upstreams({
    tenant,
    environment: rig.stack.environment,
    api: published.api,
    apiVersion: 'v1',
  })
  expect(unreachable).toEqual([])
  return data.map(({ guard }) => guard)
}

it('I7 shares of 5, 25, 50 and 100 % hold to ± 1 %, each live when the change returns', async () => {
  await using releases = await startReleases(rig, 'steps')
  for (const percent of [5, 25, 50, 100]) {
    await releases.setTraffic({ shares: spread(percent) })
    let canary = 0
    for (let i = 0; i < 900; i++) {
      const { status, release } = await releases.ask()
      expect(status).toBe(200)
      if (release === 'canary') canary++
    }
    expect(Math.abs(canary / 9 - percent)).toBeLessThanOrEqual(1)
  }
})

it('I7 an application stays with its release on every gateway, and moves towards the canary only', async () => {
  await using releases = await startReleases(rig, 'sticky')
  const seen: (string | null)[] = []
  for (const percent of [0, 25, 50, 100]) {
    await releases.setTraffic({ shares: spread(percent), stickiness: { by: 'application' } })
    const answers = new Set<string | null>()
    for (let i = 0; i < 12; i++) answers.add((await releases.ask()).release)
    expect(answers.size).toBe(1)
    seen.push(...answers)
  }
  expect([seen[0], seen.at(-1)]).toEqual(['stable', 'canary'])
  expect(seen).toEqual([...seen].sort().reverse())
})

it('I7 a bad canary at 10 % is back within 10 s on all gateways with less than 1 % of the requests hurt', async () => {
  await using releases = await startReleases(rig, 'bad')
  const guard = { errorPercent: 5, minRequests: 10, windowMs: 10_000 }
  await releases.setTraffic({ shares: spread(10), guard })
  const load = askAlways(releases, 16)
  let before = 0
  try {
    await untilTrue(60_000, async () => load.seen.canary > 50)
    expect(load.seen.hurt).toBe(0)
    before = load.seen.total
    releases.canary.status = 500
    await untilTrue(120_000, async () => load.seen.total - before > 7_000)
  } finally {
    await load[Symbol.asyncDispose]()
  }
  expect(load.seen.hurt).toBeGreaterThan(0)
  expect(load.seen.hurt / (load.seen.total - before)).toBeLessThan(0.01)
  expect(load.seen.lastHurtMs - load.seen.firstHurtMs).toBeLessThan(10_000)
  expect(await guardsOf(releases)).toEqual([1, 2, 3].map(() => expect.objectContaining({ state: 'tripped' })))

  // Mended, and let out again by a person.
  releases.canary.status = 200
  await rig.owner.client.guards.reset({
    tenant,
    api: releases.published.api,
    apiVersion: 'v1',
    environment: rig.stack.environment,
    note: 'mended',
  })
  await untilTrue(10_000, async () => (await guardsOf(releases)).every((it) => it?.state === 'watching'))
  const answers = new Set<string | null>()
  await untilTrue(10_000, async () => answers.add((await releases.ask()).release).has('canary'))
})
