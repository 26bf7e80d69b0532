import { expect, test } from 'vitest'
import { slugOf } from './slug.ts'

test('a name from a title', () => {
  expect(slugOf('Gold  Plan!')).toBe('gold-plan')
  expect(slugOf('Crème brûlée – v2')).toBe('creme-brulee-v2')
  expect(slugOf('--')).toBe('')
  expect(slugOf(`${'a'.repeat(62)}-b`)).toBe('a'.repeat(62))
})
