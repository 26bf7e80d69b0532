import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type FieldNode, type Json, type JsonSchema, readSchema, words } from './schema-model.ts'
import {
  asVariant,
  blank,
  bytesOf,
  bytesText,
  durationOf,
  durationText,
  filled,
  isCidr,
  isObject,
  type JsonObject,
  matches,
  withMember,
} from './schema-value.ts'

const config = z.strictObject({
  limit: z.int().min(1).max(1_000_000).meta({ title: 'Requests' }),
  windowMs: z.int().min(1_000).default(60_000).meta({ title: 'Per', widget: 'duration' }),
  by: z.enum(['principal', 'address']).default('principal').meta({ title: 'Counted by', group: 'Advanced' }),
  secretKey: z.string().optional().meta({ secret: true }),
  allow: z.array(z.string().meta({ widget: 'cidr' })).default([]),
  headers: z.record(z.string(), z.string()).default({}),
  note: z.string().nullable().default(null),
  mode: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('local') }).meta({ title: 'On each gateway' }),
    z.strictObject({
      kind: z.literal('leased'),
      slice: z.int().min(1).default(10),
      note: z.string().optional(),
    }),
  ]),
  maxBytes: z.int().optional().meta({ widget: 'bytes' }),
  anything: z.unknown().optional(),
})
const root = readSchema(z.toJSONSchema(config, { io: 'input' }) as JsonSchema)
const memberOf = (name: string): FieldNode => {
  const found = root.kind === 'object' ? root.members.find((member) => member.name === name) : undefined
  if (!found) throw new Error(`no member ${name}`)
  return found.node
}

describe('a schema becomes fields', () => {
  test('each with the widget its hints ask for', () => {
    expect(memberOf('limit')).toMatchObject({
      kind: 'number',
      title: 'Requests',
      isRequired: true,
      isInteger: true,
      min: 1,
      max: 1_000_000,
    })
    expect(memberOf('windowMs')).toMatchObject({
      kind: 'number',
      widget: 'duration',
      fallback: 60_000,
      isRequired: false,
    })
    expect(memberOf('by')).toMatchObject({ kind: 'choice', group: 'Advanced', fallback: 'principal' })
    expect(memberOf('secretKey')).toMatchObject({ kind: 'text', widget: 'secret', title: 'Secret key' })
    expect(memberOf('allow')).toMatchObject({ kind: 'list', item: { kind: 'text', widget: 'cidr' } })
    expect(memberOf('headers')).toMatchObject({ kind: 'map', value: { kind: 'text' } })
    expect(memberOf('note')).toMatchObject({ kind: 'text', isNullable: true })
    expect(memberOf('maxBytes')).toMatchObject({ kind: 'number', widget: 'bytes' })
    expect(memberOf('anything')).toMatchObject({ kind: 'json' })
  })

  test('a discriminated union becomes variants with titles', () => {
    const mode = memberOf('mode')
    expect(mode).toMatchObject({ kind: 'variants', by: 'kind' })
    expect(mode.kind === 'variants' && mode.variants.map((variant) => variant.title)).toEqual([
      'On each gateway',
      'Leased',
    ])
  })

  test('a recursive schema ends in a JSON field', () => {
    const tree = readSchema({
      $ref: '#/$defs/t',
      $defs: {
        t: { type: 'object', properties: { next: { $ref: '#/$defs/t' } }, additionalProperties: false },
      },
    })
    expect(tree.kind === 'object' && tree.members[0]?.node.kind).toBe('json')
  })

  test('names become words', () => {
    expect(words('firstByteTimeoutMs')).toBe('First byte timeout ms')
    expect(words('token-bucket')).toBe('Token bucket')
    expect(words('grpc')).toBe('gRPC')
    expect(words('EdDSA')).toBe('EdDSA')
  })
})

