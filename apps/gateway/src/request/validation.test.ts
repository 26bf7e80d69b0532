// Requests that are not what the document says never reach the upstream: over sockets, with schemas compiled beside the event loop.
import { policies } from '@gatewright/shared/policies/index'
import type { RouteFacts } from '@gatewright/shared/policies/policy'
import type { OperationRules, SchemaText } from '@gatewright/shared/validation/operation-rules'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDeps, route } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import { layOut } from '../config/steps.ts'
import { createCodeMaker } from '../runtime/schemas/code-maker.ts'
import { createDriftLog, mergeDrift } from '../runtime/schemas/drift.ts'
import { forms } from '../runtime/schemas/multipart.ts'
import { createSchemaChecks } from '../runtime/schemas/schema-checks.ts'
import { type Rig, startRig } from '../testing/gateway.fixture.ts'

const text = (schema: object, refs: string[] = []): SchemaText => ({ json: JSON.stringify(schema), refs })
const book = {
  type: 'object',
  required: ['title'],
  properties: { title: { type: 'string' }, sequel: { $ref: '#/$defs/Book' } },
}
const definitions = new Map([
  ['Book', text(book, ['Book'])],
  ['Broken', text({ pattern: '(' })],
])
const json = (schema: SchemaText) => ({ mediaType: 'application/json', kind: 'json' as const, schema })

const rules: OperationRules = {
  parameters: [],
  parametersSchema: null,
  credentialParameters: [],
  body: {
    required: true,
    content: [
      json(text({ $ref: '#/$defs/Book' }, ['Book'])),
      { ...json(text({ $ref: '#/$defs/Broken' }, ['Broken'])), mediaType: 'application/broken+json' },
      {
        mediaType: 'multipart/form-data',
        kind: 'multipart',
        schema: text({
          type: 'object',
          required: ['title', 'cover'],
          properties: { pages: { type: 'integer' } },
        }),
        fields: { pages: { kind: 'scalar', types: ['integer'] } },
      },
    ],
  },
  responses: [],
  unchecked: [],
}

let rig: Rig
const drift = createDriftLog(() => 1_000)
const warnings: object[] = []

beforeAll(async () => {
  const policy = policies.get('validate-request')
  if (!policy) throw new Error('there is no such policy')
  const schemas = createSchemaChecks(createCodeMaker({ warn: (fields) => warnings.push(fields) }))
  const at = {
    id: 'pol_1',
    name: 'validate-request',
    scope: 'version',
    tenantId: 'ten_1',
    timeZone: 'UTC',
  } as const
  const phases = policy.create({}, { ...createDeps(), schemas, forms, drift }, at)
  const facts: RouteFacts = {
    ...route,
    method: 'POST',
    template: '/books',
    operation: { key: 'POST /books', rules, definitions },
  }
  const step = {
    policy: 'validate-request',
    type: 'validate-request',
    scope: 'version',
    stage: 'shape',
  } as const
  const chain = layOut([{ facts: step, stage: 'shape', scope: 'version', phases }])
  rig = await startRig({ route: { facts, chain } })
})
afterAll(() => rig.close())

