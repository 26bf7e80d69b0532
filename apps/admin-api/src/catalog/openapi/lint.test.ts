import { describe, expect, it, vi } from 'vitest'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import { lintDocument } from './lint.ts'
import { LINT_RULES } from './lint-rules.ts'
import { wordCase } from './naming.ts'
import { bytes, specBytes, specFolderMissing, specNames } from './spec-files.fixture.ts'

// Whole real documents, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

function imported(content: Uint8Array): ImportedDocument {
  const result = importDocument(content)
  if (!result.ok) throw new Error(result.message)
  return result
}

const sound = {
  openapi: '3.1.0',
  info: {
    title: 'Orders',
    version: '1',
    description: 'Orders of a shop.',
    contact: { email: 'api@example.com' },
  },
  servers: [{ url: 'https://example.com' }],
  tags: [{ name: 'orders', description: 'Orders' }],
  security: [{ key: [] }],
  paths: {
    '/purchase-orders/{orderId}': {
      get: {
        operationId: 'getOrder',
        summary: 'One order',
        description: 'Answers one order.',
        tags: ['orders'],
        parameters: [
          { name: 'orderId', in: 'path', required: true, description: 'Its id', schema: { type: 'string' } },
        ],
        responses: {
          200: { description: 'ok', content: { 'application/json': { example: { orderId: 'a' } } } },
          404: { description: 'none' },
        },
      },
    },
    '/stock-items': {
      get: {
        operationId: 'listItems',
        summary: 'Items',
        description: 'Lists items.',
        tags: ['orders'],
        responses: { 204: { description: 'ok' }, default: { description: 'failed' } },
      },
    },
  },
  components: {
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Key' } },
    schemas: { Order: { title: 'Order', properties: { orderId: {}, createdAt: {} } } },
  },
}

type Node = Record<string, unknown>

/** The sound document with one value replaced; undefined removes it. */
function altered(keys: (string | number)[], value: unknown): ImportedDocument {
  const copy = structuredClone(sound) as unknown as Node
  let node = copy
  for (const key of keys.slice(0, -1)) node = node[key] as Node
  const last = keys.at(-1) ?? ''
  if (value === undefined) delete node[last]
  else node[last] = value
  return imported(bytes(copy))
}

const GET = ['paths', '/purchase-orders/{orderId}', 'get']

describe('F9: lint at import', () => {
  it('gives a sound document 100', () => {
    expect(lintDocument(imported(bytes(sound)))).toMatchObject({ score: 100, violations: [] })
  })

  const cases: [rule: string, keys: (string | number)[], value: unknown][] = [
    ['info-description', ['info', 'description'], ' '],
    ['info-contact', ['info', 'contact'], {}],
    ['operation-id', [...GET, 'operationId'], undefined],
    ['operation-id-unique', [...GET, 'operationId'], 'listItems'],
    ['operation-id-case', [...GET, 'operationId'], 'get_order'],
    ['operation-summary', [...GET, 'summary'], 'x'.repeat(121)],
    ['operation-description', [...GET, 'description'], undefined],
    ['operation-tags', [...GET, 'tags'], []],
    ['operation-success', [...GET, 'responses', '200'], undefined],
    ['operation-errors', [...GET, 'responses', '404'], undefined],
    ['operation-security', ['security'], undefined],
    [
      'response-example',
      [...GET, 'responses', '200', 'content', 'application/json'],
      { schema: { type: 'string' } },
    ],
    ['parameter-description', [...GET, 'parameters', 0, 'description'], undefined],
    ['parameter-case', [...GET, 'parameters', 1], { name: 'page_size', in: 'query', description: 'x' }],
    ['path-case', ['paths', '/stock-items'], { get: { ...sound.paths['/stock-items'].get } }],
    ['path-slash', ['paths', '/items/'], sound.paths['/stock-items']],
    ['schema-property-case', ['components', 'schemas', 'Order', 'properties', 'total_sum'], {}],
    ['schema-description', ['components', 'schemas', 'Order', 'title'], undefined],
    ['tag-declared', ['tags'], []],
    ['server-https', ['servers', 0, 'url'], 'http://example.com'],
  ]

  it.each(cases.filter(([rule]) => rule !== 'path-case'))('%s', (rule, keys, value) => {
    const { violations, score, rules } = lintDocument(altered(keys, value))
    expect(violations.map((violation) => violation.rule)).toContain(rule)
    expect(rules.find((one) => one.rule === rule)).toMatchObject({ violated: expect.any(Number) })
    expect(score).toBeLessThan(100)
  })

  it('path-case: names the odd one out, where it stands', () => {
    const copy = { ...sound, paths: { ...sound.paths, '/order_lines': sound.paths['/stock-items'] } }
    const { violations } = lintDocument(imported(bytes(copy)))
    expect(violations.find((violation) => violation.rule === 'path-case')).toMatchObject({
      pointer: '/paths/~1order_lines',
      message: 'The path segment "order_lines" is snake_case; most are kebab-case',
    })
  })

  it('every rule has a case', () => {
    expect(cases.map(([rule]) => rule)).toEqual(LINT_RULES.map((rule) => rule.id))
  })

  it('knows the ways of writing', () => {
    const names = ['a', 'aB', 'AB', 'Ab', 'a_b', 'a-b', 'A-b', 'account_id2', 'v1']
    expect(names.map(wordCase)).toEqual([
      null,
      'camelCase',
      null,
      'PascalCase',
      'snake_case',
      'kebab-case',
      'mixed',
      'snake_case',
      null,
    ])
  })
})

describe.skipIf(specFolderMissing)('F9: real documents', () => {
  it('get a score each', () => {
    const rows = specNames().map((name) => {
      const { score, violations, rules } = lintDocument(imported(specBytes(name)))
      for (const violation of violations) expect(violation.line).toBeGreaterThan(0)
      return {
        name,
        score,
        violated: rules.filter((rule) => rule.violated > 0).map((rule) => rule.rule).length,
      }
    })
    console.table(rows)
    for (const { score } of rows) expect(score).toBeGreaterThanOrEqual(0)
    const byName = new Map(rows.map(({ name, score }) => [name, score]))
    expect(byName.get('museum-3.1.yaml')).toBeGreaterThan(byName.get('uspto-3.0.yaml') ?? 0)
  })
})
