import { describe, expect, it } from 'vitest'
import { FINDINGS, type FindingCode } from './codes.ts'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import { bytes } from './spec-files.fixture.ts'

type Part = Record<string, unknown>

function imported(document: unknown): ImportedDocument {
  const result = importDocument(bytes(document))
  if (!result.ok) throw new Error(result.message)
  return result
}

const responses = { 204: { description: 'done' } }
const base = { openapi: '3.0.3', info: { title: 't', version: '1' }, servers: [{ url: 'https://api.test' }] }
const doc = (rest: Part) => imported({ ...base, paths: { '/a': { get: { responses } } }, ...rest })
const paths = (value: Part, rest: Part = {}) => doc({ paths: value, ...rest })
const get = (operation: Part, rest: Part = {}) => paths({ '/a': { get: { responses, ...operation } } }, rest)
const schema = (value: unknown, rest: Part = {}) => doc({ components: { schemas: { S: value } }, ...rest })
const json = (value: unknown) => ({ description: 'ok', content: { 'application/json': value } })
const big = { description: 'ok', content: { 'text/plain': { example: 'x'.repeat(60_000) } } }

/** What is wrong → the only finding expected, and where. */
const CASES: [code: FindingCode, pointer: string, () => ImportedDocument][] = [
  [
    'additional-operation-invalid',
    '/paths/~1a/additionalOperations/POST',
    () =>
      doc({
        openapi: '3.2.0',
        paths: { '/a': { get: { responses }, additionalOperations: { POST: { responses } } } },
      }),
  ],
  [
    'duplicate-operation-id',
    '/paths/~1a/put/operationId',
    () => paths({ '/a': { get: { operationId: 'x', responses }, put: { operationId: 'x', responses } } }),
  ],
  [
    'duplicate-parameter',
    '/paths/~1a/get/parameters/1',
    () =>
      get({
        parameters: [
          { name: 'X-A', in: 'header' },
          { name: 'x-a', in: 'header' },
        ],
      }),
  ],
  [
    'duplicate-route',
    '/paths/~1a#x/get',
    () => paths({ '/a#x': { get: { responses } }, '/a': { get: { responses } } }),
  ],
  ['enum-invalid', '/components/schemas/S/enum/2', () => schema({ enum: ['a', 1, 'a'] })],
  ['enum-invalid', '/components/schemas/S/enum', () => schema({ enum: [] })],
  [
    'equivalent-paths',
    '/paths/~1{y}',
    () =>
      paths({
        '/{x}': { get: { parameters: [{ name: 'x', in: 'path', required: true }], responses } },
        '/{y}': { put: { parameters: [{ name: 'y', in: 'path', required: true }], responses } },
      }),
  ],
  ['field-missing', '/info', () => doc({ info: { title: 't' } })],
  [
    'field-missing',
    '/components/securitySchemes/s',
    () => doc({ components: { securitySchemes: { s: { type: 'apiKey', in: 'header' } } } }),
  ],
  ['field-unknown', '/info/titel', () => doc({ info: { title: 't', version: '1', titel: 'x' } })],
  ['field-unknown', '/components/schemas/S/examples', () => schema({ examples: [] })],
  ['field-wrong-type', '/tags', () => doc({ tags: 'x' })],
  [
    'field-wrong-type',
    '/components/schemas/S/properties/a/required',
    () => schema({ properties: { a: { required: true } } }),
  ],
  ['field-wrong-type', '/components/schemas/S/exclusiveMinimum', () => schema({ exclusiveMinimum: 3 })],
  [
    'field-wrong-type',
    '/components/securitySchemes/s/type',
    () => doc({ components: { securitySchemes: { s: { type: 'token' } } } }),
  ],
  ['field-wrong-type', '/components/responses', () => doc({ components: { responses: [] } })],
  ['method-unknown', '/paths/~1a/GET', () => paths({ '/a': { GET: {}, put: { responses } } })],
  [
    'mock-omitted',
    '/paths/~1p166/get',
    () =>
      paths(
        Object.fromEntries(
          Array.from({ length: 167 }, (_, index) => [
            `/p${index}`,
            { get: { responses: { 200: { $ref: '#/components/responses/B' } } } },
          ]),
        ),
        { components: { responses: { B: big } } },
      ),
  ],
  ['no-operations', '/paths', () => paths({})],
  ['operation-invalid', '/paths/~1a/get', () => paths({ '/a': { get: 'x', put: { responses } } })],
  [
    'parameter-invalid',
    '/paths/~1a/get/parameters/0',
    () => get({ parameters: [{ name: 'x', in: 'body' }] }),
  ],
  ['parameter-invalid', '/paths/~1a/get/parameters/0', () => get({ parameters: [{ in: 'query' }] })],
  [
    'parameter-invalid',
    '/paths/~1a/get/parameters/0',
    () => get({ parameters: [{ $ref: '#/components/parameters/None' }] }),
  ],
  ['path-invalid', '/paths/b', () => paths({ '/a': { get: { responses } }, b: { get: { responses } } })],
  [
    'path-invalid',
    '/paths/~1{a',
    () => paths({ '/a': { get: { responses } }, '/{a': { get: { responses } } }),
  ],
  [
    'path-invalid',
    '/paths/~1{a}~1{a}',
    () => paths({ '/a': { get: { responses } }, '/{a}/{a}': { get: { responses } } }),
  ],
  [
    'path-item-invalid',
    '/paths/~1b',
    () => paths({ '/a': { get: { responses } }, '/b': { $ref: '#/nowhere' } }),
  ],
  [
    'path-parameter-optional',
    '/paths/~1{a}/get/parameters/0',
    () => paths({ '/{a}': { get: { parameters: [{ name: 'a', in: 'path' }], responses } } }),
  ],
  ['path-parameter-undeclared', '/paths/~1{a}/get', () => paths({ '/{a}': { get: { responses } } })],
  [
    'path-parameter-unused',
    '/paths/~1a/get',
    () => get({ parameters: [{ name: 'b', in: 'path', required: true }] }),
  ],
  ['path-query-or-fragment', '/paths/~1a?x=1', () => paths({ '/a?x=1': { get: { responses } } })],
  [
    'ref-cycle',
    '/components/schemas/S/properties/a/$ref',
    () => schema({ properties: { a: { $ref: '#/components/schemas/S/properties/a' } } }),
  ],
  [
    'ref-external',
    '/paths/~1a/get/responses/200/content/application~1json/schema/$ref',
    () => get({ responses: { 200: json({ schema: { $ref: 'https://other.test/s.json#/S' } }) } }),
  ],
  [
    'ref-unresolved',
    '/components/schemas/S/items/$ref',
    () => schema({ type: 'array', items: { $ref: '#/definitions/T' } }),
  ],
  [
    'ref-unresolved',
    '/components/schemas/S/discriminator/mapping/b',
    () => schema({ discriminator: { propertyName: 'k', mapping: { a: 'S', b: '#/components/schemas/B' } } }),
  ],
  [
    'request-body-invalid',
    '/paths/~1a/put/requestBody',
    () => paths({ '/a': { put: { requestBody: { $ref: '#/nowhere' }, responses } } }),
  ],
  [
    'request-body-unexpected',
    '/paths/~1a/get',
    () => get({ requestBody: { content: { 'text/plain': { example: 'x' } } } }),
  ],
  [
    'response-code-invalid',
    '/paths/~1a/get/responses/ok',
    () => get({ responses: { ok: { description: 'x' }, 200: { description: 'x' } } }),
  ],
  [
    'response-invalid',
    '/paths/~1a/get/responses/404',
    () => get({ responses: { 200: { description: 'x' }, 404: { $ref: '#/nowhere' } } }),
  ],
  ['responses-missing', '/paths/~1a/get', () => get({ responses: {} })],
  ['schema-contradiction', '/components/schemas/S', () => schema({ type: 'array' })],
  ['schema-contradiction', '/components/schemas/S/minLength', () => schema({ minLength: 3, maxLength: 2 })],
  ['schema-contradiction', '/components/schemas/S/pattern', () => schema({ pattern: '(' })],
  ['schema-type-unknown', '/components/schemas/S/type', () => schema({ type: 'int' })],
  ['schema-type-unknown', '/components/schemas/S/type', () => schema({ type: ['string', 'null'] })],
  [
    'schema-type-unknown',
    '/components/schemas/S/type',
    () => schema({ type: ['string', 'nil'] }, { openapi: '3.1.0' }),
  ],
  ['security-scheme-unknown', '/security/0/key', () => doc({ security: [{ key: [] }] })],
  [
    'server-invalid',
    '/servers/1',
    () => doc({ servers: [{ url: 'https://a.test' }, { url: 'ws://a.test' }] }),
  ],
  ['server-relative', '/servers/0', () => doc({ servers: [{ url: '/v1' }] })],
  ['server-variable-undefined', '/servers/0', () => doc({ servers: [{ url: 'https://{a}.test' }] })],
  [
    'servers-missing',
    '',
    () => imported({ openapi: '3.0.0', info: base.info, paths: { '/a': { get: { responses } } } }),
  ],
  [
    'unsafe-key',
    '/info/__proto__',
    () =>
      imported(
        '{"openapi":"3.0.0","info":{"title":"t","version":"1","__proto__":{}},"servers":[{"url":"https://a.test"}],"paths":{"/a":{"get":{"responses":{"204":{"description":""}}}}}}',
      ),
  ],
  [
    'upgrade-lossy',
    '/definitions/S/items',
    () =>
      imported({
        swagger: '2.0',
        info: base.info,
        host: 'a.test',
        paths: { '/a': { get: { responses } } },
        definitions: { S: { type: 'array', items: [{}] } },
      }),
  ],
  [
    'version-not-text',
    '/swagger',
    () =>
      imported(
        'swagger: 2.0\ninfo: {title: t, version: "1"}\nhost: a.test\npaths: {/a: {get: {responses: {204: {description: ok}}}}}\n',
      ),
  ],
]

