import { expect, test } from 'vitest'
import { readHeaders } from './header-lines.ts'

test('reads one header per line and names the first line that is none', () => {
  expect(readHeaders('X-API-Key: gw_dev\n\nAccept: a, b:c ')).toEqual({
    headers: { 'x-api-key': 'gw_dev', accept: 'a, b:c' },
    badLine: undefined,
  })
  expect(readHeaders('Accept: */*\nno header\n: empty').badLine).toBe(2)
  expect(readHeaders('').headers).toEqual({})
})
