// Real documents: all that they say of messages becomes code, and a newer one differs from the older by just what was changed.
import { reachable, type SchemaText, schemasOf } from '@gatewright/shared/validation/operation-rules'
import { schemaCode } from '@gatewright/shared/validation/schema-code'
import { describe, expect, test } from 'vitest'
import { importDocument } from './import.ts'
import { operationSchemas } from './operation-schemas.ts'
import { questions } from './questions.ts'
import { bytes, specBytes, specFolderMissing, specNames, whySkipped } from './spec-files.fixture.ts'

/** Compiled together, so that what they have in common is compiled once: Stripe's would take minutes one by one. */
const together = 100

describe.skipIf(specFolderMissing)(`real documents${specFolderMissing ? ` (${whySkipped})` : ''}`, () => {
  test.each(specNames())('F8: the schemas of all operations compile: %s', { timeout: 60_000 }, (name) => {
    const document = importDocument(specBytes(name))
    if (!document.ok) throw new Error(document.message)
    const { operations, definitions } = operationSchemas(document, { responses: true })
    expect(Object.keys(operations).toSorted()).toEqual(
      [...new Set(document.operations.map(({ method, path }) => `${method} ${path}`))].toSorted(),
    )
    const own = (one: string) => (Object.hasOwn(definitions, one) ? definitions[one] : undefined)
    const roots = new Map<string, SchemaText>()
    for (const rules of Object.values(operations))
      for (const root of schemasOf(rules)) roots.set(root.json, root)
    const all = [...roots.values()]
    expect(all.length).toBeGreaterThan(0)
    for (let i = 0; i < all.length; i += together) {
      const some = all.slice(i, i + together)
      const found = reachable(some, own)
      for (const { refs } of [...some, ...found.values()])
        for (const ref of refs) expect(found.has(ref), `${name}: ${ref}`).toBe(true)
      const root = { json: `{"allOf":[${some.map(({ json }) => json).join(',')}]}`, refs: [] }
      const source = { root, definitions: [...found], allErrors: false, refusesReadOnly: false }
      expect(schemaCode(source).length).toBeGreaterThan(0)
    }
  })

  test('F8: a re-import of a changed real document shows exactly what was changed', {
    timeout: 60_000,
  }, () => {
    const name = 'stripe.com.json'
    const before = specBytes(name)
    const document = JSON.parse(new TextDecoder().decode(before))
    expect(questions.compare({ before: { bytes: before }, after: { bytes: bytes(document) } })).toMatchObject(
      {
        changes: [],
      },
    )
    delete document.paths['/v1/balance'].get
    document.paths['/v1/invented'] = {
      get: { operationId: 'Invented', responses: { 200: { description: 'Yes' } } },
    }
    document.paths['/v1/customers'].get.parameters.push({
      ...{ name: 'shelf', in: 'query', required: true, schema: { type: 'string' } },
    })
    document.paths['/v1/charges'].get.description = 'Another description.'
    const compared = questions.compare({ before: { bytes: before }, after: { bytes: bytes(document) } })
    if (!compared.ok) throw new Error(compared.message)
    expect(
      compared.changes.map((change) => [change.operation, change.class, change.code]).toSorted(),
    ).toEqual([
      ['GET /v1/balance', 'breaking', 'operation-removed'],
      ['GET /v1/charges', 'docs', 'operation-text-changed'],
      ['GET /v1/customers', 'breaking', 'parameter-added-required'],
      ['GET /v1/invented', 'non-breaking', 'operation-added'],
    ])
  })
})
