// Formats at their edges.
import { expect, test } from 'vitest'
import { textFormats } from './formats.ts'

test.each([
  ['::', true],
  ['2001:db8::1', true],
  ['::ffff:192.0.2.1', true],
  ['64:ff9b::192.0.2.1', true],
  ['1:2:3:4:5:6:192.0.2.1', true],
  // RFC 4291 2.2: decimal numbers are the low-order end of an address.
  ['192.0.2.1::', false],
  ['1:192.0.2.1::', false],
  ['192.0.2.1', false],
  ['1:2:3:4:5:6:7:8:9', false],
  ['1::2::3', false],
])('D1 ipv6: %s', (text, isOne) => {
  expect(textFormats.ipv6?.(text)).toBe(isOne)
})
