import type { VersionSelector } from '@gatewright/shared/model/match'
import { describe, expect, it, vi } from 'vitest'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { valueAt } from './pointer.ts'
import { presentDocument, presentTag, tagIndex } from './present.ts'
import { documentText, operationText } from './search-text.ts'
import { bytes, specBytes, specFolderMissing, specNames } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

function imported(content: Uint8Array): ImportedDocument {
  const result = importDocument(content)
  if (!result.ok) throw new Error(result.message)
  return result
}

function everything(document: ImportedDocument) {
  return document.operations.map(({ method, path }) => ({ method, path, public: false }))
}

const shop = {
  openapi: '3.1.0',
  info: {
    title: 'Shop',
    version: '1',
    description: 'Call https://orders.internal:8443/v1/orders.',
    license: { name: 'x', url: 'https://orders.internal:8443/licence' },
  },
  servers: [{ url: 'https://orders.internal:8443/v1' }],
  security: [{ oauth: ['read'] }],
  tags: [{ name: 'orders', description: 'Orders' }, { name: 'unused' }],
  'x-amazon-apigateway-integration': { uri: 'http://10.0.0.1' },
  'x-logo': { url: 'https://cdn.example.com/logo.png' },
  paths: {
    '/orders/{id}': {
      servers: [{ url: 'https://shard.internal' }],
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      get: {
        tags: ['orders'],
        summary: 'One order, from shard.internal',
        security: [],
        responses: {
          200: {
            description: 'ok',
            headers: { 'x-amazon-id': { schema: { type: 'string' } } },
            content: {
              'application/json': {
                schema: { $ref: '#/components/schemas/Order' },
                example: { self: 'https://orders.internal:8443/v1/orders/1', servers: [{ url: 'kept' }] },
              },
            },
            links: { again: { operationId: 'x', server: { url: 'https://shard.internal' } } },
          },
        },
      },
      delete: {
        responses: {
          204: {
            description: 'gone',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Secret' } } },
          },
        },
      },
    },
    '/orders/{id}#copy': {
      parameters: [{ $ref: '#/components/parameters/Deep' }],
      post: {
        tags: ['orders', 'extra'],
        parameters: [{ name: 'deep', in: 'query', description: 'own' }],
        responses: {},
      },
    },
  },
  components: {
    parameters: { Deep: { name: 'deep', in: 'query' }, Unused: { name: 'u', in: 'query' } },
    schemas: {
      Order: {
        type: 'object',
        properties: {
          servers: { type: 'array' },
          server: { $ref: '#/components/schemas/Server' },
          'x-amazon': { type: 'string' },
        },
      },
      Server: {
        oneOf: [{ $ref: '#/components/schemas/A' }],
        discriminator: { propertyName: 'k', mapping: { b: 'B' } },
      },
      A: {},
      B: {},
      Secret: {},
    },
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: 'https://orders.internal:8443/token', scopes: {} } },
      },
    },
  },
}