describe('values', () => {
  test('a blank value holds what is required and leaves defaults alone', () => {
    expect(blank(root)).toEqual({ limit: 1, mode: { kind: 'local' } })
  })

  test('a filled value says what the server will read', () => {
    expect(filled(root, { limit: 5, mode: { kind: 'leased' } })).toEqual({
      limit: 5,
      windowMs: 60_000,
      by: 'principal',
      allow: [],
      headers: {},
      note: null,
      mode: { kind: 'leased', slice: 10 },
    })
  })

  test('changing the variant keeps what both know', () => {
    const mode = memberOf('mode')
    if (mode.kind !== 'variants') throw new Error('not variants')
    expect(asVariant(mode, { kind: 'local' }, 'leased')).toEqual({ kind: 'leased' })
    expect(asVariant(mode, { kind: 'leased', slice: 3 }, 'local')).toEqual({ kind: 'local' })
  })

  test('durations and sizes are written so that reading gives the same number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 ** 12 }),
        (n) => durationOf(durationText(n)) === n && bytesOf(bytesText(n)) === n,
      ),
    )
    expect(durationOf('1h 30m')).toBe(5_400_000)
    expect(durationOf('1.5', 's')).toBe(1_500)
    expect(durationOf('2m', 's')).toBe(120_000)
    expect(durationOf('5')).toBeUndefined()
    expect(durationOf('5 parsecs')).toBeUndefined()
    expect(bytesOf('10 MiB')).toBe(10_485_760)
    expect(bytesOf('ten')).toBeUndefined()
  })

  test('addresses and ranges', () => {
    for (const good of ['10.0.0.0/8', '192.168.1.1', '2001:db8::/32', '::1']) expect(isCidr(good)).toBe(true)
    for (const bad of ['10.0.0.0/33', '300.1.1.1', 'host', '::1/129', '1.2.3', ''])
      expect(isCidr(bad)).toBe(false)
  })
})

/** What the renderer does to every value it shows: take it apart by the model and write each part back. */
function rewrite(node: FieldNode, value: Json): Json {
  if (value === null) return null
  if (node.kind === 'number' && typeof value === 'number') {
    if (node.widget === 'duration') return durationOf(durationText(value)) ?? Number.NaN
    if (node.widget === 'bytes') return bytesOf(bytesText(value)) ?? Number.NaN
  }
  if (node.kind === 'list' && Array.isArray(value)) return value.map((item) => rewrite(node.item, item))
  if (node.kind === 'map' && isObject(value)) return mapMembers(value, () => node.value)
  if (node.kind === 'object' && isObject(value))
    return mapMembers(value, (name) => node.members.find((member) => member.name === name)?.node)
  if (node.kind === 'variants' && isObject(value)) {
    const variant = node.variants.find((candidate) => candidate.value === value[node.by])
    return mapMembers(value, (name) => variant?.members.find((member) => member.name === name)?.node)
  }
  return value
}

function mapMembers(value: JsonObject, nodeOf: (name: string) => FieldNode | undefined): JsonObject {
  return Object.entries(value).reduce<JsonObject>((copy, [name, member]) => {
    const node = nodeOf(name)
    return withMember(copy, name, node ? rewrite(node, member) : member)
  }, {})
}

test('a form shown and sent unchanged is the same value, for every policy example', async () => {
  const { policySpecs } = await import('@gatewright/shared/policies/specs')
  for (const spec of policySpecs) {
    const node = readSchema(z.toJSONSchema(spec.config, { io: 'input' }) as JsonSchema)
    expect(node.kind, spec.type).not.toBe('json')
    expect(rewrite(node, spec.example as Json), spec.type).toEqual(spec.example)
  }
  const value = {
    limit: 5,
    windowMs: 90_000,
    mode: { kind: 'leased', slice: 2 },
    headers: { a: 'b' },
    maxBytes: 1_536,
  }
  expect(rewrite(root, value)).toEqual(value)
})

test('a pattern that this engine cannot read refuses nothing', () => {
  expect(matches('abc', '^[a-z]+$')).toBe(true)
  expect(matches('ABC', '^[a-z]+$')).toBe(false)
  expect(matches('anything', '^(?<broken')).toBe(true)
})
