// What gateways check messages with, taken from documents small and real, and used as gateways use it.
import { policies } from '@gatewright/shared/policies/index'
import type { Phases, Verdict } from '@gatewright/shared/policies/policy'
import type { Checked, SchemaUse } from '@gatewright/shared/policies/schema-port'
import { type Definitions, reachable, schemasOf } from '@gatewright/shared/validation/operation-rules'
import { schemaCode } from '@gatewright/shared/validation/schema-code'
import { runSchemaCode } from '@gatewright/shared/validation/schema-runtime'
import { describe, expect, test } from 'vitest'
import { createContext, createDeps } from '../../../../../packages/shared/src/testing/policy.fixture.ts'
import { importDocument } from './import.ts'
import type { ImportedDocument } from './imported-document.ts'
import { type DocumentSchemas, operationSchemas } from './operation-schemas.ts'
import { bytes, specBytes, specFolderMissing, specNames } from './spec-files.fixture.ts'

function read(document: unknown): ImportedDocument {
  const imported = importDocument(document instanceof Uint8Array ? document : bytes(document))
  if (!imported.ok) throw new Error(imported.message)
  return imported
}

const extract = (document: unknown, responses = false): DocumentSchemas =>
  operationSchemas(read(document), { responses })

const definitionsOf = ({ definitions }: DocumentSchemas): Definitions => new Map(Object.entries(definitions))

/** As a gateway does, all at once and in this thread. */
function check({ schema, definitions, refusesReadOnly }: SchemaUse, value: unknown): Checked {
  const found = [...reachable([schema], (name) => definitions.get(name))]
  const run = runSchemaCode(
    schemaCode({ root: schema, definitions: found, allErrors: true, refusesReadOnly }),
  )
  const faults = run(value)
  return faults === null ? { kind: 'valid' } : { kind: 'faults', faults }
}

const at = { id: 'pol_1', name: 'v', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
function validator(config: object = {}): Phases {
  const policy = policies.get('validate-request')
  if (!policy) throw new Error('there is no such policy')
  return policy.create(config, { ...createDeps(), schemas: { check } }, at)
}

interface Sent {
  readonly query?: string
  readonly header?: Readonly<Record<string, string>>
  readonly path?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly type?: string
}

/** What becomes of a request for an operation of a document. */
async function send(document: unknown, key: string, sent: Sent, config: object = {}) {
  const schemas = extract(document)
  const rules = schemas.operations[key]
  if (!rules) throw new Error(`there is no ${key}`)
  const phases = validator(config)
  const raw =
    sent.body === undefined ? '' : typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body)
  const body = new TextEncoder().encode(raw)
  const context = createContext({
    method: key.split(' ')[0] ?? 'GET',
    rawQuery: sent.query ?? '',
    header: { ...(raw === '' ? {} : { 'content-type': sent.type ?? 'application/json' }), ...sent.header },
    pathParameters: sent.path ?? {},
    bodyLength: body.length,
    route: { operation: { key, rules, definitions: definitionsOf(schemas) } },
  })
  let verdict: Verdict = await phases.request?.(context)
  if (verdict === undefined && phases.wantsBody?.(context))
    verdict = await phases.requestBody?.(context, body)
  if (verdict === undefined) return null
  if (verdict.kind !== 'refusal') throw new Error('no refusal')
  return {
    code: verdict.code,
    detail: verdict.detail,
    errors: verdict.errors?.map(({ in: place, pointer, code }) => `${place} ${pointer} ${code}`),
  }
}

