import { expect, test } from 'vitest'
import { type Conditions, conditionMarks, conditionsOf, isComplete, rowsOf } from './conditions.ts'

const when: Conditions = {
  headers: [{ name: 'x-client', values: ['mobile', 'tv'] }],
  query: [{ name: 'beta', values: [] }],
  contentTypes: ['application/json'],
}

test('conditions shown as rows and written back are the same', () => {
  expect(conditionsOf(rowsOf(when))).toEqual(when)
  expect(conditionsOf(rowsOf(null))).toBeNull()
})

test('each condition has a marker', () => {
  expect(conditionMarks(when)).toEqual(['x-client: mobile | tv', '?beta', 'application/json'])
  expect(conditionMarks(null)).toEqual([])
})

test('a header wants a name, media types want a value', () => {
  expect(isComplete({ kind: 'header', name: 'x', values: [] })).toBe(true)
  expect(isComplete({ kind: 'query', name: '', values: ['1'] })).toBe(false)
  expect(isComplete({ kind: 'contentType', name: '', values: [] })).toBe(false)
})
