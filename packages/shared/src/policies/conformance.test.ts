// What every policy owes: a spec that five readers can use, an example that works, refusals from the catalogue.
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { errorCodes } from '../errors.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policies } from './index.ts'
import { type Attachment, type Phases, type PolicyDeps, scopes, stages } from './policy.ts'
import { policyInput, policySpec, policySpecs, policyTypes } from './specs.ts'

interface JsonSchema {
  readonly title?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly additionalProperties?: boolean
}

const at: Attachment = { id: 'pol_1', name: 'it', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' }

const phaseNames: readonly (keyof Phases)[] = [
  ...(['request', 'wantsBody', 'requestBody', 'responseBody', 'response', 'done'] as const),
  ...(['priority', 'absent', 'sent', 'invite', 'own', 'vouches', 'wantsCertificate'] as const),
]

it('specs and policies name the same types', () => {
  expect([...policies.keys()]).toEqual(policyTypes)
  expect(policySpec('teleport')).toBeUndefined()
})

describe.each(policySpecs.map((spec) => [spec.type, spec] as const))('%s', (type, spec) => {
  const policy = policies.get(type)
  if (!policy) throw new Error(`no policy ${type}`)

  it('has a stage, scopes, a title and a sentence', () => {
    expect(stages).toContain(spec.stage)
    expect(spec.scopes.length).toBeGreaterThan(0)
    for (const scope of spec.scopes) expect(scopes).toContain(scope)
    expect(spec.title).toMatch(/^[A-Z]/)
    expect(spec.summary).toMatch(/\.$/)
    expect(type).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  })

  it('its example is valid, also as an attachment, and makes an instance that does something', () => {
    spec.config.parse(spec.example)
    expect(policyInput.parse({ type, config: spec.example })).toMatchObject({
      type,
      name: type,
      enabled: true,
    })
    const phases = policy.create(spec.example, createDeps(), at)
    expect(Object.keys(phases).length).toBeGreaterThan(0)
    for (const name of Object.keys(phases)) {
      expect(phaseNames).toContain(name)
    }
  })

  it('an unknown key is an error, at every depth', () => {
    const json = spec.config.parse(spec.example) as Record<string, unknown>
    expect(spec.config.safeParse({ ...json, surprise: 1 }).success).toBe(false)
    for (const [key, value] of Object.entries(json)) {
      if (value === null || typeof value !== 'object' || Array.isArray(value)) continue
      expect(spec.config.safeParse({ ...json, [key]: { ...value, surprise: 1 } }).success).toBe(false)
    }
    expect(() => policy.create({ ...json, surprise: 1 }, createDeps(), at)).toThrow(z.ZodError)
  })

  it('parsing is the identity on what it returned: nothing is transformed in what is stored', () => {
    const parsed = spec.config.parse(spec.example)
    expect(spec.config.parse(parsed)).toEqual(parsed)
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed)
  })

  it('its JSON Schema has a title for every field and is closed', () => {
    const schema = z.toJSONSchema(spec.config, { io: 'input' }) as JsonSchema
    const untitled: string[] = []
    visit(schema, type)
    expect(untitled).toEqual([])

    function visit(node: JsonSchema, path: string) {
      if (node.properties) expect(node.additionalProperties).toBe(false)
      for (const [key, property] of Object.entries(node.properties ?? {})) {
        if (!property.title) untitled.push(`${path}.${key}`)
        visit(property, `${path}.${key}`)
        if (property.items) visit(property.items, `${path}.${key}[]`)
      }
    }
  })

  it('whatever the world does, it refuses with a code of the catalogue and never throws', async () => {
    for (const deps of worlds()) {
      const phases = policy.create(spec.example, deps, at)
      for (const ctx of [
        createContext(),
        createContext({ header: { 'x-api-key': 'x', authorization: 'Bearer x' }, bodyLength: 99_999_999 }),
      ]) {
        const verdict = await phases.request?.(ctx)
        if (verdict?.kind === 'refusal') expect(errorCodes).toContain(verdict.code)
        phases.response?.(ctx)
        phases.done?.(ctx)
      }
    }
  })
})

function worlds(): PolicyDeps[] {
  return [
    createDeps(),
    createDeps({ taken: { kind: 'unavailable' } }),
    createDeps({ taken: { kind: 'refused', remaining: 0, resetMs: 5, retryMs: 5, ticket: '' } }),
    createDeps({ found: { kind: 'unavailable' }, signature: 'unavailable' }),
  ]
}