const bookstore = (openapi: string, more: object = {}) => ({
  openapi,
  info: { title: 'Books', version: '1' },
  paths: {
    '/books/{id}': {
      get: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
          { name: 'limit', in: 'query', required: true, schema: { type: 'integer', maximum: 100 } },
          {
            name: 'tags',
            in: 'query',
            schema: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 2 },
          },
          {
            name: 'pipes',
            in: 'query',
            style: 'pipeDelimited',
            explode: false,
            schema: { type: 'array', items: { type: 'integer' } },
          },
          {
            name: 'filter',
            in: 'query',
            style: 'deepObject',
            schema: { type: 'object', properties: { year: { type: 'integer' } } },
          },
          { name: 'X-Trace', in: 'header', required: true, schema: { type: 'string', format: 'uuid' } },
          { name: 'seen', in: 'cookie', schema: { type: 'boolean' } },
        ],
        responses: {},
      },
    },
    '/books': {
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Book' } },
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['title'],
                properties: {
                  title: { type: 'string' },
                  pages: { type: 'integer' },
                  tags: { type: 'array', items: { type: 'string' } },
                },
              },
            },
          },
        },
        responses: {},
      },
    },
  },
  components: {
    schemas: {
      Book: {
        type: 'object',
        required: ['id', 'title'],
        properties: {
          id: { type: 'string', readOnly: true },
          title: { type: 'string', minLength: 1, maxLength: 20 },
          isbn: { type: 'string', pattern: '^[0-9]{13}$' },
          pages: { type: 'integer', minimum: 1 },
          sequel: { $ref: '#/components/schemas/Book' },
          price: { type: 'number', multipleOf: 0.01 },
          ...more,
        },
        additionalProperties: false,
      },
    },
  },
})

const uuid = '3fa85f64-5717-4562-b3fc-2c963f66afa6'
const get = 'GET /books/{id}'
const post = 'POST /books'
const good: Sent = { path: { id: '7' }, query: 'limit=10', header: { 'x-trace': uuid } }

describe.each(['3.0.4', '3.1.1'])('D2 parameters, OpenAPI %s', (version) => {
  const document = bookstore(version)

  test('what the document describes passes, in each of its styles', async () => {
    expect(await send(document, get, good)).toBeNull()
    const query = 'limit=10&tags=a&tags=b%20c&pipes=1|2%7C3&filter[year]=1999&unknown=1'
    const header = { 'x-trace': uuid, cookie: 'a=b; seen=true' }
    expect(await send(document, get, { ...good, query, header })).toBeNull()
  })

  test.each<[string, Sent, string]>([
    ['a missing query parameter', { ...good, query: '' }, 'query /limit required'],
    ['a missing header', { ...good, header: {} }, 'header /x-trace required'],
    ['text for a number', { ...good, query: 'limit=ten' }, 'query /limit type'],
    ['a number of another notation', { ...good, query: 'limit=0x10' }, 'query /limit type'],
    ['nothing for a number', { ...good, query: 'limit=' }, 'query /limit type'],
    ['a number too large', { ...good, query: 'limit=101' }, 'query /limit maximum'],
    ['two where one is meant', { ...good, query: 'limit=1&limit=2' }, 'query /limit repeated'],
    ['half an escape', { ...good, query: 'limit=%4' }, 'query /limit encoding'],
    ['an entry too long', { ...good, query: 'limit=1&tags=abcdefg' }, 'query /tags/0 maxLength'],
    ['too many entries', { ...good, query: 'limit=1&tags=a&tags=b&tags=c' }, 'query /tags maxItems'],
    ['a wrong entry of a list', { ...good, query: 'limit=1&pipes=1|x' }, 'query /pipes/1 type'],
    ['a wrong member of an object', { ...good, query: 'limit=1&filter[year]=x' }, 'query /filter/year type'],
    ['a header of another format', { ...good, header: { 'x-trace': 'nope' } }, 'header /x-trace format'],
    ['a wrong cookie', { ...good, header: { 'x-trace': uuid, cookie: 'seen=maybe' } }, 'cookie /seen type'],
    ['a wrong path', { ...good, path: { id: '0' } }, 'path /id minimum'],
  ])('%s is named', async (_, sent, expected) => {
    expect(await send(document, get, sent)).toMatchObject({ code: 'request_invalid', errors: [expected] })
  })

  test('query parameters that are not described are refused where that is wished', async () => {
    const sent = { ...good, query: 'limit=1&debug=1' }
    expect(await send(document, get, sent, { undeclaredParameters: 'refuse' })).toMatchObject({
      errors: ['query /debug undeclared'],
    })
  })
})

