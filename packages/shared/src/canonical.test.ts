import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson } from './canonical.ts'

it('gives equal documents equal bytes whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const shuffled = Object.fromEntries(Object.entries(object).toReversed())
      expect(canonicalJson(shuffled)).toBe(canonicalJson(object))
    }),
  )
})

it('keeps every value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

it('refuses numbers that JSON cannot say', () => {
  expect(() => canonicalJson({ a: Number.NaN })).toThrow('not finite')
})
