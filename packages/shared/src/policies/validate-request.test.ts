// What becomes of bodies that are larger than what is looked at: refused where faults are refused, and nobody's trouble elsewhere.
import { expect, test } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { OperationRules, SchemaText } from '../validation/operation-rules.ts'
import { policy, spec } from './validate-request.ts'

const schema: SchemaText = { json: '{"type":"object"}', refs: [] }
const rules: OperationRules = {
  parameters: [],
  parametersSchema: null,
  credentialParameters: [],
  body: { required: true, content: [{ mediaType: 'application/json', kind: 'json', schema }] },
  responses: [],
  unchecked: [],
}
const at = { id: 'pol_1', name: 'v', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const

async function met(mode: string, bodyLength: number | null, body: string) {
  const noted: unknown[] = []
  const deps = { ...createDeps(), drift: { note: (...it: unknown[]) => void noted.push(it) } }
  const phases = policy.create(spec.config.parse({ mode, bodyBytesMax: 10 }), deps, at)
  const ctx = createContext({
    method: 'POST',
    bodyLength,
    header: { 'content-type': 'application/json' },
    route: { operation: { key: 'POST /books', rules, definitions: new Map() } },
  })
  const verdict = await phases.request?.(ctx)
  const isWanted = phases.wantsBody?.(ctx) ?? false
  const seen = isWanted ? await phases.requestBody?.(ctx, new TextEncoder().encode(body)) : undefined
  return { verdict, limits: ctx.bodyLimits, isWanted, seen, noted: noted.length }
}

test.each(['observe', 'warn'])('D1 %s: a body beyond the bound passes unchecked', async (mode) => {
  const nothing = { verdict: undefined, limits: [], seen: undefined, noted: 0 }
  expect(await met(mode, 11, '{"a":"bcde')).toEqual({ ...nothing, isWanted: false })
  // Of chunks nobody knows before how long they are.
  expect(await met(mode, null, '{"a":"bcdef')).toEqual({ ...nothing, isWanted: true })
  expect(await met(mode, 2, '{"')).toEqual({ ...nothing, isWanted: true, noted: 1 })
})

test('D1 enforce: a body beyond the bound is refused', async () => {
  expect(await met('enforce', 2, '{}')).toMatchObject({ limits: [10], isWanted: true, seen: undefined })
})