describe.each(['3.0.4', '3.1.1'])('D1 bodies, OpenAPI %s', (version) => {
  const document = bookstore(
    version,
    version === '3.0.4'
      ? { note: { type: 'string', nullable: true } }
      : { note: { type: ['string', 'null'] } },
  )

  test('what the document describes passes: nested in itself, and without what is read-only', async () => {
    const body = {
      title: 'Emma',
      price: 19.99,
      note: null,
      sequel: { title: 'Emma II', isbn: '9780141439587' },
    }
    expect(await send(document, post, { body })).toBeNull()
    expect(await send(document, post, { body: { ...body, id: 'b1' } })).toBeNull()
  })

  test.each<[string, unknown, string[]]>([
    ['what is missing', {}, ['body /title required']],
    ['another type', { title: 7 }, ['body /title type']],
    ['several at once', { title: '', pages: 1.5 }, ['body /pages type', 'body /title minLength']],
    [
      'deep inside',
      { title: 'a', sequel: { title: 'b', sequel: { title: 'c', isbn: 'x' } } },
      ['body /sequel/sequel/isbn pattern'],
    ],
    ['a field that is not described', { title: 'a', admin: true }, ['body /admin additionalProperties']],
    ['a list', [], ['body  type']],
  ])('%s is named by pointer and rule', async (_, body, errors) => {
    expect(await send(document, post, { body })).toMatchObject({ code: 'request_invalid', errors })
  })

  test('read-only fields are refused where that is wished', async () => {
    const body = { title: 'a', id: 'mine' }
    expect(await send(document, post, { body }, { readOnlyFields: 'refuse' })).toMatchObject({
      errors: ['body /id readOnly'],
    })
  })

  test.each<[string, Sent, string]>([
    ['no body', {}, 'request_invalid'],
    ['no JSON', { body: '{"title":' }, 'json_malformed'],
    ['a key twice', { body: '{"title":"a","title":"b"}' }, 'json_duplicate_key'],
    ['a reach for prototypes', { body: '{"title":"a","__proto__":{"admin":true}}' }, 'json_forbidden_key'],
    ['a hundred levels', { body: `${'['.repeat(100)}${']'.repeat(100)}` }, 'json_too_deep'],
    [
      'bytes that are no UTF-8',
      { body: '{"title":"a"}', type: 'application/json; charset=utf-16' },
      'media_type_not_supported',
    ],
    [
      'XML',
      { body: '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>', type: 'application/xml' },
      'media_type_not_supported',
    ],
    [
      'a packed body',
      { body: '{"title":"a"}', header: { 'content-encoding': 'gzip' } },
      'content_coding_not_supported',
    ],
  ])('%s is refused with a code of its own', async (_, sent, code) => {
    expect(await send(document, post, sent)).toMatchObject({ code })
  })

  test('forms are read by what the document says of their fields', async () => {
    const type = 'application/x-www-form-urlencoded'
    expect(await send(document, post, { type, body: 'title=Emma&pages=300&tags=a&tags=b' })).toBeNull()
    expect(await send(document, post, { type, body: 'title=Emma&pages=many' })).toMatchObject({
      errors: ['body /pages type'],
    })
    expect(await send(document, post, { type, body: 'pages=3' })).toMatchObject({
      errors: ['body /title required'],
    })
  })

  test('no answer repeats what was sent', async () => {
    const secret = 'hunter2-hunter2-hunter2-hunter2'
    const answer = await send(document, post, { body: { title: secret, isbn: secret, pages: secret } })
    expect(JSON.stringify(answer)).not.toContain('hunter2')
  })

  test('observe lets everything pass, warn too', async () => {
    for (const mode of ['observe', 'warn'])
      expect(await send(document, post, { body: {} }, { mode })).toBeNull()
  })
})

test('D1 the alternative that a discriminator names is looked at alone', async () => {
  const kind = (name: string, more: object) => ({
    type: 'object',
    required: ['kind'],
    properties: { kind: { type: 'string' }, ...more },
    title: name,
  })
  const document = {
    openapi: '3.0.4',
    info: { title: 'Pets', version: '1' },
    paths: {
      '/pets': {
        post: {
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } },
          responses: {},
        },
      },
    },
    components: {
      schemas: {
        Pet: {
          oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
          discriminator: { propertyName: 'kind', mapping: { katze: '#/components/schemas/Cat' } },
        },
        Cat: kind('Cat', { lives: { type: 'integer' } }),
        Dog: kind('Dog', { tricks: { type: 'array', items: { type: 'string' } } }),
      },
    },
  }
  expect(await send(document, 'POST /pets', { body: { kind: 'katze', lives: 9 } })).toBeNull()
  expect((await send(document, 'POST /pets', { body: { kind: 'katze', lives: 'nine' } }))?.errors).toContain(
    'body /lives type',
  )
  expect((await send(document, 'POST /pets', { body: { kind: 'Dog', tricks: [1] } }))?.errors).toContain(
    'body /tricks/0 type',
  )
  expect((await send(document, 'POST /pets', { body: { kind: 'fish' } }))?.errors).toContain(
    'body /kind enum',
  )
})

