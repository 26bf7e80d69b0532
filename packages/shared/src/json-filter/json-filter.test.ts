import { describe, expect, test } from 'vitest'
import { EventStreamFilter } from './event-stream-filter.ts'
import { type FieldAction, type FieldRule, Place, parseFieldPath } from './field-paths.ts'
import { JsonFilter, NotJson } from './json-filter.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function rule(path: string, action: FieldAction = 'remove'): FieldRule {
  const parsed = parseFieldPath(path)
  if (parsed === null) throw new Error(`no path: ${path}`)
  return { path: parsed, action }
}

const placeOf = (...paths: (string | FieldRule)[]) =>
  Place.of(paths.map((path) => (typeof path === 'string' ? rule(path) : path)))

interface Filter {
  push(piece: Uint8Array): Uint8Array
  end(): Uint8Array
}

/** Through a filter in pieces of so many bytes. */
function through(filter: Filter, text: string, size = Number.POSITIVE_INFINITY): string {
  const bytes = encoder.encode(text)
  let out = ''
  for (let at = 0; at < bytes.length; at += size) {
    // A copy, since pieces are the filter's to keep.
    const stream = { stream: true }
    out += decoder.decode(filter.push(bytes.slice(at, Math.min(at + size, bytes.length))), stream)
  }
  return out + decoder.decode(filter.end())
}

const filterOf = (paths: (string | FieldRule)[], isSequence = false) =>
  new JsonFilter(placeOf(...paths), { isSequence })

/** The same in pieces of every size: what comes out must not depend on it. */
function filtered(text: string, ...paths: (string | FieldRule)[]): string {
  const whole = through(filterOf(paths), text)
  for (const size of [1, 2, 3, 7])
    expect(through(filterOf(paths), text, size), `pieces of ${size}`).toBe(whole)
  return whole
}

