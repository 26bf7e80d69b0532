import { describe, expect, it, vi } from 'vitest'
import { CHANGES, type ChangeCode } from './changes.ts'
import { diffDocuments } from './diff.ts'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import { bytes, specBytes, specFolderMissing, specNames } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

function imported(content: Uint8Array): ImportedDocument {
  const result = importDocument(content)
  if (!result.ok) throw new Error(result.message)
  return result
}

type Part = Record<string, unknown>

/** A document with one operation, `POST /things/{id}`. */
function withOperation(operation: Part, rest: Part = {}): ImportedDocument {
  return imported(
    bytes({
      openapi: '3.1.0',
      info: { title: 'Things', version: '1' },
      paths: { '/things/{id}': { post: { responses: { 200: { description: 'ok' } }, ...operation } } },
      ...rest,
    }),
  )
}

function codes(before: ImportedDocument, after: ImportedDocument): ChangeCode[] {
  return diffDocuments(before, after).changes.map((change) => change.code)
}

const query = (parameter: Part) => withOperation({ parameters: [{ name: 'q', in: 'query', ...parameter }] })
const plain = withOperation({})
const body = (schema: unknown, more: Part = {}) => {
  return withOperation({ requestBody: { content: { 'application/json': { schema } }, ...more } })
}
const reply = (schema: unknown) => {
  return withOperation({
    responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } },
  })
}
const object = (properties: Part, required: string[] = []) => ({ type: 'object', properties, required })
const text = { type: 'string' }
const secured = (security: unknown, scheme: Part = { type: 'apiKey', in: 'header', name: 'X-Key' }) => {
  return withOperation({ security }, { components: { securitySchemes: { key: scheme, other: scheme } } })
}