test('D1 patterns that take forever elsewhere do not here, and those that cannot be tested are said', async () => {
  const document = bookstore('3.1.1', {
    evil: { type: 'string', pattern: '^(a+)+$' },
    look: { type: 'string', pattern: '^(?=.*x).*$' },
  })
  expect(extract(document).operations[post]?.unchecked).toEqual([
    expect.stringMatching(
      /^\/components\/schemas\/Book\/properties\/look\/pattern is a pattern that cannot be tested/,
    ),
  ])
  const started = performance.now()
  expect(await send(document, post, { body: { title: 'a', evil: `${'a'.repeat(50_000)}!` } })).toMatchObject({
    errors: ['body /evil pattern'],
  })
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('D1 alternatives that call themselves do not hold a worker: the check gives up', async () => {
  const branch = { type: 'object', properties: { next: { $ref: '#/components/schemas/Book' } } }
  const document = bookstore('3.1.1')
  Object.assign(document.components.schemas, {
    Book: {
      anyOf: [{ allOf: [branch, { required: ['never'] }] }, { allOf: [branch, { required: ['nor'] }] }],
    },
  })
  const body = `${'{"next":'.repeat(40)}{}${'}'.repeat(40)}`
  const started = performance.now()
  await expect(send(document, post, { body })).rejects.toThrow()
  expect(performance.now() - started).toBeLessThan(5_000)
})

/** Compiling all of every document takes minutes: of each the first, the last and those between in equal steps. */
const operationsPerDocument = 12

test('D1 where the document takes any type, an object is JSON whatever it is called, and text is a file', async () => {
  const body = (schema: object) => ({ requestBody: { content: { '*/*': { schema } } }, responses: {} })
  const document = {
    openapi: '3.1.0',
    info: { title: 'Any', version: '1' },
    paths: {
      '/object': { post: body({ type: 'object', required: ['a'] }) },
      '/file': { post: body({ type: 'string', format: 'binary' }) },
    },
  }
  expect(await send(document, 'POST /object', { type: 'text/plain', body: '{}' })).toMatchObject({
    errors: ['body /a required'],
  })
  expect(await send(document, 'POST /file', { type: 'image/png', body: 'PNG' })).toBeNull()
})

describe.skipIf(specFolderMissing)('F8 real documents', () => {
  test.each(specNames())(
    '%s: operations can be checked, and its own examples are what it says',
    (name) => {
      const imported = read(specBytes(name))
      const schemas = operationSchemas(imported, { responses: false })
      const definitions = definitionsOf(schemas)
      const keys = imported.operations.map(({ key }) => key)
      expect(Object.keys(schemas.operations)).toEqual(keys)
      const step = Math.max(1, Math.floor(keys.length / operationsPerDocument))
      const wrong: string[] = []
      for (const operation of imported.operations.filter((_, i) => i % step === 0)) {
        const rules = schemas.operations[operation.key]
        if (!rules) throw new Error(operation.key)
        for (const schema of schemasOf(rules)) {
          const use = { schema, definitions, refusesReadOnly: false }
          const media = rules.body?.content.findIndex((one) => one.schema === schema) ?? -1
          const contentType = rules.body?.content[media]?.mediaType
          const examples = operation.requestBody?.content
            .filter((one) => one.contentType.startsWith(contentType ?? '?'))
            .flatMap((one) => (rules.body?.content[media]?.kind === 'json' ? one.examples : []))
          check(use, null)
          for (const example of examples ?? []) {
            if (example.source === 'generated') continue
            const checked = check(use, example.value)
            if (checked.kind !== 'valid') wrong.push(`${operation.key}: ${JSON.stringify(checked)}`)
          }
        }
      }
      // Examples that break their own schema are the documents' own mistakes: these are known.
      if (wrong.length > 0)
        console.info(
          `${name}: ${wrong.length} examples are not what the document says\n  ${wrong.slice(0, 3).join('\n  ').slice(0, 600)}`,
        )
    },
    60_000,
  )
})
