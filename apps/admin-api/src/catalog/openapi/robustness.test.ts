import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { diffDocuments } from './diff.ts'
import { importDocument } from './import.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { lintDocument } from './lint.ts'
import { presentDocument, presentTag, tagIndex } from './present.ts'
import { codeSamples } from './samples.ts'
import { documentText } from './search-text.ts'
import { bytes } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const schema = {
  type: 'object',
  required: ['a'],
  properties: {
    a: { type: 'string', enum: ['x'], pattern: 'x' },
    b: { $ref: '#/components/schemas/S' },
    c: { oneOf: [{ type: 'integer' }, { allOf: [{ minimum: 1 }] }] },
  },
  additionalProperties: { type: 'array', items: { type: 'number' } },
  discriminator: { propertyName: 'a', mapping: { x: '#/components/schemas/S' } },
  example: { a: 'x' },
}
const media = {
  'application/json': { schema, examples: { one: { value: 1 } } },
  'multipart/form-data': { schema, encoding: { a: { contentType: 'text/plain' } } },
}

const modern = {
  openapi: '3.2.0',
  info: { title: 't', version: '1', contact: { email: 'x' } },
  servers: [{ url: 'https://{a}.test/v1', variables: { a: { default: 'b', enum: ['b'] } } }],
  tags: [{ name: 't', description: 'd' }],
  security: [{ key: [] }],
  paths: {
    '/a/{id}': {
      servers: [{ url: '/x' }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      get: {
        operationId: 'x',
        tags: ['t'],
        parameters: [{ $ref: '#/components/parameters/P' }],
        responses: {
          200: {
            description: 'd',
            headers: { H: { schema: { type: 'string', example: 'x' } } },
            content: media,
            links: { l: { operationId: 'x', server: { url: 'https://x.test' } } },
          },
          default: { $ref: '#/components/responses/R' },
        },
      },
      post: {
        requestBody: { required: true, content: media },
        callbacks: { c: { '{$url}': { post: { responses: { 200: { description: 'd' } } } } } },
        responses: { '2XX': { description: 'd' } },
        security: [{}],
      },
      additionalOperations: { COPY: { responses: { 204: { description: 'd' } } } },
    },
    '/b': { $ref: '#/components/pathItems/I' },
  },
  webhooks: { w: { post: { responses: { 200: { description: 'd' } } } } },
  components: {
    schemas: { S: schema },
    parameters: {
      P: {
        name: 'p',
        in: 'query',
        style: 'form',
        explode: false,
        schema: { type: 'array', items: { type: 'string' } },
      },
    },
    responses: { R: { description: 'd' } },
    pathItems: { I: { get: { responses: { 200: { description: 'd' } } } } },
    securitySchemes: {
      key: {
        type: 'oauth2',
        flows: { implicit: { authorizationUrl: 'https://x.test', scopes: { a: 'b' } } },
      },
    },
  },
}

const swagger = {
  swagger: '2.0',
  info: { title: 't', version: '1' },
  host: 'a.test',
  basePath: '/v1',
  schemes: ['https'],
  consumes: ['application/json'],
  produces: ['application/json'],
  parameters: { B: { name: 'b', in: 'body', schema: { $ref: '#/definitions/S' } } },
  responses: { R: { description: 'd', schema: { type: 'string' }, examples: { 'application/json': 'x' } } },
  securityDefinitions: {
    o: { type: 'oauth2', flow: 'implicit', authorizationUrl: 'https://x.test', scopes: {} },
  },
  definitions: {
    S: {
      type: 'object',
      discriminator: 'a',
      properties: { a: { type: ['string', 'null'] }, b: { type: 'array', items: [{ type: 'string' }] } },
    },
  },
  paths: {
    '/a/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, type: 'string' }],
      post: {
        parameters: [{ $ref: '#/parameters/B' }],
        schemes: ['http'],
        produces: ['text/plain'],
        responses: { 200: { $ref: '#/responses/R' } },
      },
      put: {
        parameters: [
          { name: 'f', in: 'formData', type: 'file' },
          { name: 'q', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
        ],
        responses: { 200: { description: 'd', headers: { H: { type: 'string' } } } },
      },
    },
  },
}

/** Every place in a document, as the list of keys that leads there. */
function places(node: JsonValue, path: string[] = []): string[][] {
  if (typeof node !== 'object' || node === null) return [path]
  return [path, ...Object.entries(node).flatMap(([key, child]) => places(child, [...path, key]))]
}

function replaced(document: JsonObject, path: string[], value: JsonValue | undefined): JsonValue | undefined {
  if (path.length === 0) return value
  const copy = structuredClone(document)
  let node: JsonValue = copy
  for (const key of path.slice(0, -1)) node = (node as JsonObject | null)?.[key] ?? null
  const last = path.at(-1) ?? ''
  if (typeof node !== 'object' || node === null) return copy
  if (value === undefined) Reflect.deleteProperty(node, last)
  else Reflect.set(node, last, value)
  return copy
}

const junk = fc.oneof(
  fc.constantFrom<(JsonValue | undefined)[]>(
    undefined,
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    '#/paths',
    '#',
    '#/components/schemas/S',
    [],
    {},
    [[]],
    [null],
    { $ref: '#/' },
    { $ref: 7 },
  ),
  fc.constantFrom<JsonValue[]>(
    { $ref: '#/components/schemas/S' },
    { $ref: '#/paths/~1a~1{id}/get' },
    { allOf: [{ $ref: '#/components/schemas/S' }] },
    { get: null },
    { type: ['x', 3] },
  ),
  fc.jsonValue({ maxDepth: 2 }).map((value) => value as JsonValue),
)

describe.each([
  ['OpenAPI 3.2', modern as unknown as JsonObject],
  ['Swagger 2.0', swagger as unknown as JsonObject],
])('F8: %s with anything anywhere is imported or refused, and never breaks what follows', (_, document) => {
  const sound = importDocument(bytes(document))

  it('the document itself is sound', () => {
    expect(sound.ok && sound.findings.filter((finding) => finding.severity === 'error')).toEqual([])
  })

  it('one or two places replaced', () => {
    const target = fc.tuple(fc.constantFrom(...places(document)), junk)
    fc.assert(
      fc.property(target, fc.option(target), ([path, value], second) => {
        const once = replaced(document, path, value)
        const twice =
          second && typeof once === 'object' && once !== null
            ? replaced(once as JsonObject, second[0], second[1])
            : once
        const result = importDocument(bytes(twice === undefined ? '' : JSON.stringify(twice)), {
          sourceUrl: 'https://docs.test/',
        })
        if (!result.ok) {
          expect(result.message).not.toBe('')
          return
        }
        for (const finding of result.findings) expect(finding.line).toBeGreaterThan(0)
        expect(new Set(result.operations.map((operation) => operation.key)).size).toBe(
          result.operations.length,
        )
        expect(result.suggestion.name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
        expect(result.suggestion.versionName).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
        expect(lintDocument(result).score).toBeGreaterThanOrEqual(0)
        const routes = result.operations.map(({ method, path: template }) => ({
          method,
          path: template,
          public: false,
        }))
        const presented = presentDocument(result, {
          serverUrl: 'https://gw.test',
          routes,
          keyHeader: 'X-Key',
        })
        for (const tag of tagIndex(presented)) presentTag(presented, tag.name)
        documentText(result)
        for (const operation of result.operations) {
          codeSamples({ ...operation, operation, baseUrl: 'https://gw.test', keyHeader: 'X-Key' })
        }
        if (sound.ok) {
          diffDocuments(sound, result)
          diffDocuments(result, sound)
        }
      }),
      { numRuns: 500 },
    )
  })
})