const CASES: [what: string, before: ImportedDocument, after: ImportedDocument, codes: ChangeCode[]][] = [
  ['nothing', plain, withOperation({}), []],
  ['text of the operation', plain, withOperation({ summary: 'x' }), ['operation-text-changed']],
  ['the tags', plain, withOperation({ tags: ['x'] }), ['operation-tags-changed']],
  ['the operationId', plain, withOperation({ operationId: 'x' }), ['operation-id-changed']],
  ['deprecation', plain, withOperation({ deprecated: true }), ['operation-deprecated']],
  ['its end', withOperation({ deprecated: true }), plain, ['operation-restored']],
  ['the servers', plain, withOperation({ servers: [{ url: 'https://a.test' }] }), ['servers-changed']],
  ['a required parameter', plain, query({ required: true }), ['parameter-added-required']],
  ['an optional parameter', plain, query({}), ['parameter-added-optional']],
  ['a parameter gone', query({}), plain, ['parameter-removed']],
  ['a parameter required', query({}), query({ required: true }), ['parameter-required']],
  ['a parameter optional', query({ required: true }), query({}), ['parameter-optional']],
  ['a parameter deprecated', query({}), query({ deprecated: true }), ['parameter-deprecated']],
  ['the text of a parameter', query({}), query({ description: 'x' }), ['parameter-text-changed']],
  [
    'the style of a list',
    query({ schema: { type: 'array', items: text } }),
    query({ schema: { type: 'array', items: text }, explode: false }),
    ['parameter-style-changed'],
  ],
  [
    'the type of a parameter',
    query({ schema: text }),
    query({ schema: { type: 'integer' } }),
    ['request-type-changed'],
  ],
  [
    'a wider type',
    query({ schema: { type: 'integer' } }),
    query({ schema: { type: 'number' } }),
    ['request-type-widened'],
  ],
  [
    'an enumeration narrowed',
    query({ schema: { enum: ['a', 'b'] } }),
    query({ schema: { enum: ['a'] } }),
    ['request-enum-narrowed'],
  ],
  [
    'an enumeration widened',
    query({ schema: { enum: ['a'] } }),
    query({ schema: { enum: ['a', 'b'] } }),
    ['request-enum-widened'],
  ],
  [
    'an enumeration where all was allowed',
    query({ schema: text }),
    query({ schema: { ...text, enum: ['a'] } }),
    ['request-enum-narrowed'],
  ],
  [
    'a default',
    query({ schema: text }),
    query({ schema: { ...text, default: 'a' } }),
    ['request-default-changed'],
  ],
  [
    'a format',
    query({ schema: text }),
    query({ schema: { ...text, format: 'uuid' } }),
    ['request-format-changed'],
  ],
  [
    'a lower maximum',
    query({ schema: { maximum: 9 } }),
    query({ schema: { maximum: 8 } }),
    ['request-constraint-tightened'],
  ],
  [
    'a higher minimum',
    query({ schema: { minLength: 1 } }),
    query({ schema: { minLength: 2 } }),
    ['request-constraint-tightened'],
  ],
  ['a limit gone', query({ schema: { maximum: 9 } }), query({ schema: {} }), ['request-constraint-loosened']],
  [
    'a pattern',
    query({ schema: text }),
    query({ schema: { ...text, pattern: 'a' } }),
    ['request-constraint-tightened'],
  ],
  ['a body', plain, body(text), ['request-body-added-optional']],
  ['a required body', plain, body(text, { required: true }), ['request-body-added-required']],
  ['the body gone', body(text), plain, ['request-body-removed']],
  ['the body required', body(text), body(text, { required: true }), ['request-body-required']],
  ['the body optional', body(text, { required: true }), body(text), ['request-body-optional']],
  [
    'the media type of the body',
    body(text),
    withOperation({ requestBody: { content: { 'text/plain': { schema: text } } } }),
    ['request-media-type-removed', 'request-media-type-added'],
  ],
  ['a request property', body(object({})), body(object({ a: text })), ['request-property-added-optional']],
  [
    'a required request property',
    body(object({})),
    body(object({ a: text }, ['a'])),
    ['request-property-added-required'],
  ],
  ['a request property gone', body(object({ a: text })), body(object({})), ['request-property-removed']],
  [
    'a request property required',
    body(object({ a: text })),
    body(object({ a: text }, ['a'])),
    ['request-property-required'],
  ],
  [
    'a request property optional',
    body(object({ a: text }, ['a'])),
    body(object({ a: text })),
    ['request-property-optional'],
  ],
  [
    'a read-only property in a request',
    body(object({})),
    body(object({ a: { ...text, readOnly: true } }, ['a'])),
    [],
  ],
  [
    'a request closed',
    body(object({})),
    body({ ...object({}), additionalProperties: false }),
    ['request-closed'],
  ],
  [
    'a request opened',
    body({ ...object({}), additionalProperties: false }),
    body(object({})),
    ['request-opened'],
  ],
  [
    'a nullable request value no longer',
    body({ type: ['string', 'null'] }),
    body(text),
    ['request-type-changed'],
  ],
  [
    'the items of a list',
    body({ type: 'array', items: text }),
    body({ type: 'array', items: { type: 'boolean' } }),
    ['request-type-changed'],
  ],
  [
    'a form of the request',
    body({ oneOf: [{ title: 'A' }, { title: 'B' }] }),
    body({ oneOf: [{ title: 'B' }, { title: 'C' }] }),
    ['request-alternative-removed', 'request-alternative-added'],
  ],
  [
    'a form of the response',
    reply({ oneOf: [{ title: 'A' }, { title: 'B' }] }),
    reply({ oneOf: [{ title: 'B' }, { title: 'C' }] }),
    ['response-alternative-added', 'response-alternative-removed'],
  ],
  ['a response property', reply(object({})), reply(object({ a: text })), ['response-property-added']],
  ['a response property gone', reply(object({ a: text })), reply(object({})), ['response-property-removed']],
  [
    'a response property optional',
    reply(object({ a: text }, ['a'])),
    reply(object({ a: text })),
    ['response-property-optional'],
  ],
  [
    'a response property required',
    reply(object({ a: text })),
    reply(object({ a: text }, ['a'])),
    ['response-property-required'],
  ],
  ['a response type', reply(text), reply({ type: ['string', 'null'] }), ['response-type-changed']],
  ['a response type narrowed', reply({ type: ['string', 'null'] }), reply(text), ['response-type-narrowed']],
  ['new response values', reply({ enum: ['a'] }), reply({ enum: ['a', 'b'] }), ['response-enum-widened']],
  ['fewer response values', reply({ enum: ['a', 'b'] }), reply({ enum: ['a'] }), ['response-enum-narrowed']],
  ['a response format', reply({ ...text, format: 'date' }), reply(text), ['response-format-changed']],
  ['a response limit', reply({ ...text, maxLength: 1 }), reply(text), ['response-constraint-changed']],
  [
    'a choice where there was none',
    reply(text),
    reply({ oneOf: [text, { type: 'number' }] }),
    ['response-type-changed'],
  ],
  [
    'a choice in a request',
    body(text),
    body({ oneOf: [text, { type: 'number' }] }),
    ['request-type-widened'],
  ],
  [
    'the media type of a response',
    reply(text),
    withOperation({ responses: { 200: { description: 'ok', content: { 'text/plain': { schema: text } } } } }),
    ['response-media-type-removed', 'response-media-type-added'],
  ],
  ['the text of a schema', reply(text), reply({ ...text, title: 'x' }), ['schema-text-changed']],
  [
    'responses',
    plain,
    withOperation({ responses: { 201: { description: 'made' }, 404: { description: 'none' } } }),
    ['response-removed', 'response-added', 'response-added'],
  ],
  [
    'an error response gone',
    withOperation({ responses: { 200: { description: 'ok' }, 404: { description: 'none' } } }),
    plain,
    ['error-response-removed'],
  ],
  [
    'the text of a response',
    plain,
    withOperation({ responses: { 200: { description: 'fine' } } }),
    ['response-text-changed'],
  ],
  [
    'response headers',
    withOperation({ responses: { 200: { description: 'ok', headers: { 'X-A': {}, 'X-B': {} } } } }),
    withOperation({ responses: { 200: { description: 'ok', headers: { 'x-b': {}, 'X-C': {} } } } }),
    ['response-header-removed', 'response-header-added'],
  ],
  ['security', secured([]), secured([{ key: [] }]), ['security-added']],
  ['no security any more', secured([{ key: [] }]), secured([{ key: [] }, {}]), ['security-removed']],
  [
    'another way to authenticate',
    secured([{ key: [] }]),
    secured([{ key: [] }, { other: [] }]),
    ['security-alternative-added'],
  ],
  [
    'one way less',
    secured([{ key: [] }, { other: [] }]),
    secured([{ key: [] }]),
    ['security-alternative-removed'],
  ],
  [
    'scopes',
    secured([{ key: ['a'] }]),
    secured([{ key: ['b'] }]),
    ['security-scopes-added', 'security-scopes-removed'],
  ],
  [
    'where a key travels',
    secured([{ key: [] }]),
    secured([{ key: [] }], { type: 'apiKey', in: 'query', name: 'key' }),
    ['security-scheme-changed', 'security-scheme-changed'],
  ],
]

