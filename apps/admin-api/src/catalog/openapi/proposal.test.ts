// What traffic says → edits of a document, in the text that people wrote.
import type { DriftRecord } from '@gatewright/shared/model/drift'
import { driftKind } from '@gatewright/shared/model/drift'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { importDocument } from './import.ts'
import { proposeDocument } from './proposal.ts'
import type { SeenDrift } from './propose.ts'

const yaml = `# Kept by the shop team.
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /orders/{orderId}: # one order
    get:
      parameters:
        - { name: orderId, in: path, required: true, schema: { type: string } }
        - { name: currency, in: query, required: true, schema: { type: string, enum: [EUR, USD] } }
      responses:
        200:
          description: The order
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Order" }
  /orders:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/Order" }
      responses:
        "201": { description: Made }
components:
  schemas:
    Order:
      type: object
      additionalProperties: false
      required: [customer, lines]
      properties:
        customer: { type: string, maxLength: 10 }
        lines:
          type: array
          items: { $ref: "#/components/schemas/Line" }
        parent: { $ref: "#/components/schemas/Order" }
    Line:
      allOf:
        - { $ref: "#/components/schemas/Base" }
        - type: object
          properties:
            quantity: { type: integer }
    Base:
      type: object
      properties:
        bookId: { type: string }
`

type Said = Partial<SeenDrift> & Pick<SeenDrift, 'pointer' | 'rule'>

function seen(said: Said): SeenDrift & { id: string } {
  const place: DriftRecord['in'] = said.in ?? 'body'
  return {
    ...{ direction: 'request', method: 'POST', path: '/orders', in: place, observed: null },
    ...{ ...said, kind: driftKind({ in: place, rule: said.rule }), id: `${said.rule} ${said.pointer}` },
  }
}

function propose(text: string, drift: readonly Said[], operations: readonly string[] = []) {
  const list = drift.map(seen)
  const made = operations.map((operation) => ({
    ...{ id: operation, method: operation.split(' ')[0] ?? '', path: operation.split(' ')[1] ?? '' },
  }))
  const taken = [...list, ...made].map(({ id }) => id)
  const bytes = new TextEncoder().encode(text)
  const proposal = proposeDocument({ bytes, drift: list, operations: made, taken })
  if (!proposal.ok) throw new Error(proposal.message)
  // Whatever is proposed can be imported.
  expect(importDocument(new TextEncoder().encode(proposal.after)).ok).toBe(true)
  return proposal
}

/** What an edit left at a place. */
function at(text: string, ...keys: (string | number)[]): unknown {
  return keys.reduce(
    (value: unknown, key) => (value as Record<string, unknown> | undefined)?.[key],
    parse(text),
  )
}

const order = ['components', 'schemas', 'Order'] as const

