// Blue and green: everything moves to the other release and back under load, and no caller notices.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askAlways, spread, startReleases } from './release-rig.ts'
import { type Rig, startRig, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

it('I6 a switch and the switch back under load fail no request, and nothing is left behind', async () => {
  await using releases = await startReleases(rig, 'switch')
  await releases.setTraffic({ shares: spread(0) })
  await using load = askAlways(releases, 16)
  for (const side of ['canary', 'stable', 'canary', 'stable'] as const) {
    await releases.setTraffic({ shares: spread(side === 'canary' ? 100 : 0) })
    // Live on all gateways when the change returned: only what was under way still ends on the other side.
    const other = side === 'canary' ? 'stable' : 'canary'
    const [before, otherBefore] = [load.seen[side], load.seen[other]]
    await untilTrue(60_000, async () => load.seen[side] > before + 500)
    expect(load.seen[other] - otherBefore).toBeLessThanOrEqual(16)
  }
  expect(load.seen.hurt).toBe(0)
})