describe('F4, F8: what changes between two documents', () => {
  it.each(CASES)('%s', (_, before, after, expected) => {
    expect(codes(before, after)).toEqual(expected)
  })

  it('every code of the catalogue has a case', () => {
    const below: ChangeCode[] = [
      'info-changed',
      'operation-added',
      'operation-removed',
      'path-parameter-renamed',
    ]
    const covered = new Set([...below, ...CASES.flatMap(([, , , expected]) => expected)])
    expect(Object.keys(CHANGES).filter((code) => !covered.has(code as ChangeCode))).toEqual([])
  })

  it('matches operations by method and path shape, so that renaming a path parameter breaks nothing', () => {
    const document = (path: string, name: string) => {
      const parameters = [{ name, in: 'path', required: true, schema: text }]
      return imported(
        bytes({
          openapi: '3.0.0',
          info: { title: 't', version: name },
          paths: { [path]: { get: { parameters, responses: {} } } },
        }),
      )
    }
    const diff = diffDocuments(document('/a/{x}', 'x'), document('/a/{y}', 'y'))
    expect(diff.counts).toEqual({ breaking: 0, 'non-breaking': 0, docs: 2 })
    expect(diff.changes.map((change) => change.code)).toEqual(['info-changed', 'path-parameter-renamed'])
    expect(diff.operations).toEqual({
      added: [],
      removed: [],
      changed: [{ key: 'GET /a/{y}', level: 'docs' }],
      unchangedCount: 0,
    })
  })

  it('lists added and removed operations, breaking first, with places in both files', () => {
    const document = (...paths: string[]) => {
      const responses = { 200: { description: 'ok' } }
      return imported(
        bytes({
          openapi: '3.0.0',
          info: { title: 't', version: '1' },
          paths: Object.fromEntries(paths.map((path) => [path, { get: { responses } }])),
        }),
      )
    }
    const diff = diffDocuments(document('/a', '/b'), document('/b', '/c'))
    expect(diff.changes).toMatchObject([
      {
        code: 'operation-removed',
        level: 'breaking',
        operations: ['GET /a'],
        before: { pointer: '/paths/~1a/get', line: 9 },
        after: null,
      },
      {
        code: 'operation-added',
        level: 'non-breaking',
        operations: ['GET /c'],
        before: null,
        after: { pointer: '/paths/~1c/get' },
      },
    ])
    expect(diff.operations).toEqual({
      added: ['GET /c'],
      removed: ['GET /a'],
      changed: [],
      unchangedCount: 1,
    })
  })

  it('reports a shared, recursive schema once, with every operation that reaches it', () => {
    const document = (name: string) => {
      const content = {
        'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Node' } } },
      }
      const responses = { 200: { description: 'ok', content } }
      const Node = object({ [name]: text, next: { $ref: '#/components/schemas/Node' } })
      const paths = { '/a': { get: { responses } }, '/b': { get: { responses }, put: { responses: {} } } }
      return imported(
        bytes({
          openapi: '3.0.0',
          info: { title: 't', version: '1' },
          paths,
          components: { schemas: { Node } },
        }),
      )
    }
    const diff = diffDocuments(document('old'), document('new'))
    expect(diff.changes.map(({ code, operations }) => [code, operations.toSorted()])).toEqual([
      ['response-property-removed', ['GET /a', 'GET /b']],
      ['response-property-added', ['GET /a', 'GET /b']],
    ])
    expect(diff.operations.unchangedCount).toBe(1)
  })

  it('sees no difference between the spellings of 3.0 and 3.1', () => {
    const document = (openapi: string, schema: unknown) => {
      const responses = { 200: { description: 'ok', content: { 'application/json': { schema } } } }
      return imported(
        bytes({ openapi, info: { title: 't', version: '1' }, paths: { '/a': { get: { responses } } } }),
      )
    }
    const old = document(
      '3.0.3',
      object({ a: { ...text, nullable: true }, b: { type: 'number', minimum: 1, exclusiveMinimum: true } }),
    )
    const now = document(
      '3.1.0',
      object({ a: { anyOf: [text, { type: 'null' }] }, b: { type: 'number', exclusiveMinimum: 1 } }),
    )
    expect(codes(old, now)).toEqual([])
  })

  it('a chain of 20,000 references exhausts neither the stack nor the patience', () => {
    const chain = (last: unknown) => {
      const schemas: Part = { S20000: last }
      for (let index = 0; index < 20_000; index++) {
        schemas[`S${index}`] = {
          type: 'object',
          properties: { next: { $ref: `#/components/schemas/S${index + 1}` } },
        }
      }
      const content = { 'application/json': { schema: { $ref: '#/components/schemas/S0' } } }
      return withOperation({ requestBody: { content } }, { components: { schemas } })
    }
    expect(codes(chain(text), chain({ type: 'integer' }))).toEqual(['request-type-changed'])
  })

  it('a diamond of allOf is merged once per schema', () => {
    const diamonds = (last: unknown, name: string) => {
      const schemas: Part = { [`${name}40`]: last }
      for (let index = 0; index < 40; index++) {
        const $ref = `#/components/schemas/${name}${index + 1}`
        schemas[`${name}${index}`] = { allOf: [{ $ref }, { description: 'between' }, { $ref }] }
      }
      const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}0` } } }
      return withOperation({ requestBody: { content } }, { components: { schemas } })
    }
    expect(codes(diamonds(object({ a: text }), 'A'), diamonds(object({}), 'B'))).toEqual([
      'request-property-removed',
    ])
  })

  it('compares Swagger 2.0 with OpenAPI 3 and gives places in each file', () => {
    const old = imported(
      bytes({
        swagger: '2.0',
        info: { title: 't', version: '1' },
        host: 'a.test',
        paths: {
          '/a': {
            post: {
              parameters: [{ name: 'b', in: 'body', schema: { $ref: '#/definitions/B' } }],
              responses: { 200: { description: 'ok' } },
            },
          },
        },
        definitions: { B: object({ a: text }) },
      }),
    )
    const now = imported(
      bytes({
        openapi: '3.0.0',
        info: { title: 't', version: '1' },
        servers: [{ url: 'https://a.test' }],
        paths: {
          '/a': {
            post: {
              requestBody: { content: { 'application/json': { schema: object({}) } } },
              responses: { 200: { description: 'ok' } },
            },
          },
        },
      }),
    )
    expect(diffDocuments(old, now).changes).toMatchObject([
      { code: 'request-property-removed', before: { pointer: '/definitions/B/properties/a' }, after: null },
    ])
  })
})

describe.skipIf(specFolderMissing)('F8: re-importing a real document unchanged shows no change', () => {
  it.each(specNames().filter((name) => name.endsWith('.json')))('%s', (name) => {
    const content = specBytes(name)
    const again = bytes(JSON.stringify(JSON.parse(new TextDecoder().decode(content)), null, 3))
    const [before, after] = [imported(content), imported(again)]
    const diff = diffDocuments(before, after)
    expect(diff.changes).toEqual([])
    expect(diff.operations.unchangedCount).toBe(before.operations.length)
  })

  it('the same bytes are known to be identical', () => {
    const document = imported(specBytes('museum-3.1.yaml'))
    expect(diffDocuments(document, document)).toMatchObject({
      identical: true,
      changes: [],
      operations: { unchangedCount: 8 },
    })
  })
})
