import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layShares, placeOf, places, Wheel } from './wheel.ts'

/** How many of `count` draws fall to each share. */
function drawn(percents: readonly number[], count: number, start = 0): number[] {
  const wheel = new Wheel(start)
  const owners = layShares(percents)
  const counts = percents.map(() => 0)
  for (let i = 0; i < count; i++) {
    const share = owners[wheel.draw()] as number
    counts[share] = (counts[share] as number) + 1
  }
  return counts
}

const weights = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 9 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 1_000])
  .map((cuts) => cuts.slice(1).map((cut, i) => (cut - (cuts[i] as number)) / 10))

describe('shares', () => {
  it.each([5, 25, 50, 100])(
    'I7: %s per cent hold to ± 1 % for few hundred requests, wherever a worker begins',
    (percent) => {
      for (let start = 0; start < places; start += 7) {
        for (const count of [300, 500, 1_000]) {
          const canary = drawn([100 - percent, percent], count, start)[1] as number
          expect(Math.abs((canary / count) * 100 - percent)).toBeLessThanOrEqual(1)
        }
      }
    },
  )

  it('I7: six workers that share 600 requests hold to ± 1 % together', () => {
    for (const percent of [5, 25, 50]) {
      for (let at = 0; at < 50; at++) {
        let canary = 0
        for (let worker = 0; worker < 6; worker++) {
          canary += drawn([100 - percent, percent], 100, (at * 131 + worker * 577) % places)[1] as number
        }
        expect(Math.abs(canary / 6 - percent)).toBeLessThanOrEqual(1)
      }
    }
  })

  it('a thousand draws are exact, whatever the shares', () => {
    fc.assert(
      fc.property(weights, fc.nat(places - 1), (percents, start) => {
        expect(drawn(percents, places, start)).toEqual(percents.map((percent) => Math.round(percent * 10)))
      }),
    )
  })

  it('a share that grows at the cost of the first takes callers and gives none back', () => {
    const steps = [0, 5, 25, 50, 100].map((percent) => layShares([100 - percent, percent]))
    for (let place = 0; place < places; place++) {
      const releases = steps.map((owners) => owners[place])
      expect(releases).toEqual([...releases].sort())
    }
  })
})

describe('places of callers', () => {
  it('are spread evenly, and differ from API to API', () => {
    const counts = new Array<number>(10).fill(0)
    let same = 0
    for (let i = 0; i < 20_000; i++) {
      const place = placeOf('ver_1', `app_${i}`)
      expect(place).toBe(placeOf('ver_1', `app_${i}`))
      counts[Math.floor(place / 100)] = (counts[Math.floor(place / 100)] as number) + 1
      if (place < 100 && placeOf('ver_2', `app_${i}`) < 100) same++
    }
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(250)
    // A tenth of a tenth, as chance has it.
    expect(Math.abs(same - 200)).toBeLessThan(80)
  })

  it('stay what they are from one release of the gateway to the next', () => {
    expect(['app_1', '192.0.2.7', ''].map((key) => placeOf('ver_1', key))).toEqual([458, 295, 765])
  })
})
