import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import { bytes, specBytes, specFolderMissing, specNames, whySkipped } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

/** file → [version, operations in the document, routes]: routes are fewer where paths differ only by `#…`, `?…` or names. */
const SPECS: Record<string, [version: string, operations: number, routes: number]> = {
  'adyen-checkout-v71.yaml': ['3.1.0', 28, 28],
  'box.json': ['3.0.2', 296, 278],
  'discord-3.1.json': ['3.1.0', 242, 242],
  'kubernetes.io.json': ['3.0.0', 845, 845],
  'link-example-3.0.yaml': ['3.0.0', 6, 6],
  'meilisearch-3.1.json': ['3.1.0', 113, 113],
  'museum-3.1.yaml': ['3.1.0', 8, 8],
  'openai.yaml': ['3.1.0', 288, 281],
  'petstore-3.0.yaml': ['3.0.0', 3, 3],
  'sendgrid-swagger2.json': ['2.0', 334, 334],
  'slack-swagger-2.0.json': ['2.0', 174, 174],
  'stripe.com.json': ['3.0.0', 452, 452],
  'swagger-petstore.yaml': ['3.0.4', 19, 19],
  'uspto-3.0.yaml': ['3.0.1', 3, 3],
  'xero-accounting.yaml': ['3.0.0', 235, 221],
  'xero-files.yaml': ['3.0.0', 18, 18],
}

function imported(content: Uint8Array, sourceUrl?: string): ImportedDocument {
  const result = importDocument(content, sourceUrl ? { sourceUrl } : {})
  if (!result.ok) throw new Error(`refused: ${result.message} (line ${result.line})`)
  return result
}

// Counting of its own, over the raw document: nothing of the engine is used to judge the engine.
type Raw = Record<string, unknown>
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

interface RawCounts {
  operations: number
  routes: string[]
  parameters: number
  bodies: number
  responses: number
  alternatives: number
  ownSecurity: number
}

