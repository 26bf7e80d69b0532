// Answers of services against the document: held back where faults are refused, passed on and counted where they are observed.
import { describe, expect, test } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { OperationRules, SchemaText } from '../validation/operation-rules.ts'
import { schemaCode } from '../validation/schema-code.ts'
import { runSchemaCode } from '../validation/schema-runtime.ts'
import type { BodyFilter, Refusal } from './policy.ts'
import type { Checked, DriftFault, SchemaUse } from './schema-port.ts'
import { policy } from './validate-response.ts'

const book: SchemaText = { json: JSON.stringify({ type: 'object', required: ['title'] }), refs: [] }
const rules: OperationRules = {
  parameters: [],
  parametersSchema: null,
  credentialParameters: [],
  body: null,
  responses: [
    { status: '200', content: [{ mediaType: 'application/json', kind: 'json', schema: book }] },
    { status: '4XX', content: [] },
  ],
  unchecked: [],
}
const at = { id: 'pol_1', name: 'v', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly pieces: readonly string[]
}

/** What callers get, the text or a code; and what was counted. */
async function answer({ status = 200, type = 'application/json', pieces }: Answer, config: object) {
  const noted: DriftFault[] = []
  const deps = {
    ...createDeps(),
    schemas: {
      check: async ({ schema }: SchemaUse, value: unknown): Promise<Checked> => {
        const faults = runSchemaCode(
          schemaCode({ root: schema, definitions: [], allErrors: true, refusesReadOnly: false }),
        )(value)
        return faults === null ? { kind: 'valid' } : { kind: 'faults', faults }
      },
    },
    drift: {
      note: (_route: unknown, _direction: unknown, faults: readonly DriftFault[]) =>
        void noted.push(...faults),
    },
  }
  const phases = policy.create(policy.spec.config.parse(config), deps, at)
  const context = createContext({
    responseHeader: { 'content-type': type },
    route: { operation: { key: 'GET /books/{id}', rules, definitions: new Map() } },
  })
  Object.defineProperty(context, 'status', { value: status })
  const filter: BodyFilter | null = phases.responseBody?.(context) ?? null
  if (filter === null) return { got: pieces.join(''), noted }
  let got = ''
  const take = (passed: Uint8Array | Refusal | null) => {
    if (passed !== null && 'kind' in passed) return passed.code
    if (passed !== null) got += new TextDecoder().decode(passed)
    return null
  }
  for (const piece of pieces) {
    const code = take(filter.push(new TextEncoder().encode(piece)))
    if (code !== null) return { got: code, noted }
  }
  const code = take(await filter.end())
  await new Promise((resolve) => setImmediate(resolve))
  return {
    got: code ?? got,
    noted: noted.map(({ in: place, pointer, code: rule }) => `${place} ${pointer} ${rule}`),
  }
}

const enforce = { mode: 'enforce' }

describe('D1 responses', () => {
  test('what the document describes passes whole, in both modes', async () => {
    for (const config of [{}, enforce])
      expect(await answer({ pieces: ['{"tit', 'le":"Emma"}'] }, config)).toEqual({
        got: '{"title":"Emma"}',
        noted: [],
      })
  })

  test.each<[string, Answer]>([
    ['a body that lacks something', { pieces: ['{}'] }],
    ['no JSON', { pieces: ['{"title":'] }],
    ['another media type', { type: 'text/html', pieces: ['<h1>Error</h1>'] }],
    ['more than may be looked at', { pieces: [`{"title":"${'a'.repeat(200)}"}`] }],
  ])('%s is refused where faults are', async (_, sent) => {
    expect(await answer(sent, { ...enforce, bodyBytesMax: 100 })).toMatchObject({ got: 'response_invalid' })
  })

  test('observing passes everything on as it came, and counts', async () => {
    expect(await answer({ pieces: ['{', '}'] }, {})).toMatchObject({ got: '{}' })
    expect(await answer({ status: 418, pieces: ['short'] }, {})).toMatchObject({ got: 'short' })
    expect((await answer({ pieces: ['{"title":'] }, {})).noted).toEqual(['body  json_malformed'])
  })

  test('statuses that are not described are counted, and refused where that is wished', async () => {
    const teapot: Answer = { status: 500, pieces: ['{}'] }
    const { got, noted } = await answer(teapot, enforce)
    expect(got).toBe('{}')
    expect(noted).toMatchObject([{ in: 'status', pointer: '500', code: 'undeclared' }])
    expect(await answer(teapot, { ...enforce, undescribedStatuses: 'refuse' })).toMatchObject({
      got: 'response_invalid',
    })
    expect(await answer({ status: 404, pieces: ['{}'] }, enforce)).toEqual({ got: '{}', noted: [] })
  })
})
