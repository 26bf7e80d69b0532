import { describe, expect, it } from 'vitest'
import { importDocument } from './import.ts'
import type { ImportedDocument, ImportedOperation } from './imported-document.ts'
import { bytes } from './spec-files.fixture.ts'

function imported(document: unknown, sourceUrl?: string): ImportedDocument {
  const result = importDocument(bytes(document), sourceUrl ? { sourceUrl } : {})
  if (!result.ok) throw new Error(result.message)
  return result
}

const head = {
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  servers: [{ url: 'https://api.test/v1' }],
}
const responses = { 204: { description: 'done' } }

function only(operation: unknown, rest: Record<string, unknown> = {}): ImportedOperation {
  const [first] = imported({ ...head, ...rest, paths: { '/a': { get: operation } } }).operations
  if (!first) throw new Error('no operation')
  return first
}

describe('F8: operations', () => {
  it('reads what a route, a page and a search need', () => {
    const document = imported({
      ...head,
      paths: {
        '/pets/{id}': {
          summary: 'of the path',
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
            { name: 'X-Trace', in: 'header', schema: { type: 'string' } },
            { $ref: '#/components/parameters/Page' },
          ],
          put: {
            operationId: 'putPet',
            description: 'Puts a pet.',
            tags: ['pets', 7],
            deprecated: true,
            parameters: [
              { name: 'x-trace', in: 'header', required: true, description: 'own' },
              {
                name: 'tags',
                in: 'query',
                style: 'spaceDelimited',
                schema: { type: 'array', items: { type: 'string' }, default: ['a'] },
              },
              {
                name: 'where',
                in: 'query',
                content: {
                  'application/json': { schema: { type: 'object', properties: { x: { const: 1 } } } },
                },
              },
            ],
            requestBody: { $ref: '#/components/requestBodies/Pet' },
            responses: {
              '2xx': { description: 'ok', headers: { ETag: {} } },
              default: { $ref: '#/components/responses/Failed' },
            },
          },
        },
      },
      components: {
        parameters: { Page: { name: 'page', in: 'query', example: 3 } },
        requestBodies: {
          Pet: {
            required: true,
            content: { 'application/xml': {}, 'application/json': { example: { name: 'Rex' } } },
          },
        },
        responses: {
          Failed: {
            description: 'failed',
            content: { 'application/problem+json': { schema: { type: 'object' } } },
          },
        },
      },
    })
    const [operation] = document.operations
    expect(operation).toMatchObject({
      key: 'PUT /pets/{id}',
      method: 'PUT',
      operationId: 'putPet',
      summary: 'of the path',
      description: 'Puts a pet.',
      tags: ['pets'],
      deprecated: true,
      requestBody: {
        required: true,
        content: [{ contentType: 'application/json' }, { contentType: 'application/xml' }],
      },
      responses: [
        { status: '2XX', headers: ['ETag'], content: [] },
        { status: 'default', content: [{ contentType: 'application/problem+json' }] },
      ],
    })
    expect(
      operation?.parameters.map(({ name, in: place, required, style, explode, example }) => [
        name,
        place,
        required,
        style,
        explode,
        example,
      ]),
    ).toEqual([
      ['id', 'path', true, 'simple', false, 'text'],
      ['x-trace', 'header', true, 'simple', false, null],
      ['page', 'query', false, 'form', true, 3],
      ['tags', 'query', false, 'spaceDelimited', false, ['a']],
      ['where', 'query', false, 'form', true, { x: 1 }],
    ])
    expect(document.counts).toEqual({ 'field-wrong-type': 1 })
  })

  it('OpenAPI 3.2: QUERY and additional operations', () => {
    const paths = {
      '/a': {
        query: { responses },
        additionalOperations: {
          COPY: { responses },
          'M-SEARCH': { responses },
          GET: { responses },
          copy: { responses },
          'A B': { responses },
        },
      },
    }
    const document = imported({ ...head, openapi: '3.2.0', paths })
    expect(document.operations.map((operation) => operation.key)).toEqual([
      'QUERY /a',
      'COPY /a',
      'M-SEARCH /a',
    ])
    expect(document.counts).toEqual({ 'additional-operation-invalid': 3 })
    const older = imported({ ...head, paths })
    expect(older.operations).toEqual([])
    expect(older.counts).toMatchObject({ 'method-unknown': 1, 'no-operations': 1 })
  })

  it('a path item may be a reference, with more beside it', () => {
    const document = imported({
      ...head,
      paths: {
        '/a': { $ref: '#/components/pathItems/A', put: { responses } },
        '/b': { $ref: 'other.yaml#/b' },
      },
      components: { pathItems: { A: { get: { responses }, put: { summary: 'hidden', responses } } } },
    })
    expect(document.operations.map(({ key, pointer, summary }) => [key, pointer, summary])).toEqual([
      ['GET /a', '/components/pathItems/A/get', null],
      ['PUT /a', '/paths/~1a/put', null],
    ])
    expect(document.counts).toEqual({ 'path-item-invalid': 1 })
  })

  it('security: the operation over the document, public and optional told apart', () => {
    const components = {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'k' },
        sso: { type: 'oauth2', flows: {} },
      },
    }
    const security = [{ key: [], sso: ['read'] }]
    expect(only({ responses }, { components, security }).security).toEqual({
      from: 'document',
      alternatives: [
        [
          { scheme: 'key', scopes: [] },
          { scheme: 'sso', scopes: ['read'] },
        ],
      ],
    })
    expect(only({ responses, security: [] }, { components, security }).security).toEqual({
      from: 'operation',
      alternatives: [],
    })
    expect(only({ responses, security: [{}] }, { components, security }).security).toEqual({
      from: 'operation',
      alternatives: [[]],
    })
    expect(only({ responses }).security).toEqual({ from: 'none', alternatives: [] })
  })

  it('servers: operation over path over document, variables filled in, relative ones resolved', () => {
    const document = imported(
      {
        ...head,
        servers: [{ url: '../api/' }],
        paths: {
          '/a': {
            servers: [
              {
                url: 'https://{host}.test/{v}/',
                description: 'd',
                variables: { host: { default: 'a', enum: ['a', 'b'] }, v: { default: '' } },
              },
            ],
            get: { responses },
            put: { servers: [{ url: '//put.test' }], responses },
          },
          '/b': { get: { responses } },
        },
      },
      'https://docs.test/specs/v1/openapi.json?x=1',
    )
    expect(
      document.operations.map(({ servers }) => servers.map(({ url, from }) => `${from} ${url}`)),
    ).toEqual([
      ['path https://a.test'],
      ['operation https://put.test'],
      ['document https://docs.test/specs/api'],
    ])
    expect(document.operations[0]?.servers[0]).toMatchObject({
      template: 'https://{host}.test/{v}/',
      variables: [{ name: 'host', values: ['a', 'b'] }, { name: 'v' }],
    })
    expect(document.counts).toEqual({})
  })

  it('servers: without a URL of the document what is relative stays so and is named', () => {
    const relative = imported({
      ...head,
      servers: [{ url: '/v1/' }, { url: 'ftp://x' }, { url: 'https://u:p@x.test' }, {}],
      paths: { '/a': { get: { responses } } },
    })
    expect(relative.servers).toMatchObject([{ url: '/v1', absolute: false }])
    expect(relative.counts).toEqual({ 'field-missing': 1, 'server-invalid': 3, 'server-relative': 1 })
    const none = imported({ openapi: '3.1.0', info: head.info, paths: { '/a': { get: { responses } } } })
    expect(none.servers).toMatchObject([{ url: '', template: '/', absolute: false, from: 'default' }])
    const fetched = imported(
      {
        openapi: '3.2.0',
        $self: 'https://self.test/x/',
        info: head.info,
        paths: { '/a': { get: { responses } } },
      },
      'https://docs.test/y',
    )
    expect(fetched.suggestion.upstreamUrls).toEqual(['https://self.test'])
  })

  it('resolves references by pointer, anchor, percent-encoding and $self, and ends cycles', () => {
    const example = (ref: string) => {
      const document = {
        ...head,
        openapi: '3.2.0',
        $self: 'https://self.test/api',
        paths: {
          '/a%20b': {
            get: {
              responses: {
                200: { description: '', content: { 'application/json': { schema: { $ref: ref } } } },
              },
            },
          },
        },
        components: {
          schemas: {
            'A/B': { $anchor: 'here', const: 'found' },
            Loop: { $ref: '#/components/schemas/Pool' },
            Pool: { $ref: '#/components/schemas/Loop' },
          },
        },
      }
      const result = imported(document)
      return [
        result.operations[0]?.mocks[0]?.body,
        result.counts['ref-unresolved'],
        result.counts['ref-external'],
      ]
    }
    expect(example('#/components/schemas/A~1B')[0]).toBe('"found"')
    expect(example('#/components/schemas/A%7E1B')[0]).toBe('"found"')
    expect(example('#here')[0]).toBe('"found"')
    expect(example('https://self.test/api#/components/schemas/A~1B')[0]).toBe('"found"')
    expect(example('#/components/schemas/Loop')[0]).toBe('null')
    expect(example('#/nowhere')).toEqual(['null', 1, undefined])
    expect(example('other.json')).toEqual(['null', undefined, 1])
  })
})