describe('A7, H2: the document that developers see', () => {
  const document = imported(bytes(shop))
  const routes = [
    { method: 'GET', path: '/orders/{id}', public: true },
    { method: 'POST', path: '/orders/{id}', public: false },
    { method: 'PURGE', path: '/cache/{key}', public: false },
  ]
  const presented = presentDocument(document, {
    serverUrl: 'https://gw.example.com/shop',
    routes,
    keyHeader: 'X-Api-Key',
  })
  const read = (pointer: string) => valueAt(presented, pointer)

  it('has the gateway for its only server and the gateway key for its only security', () => {
    expect(presented.servers).toEqual([{ url: 'https://gw.example.com/shop' }])
    expect(read('/components/securitySchemes')).toEqual({
      gatewayKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    })
    expect(presented.security).toBeUndefined()
    expect(read('/paths/~1orders~1{id}/get/security')).toEqual([])
    expect(read('/paths/~1orders~1{id}/post/security')).toEqual([{ gatewayKey: [] }])
  })

  it('F2 F3: says how requests name the version, in place of what the document says of that', () => {
    const parameters = (selector: VersionSelector) => {
      const seen = presentDocument(document, {
        serverUrl: 'https://gw.test',
        routes,
        keyHeader: null,
        selector,
      })
      return (valueAt(seen, '/paths/~1orders~1{id}/get/parameters') as JsonObject[]).slice(-1)
    }
    const byHeader = { by: 'header', name: 'x-version', value: '2', isDefault: false } as const
    expect(parameters(byHeader)).toEqual([
      { name: 'x-version', in: 'header', required: true, schema: { type: 'string', enum: ['2'] } },
    ])
    const twice = imported(
      bytes({
        ...{ openapi: '3.1.0', info: { title: 't', version: '1' } },
        paths: {
          '/orders/{id}': {
            get: { parameters: [{ name: 'X-Version', in: 'header', schema: {} }], responses: {} },
          },
        },
      }),
    )
    const once = presentDocument(twice, {
      ...{ serverUrl: 'https://gw.test', routes: routes.slice(0, 1), keyHeader: null },
      selector: { ...byHeader, isDefault: true },
    })
    expect(valueAt(once, '/paths/~1orders~1{id}/get/parameters')).toEqual([
      { name: 'x-version', in: 'header', required: false, schema: { type: 'string', enum: ['2'] } },
    ])
  })

  it('names no upstream outside of links that the author published', () => {
    const text = JSON.stringify({ ...presented, info: { ...(presented.info as JsonObject), license: null } })
    expect(text).not.toMatch(/internal|10\.0\.0\.1|tokenUrl/)
    expect(read('/info/description')).toBe('Call https://gw.example.com/shop/orders.')
    expect(read('/info/license/url')).toBe('https://orders.internal:8443/licence')
    expect(read('/paths/~1orders~1{id}/get/responses/200/content/application~1json/example')).toEqual({
      self: 'https://gw.example.com/shop/orders/1',
      servers: [{ url: 'kept' }],
    })
  })

  it('keeps names that look like fields, and extensions that are not about the backend', () => {
    expect(Object.keys(read('/components/schemas/Order/properties') as JsonObject)).toEqual([
      'servers',
      'server',
      'x-amazon',
    ])
    expect(read('/paths/~1orders~1{id}/get/responses/200/headers/x-amazon-id')).toBeDefined()
    expect(Object.keys(presented)).toEqual(expect.arrayContaining(['x-logo']))
    expect(Object.keys(presented)).not.toContain('x-amazon-apigateway-integration')
  })

  it('shows what is published and nothing else, schemas of hidden operations neither', () => {
    expect(Object.keys(presented.paths as JsonObject)).toEqual(['/orders/{id}', '/cache/{key}'])
    expect(Object.keys(read('/paths/~1orders~1{id}') as JsonObject)).toEqual(['get', 'post'])
    expect(Object.keys(read('/components/schemas') as JsonObject)).toEqual(['Order', 'Server', 'A', 'B'])
    expect(Object.keys((read('/components/parameters') as JsonObject | undefined) ?? {})).toEqual([])
  })

  it('gives a route that was added by hand what its path says', () => {
    expect(read('/paths/~1cache~1{key}/additionalOperations/PURGE')).toMatchObject({
      parameters: [{ name: 'key', in: 'path', required: true }],
    })
  })

  it('merges parameters of path items that the gateway serves as one', () => {
    expect(read('/paths/~1orders~1{id}/post/parameters')).toEqual([
      { name: 'deep', in: 'query', description: 'own' },
    ])
    expect(read('/paths/~1orders~1{id}/get/parameters')).toMatchObject([{ name: 'id' }])
  })

  it('splits per tag into documents complete in themselves', () => {
    expect(
      tagIndex(presented).map(({ name, operations }) => [name, operations.map((one) => one.method)]),
    ).toEqual([
      ['orders', ['GET', 'POST']],
      ['extra', ['POST']],
      [null, ['PURGE']],
    ])
    const extra = presentTag(presented, 'extra')
    expect(Object.keys(valueAt(extra, '/paths/~1orders~1{id}') as JsonObject)).toEqual(['post'])
    expect(Object.keys(extra.components as JsonObject)).toEqual(['securitySchemes'])
    expect(extra.servers).toEqual(presented.servers)
  })

  it('hides real targets too, and leaves longer host names alone', () => {
    const other = imported(
      bytes({
        ...shop,
        info: {
          title: 't',
          version: '1',
          description: 'http://10.1.1.1:81/x and https://orders.internal:84430/ and 10.1.1.1:81',
        },
      }),
    )
    const shown = presentDocument(other, {
      serverUrl: 'https://gw.test',
      routes,
      keyHeader: null,
      hiddenUrls: ['http://10.1.1.1:81'],
    })
    expect(valueAt(shown, '/info/description')).toBe(
      'https://gw.test/x and https://orders.internal:84430/ and gw.test',
    )
    expect(valueAt(shown, '/components/securitySchemes')).toEqual({})
  })
})

