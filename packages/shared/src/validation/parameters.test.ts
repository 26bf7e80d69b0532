import { expect, test } from 'vitest'
import { readForm } from './parameters.ts'

test('a form has so many fields and no more, and a field that nobody described is all of its values', () => {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `a${i}=%41`).join('&')
  expect(readForm(fields(5_000), {})).toMatchObject({ value: { a4999: 'A' }, fault: null })
  expect(readForm(fields(5_001), {}).fault).not.toBeNull()
  expect(readForm('a=1&b=2&a=%33', {}).value).toEqual({ a: ['1', '3'], b: '2' })
})
