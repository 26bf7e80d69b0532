import { describe, expect, it } from 'vitest'
import { readDocument } from './read.ts'
import { bytes } from './spec-files.fixture.ts'

function refusal(text: string | Uint8Array, maxBytes?: number) {
  const result = readDocument(typeof text === 'string' ? bytes(text) : text, maxBytes ? { maxBytes } : {})
  if (result.ok) throw new Error('expected a refusal')
  return result
}

function accepted(text: string | Uint8Array) {
  const result = readDocument(typeof text === 'string' ? bytes(text) : text)
  if (!result.ok) throw new Error(`refused: ${result.message}`)
  return result
}

describe('F8: what can be read', () => {
  it('reads JSON and knows the line and column of every member', () => {
    const source = accepted('{\n  "openapi": "3.0.3",\n  "paths": {\n    "/a/b": {"get": {}}\n  }\n}')
    expect(source).toMatchObject({ format: 'json', version: '3.0.3', dialect: '3.0' })
    expect(source.locate('/paths/~1a~1b')).toEqual({ line: 4, column: 5 })
    expect(source.locate('/paths/~1a~1b/get')).toEqual({ line: 4, column: 14 })
  })

  it('locates the nearest ancestor of what is missing', () => {
    const source = accepted('{"openapi": "3.1.0",\n "info": {}}')
    expect(source.locate('/info/title')).toEqual({ line: 2, column: 2 })
  })

  it('reads YAML, following anchors, aliases and merge keys', () => {
    const source = accepted('openapi: 3.2.0\nx-a: &a\n  one: 1\nx-b:\n  <<: *a\n  two: 2\nx-c: *a\n')
    expect(source).toMatchObject({ format: 'yaml', dialect: '3.2' })
    expect(source.document['x-b']).toEqual({ one: 1, two: 2 })
    expect(source.document['x-c']).toEqual({ one: 1 })
    expect(source.locate('/x-b/two')).toEqual({ line: 6, column: 3 })
    expect(source.locate('/x-b/one')).toEqual({ line: 3, column: 3 })
    expect(source.locate('/x-c')).toEqual({ line: 7, column: 1 })
  })

  it('takes a UTF-8 byte order mark, and hashes the bytes as received', () => {
    const source = accepted(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('{"openapi":"3.0.0"}')]))
    expect(source.sizeBytes).toBe(22)
    expect(source.sha256).toBe('df7debd1347b5f5aec07c80adf627b20e1a5433dc3c2c05b9d63006f467bc87a')
  })

  it('keeps what a number was written as', () => {
    const source = accepted('swagger: 2.0\ninfo:\n  version: 1.10\n')
    expect(source).toMatchObject({ version: '2.0', dialect: '2.0' })
    expect(source.writtenAt('/info/version')).toBe('1.10')
  })

  it('drops __proto__ members, escaped ones too, and leaves prototypes alone', () => {
    const json = accepted(
      '{"openapi":"3.0.0","info":{"\\u005f_proto__":{"polluted":1},"\\u005f_proto__x":1}}',
    )
    expect(json.unsafeKeys).toEqual(['/info/__proto__'])
    expect(Object.keys(json.document.info ?? {})).toEqual(['__proto__x'])
    const yaml = accepted(
      'openapi: 3.0.0\n__proto__:\n  polluted: 1\nconstructor:\n  prototype: {polluted: 1}\n',
    )
    expect(yaml.unsafeKeys).toEqual(['/__proto__'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('keeps no character that Postgres lacks, neither in texts nor in names', () => {
    const source = accepted(
      '{"openapi":"3.0.0","info":{"title":"a\\u0000b\\ud800"},"paths":{"/a\\ud800":{},"/\\u0000":{},"/b":{}}}',
    )
    expect(source.document).toMatchObject({ info: { title: 'a\ufffdb\ufffd' } })
    expect(Object.keys(source.document.paths ?? {})).toEqual(['/b'])
    expect(source.unsafeKeys).toEqual(['/paths/~1a\ufffd', '/paths/~1\ufffd'])
  })

  it('makes null of numbers that JSON lacks', () => {
    expect(accepted('openapi: 3.0.0\nx-max: .inf\nx-not: [.nan]\n').document).toMatchObject({
      'x-max': null,
      'x-not': [null],
    })
  })

  it('takes many uses of one anchor, which is not a bomb', () => {
    const uses = Array.from({ length: 500 }, (_, index) => `x-${index}: *shared`).join('\n')
    expect(accepted(`openapi: 3.1.0\nx-shared: &shared {a: 1}\n${uses}\n`).document['x-499']).toEqual({
      a: 1,
    })
  })
})

describe('F8: what is refused, with the true reason, line and column', () => {
  it.each([
    ['nothing', '', 'empty', null, null],
    ['white space', ' \n ', 'empty', null, null],
    ['JSON cut off', '{"openapi": "3.0.0",\n "info": {', 'invalid-json', 2, 11],
    ['a JSON comma too many', '{"openapi": "3.0.0",\n}', 'invalid-json', 2, 1],
    ['a JSON literal misspelt', '{"a":\n  tru}', 'invalid-json', 2, 3],
    ['a raw line break in JSON text', '{"a": "x\ny"}', 'invalid-json', 1, 9],
    ['a leading zero', '{"a": 01}', 'invalid-json', 1, 8],
    ['text after the JSON document', '{"a": 1}\nx', 'invalid-json', 2, 1],
    ['a duplicate JSON key', '{"a": 1,\n "b": {"c": 1, "c": 2}}', 'duplicate-key', 2, 16],
    ['a duplicate JSON key in disguise', '{"a": 1, "\\u0061": 2}', 'duplicate-key', 1, 10],
    ['a duplicate YAML key', 'a: 1\nb:\n  c: 1\n  c: 2\n', 'duplicate-key', 4, 3],
    ['a tab in YAML', 'a:\n\t- b', 'invalid-yaml', 2, 1],
    ['an unknown YAML alias', 'openapi: 3.0.0\na: *nowhere', 'invalid-yaml', 2, 4],
    ['a YAML list as a key', '? [a]\n: 1', 'invalid-yaml', 1, 3],
    ['two YAML documents', 'a: 1\n---\nb: 1\n', 'multiple-documents', 2, 1],
    ['an alias that holds itself', 'a: &a\n  - *a\n', 'alias-limit', 2, 5],
    ['a list', '[]', 'not-an-object', 1, 1],
    ['a word', 'hello', 'not-an-object', 1, 1],
    ['HTML', '\n<!doctype html>', 'not-openapi', 1, 1],
    ['another format', '{"asyncapi": "2.0.0"}', 'not-openapi', 1, 1],
    ['a version that is a list', 'x: 1\nopenapi: [3]', 'not-openapi', 2, 1],
    ['OpenAPI 4', 'x: 1\nopenapi: 4.0.0', 'unsupported-version', 2, 1],
    ['Swagger 1.2', 'swagger: "1.2"', 'unsupported-version', 1, 1],
  ])('%s', (_, text, code, line, column) => {
    expect(refusal(text)).toMatchObject({ ok: false, code, line, column })
  })

  it('a file above the limit', () => {
    expect(refusal('{"openapi":"3.0.0"}', 10)).toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('19 bytes'),
    })
  })

  it('bytes that are not UTF-8, at the byte', () => {
    expect(refusal(new Uint8Array([0x61, 0x3a, 0x0a, 0xe2, 0x28, 0xa1]))).toMatchObject({
      code: 'invalid-utf8',
      line: 2,
    })
    expect(refusal(new Uint8Array([0x61, 0x0a, 0x62, 0xff]))).toMatchObject({
      code: 'invalid-utf8',
      line: 2,
      column: 2,
    })
    expect(refusal(new Uint8Array([0x61, 0xc3]))).toMatchObject({ code: 'invalid-utf8', line: 1, column: 2 })
  })

  it('UTF-16 and NUL bytes', () => {
    expect(refusal(new Uint8Array([0xff, 0xfe, 0x7b, 0]))).toMatchObject({
      code: 'invalid-utf8',
      message: expect.stringContaining('UTF-16'),
    })
    expect(refusal(new Uint8Array([0x61, 0x0a, 0x62, 0]))).toMatchObject({
      code: 'nul-byte',
      line: 2,
      column: 2,
    })
  })

  it('an alias bomb, before it is expanded', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*a${level - 1}`))
      return `a${level}: &a${level} [${items.join(', ')}]`
    })
    expect(refusal(levels.join('\n'))).toMatchObject({ code: 'alias-limit', line: 7 })
  })

  it.each([
    ['JSON', '['.repeat(100_000)],
    ['flow YAML', `a: ${'['.repeat(100_000)}`],
    ['block YAML', `${'- '.repeat(20_000)}a`],
    ['YAML within the stack but beyond the limit', `a: ${'['.repeat(300)}${']'.repeat(300)}`],
  ])('%s nested too deep', (_, text) => {
    const { code, line, column } = refusal(text)
    expect({ code, line }).toEqual({ code: 'too-deep', line: 1 })
    expect(column).toBeGreaterThan(150)
  })

  it('depth that only aliases reach', () => {
    const levels = Array.from(
      { length: 300 },
      (_, level) => `a${level}: &a${level} [${level === 0 ? '' : `*a${level - 1}`}]`,
    )
    expect(refusal(levels.join('\n'))).toMatchObject({ code: 'too-deep', column: expect.any(Number) })
  })
})