describe.skipIf(specFolderMissing)('H2: real documents as developers see them', () => {
  it.each(specNames())('%s', (name) => {
    const document = imported(specBytes(name))
    const options = { serverUrl: 'https://gw.test/api', routes: everything(document), keyHeader: 'X-Api-Key' }
    const presented = presentDocument(document, options)
    const tags = tagIndex(presented)
    const shown = new Set(
      tags.flatMap((tag) => tag.operations.map(({ method, path }) => `${method} ${path}`)),
    )
    expect([...shown].toSorted()).toEqual(document.operations.map((operation) => operation.key).toSorted())
    expect(danglingRefs(presented)).toEqual(danglingRefs(document.document))
    const [first] = tags
    const part = presentTag(presented, first?.name ?? null)
    expect(danglingRefs(part).length).toBeLessThanOrEqual(danglingRefs(presented).length)
    expect(JSON.stringify(part).length).toBeLessThanOrEqual(JSON.stringify(presented).length)
    for (const server of document.servers.filter((one) => one.absolute)) {
      expect(upstreamsIn(presented, server.url)).toEqual([])
    }
  })

  it('search finds operations by what they say', () => {
    const document = imported(specBytes('museum-3.1.yaml'))
    const found = document.operations.filter((operation) =>
      operationText(operation).includes('special event'),
    )
    expect(found.length).toBeGreaterThan(2)
    expect(documentText(document)).toContain('redocly museum api')
    expect(documentText(imported(specBytes('kubernetes.io.json')))).toHaveLength(200_000)
  })
})

/** References by position of schema and the like; a property may be called `$ref`. */
function danglingRefs(root: JsonObject): string[] {
  const dangling = new Set<string>()
  const visit = (node: JsonValue): void => {
    if (typeof node !== 'object' || node === null) return
    const ref = (node as JsonObject).$ref
    if (
      typeof ref === 'string' &&
      ref.startsWith('#/') &&
      valueAt(root, decodeURIComponent(ref.slice(1))) === undefined
    )
      dangling.add(ref)
    for (const child of Object.values(node)) visit(child)
  }
  visit(root)
  return [...dangling]
}

function upstreamsIn(root: JsonValue, origin: string, key = ''): string[] {
  if (['termsOfService', 'externalDocs', 'contact', 'license'].includes(key)) return []
  if (typeof root === 'string')
    return new RegExp(`${origin.replaceAll('.', '\\.')}(?![\\w-]|\\.\\w|:\\d)`).test(root)
      ? [root.slice(0, 200)]
      : []
  if (typeof root !== 'object' || root === null) return []
  return Object.entries(root).flatMap(([name, child]) => upstreamsIn(child, origin, name))
}
