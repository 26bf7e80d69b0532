// Bodies that are JSON, bodies that only look like it, and bodies that are made to hurt.
import { describe, expect, test } from 'vitest'
import { type JsonLimits, scanJson } from './json-scan.ts'

const limits: JsonLimits = {
  depth: 64,
  keys: 1_000,
  items: 10_000,
  stringBytes: 1_000_000,
  values: 1_000_000,
}
const scan = (text: string, more: Partial<JsonLimits> = {}) =>
  scanJson(new TextEncoder().encode(text), { ...limits, ...more })

describe('D6 JSON is read once, without building it', () => {
  test.each([
    '0',
    '-0.5e+10',
    '"a"',
    'null',
    'true',
    'false',
    '[]',
    '{}',
    ' [ 1 , {"a":[{}]} ] \n',
    '{"a":{"b":null},"c":[1,"x\\u0041\\n"]}',
    '"é€😀"',
    '[[],[],{}]',
    '{"a":1,"A":2}',
  ])('takes %s as JSON.parse does', (text) => {
    JSON.parse(text)
    expect(scan(text)).toBeNull()
  })

  test.each([
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    'nul',
    'truex',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    "{'a':1}",
    '[1 2]',
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\n"',
    '[',
    '{',
    ']',
    '1 2',
    '{"a":1}}',
    'NaN',
    '/* */1',
    '\uFEFF1',
    '[1}',
    '{"a":1]',
  ])('refuses %j as JSON.parse does', (text) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(scan(text)).toMatchObject({ kind: 'malformed' })
  })

  test('agrees with JSON.parse about a thousand damaged texts', () => {
    const good = JSON.stringify({
      a: [1, -2.5e3, true, null, { 'b c': '\\"\u0001é' }],
      d: {},
      e: [[]],
      f: 'x',
    })
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    for (let i = 0; i < 1_000; i++) {
      const at = random(good.length)
      const damaged = good.slice(0, at) + '{}[],:"\\0e- tn'.charAt(random(14)) + good.slice(at + random(3))
      let parses = true
      try {
        JSON.parse(damaged)
      } catch {
        parses = false
      }
      expect(scan(damaged)?.kind !== 'malformed', damaged).toBe(parses)
    }
  })

  test('a hundred thousand levels are refused at the 65th', () => {
    expect(scan('['.repeat(100_000))).toEqual({ kind: 'too-deep' })
    expect(scan(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeNull()
    expect(scan('{"a":'.repeat(100_000))).toEqual({ kind: 'too-deep' })
  })

  test.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"b":2,"\\u0061":3}'],
    ['{"\\u0061":1,"a":3}'],
    [`{${Array.from({ length: 40 }, (_, i) => `"k${i}":1`).join()},"k7":2}`],
    ['[{"x":{"a":1,"a":2}}]'],
  ])('finds the key that is there twice: %s', (text) => {
    expect(scan(text)).toEqual({ kind: 'duplicate-key' })
  })

  test.each([
    '{"__proto__":1}',
    '{"a":{"__proto__":{}}}',
    '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{"admin":true}}}',
    '{"constructor":{"a":1,"prot\\u006ftype":{}}}',
  ])('finds the key that reaches for prototypes: %s', (text) => {
    expect(scan(text)).toEqual({ kind: 'forbidden-key' })
  })

  test('a constructor is only a word, and a prototype too, as long as the one is not in the other', () => {
    expect(scan('{"constructor":"Renzo Piano","prototype":{"x":1}}')).toBeNull()
    expect(scan('{"constructor":[{"prototype":1}]}')).toBeNull()
  })

  test('each limit', () => {
    expect(scan('{"a":1,"b":2,"c":3}', { keys: 2 })).toEqual({ kind: 'too-many-keys' })
    expect(scan('[1,2,3]', { items: 2 })).toEqual({ kind: 'too-many-items' })
    expect(scan('"abc"', { stringBytes: 2 })).toEqual({ kind: 'too-long-string' })
    expect(scan('{"abc":1}', { stringBytes: 2 })).toEqual({ kind: 'too-long-string' })
    expect(scan('[1,2,[3]]', { values: 4 })).toEqual({ kind: 'too-many-values' })
  })

  test('many keys of one hash do not make it slow', () => {
    const body = `{${Array.from({ length: 50_000 }, (_, i) => `"k${i}":0`).join()}}`
    expect(scan(body, { keys: 100_000 })).toBeNull()
  })
})
