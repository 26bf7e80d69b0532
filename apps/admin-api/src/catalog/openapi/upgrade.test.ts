import { describe, expect, it } from 'vitest'
import type { JsonObject } from './json.ts'
import { valueAt } from './pointer.ts'
import { upgradeSwagger } from './upgrade.ts'

const swagger = {
  swagger: '2.0',
  info: { title: 't', version: '1' },
  host: 'api.test',
  basePath: '/v1/',
  schemes: ['http', 'ws', 'https'],
  consumes: ['application/json', 'application/xml'],
  produces: ['application/json'],
  'x-kept': 1,
  externalDocs: { url: 'https://docs.test' },
  parameters: {
    Limit: { name: 'limit', in: 'query', type: 'integer', minimum: 1, collectionFormat: 'csv' },
    Body: {
      name: 'b',
      in: 'body',
      required: true,
      description: 'A thing',
      schema: { $ref: '#/definitions/Thing' },
    },
  },
  responses: { Failed: { description: 'failed', schema: { type: 'string' } } },
  definitions: {
    Thing: {
      type: 'object',
      discriminator: 'kind',
      properties: {
        kind: { type: 'string' },
        maybe: { type: 'string', 'x-nullable': true },
        either: { type: ['string', 'null'] },
        both: { type: ['string', 'array'] },
        tuple: { type: 'array', items: [{ type: 'string' }] },
        odd: { type: 'string', oneOf: [] },
        child: { allOf: [{ $ref: '#/definitions/Thing' }] },
      },
    },
  },
  securityDefinitions: {
    basic: { type: 'basic' },
    key: { type: 'apiKey', in: 'header', name: 'X-Key' },
    flow: {
      type: 'oauth2',
      flow: 'accessCode',
      authorizationUrl: 'https://a',
      tokenUrl: 'https://t',
      scopes: { read: 'r' },
    },
  },
  paths: {
    '/things/{id}': {
      parameters: [
        { name: 'b', in: 'body', schema: { type: 'string' } },
        { name: 'id', in: 'path', required: true, type: 'string' },
      ],
      get: {
        schemes: ['http'],
        produces: ['text/csv'],
        parameters: [
          { $ref: '#/parameters/Limit' },
          { name: 'multi', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
          { name: 'csv', in: 'query', type: 'array', items: { type: 'string' } },
          { name: 'pipes', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
          { name: 'tsv', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'tsv' },
        ],
        responses: {
          200: {
            description: 'ok',
            schema: { type: 'array' },
            headers: { 'X-Count': { type: 'integer' } },
            examples: { 'text/csv': 'a,b' },
          },
          204: { description: 'none' },
          500: { $ref: '#/responses/Failed' },
        },
      },
      post: {
        parameters: [{ $ref: '#/parameters/Body' }],
        responses: { 200: { description: 'ok' }, 500: { $ref: '#/responses/Failed' } },
      },
      put: {
        parameters: [
          { name: 'note', in: 'formData', type: 'string', description: 'Text', required: true },
          { name: 'file', in: 'formData', type: 'file' },
        ],
        responses: {},
      },
      patch: {
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [{ name: 'a', in: 'formData', type: 'integer' }],
        responses: {},
      },
    },
  },
}

const complaints: string[] = []
const { document, origin } = upgradeSwagger(swagger as unknown as JsonObject, (code, pointer) =>
  complaints.push(`${code} ${pointer}`),
)
const read = (pointer: string) => valueAt(document, pointer)
const item = '/paths/~1things~1{id}'

describe('F8: Swagger 2.0 becomes OpenAPI 3', () => {
  it('servers from schemes, host and base path, secure first', () => {
    expect(document.openapi).toBe('3.0.3')
    expect(document.servers).toEqual([{ url: 'https://api.test/v1/' }, { url: 'http://api.test/v1/' }])
    expect(read(`${item}/get/servers`)).toEqual([{ url: 'http://api.test/v1/' }])
    expect(Object.keys(document)).toEqual([
      'openapi',
      'info',
      'x-kept',
      'externalDocs',
      'servers',
      'paths',
      'components',
    ])
  })

  it('body parameters become a request body, of the operation or of its path', () => {
    expect(read(`${item}/post/requestBody`)).toEqual({
      required: true,
      description: 'A thing',
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/Thing' } },
        'application/xml': { schema: { $ref: '#/components/schemas/Thing' } },
      },
    })
    expect(read(`${item}/get/requestBody/content/application~1json/schema`)).toEqual({ type: 'string' })
    expect(read(`${item}/parameters`)).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    ])
    expect(read('/components/parameters')).toEqual({
      Limit: { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1 } },
    })
  })

  it('form fields become a form, multipart where a file is among them', () => {
    expect(read(`${item}/put/requestBody`)).toEqual({
      required: true,
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              note: { type: 'string', description: 'Text' },
              file: { type: 'string', format: 'binary' },
            },
            required: ['note'],
          },
        },
      },
    })
    expect(Object.keys(read(`${item}/patch/requestBody/content`) as JsonObject)).toEqual([
      'application/x-www-form-urlencoded',
    ])
  })

  it('collection formats become styles; one without a counterpart is named', () => {
    const styles = (read(`${item}/get/parameters`) as JsonObject[]).map(({ style, explode }) => [
      style,
      explode,
    ])
    expect(styles).toEqual([
      [undefined, undefined],
      ['form', true],
      ['form', false],
      ['pipeDelimited', false],
      [undefined, undefined],
    ])
    expect(complaints).toContain(`upgrade-lossy ${item}/get/parameters/4/collectionFormat`)
  })

  it('responses get content by what the operation or the document produces', () => {
    expect(read(`${item}/get/responses/200`)).toEqual({
      description: 'ok',
      content: { 'text/csv': { schema: { type: 'array' }, example: 'a,b' } },
      headers: { 'X-Count': { schema: { type: 'integer' } } },
    })
    expect(read(`${item}/get/responses/204`)).toEqual({ description: 'none' })
    // The operation's own media type must show in a response that it shares with others.
    expect(read(`${item}/get/responses/500/content`)).toEqual({ 'text/csv': { schema: { type: 'string' } } })
    expect(read(`${item}/post/responses/500`)).toEqual({ $ref: '#/components/responses/Failed' })
    expect(read('/components/responses/Failed/content')).toEqual({
      'application/json': { schema: { type: 'string' } },
    })
  })

  it('schemas keep their meaning', () => {
    expect(read('/components/schemas/Thing')).toEqual({
      type: 'object',
      discriminator: { propertyName: 'kind' },
      properties: {
        kind: { type: 'string' },
        maybe: { type: 'string', nullable: true },
        either: { type: 'string', nullable: true },
        both: { anyOf: [{ type: 'string' }, { type: 'array', items: {} }] },
        tuple: { type: 'array', items: { anyOf: [{ type: 'string' }] } },
        odd: { type: 'string', oneOf: [] },
        child: { allOf: [{ $ref: '#/components/schemas/Thing' }] },
      },
    })
    expect(complaints).toContain('field-unknown /definitions/Thing/properties/odd/oneOf')
    expect(complaints).toContain('upgrade-lossy /definitions/Thing/properties/tuple/items')
  })

  it('security schemes', () => {
    expect(read('/components/securitySchemes')).toEqual({
      basic: { type: 'http', scheme: 'basic' },
      key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      flow: {
        type: 'oauth2',
        flows: {
          authorizationCode: { authorizationUrl: 'https://a', tokenUrl: 'https://t', scopes: { read: 'r' } },
        },
      },
    })
  })

  it.each([
    ['/info/title', '/info/title'],
    ['/servers/0', '/host/0'],
    ['/components/schemas/Thing/properties/kind', '/definitions/Thing/properties/kind'],
    [
      '/components/securitySchemes/flow/flows/authorizationCode/tokenUrl',
      '/securityDefinitions/flow/tokenUrl',
    ],
    ['/components/responses/Failed/content/application~1json/schema/type', '/responses/Failed/schema/type'],
    [`${item}/parameters/0/schema/type`, `${item}/parameters/1/type`],
    [`${item}/post/requestBody/content/application~1json/schema`, '/parameters/Body/schema'],
    [
      `${item}/put/requestBody/content/multipart~1form-data/schema/properties/file`,
      `${item}/put/parameters/1`,
    ],
    [`${item}/get/parameters/2/schema/items`, `${item}/get/parameters/2/items`],
    [`${item}/get/responses/200/content/text~1csv/example`, `${item}/get/responses/200/examples/text~1csv`],
    [
      `${item}/get/responses/200/headers/X-Count/schema/type`,
      `${item}/get/responses/200/headers/X-Count/type`,
    ],
    [`${item}/get/responses/500/content/text~1csv/schema`, '/responses/Failed/schema'],
  ])('%s came from %s', (pointer, expected) => {
    expect(origin(pointer)).toBe(expected)
  })

  it('carries what it cannot read, so that the check can name it', () => {
    const broken = {
      swagger: '2.0',
      host: 7,
      paths: {
        '/a': null,
        '/b': { get: [], parameters: 'x', post: { responses: 3, parameters: [4, null] } },
      },
      definitions: [],
      responses: { R: 'x' },
    }
    const upgraded = upgradeSwagger(broken as unknown as JsonObject, () => {}).document
    expect(upgraded.paths).toEqual({
      '/a': null,
      '/b': { get: [], parameters: [], post: { responses: 3, parameters: [4, null] } },
    })
    expect(upgraded.components).toEqual({ schemas: [], responses: { R: 'x' } })
  })
})
