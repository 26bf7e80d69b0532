import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allTo, asFirst, type Share, withoutUpstream, withShare, withUpstream } from './shares.ts'

const total = (shares: readonly Share[]) =>
  shares.reduce((sum, { weight }) => sum + Math.round(weight * 10), 0)

test('whatever is done, shares add up to 100 and the one that was set is what it was set to', () => {
  const steps = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 0, max: 1_000 })), { maxLength: 30 })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 4 }), steps, (count, moves) => {
      let shares: Share[] = []
      for (let index = 0; index < count; index++) shares = withUpstream(shares, `u${index}`)
      for (const [at, set] of moves) {
        const name = `u${at % count}`
        shares = withShare(shares, name, set / 10)
        expect(shares.find(({ upstream }) => upstream === name)?.weight).toBe(set / 10)
        expect(total(shares)).toBe(1_000)
        expect(shares.every(({ weight }) => weight >= 0)).toBe(true)
      }
    }),
  )
})

test('the others keep their proportions, and the first takes all when there are none', () => {
  const three = [
    { upstream: 'a', weight: 60 },
    { upstream: 'b', weight: 20 },
    { upstream: 'c', weight: 20 },
  ]
  expect(withShare(three, 'c', 60)).toEqual([
    { upstream: 'a', weight: 30 },
    { upstream: 'b', weight: 10 },
    { upstream: 'c', weight: 60 },
  ])
  expect(withShare(withShare(three, 'c', 100), 'c', 40).map(({ weight }) => weight)).toEqual([60, 0, 40])
  expect(withoutUpstream(three, 'b').map(({ weight }) => weight)).toEqual([75, 25])
})

test('everything to one keeps the order, another may become the first', () => {
  const two = [
    { upstream: 'blue', weight: 100 },
    { upstream: 'green', weight: 0 },
  ]
  expect(allTo(two, 'green')).toEqual([
    { upstream: 'blue', weight: 0 },
    { upstream: 'green', weight: 100 },
  ])
  expect(asFirst(two, 'green').map(({ upstream }) => upstream)).toEqual(['green', 'blue'])
  expect(withUpstream([], 'only')).toEqual([{ upstream: 'only', weight: 100 }])
})