const replies = (content: Record<string, unknown>) =>
  only({ responses: { 200: { description: 'ok', content } } }).mocks
const body = (schema: unknown, rest: Record<string, unknown> = {}) => {
  const [mock] = only(
    { responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } } },
    rest,
  ).mocks
  return mock && JSON.parse(mock.body)
}

describe('A25: mock responses', () => {
  it('explicit example over named examples over the schema’s own over a generated one', () => {
    const schema = { type: 'object', example: { from: 'schema' } }
    expect(replies({ 'application/json': { example: { from: 'media' }, schema } })).toMatchObject([
      { status: 200, body: '{"from":"media"}', source: 'example' },
    ])
    expect(
      replies({
        'application/json': {
          examples: { a: { value: 1 }, b: { $ref: '#/x' }, c: { dataValue: 3 } },
          schema,
        },
      }),
    ).toMatchObject([
      { exampleName: 'a', body: '1', source: 'examples' },
      { exampleName: 'c', body: '3' },
    ])
    expect(replies({ 'application/json': { schema } })).toMatchObject([
      { body: '{"from":"schema"}', source: 'schema-example' },
    ])
    expect(replies({ 'application/json': { schema: { type: 'boolean' } } })).toMatchObject([
      { body: 'true', source: 'generated' },
    ])
  })

  it('statuses that can be sent, successes first', () => {
    const statuses = (...codes: string[]) =>
      only({ responses: Object.fromEntries(codes.map((code) => [code, { description: code }])) }).mocks.map(
        (mock) => mock.status,
      )
    expect(statuses('404', '2XX', 'default', '101', '201')).toEqual([200, 201, 404, 500])
    expect(statuses('default')).toEqual([200])
    expect(only({ responses: { 204: { description: 'gone' } } }).mocks).toEqual([
      { status: 204, contentType: null, headers: {}, body: '', exampleName: null, source: 'none' },
    ])
  })

  it('a content that is named by no media type is sent without one', () => {
    for (const named of ['json', 'text/plain\r\nX: y']) {
      expect(replies({ [named]: { example: 'a' } })).toMatchObject([{ contentType: null, source: 'example' }])
    }
    expect(replies({ 'text/plain; charset=utf-8': { example: 'a' } })).toMatchObject([
      { contentType: 'text/plain; charset=utf-8', body: 'a' },
    ])
  })

  it('headers that have an example and may be sent', () => {
    const { mocks } = only({
      responses: {
        200: {
          description: 'ok',
          headers: {
            'X-Count': { example: 3 },
            Location: { schema: { type: 'string', example: '/things/1' } },
            'X-None': { schema: { type: 'string' } },
            'Content-Length': { example: 5 },
            'X-Bad': { example: 'a\r\nSet-Cookie: x' },
            'Bad Name': { example: 'x' },
          },
        },
      },
    })
    expect(mocks[0]?.headers).toEqual({ 'X-Count': '3', Location: '/things/1' })
  })

  it('bodies as their media type writes them', () => {
    expect(replies({ 'application/json': { example: '{"already": "text"}' } })[0]?.body).toBe(
      '{"already": "text"}',
    )
    expect(replies({ 'application/json': { example: 'text' } })[0]?.body).toBe('"text"')
    expect(replies({ '*/*': { example: 1 } })[0]).toMatchObject({
      contentType: 'application/json',
      body: '1',
    })
    expect(replies({ 'text/plain': { example: 'hello' } })[0]?.body).toBe('hello')
    expect(replies({ 'application/x-www-form-urlencoded': { example: { a: 'b c' } } })[0]?.body).toBe('a=b+c')
    expect(replies({ 'application/x-ndjson': { example: [{ a: 1 }, { a: 2 }] } })[0]?.body).toBe(
      '{"a":1}\n{"a":2}\n',
    )
    expect(
      replies({ 'application/xml': { schema: { type: 'object', properties: { a: {} } } } })[0],
    ).toMatchObject({ contentType: null, source: 'none' })
    expect(
      replies({
        'application/xml': { schema: { type: 'string' } },
        'application/json': { schema: { type: 'integer' } },
      }),
    ).toMatchObject([{ contentType: 'application/json' }])
  })

  it('generated from the schema: types, formats, limits, composition', () => {
    expect(
      body({
        type: 'object',
        properties: {
          id: { type: 'string', format: 'uuid' },
          when: { type: 'string', format: 'date-time' },
          kind: { enum: ['a', 'b'] },
          fixed: { const: 'c' },
          count: { type: 'integer', minimum: 3 },
          above: { type: 'integer', exclusiveMinimum: 3 },
          even: { type: 'integer', minimum: 3, multipleOf: 2 },
          short: { type: 'string', maxLength: 2 },
          long: { type: 'string', minLength: 6 },
          maybe: { type: ['null', 'boolean'] },
          list: { type: 'array', items: { type: 'integer' }, minItems: 2 },
          pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }] },
          map: { type: 'object', additionalProperties: { type: 'number' } },
          secret: { type: 'string', writeOnly: true },
          all: { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
          one: { oneOf: [{ type: 'null' }, { type: 'object', properties: { c: { const: 3 } } }] },
          any: {},
        },
      }),
    ).toEqual({
      id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
      when: '2026-01-31T12:00:00Z',
      kind: 'a',
      fixed: 'c',
      count: 3,
      above: 4,
      even: 4,
      short: 'te',
      long: 'textxx',
      maybe: true,
      list: [1, 1],
      pair: ['text', null],
      map: { key: 1 },
      all: { a: 1, b: 2 },
      one: { c: 3 },
      any: 'any',
    })
  })

  it('recursion, depth and breadth are bounded, required properties stay', () => {
    const node = {
      type: 'object',
      required: ['children', 'parent'],
      properties: {
        children: { type: 'array', items: { $ref: '#/components/schemas/Node' } },
        parent: { $ref: '#/components/schemas/Node' },
        next: { $ref: '#/components/schemas/Node' },
      },
    }
    expect(body({ $ref: '#/components/schemas/Node' }, { components: { schemas: { Node: node } } })).toEqual({
      children: [],
      parent: {},
    })
    const wide = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
    )
    expect(Object.keys(body({ type: 'object', properties: wide })).length).toBeLessThan(310)
    const diamonds = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `D${index}`,
        {
          allOf: [
            { $ref: `#/components/schemas/D${index + 1}` },
            { $ref: `#/components/schemas/D${index + 1}` },
          ],
        },
      ]),
    )
    expect(
      body(
        { $ref: '#/components/schemas/D0' },
        {
          components: { schemas: { ...diamonds, D60: { type: 'object', properties: { a: { const: 1 } } } } },
        },
      ),
    ).toBeDefined()
  })

  it('the mocks of one document are bounded together', () => {
    const Big = { description: 'ok', content: { 'application/json': { example: 'x'.repeat(60_000) } } }
    const paths = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [
        `/p${index}`,
        { get: { responses: { 200: { $ref: '#/components/responses/Big' } } } },
      ]),
    )
    const document = imported({ ...head, paths, components: { responses: { Big } } })
    expect(document.operations.filter(({ mocks }) => mocks[0]?.source === 'example')).toHaveLength(166)
    expect(document.counts).toEqual({ 'mock-omitted': 34 })
  })
})