describe('D3 taking members out of JSON', () => {
  test.each([
    ['$.ssn', '{"ssn":1,"a":2}', '{"a":2}'],
    ['$.ssn', '{"a":2,"ssn":{"x":[1,"]}"]}}', '{"a":2}'],
    ['$.ssn', '{"ssn":"only"}', '{}'],
    ['$.ssn', '{"a":1,"ssn":"\\"}","b":2,"ssn":3}', '{"a":1,"b":2}'],
    ['$.items[*].ssn', '{"items":[{"ssn":1},{"id":2,"ssn":2}]}', '{"items":[{},{"id":2}]}'],
    ['$[*].ssn', '[{"ssn":1,"a":[]},{"a":1}]', '[{"a":[]},{"a":1}]'],
    ['$.list[1]', '{"list":[1,2,3]}', '{"list":[1,3]}'],
    ['$.list[0]', '{"list":[1]}', '{"list":[]}'],
    ['$.*.a', '{"x":{"a":1,"b":2},"a":3}', '{"x":{"b":2},"a":3}'],
    ['$.**.ssn', '{"ssn":1,"x":[[{"ssn":2,"y":{"ssn":3,"z":4}}]]}', '{"x":[[{"y":{"z":4}}]]}'],
    ['$..ssn', '{"a":{"ssn":1}}', '{"a":{}}'],
    ["$['a.b'].c", '{"a.b":{"c":1,"d":2}}', '{"a.b":{"d":2}}'],
    ['$.a.**', '{"a":{"x":1,"y":[1]},"b":{"x":1}}', '{"a":{},"b":{"x":1}}'],
  ])('%s of %s', (path, text, wanted) => expect(filtered(text, path)).toBe(wanted))

  test('a name is what it says, however it is written', () => {
    expect(filtered('{"\\u0073\\u0073n":1,"a":2}', '$.ssn')).toBe('{"a":2}')
    expect(filtered('{"né":1,"a":2}', '$.né')).toBe('{"a":2}')
    expect(filtered('{"__proto__":{"a":1},"b":2}', '$.__proto__')).toBe('{"b":2}')
  })

  test('masks in place of removing, whatever the value is', () => {
    expect(filtered('{"a":[1,{"b":2}],"c":"x"}', rule('$.a', 'mask'))).toBe('{"a":"[masked]","c":"x"}')
    expect(filtered('[1,2]', rule('$[0]', 'mask'))).toBe('["[masked]",2]')
  })

  test('leaves everything else as it was, to the byte', () => {
    const text = '  {"a" : [ 1.5e-3 , -0,\t"\\u00e9\\\\\\"é😀" , true,false , null ],\r\n "b": { } } \n'
    expect(filtered(text, '$.zzz')).toBe(text)
  })

  test('agrees with a plain reading of random values', () => {
    let seed = 1
    const random = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % n
    }
    const names = ['ssn', 'id', 'a', 'nested']
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 4 : 6)
      if (kind === 0) return random(1000) - 500
      if (kind === 1) return `te"x\\t${random(9)}`
      if (kind === 2) return null
      if (kind === 3) return random(2) === 0
      if (kind === 4) return Array.from({ length: random(4) }, () => value(depth + 1))
      return Object.fromEntries(Array.from({ length: random(4) }, () => [names[random(4)], value(depth + 1)]))
    }
    const without = (one: unknown): unknown =>
      Array.isArray(one)
        ? one.map(without)
        : typeof one === 'object' && one !== null
          ? Object.fromEntries(
              Object.entries(one).flatMap(([k, v]) => (k === 'ssn' ? [] : [[k, without(v)]])),
            )
          : one
    for (let i = 0; i < 300; i++) {
      const given = value(0)
      expect(JSON.parse(filtered(JSON.stringify(given, null, i % 3), '$.**.ssn'))).toEqual(without(given))
    }
  })

  test.each([
    '{"a":1',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1,}',
    '[1,]',
    '[1 2]',
    '{"a":01}',
    '{"a":nul}',
    '{"a":"\\x"}',
    '{"a":"\u0001"}',
    '{"a":1}}',
    '{"a":1} {"b":2}',
    '<html>',
    '{"a":NaN}',
    '[1}',
    '{"a":"\\u12g4"}',
    '"abc',
    ' ',
  ])('%s is not JSON', (text) => {
    for (const size of [1, 100]) expect(() => through(filterOf(['$.ssn']), text, size)).toThrow(NotJson)
  })

  test('is bounded: depth, names, numbers', () => {
    for (const text of ['['.repeat(600), `{"${'n'.repeat(70_000)}":1}`, `[${'1'.repeat(2_000)}]`])
      expect(() => through(filterOf(['$.**.ssn']), text, 1_000)).toThrow(NotJson)
  })

  test('passes a large array on while it comes, in linear time and bounded memory', () => {
    const filter = filterOf(['$[*].ssn', '$.**.secret'])
    const element = encoder.encode('{"id":12345,"ssn":"123-45-6789","name":"Somebody"},')
    const startedMs = performance.now()
    let passed = filter.push(encoder.encode('[')).length
    for (let i = 0; i < 100_000; i++) passed += filter.push(element.slice()).length
    // All but the comma that waits for its successor has left already.
    expect(passed).toBe(1 + 100_000 * '{"id":12345,"name":"Somebody"},'.length)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  test('streams of values: NDJSON and JSON text sequences, each as soon as it is there', () => {
    const filter = filterOf(['$.ssn'], true)
    expect(decoder.decode(filter.push(encoder.encode('{"ssn":1,"a":1}\n{"a":2')))).toBe('{"a":1}\n{"a":2')
    expect(decoder.decode(filter.push(encoder.encode('}\n')))).toBe('}\n')
    expect(decoder.decode(filter.end())).toBe('')
    expect(through(filterOf(['$.ssn'], true), '\u001e{"ssn":1}\n\u001e{"b":1}\n')).toBe(
      '\u001e{}\n\u001e{"b":1}\n',
    )
  })

  test('event streams: data on one line and on several, line ends of every kind, and what is no data', () => {
    const stream = (text: string) => {
      const whole = through(new EventStreamFilter(placeOf('$.ssn')), text)
      for (const size of [1, 3])
        expect(through(new EventStreamFilter(placeOf('$.ssn')), text, size), `pieces of ${size}`).toBe(whole)
      return whole
    }
    expect(stream(': hello\n\nevent: x\nid: 7\ndata: {"ssn":1,"a":2}\n\n')).toBe(
      ': hello\n\nevent: x\nid: 7\ndata: {"a":2}\n\n',
    )
    expect(stream('data: {"ssn":\r\ndata: 1,\r\ndata:"a":2}\r\n\r\n')).toBe('data: {\ndata: "a":2}\n\n')
    expect(stream('data:{"ssn":1}\r\rdata: [DONE]\r\r')).toBe('data: {}\n\ndata: [DONE]\n\n')
    expect(stream('data: {"ssn":1}')).toBe('')
    expect(() => stream('data: ssn=1\n\n')).toThrow(NotJson)
    expect(() => stream(`${'a\n'.repeat(10_001)}\n`)).toThrow(NotJson)
    const events = 'data: {"a":1}\n\n'.repeat(6_000)
    expect(through(new EventStreamFilter(placeOf('$.ssn')), events)).toBe(events)
  })

  test('places are as many as paths make, and no more whatever names and indices come', () => {
    const root = placeOf('$.**.ssn', '$.list[2].a', '$.*.b.c')
    const unknown = root.member('x').member('y')
    for (let i = 0; i < 300; i++) {
      const place = root.member(`x${i}`).member(`y${i}`)
      expect(place === unknown && place.element(i) === unknown.member('z')).toBe(true)
    }
    // A path that asks for very many places still means the same.
    const names = 'ab'.repeat(8)
    const far = filtered(
      JSON.stringify([...names].reduceRight((value: unknown, name) => ({ [name]: value }), { ssn: 1, b: 2 })),
      ...Array.from({ length: 12 }, (_, i) => `$.**.a${'.*'.repeat(i)}.ssn`),
    )
    expect(far).toContain('{"b":2}')
  })

  test.each(['', '$', 'a.b', '$.', '$.a..', '$.a[', '$[-1]', '$.a b', "$['']", '$.a[?(@.b)]', '$...a'])(
    '“%s” is no path',
    (path) => expect(parseFieldPath(path)).toBeNull(),
  )
})