/** Each character of the body is one byte. */
function post(body: string, type = 'application/json') {
  const head = `POST /books HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
  return rig.raw(Buffer.from(head + body, 'latin1'))
}

const codeOf = (reply: string) => /"code":\s*"([a-z_]+)"/.exec(reply)?.[1] ?? reply.slice(9, 12)

describe('D1 validation on the way through the gateway', () => {
  test('what is right reaches the upstream, byte for byte; what is not never does', async () => {
    expect(codeOf(await post('{"title": "Emma", "sequel": {"title": "Emma II"}}'))).toBe('200')
    const seen = rig.seen.length
    const reply = await post('{"title":"Emma","sequel":{"title":7}}')
    expect(reply).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')))).toMatchObject({
      code: 'request_invalid',
      errors: [
        {
          in: 'body',
          pointer: '/sequel/title',
          code: 'type',
          detail: expect.stringContaining('must be a string.'),
        },
      ],
    })
    for (const bad of [
      '{"title":',
      '{}',
      '[]',
      '{"title":"a","title":"b"}',
      '{"title":"a","__proto__":{}}',
      '{"title":"\xff"}',
    ])
      expect((await post(bad)).slice(9, 12)).toBe('400')
    expect(rig.seen.length).toBe(seen)
  })

  test('hundreds of calls at once before the schema is ready wait for it together', async () => {
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, i) => post(`{"title":${i % 2 ? '"a"' : i}}`)),
    )
    expect(replies.map((reply) => reply.slice(9, 12)).filter((status) => status === '400')).toHaveLength(50)
  })

  test('parts of a form are checked, files among them', async () => {
    const part = (name: string, value: string, more = '') =>
      `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const type = 'multipart/form-data; boundary=x'
    const cover = part('cover', 'PNG', '; filename="c.png"')
    expect(codeOf(await post(`${part('title', 'Emma')}${part('pages', '300')}${cover}--x--\r\n`, type))).toBe(
      '200',
    )
    expect(await post(`${part('title', 'Emma')}${part('pages', 'many')}${cover}--x--\r\n`, type)).toContain(
      '"/pages"',
    )
    expect(await post(`${part('title', 'Emma')}--x--\r\n`, type)).toContain('"/cover"')
    expect(codeOf(await post(`${part('title', 'Emma')}`, type))).toBe('request_invalid')
  })

  test('a form that breaks off inside of a file, or that readers could take for different things, is refused; the worker goes on', async () => {
    const part = (name: string, value: string, more = '') =>
      `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const type = 'multipart/form-data; boundary=x'
    const [title, cover] = [part('title', 'Emma'), part('cover', 'PNG', '; filename="c.png"')]
    const cut = '--x\r\nContent-Disposition: form-data; name="cover"; filename="c.png"\r\n\r\nPN'
    for (const form of [
      `${title}${cut}`,
      `something before\r\n${title}${cover}--x--\r\n`,
      `${title}${cover}--x--\r\n${part('pages', 'many')}--x--\r\n`,
      // The first of two is what some servers take.
      `${title}${part('pages', 'many')}${part('pages', '300')}${cover}--x--\r\n`,
    ])
      expect(codeOf(await post(form, type)), form).toBe('request_invalid')
    expect(await forms.multipart(type, Buffer.from(cut))).toEqual({ kind: 'malformed' })
    for (const charset of [
      '; charset=ibm037',
      '; charset=utf-8; charset=utf-7',
      '; a=";charset=utf-8";charset=x',
    ])
      expect(codeOf(await post(`${title}${cover}--x--\r\n`, `${type}${charset}`)), charset).toBe(
        'media_type_not_supported',
      )
  })

  test('a schema that cannot be compiled lets nothing through, and says so to the operator alone', async () => {
    const seen = rig.seen.length
    const reply = await post('{}', 'application/broken+json')
    expect(codeOf(reply)).toBe('validation_unavailable')
    expect(reply).not.toContain('pattern')
    expect(warnings.length).toBeGreaterThan(0)
    expect(rig.seen.length).toBe(seen)
  })

  test('what was wrong is counted by place and rule, without what was sent', () => {
    const records = drift.of(route.versionId) ?? []
    expect(records).toContainEqual(
      expect.objectContaining({
        in: 'body',
        pointer: '/sequel/title',
        rule: 'type',
        observed: 'integer',
        method: 'POST',
        firstAt: 1_000,
      }),
    )
    expect(JSON.stringify(records)).not.toContain('Emma')
  })
})

test('what workers counted is one list, the most frequent first', () => {
  const seen = (count: number, pointer: string, at: number) => ({
    ...({ direction: 'request', method: 'GET', template: '/a', in: 'query', rule: 'type' } as const),
    ...{ pointer, observed: null, count, firstAt: at, lastAt: at },
  })
  expect(mergeDrift([[seen(1, '/a', 5), seen(2, '/b', 6)], [seen(4, '/a', 3)]])).toEqual([
    { ...seen(5, '/a', 3), lastAt: 5 },
    seen(2, '/b', 6),
  ])
})

test('a version has so many records and no more, whatever callers make up', () => {
  const log = createDriftLog()
  for (let i = 0; i < 2_000; i++)
    log.note(route, 'request', [{ in: 'query', pointer: `/made-up-${i}`, code: 'undeclared' }])
  log.note(route, 'request', [{ in: 'body', pointer: '/items/7/x', code: 'type' }])
  expect(log.of(route.versionId)).toHaveLength(500)
})

test('D6 schemas that take too long are given up, and the next one is compiled all the same', async () => {
  const maker = createCodeMaker({ warn: (fields) => warnings.push(fields) }, { timeMs: 1 })
  const source = { root: text({ type: 'string' }), definitions: [], allErrors: false, refusesReadOnly: false }
  expect(await maker(source)).toBeNull()
  const patient = createCodeMaker({ warn: (fields) => warnings.push(fields) })
  expect(await patient(source)).toContain('validate')
})
