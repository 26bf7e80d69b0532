import { expect, it } from 'vitest'
import { type Sample, verdictOf } from './soak-verdict.ts'

const minutes = 30
const run = (rssMb: (minute: number) => number, p99Ms: (minute: number) => number = () => 10): Sample[] =>
  Array.from({ length: minutes }, (_, i) => ({
    seconds: (i + 1) * 60,
    rssMb: rssMb(i + 1),
    p99Ms: p99Ms(i + 1),
  }))

it('I18 memory that fills in the beginning and then breathes is flat', () => {
  const verdict = verdictOf(
    run((minute) => Math.min(200, 100 + minute * 20) + (minute % 3) * 8),
    0,
  )
  expect(verdict.faults).toEqual([])
  expect(Math.abs(verdict.rssSlopeMbPerHour)).toBeLessThan(10)
})

it('I18 memory that grows is a fault, however wild single samples are', () => {
  const verdict = verdictOf(
    run((minute) => 200 + minute * 2 + (minute === 15 ? 400 : 0)),
    0,
  )
  expect(verdict.rssSlopeMbPerHour).toBeCloseTo(120, 0)
  expect(verdict.faults).toEqual(['memory grew by 40 MB'])
})

it('I18 slower and slower is a fault, one slow minute is none', () => {
  expect(
    verdictOf(
      run(
        () => 200,
        (minute) => (minute === 25 ? 500 : 10),
      ),
      0,
    ).faults,
  ).toEqual([])
  expect(
    verdictOf(
      run(
        () => 200,
        (minute) => minute,
      ),
      0,
    ).faults,
  ).toEqual(['p99 rose to 1.65 of what it was'])
})

it('I18 a request that failed is a fault', () => {
  expect(
    verdictOf(
      run(() => 200),
      3,
    ).faults,
  ).toEqual(['3 requests failed'])
})

it('I18 a run without samples says so', () => {
  expect(() => verdictOf([], 0)).toThrow('too short')
})