/** Faults that necessarily come with another one. */
const COMPANIONS: Partial<Record<FindingCode, FindingCode>> = {
  'duplicate-route': 'path-query-or-fragment',
  'operation-invalid': 'field-wrong-type',
}

describe('F8: what is said about a document, and where', () => {
  it.each(CASES)('%s at %s', (code, pointer, document) => {
    const { findings, counts } = document()
    const found = findings.filter((finding) => finding.code === code)
    expect(found.map((finding) => finding.pointer)).toEqual([pointer])
    const [{ line, column, message, severity } = { line: 0, column: 0, message: '', severity: '' }] = found
    expect({ severity, sound: line > 0 && column > 0 && message.length > 10 }).toEqual({
      severity: FINDINGS[code].severity,
      sound: true,
    })
    const companion = COMPANIONS[code]
    expect(counts).toEqual({ [code]: 1, ...(companion ? { [companion]: 1 } : {}) })
  })

  it('every code of the catalogue has a case', () => {
    const covered = new Set(CASES.map(([code]) => code))
    expect(Object.keys(FINDINGS).filter((code) => !covered.has(code as FindingCode))).toEqual([])
  })

  it('points at the line that is wrong', () => {
    const text = [
      'openapi: 3.0.0',
      'info:',
      '  title: t',
      '  version: "1"',
      'servers:',
      '  - url: https://a.test',
      'paths:',
      '  /a:',
      '    get:',
      '      responses:',
      '        200:',
      '          description: 3',
      '',
    ].join('\n')
    expect(imported(text).findings).toEqual([
      {
        code: 'field-wrong-type',
        severity: 'warning',
        pointer: '/paths/~1a/get/responses/200/description',
        line: 12,
        column: 11,
        message: '"description" should be text, but is a number',
      },
    ])
  })

  it('a property called $ref is no reference, and data is not walked', () => {
    const { counts } = schema({
      properties: { $ref: { type: 'string' } },
      example: { $ref: '#/nowhere', type: 'x' },
      default: { enum: [] },
    })
    expect(counts).toEqual({})
  })

  it('keeps at most 100 findings of a code, and counts all', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 250 }, (_, index) => [`p${index}`, { type: 'int' }]),
    )
    const { findings, counts } = schema({ type: 'object', properties })
    expect(findings).toHaveLength(100)
    expect(counts).toEqual({ 'schema-type-unknown': 250 })
  })

  it('says each thing once, though many operations share it', () => {
    const parameters = [{ $ref: '#/components/parameters/P' }]
    const { counts } = paths(
      { '/a': { get: { parameters, responses }, put: { parameters, responses } } },
      { components: { parameters: { P: { name: 'p', in: 'nowhere' } } } },
    )
    expect(counts).toEqual({ 'parameter-invalid': 1 })
  })
})