describe('a proposed document', () => {
  test('D13: an undeclared field becomes a property of the type that was seen, where the schema is closed', () => {
    const { after, edits } = propose(yaml, [
      { pointer: '/note', rule: 'additionalProperties', observed: 'string' },
      { pointer: '/lines/*/gift', rule: 'additionalProperties', observed: 'boolean' },
      { pointer: '/parent/parent/tags', rule: 'additionalProperties', observed: 'array' },
      { pointer: '/{name}', rule: 'additionalProperties', observed: 'string' },
    ])
    expect(at(after, ...order, 'properties', 'note')).toEqual({ type: 'string' })
    expect(at(after, 'components', 'schemas', 'Line', 'properties', 'gift')).toEqual({ type: 'boolean' })
    expect(at(after, ...order, 'properties', 'tags')).toEqual({ type: 'array', items: {} })
    expect(edits.map(({ pointer, adds }) => [pointer, adds])).toEqual([
      ['/components/schemas/Order/properties/note', true],
      ['/components/schemas/Line/properties/gift', true],
      ['/components/schemas/Order/properties/tags', true],
    ])
  })

  test('D13: types, rules and what is required let pass what was seen', () => {
    const { after, edits } = propose(yaml, [
      { pointer: '/lines/*/quantity', rule: 'type', observed: 'string' },
      { pointer: '/customer', rule: 'maxLength' },
      { pointer: '/customer', rule: 'required' },
      ...[
        { pointer: '/currency', rule: 'enum', in: 'query' as const, method: 'GET', path: '/orders/{id}' },
        { pointer: '/currency', rule: 'required', in: 'query' as const, method: 'GET', path: '/orders/{id}' },
        { pointer: '/shelf', rule: 'undeclared', in: 'query' as const, method: 'GET', path: '/orders/{id}' },
        {
          pointer: '418',
          rule: 'undeclared',
          in: 'status' as const,
          method: 'GET',
          path: '/orders/{id}',
          direction: 'response' as const,
        },
        {
          pointer: '200',
          rule: 'undeclared',
          in: 'status' as const,
          method: 'GET',
          path: '/orders/{id}',
          direction: 'response' as const,
        },
      ],
    ])
    expect(at(after, 'components', 'schemas', 'Line', 'allOf', 1, 'properties', 'quantity', 'type')).toEqual([
      'integer',
      'string',
    ])
    expect(at(after, ...order, 'properties', 'customer')).toEqual({ type: 'string' })
    expect(at(after, ...order, 'required')).toEqual(['lines'])
    const get = ['paths', '/orders/{orderId}', 'get'] as const
    expect(at(after, ...get, 'parameters')).toEqual([
      { name: 'orderId', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'currency', in: 'query', schema: { type: 'string' } },
      { name: 'shelf', in: 'query', schema: { type: 'string' } },
    ])
    expect(Object.keys(at(after, ...get, 'responses') as object).toSorted()).toEqual(['200', '418'])
    expect(after).toContain('- { name: orderId, in: path, required: true, schema: { type: string } }')
    expect(edits.filter(({ adds }) => !adds)).toHaveLength(5)
  })

  test('D13: operations that are called become skeletons, each parameter under a name of its own', () => {
    const { after, edits } = propose(
      yaml,
      [],
      [
        'PATCH /orders/{orderId}',
        'GET /readers/{id}/loans/{id}',
        'POST /orders',
        'GET /files/{path+}',
        '* *',
        'BREW /orders',
      ],
    )
    expect(edits.map(({ pointer }) => pointer)).toEqual([
      '/paths/~1orders~1{orderId}/patch',
      '/paths/~1readers~1{id}~1loans~1{id2}/get',
    ])
    expect(at(after, 'paths', '/readers/{id}/loans/{id2}', 'get', 'parameters')).toMatchObject([
      { name: 'id' },
      { name: 'id2' },
    ])
  })

  test('D13: what was written by people stays, and what is not taken is not there', () => {
    const drift = [
      { pointer: '/note', rule: 'additionalProperties', observed: 'string' as const },
      { pointer: '/customer', rule: 'maxLength' },
    ].map(seen)
    const proposal = proposeDocument({
      bytes: new TextEncoder().encode(yaml),
      drift,
      operations: [],
      taken: null,
    })
    if (!proposal.ok) throw new Error(proposal.message)
    const lines = (text: string) => text.split('\n')
    const added = lines(proposal.after).filter((line) => !lines(proposal.before).includes(line))
    expect(added).toEqual(['        note:', '          type: string'])
    expect(proposal.after).toContain('# Kept by the shop team.')
    expect(proposal.after).toContain('# one order')
    expect(proposal.edits.map(({ adds, taken }) => [adds, taken])).toEqual([
      [true, true],
      [false, false],
    ])
  })

  test('D13: JSON keeps its indent, and what one edit says the next one need not say', () => {
    const text = JSON.stringify(parse(yaml), null, 4)
    const { before, after, edits } = propose(text, [
      { pointer: '/note', rule: 'additionalProperties', observed: 'string' },
      {
        pointer: '/note',
        rule: 'additionalProperties',
        observed: 'integer',
        direction: 'response',
        method: 'GET',
        path: '/orders/{x}',
      },
    ])
    expect(before).toBe(`${text}\n`)
    expect(after).toContain('                    "note": {')
    expect(edits).toHaveLength(1)
  })

  test('D13: OpenAPI 3.0 and 2.0 say it in their own words', () => {
    const three = yaml.replace('3.1.0', '3.0.3')
    const { after } = propose(three, [
      { pointer: '/lines/*/quantity', rule: 'type', observed: 'null' },
      { pointer: '/customer', rule: 'type', observed: 'integer' },
    ])
    expect(at(after, 'components', 'schemas', 'Line', 'allOf', 1, 'properties', 'quantity')).toEqual({
      type: 'integer',
      nullable: true,
    })
    expect(at(after, ...order, 'properties', 'customer')).toEqual({
      anyOf: [{ type: 'string', maxLength: 10 }, { type: 'integer' }],
    })
    const two = {
      ...{ swagger: '2.0', info: { title: 'Shop', version: '1' } },
      paths: {
        '/orders': {
          post: {
            parameters: [{ name: 'order', in: 'body', schema: { $ref: '#/definitions/Order' } }],
            responses: { 201: { description: 'Made', schema: { $ref: '#/definitions/Order' } } },
          },
        },
      },
      definitions: { Order: { type: 'object', additionalProperties: false, properties: {} } },
    }
    const old = propose(JSON.stringify(two), [
      { pointer: '/note', rule: 'additionalProperties', observed: 'string' },
      { pointer: '/q', rule: 'undeclared', in: 'query' },
    ])
    expect(at(old.after, 'definitions', 'Order', 'properties')).toEqual({ note: { type: 'string' } })
    expect(at(old.after, 'paths', '/orders', 'post', 'parameters', 1)).toEqual({
      name: 'q',
      in: 'query',
      type: 'string',
    })
  })
})
