// The OpenAPI 3.1 document of the admin API: valid for others, complete for us.
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importDocument } from '../catalog/openapi/import.ts'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { operations } from './operations.ts'

type Operation = {
  operationId: string
  parameters?: { $ref?: string; name?: string; in?: string }[]
  responses: Record<string, { headers?: object; $ref?: string }>
  security: object[]
  requestBody?: { content: Record<string, unknown> }
}

let app: TestApp
let document: { openapi: string; paths: Record<string, Record<string, Operation>> }

beforeAll(async () => {
  app = await startTestApp()
  document = await app.visitor().must('GET', '/openapi.json')
})
afterAll(() => app.close())

test('a public validator accepts it', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  expect(document.openapi).toMatch(/^3\.1\./)
})

test('F8 our own import reads it without a finding that is an error, operation for operation', () => {
  const imported = importDocument(Buffer.from(JSON.stringify(document)))
  expect(imported.ok).toBe(true)
  if (!imported.ok) return
  expect(imported.findings.filter((finding) => finding.severity === 'error')).toEqual([])
  expect(imported.operations).toHaveLength(operations.length)
})

test('I2 it holds every operation of the contract with its name, security, headers and problem answer', () => {
  for (const { name, method, path, meta } of operations) {
    const operation = document.paths[path]?.[method.toLowerCase()]
    if (!operation) throw new Error(`${name} is missing`)
    expect(operation.operationId).toBe(name)
    const references = (operation.parameters ?? []).map((parameter) => parameter.$ref?.split('/').at(-1))
    expect(references.includes('IfMatch'), name).toBe(meta.concurrency === true)
    expect(references.includes('IdempotencyKey'), name).toBe(meta.idempotent === true)
    expect(references.includes('Wait'), name).toBe(meta.waitable === true)
    expect(operation.responses.default?.$ref).toBe('#/components/responses/Problem')
    expect(operation.security.length, name).toBeGreaterThan(0)
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
    const described = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
    expect(described.sort(), name).toEqual(inPath.sort())
  }
})

test('the JSON Schema of the manifest is served for editors', async () => {
  const schema = await app.visitor().must('GET', '/schemas/manifest.json')
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
})
