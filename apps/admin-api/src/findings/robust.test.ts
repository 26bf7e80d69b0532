import { describe, expect, test } from 'vitest'
import { centreOf, median, modifiedZ, outlierScore } from './robust.ts'

describe('D10 a number against its own history', () => {
  test('median of odd, even and no numbers', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([])).toBe(0)
  })

  test('the example of Iglewicz and Hoaglin: of ten numbers only the wild ones score above 3.5', () => {
    // Their data of chapter 3: 2.1 2.6 2.4 2.5 2.3 2.1 2.3 2.6 8.2 8.3
    const values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    const centre = centreOf(values)
    const scores = values.map((value) => modifiedZ(value, centre, 0))
    expect(scores.map((score) => score > outlierScore)).toEqual([...Array(8).fill(false), true, true])
  })

  test('a history that never varies does not make every step endless', () => {
    const centre = centreOf(Array(30).fill(100))
    expect(modifiedZ(101, centre, 10)).toBeLessThan(outlierScore)
    expect(modifiedZ(500, centre, 10)).toBeGreaterThan(outlierScore)
  })
})
