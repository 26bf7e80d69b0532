import { expect, test } from 'vitest'
import { TooComplex } from './patterns.ts'
import { runSchemaCode } from './schema-runtime.ts'

test('lists inside of lists that all have to be unique are given up when they take too long', () => {
  const check = runSchemaCode(`
    const { isUnique } = require('gatewright')
    const isRight = (value) => !Array.isArray(value) || (isUnique(value) && value.every(isRight))
    module.exports = isRight`)
  const nested = (depth: number, entries: number) => {
    let value: unknown = Array.from({ length: entries }, (_, i) => [i])
    for (let i = 0; i < depth; i++) value = [value]
    return value
  }
  expect(check(nested(5, 100))).toBeNull()
  expect(check([[1], [1]])).toEqual([])
  const startedMs = performance.now()
  expect(() => check(nested(60, 150_000))).toThrow(TooComplex)
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})
