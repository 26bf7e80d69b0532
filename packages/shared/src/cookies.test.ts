import { describe, expect, it } from 'vitest'
import { readCookie, withoutCookie } from './cookies.ts'

describe('a cookie of a request', () => {
  it.each([
    ['', undefined],
    ['release=7', '7'],
    ['a=1; release=7; b=2', '7'],
    ['a=1;release=7', '7'],
    ['release=7; release=8', '7'],
    ['xrelease=7; releases=8', undefined],
    ['Release=7', undefined],
    ['a=release=7', undefined],
    ['release', undefined],
    ['release=a=b', 'a=b'],
    ['release=', ''],
  ])('%s holds %s', (field, value) => expect(readCookie(field, 'release')).toBe(value))

  it.each([
    ['release=7', ''],
    ['a=1; release=7; b=2', 'a=1; b=2'],
    ['release=7; a=1; release=8', 'a=1'],
    ['xrelease=7', 'xrelease=7'],
    ['release; a=1', 'release; a=1'],
    ['a=1;release=7;b=2', 'a=1; b=2'],
  ])('%s without it is %s', (field, rest) => expect(withoutCookie(field, 'release')).toBe(rest))
})
