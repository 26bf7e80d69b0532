import { expect, test } from 'vitest'
import { copyLine } from './copy.ts'

test('what has a meaning to COPY is escaped, and rows cannot break out of their line', () => {
  expect(copyLine(['a\tb', 'c\nd', 'e\\N', 'f\r', 1, true])).toBe('a\\tb\tc\\nd\te\\\\N\tf\\r\t1\ttrue\n')
  expect(copyLine([null, '\\N', '{"a":"\\u0000"}'])).toBe('\\N\t\\\\N\t{"a":"\\\\u0000"}\n')
  expect(copyLine(['\\.', ''])).toBe('\\\\.\t\n')
})