function follow(root: Raw, node: unknown): Raw {
  const ref = (node as Raw).$ref
  if (typeof ref !== 'string') return node as Raw
  let target: unknown = root
  for (const part of ref.slice(2).split('/')) {
    target = (target as Raw)[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return target as Raw
}

function count(root: Raw): RawCounts {
  const swagger = root.swagger !== undefined
  const counts: RawCounts = {
    operations: 0,
    routes: [],
    parameters: 0,
    bodies: 0,
    responses: 0,
    alternatives: 0,
    ownSecurity: 0,
  }
  const entries = Object.entries(root.paths as Record<string, Raw>).flatMap(([path, item]) => {
    return METHODS.flatMap((method) =>
      item[method] ? [{ path, method, item, operation: item[method] as Raw }] : [],
    )
  })
  counts.operations = entries.length
  const plainFirst = entries.toSorted((a, b) => Number(/[?#]/.test(a.path)) - Number(/[?#]/.test(b.path)))
  const seen = new Set<string>()
  for (const { path, method, item, operation } of plainFirst) {
    const served = path.replace(/[?#].*/, '')
    const shape = `${method} ${served.replace(/\{[^}]*\}/g, '{}')}`
    if (seen.has(shape)) continue
    seen.add(shape)
    counts.routes.push(`${method.toUpperCase()} ${served}`)
    const all = [...((item.parameters as unknown[]) ?? []), ...((operation.parameters as unknown[]) ?? [])]
    const parameters = all.map((parameter) => follow(root, parameter))
    const inBody = parameters.filter((parameter) => parameter.in === 'body' || parameter.in === 'formData')
    const beside = parameters.filter((parameter) => !inBody.includes(parameter))
    counts.parameters += new Set(beside.map((parameter) => `${parameter.in} ${parameter.name}`)).size
    if (swagger ? inBody.length > 0 : operation.requestBody) counts.bodies++
    counts.responses += Object.keys(operation.responses as Raw).filter((key) => !key.startsWith('x-')).length
    counts.alternatives += ((operation.security ?? root.security ?? []) as unknown[]).length
    if (operation.security) counts.ownSecurity++
  }
  return counts
}

describe.skipIf(specFolderMissing)(
  `F8: every real document imports, with counts that come from the document itself`,
  () => {
    const rows: Record<string, Record<string, unknown>> = {}

    it.each(specNames())('%s', (name) => {
      const content = specBytes(name)
      const started = performance.now()
      const document = imported(content)
      const ms = Math.round(performance.now() - started)
      const text = new TextDecoder().decode(content)
      const raw = (name.endsWith('.json') ? JSON.parse(text) : parse(text, { merge: true })) as Raw
      const expected = count(raw)
      const operations = document.operations
      const sum = (pick: (operation: ImportedDocument['operations'][number]) => number) => {
        return operations.reduce((total, operation) => total + pick(operation), 0)
      }
      expect(operations.map((operation) => operation.key).toSorted()).toEqual(expected.routes.toSorted())
      expect(sum((operation) => operation.parameters.length)).toBe(expected.parameters)
      expect(sum((operation) => Number(operation.requestBody !== null))).toBe(expected.bodies)
      expect(sum((operation) => operation.responses.length)).toBe(expected.responses)
      expect(sum((operation) => operation.security.alternatives.length)).toBe(expected.alternatives)
      expect(sum((operation) => Number(operation.security.from === 'operation'))).toBe(expected.ownSecurity)
      expect(document.servers.length).toBe(rawServers(raw))
      expect(document.counts['duplicate-route'] ?? 0).toBe(expected.operations - operations.length)
      const table = SPECS[name]
      if (table) expect([document.version, expected.operations, operations.length]).toEqual(table)
      // Every place that is named exists: the line holds the last key of the pointer.
      const lines = text.split('\n')
      for (const operation of operations) {
        const key = operation.pointer.split('/').at(-1) ?? ''
        expect(lines[operation.line - 1]?.slice(operation.column - 1)).toMatch(
          new RegExp(`^["']?${key}["']?\\s*:`),
        )
      }
      rows[name] = {
        version: document.version,
        operations: expected.operations,
        routes: operations.length,
        parameters: expected.parameters,
        bodies: expected.bodies,
        responses: expected.responses,
        findings: Object.values(document.counts).reduce((total, one) => total + one, 0),
        ms,
      }
    })

    it('prints the table', () => {
      console.table(rows)
      expect(Object.keys(SPECS).filter((name) => !specNames().includes(name))).toEqual([])
    })
  },
)

function rawServers(raw: Raw): number {
  if (raw.swagger) return raw.host ? Math.max(((raw.schemes ?? []) as unknown[]).length, 1) : 1
  return Math.max(((raw.servers ?? []) as unknown[]).length, 1)
}

describe.skipIf(specFolderMissing)('F8: dirty documents import, with findings that say where', () => {
  it.each([
    ['meilisearch-3.1.json', { 'field-wrong-type': 15, 'server-relative': 1 }],
    ['sendgrid-swagger2.json', { 'duplicate-operation-id': 1, 'field-unknown': 13 }],
    ['box.json', { 'duplicate-route': 18, 'path-query-or-fragment': 19 }],
    ['xero-accounting.yaml', { 'duplicate-route': 14, 'equivalent-paths': 14, 'field-unknown': 1 }],
    ['swagger-petstore.yaml', {}],
    ['museum-3.1.yaml', {}],
    ['adyen-checkout-v71.yaml', {}],
  ])('%s', (name, counts) => {
    expect(imported(specBytes(name)).counts).toEqual(counts)
  })

  it('names pointer, line and column in the document as received', () => {
    const { findings } = imported(specBytes('meilisearch-3.1.json'))
    expect(findings.find((finding) => finding.code === 'field-wrong-type')).toEqual({
      code: 'field-wrong-type',
      severity: 'warning',
      pointer: '/tags/1/externalDocs/description',
      line: 13689,
      column: 9,
      message: '"description" should be text, but is null',
    })
    const upgraded = imported(specBytes('sendgrid-swagger2.json')).findings
    expect(upgraded.find((finding) => finding.code === 'field-unknown')).toMatchObject({
      pointer: '/paths/~1alerts/post/parameters/0/schema/properties/email_to/nullable',
      line: 4948,
    })
  })
})

describe('F8: the front door', () => {
  it('imports 1,000 operations', () => {
    const paths: Record<string, unknown> = {}
    const schemas: Record<string, unknown> = {}
    for (let index = 0; index < 250; index++) {
      const schema = { $ref: `#/components/schemas/Thing${index}` }
      const content = { 'application/json': { schema } }
      const parameters = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }]
      const responses = { 200: { description: 'ok', content }, default: { description: 'failed' } }
      schemas[`Thing${index}`] = {
        type: 'object',
        properties: {
          id: { type: 'string' },
          next: { $ref: `#/components/schemas/Thing${(index + 1) % 250}` },
        },
      }
      paths[`/things${index}/{id}`] = {
        parameters,
        get: { operationId: `get${index}`, responses },
        put: { operationId: `put${index}`, requestBody: { content }, responses },
        delete: { operationId: `delete${index}`, responses },
        patch: { operationId: `patch${index}`, requestBody: { content }, responses },
      }
    }
    const content = bytes({
      openapi: '3.1.0',
      info: { title: 'Large', version: '1.0.0' },
      servers: [{ url: 'https://example.com' }],
      paths,
      components: { schemas },
    })
    const started = performance.now()
    const document = imported(content)
    console.log(`1,000 operations, ${content.length} bytes: ${Math.round(performance.now() - started)} ms`)
    expect(document.operations).toHaveLength(1_000)
    expect(document.findings).toEqual([])
  })

  it('refuses a document whose paths are not an object, and imports one without any', () => {
    expect(importDocument(bytes('{"openapi":"3.0.0",\n"paths":[]}'))).toMatchObject({
      ok: false,
      code: 'paths-invalid',
      line: 2,
    })
    const empty = imported(
      bytes(
        'openapi: 3.1.0\ninfo: {title: t, version: 1.10}\nservers: [{url: https://a.test}]\nwebhooks: {}\n',
      ),
    )
    expect(empty.operations).toEqual([])
    expect(empty.counts).toEqual({ 'no-operations': 1, 'field-wrong-type': 1 })
    expect(empty.info.version).toBe('1.10')
  })

  it('says that a version was a number and that a key was dropped', () => {
    const { counts } = imported(
      bytes('swagger: 2.0\ninfo: {title: t, version: "1"}\nhost: a.test\npaths: {}\n__proto__: {a: 1}\n'),
    )
    expect(counts).toEqual({ 'no-operations': 1, 'unsafe-key': 1, 'version-not-text': 1 })
  })

  it('survives keys of Object.prototype wherever a name may stand', () => {
    const document = imported(
      bytes({
        openapi: '3.1.0',
        info: { title: 'constructor', version: '1' },
        servers: [{ url: 'https://{toString}.a.test', variables: { constructor: { default: 'x' } } }],
        paths: {
          '/constructor/{hasOwnProperty}': {
            get: {
              operationId: 'toString',
              security: [{ valueOf: [] }],
              responses: {
                200: {
                  description: 'ok',
                  content: { constructor: { schema: { $ref: '#/components/schemas/toString' } } },
                },
              },
            },
          },
        },
      }),
    )
    expect(document.counts).toEqual({
      'path-parameter-undeclared': 1,
      'ref-unresolved': 1,
      'security-scheme-unknown': 1,
      'server-variable-undefined': 1,
    })
  })

  it('prefills the review card', () => {
    const document = imported(
      bytes({
        openapi: '3.0.3',
        info: { title: '  Café Orders & More (beta)', version: '2.4.1' },
        servers: [
          { url: '/api' },
          {
            url: 'http://{region}.a.test:{port}/base/',
            variables: { region: { default: 'eu' }, port: { default: '81' } },
          },
        ],
        security: [{ key: [] }],
        components: {
          securitySchemes: {
            key: { type: 'apiKey', in: 'header', name: 'X-Key' },
            jwt: { type: 'http', scheme: 'Bearer' },
          },
        },
        paths: {
          '/a': {
            get: { responses: { 204: { description: '' } } },
            post: { security: [{ jwt: [] }], responses: {} },
            put: { responses: {} },
          },
        },
      }),
      'https://docs.a.test/v3/openapi.json',
    )
    expect(document.suggestion).toEqual({
      name: 'cafe-orders-more-beta',
      displayName: 'Café Orders & More (beta)',
      basePath: '/cafe-orders-more-beta',
      versionName: 'v2',
      upstreamUrls: ['https://docs.a.test/api', 'http://eu.a.test:81/base'],
      authentication: ['apiKey', 'bearer'],
    })
  })
})

if (specFolderMissing) console.log(whySkipped)
