// Walks a whole document by the table in shape.ts and says, with pointer and line, what is wrong but does not stop an import.
import { checkOperations } from './check-operations.ts'
import { checkSchema } from './check-schema.ts'
import type { Findings } from './findings.ts'
import type { ImportedOperation } from './imported-document.ts'
import { brief, isObject, type JsonObject, type JsonValue, kindOf, own } from './json.ts'
import { at } from './pointer.ts'
import type { Dialect } from './read.ts'
import { failure, type Refs, refOf } from './refs.ts'
import { type Field, REFERABLE, SCHEMA_FIELDS_31, SHAPES } from './shape.ts'

export interface CheckInput {
  document: JsonObject
  dialect: Dialect
  refs: Refs
  findings: Findings
  operations: ImportedOperation[]
}

export function checkDocument(input: CheckInput): void {
  new Walk(input).visit('document', input.document, '')
  checkOperations(input)
}

/** Codes by which an earlier step already said that the reference at a place failed. */
const SAID_BEFORE = [
  'parameter-invalid',
  'path-item-invalid',
  'request-body-invalid',
  'response-invalid',
] as const
/** Of a Reference Object. */
const BESIDE_REF = new Set(['$ref', 'summary', 'description'])
const SECURITY_TYPES = ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect']

class Walk {
  readonly #input: CheckInput
  readonly #modern: boolean
  readonly #operationIds = new Map<string, string>()

  constructor(input: CheckInput) {
    this.#input = input
    this.#modern = input.dialect === '3.1' || input.dialect === '3.2'
  }

  visit(kind: string, node: JsonValue, pointer: string): void {
    const { findings } = this.#input
    if (kind === 'schema' && typeof node === 'boolean') return
    if (!isObject(node)) {
      findings.report('field-wrong-type', pointer, `This should be an object, but is ${kindOf(node)}`)
      return
    }
    if (REFERABLE.has(kind) && refOf(node) !== undefined) {
      this.#checkRef(kind, node, pointer)
      // Only a path item, and a schema of 3.1 on, may hold more beside its `$ref`.
      if (kind !== 'pathItem' && !(kind === 'schema' && this.#modern)) return
    }
    if (kind === 'callback') this.#each(node, pointer, 'pathItem')
    else if (kind === 'securityRequirement') this.#requirement(node, pointer)
    else this.#fields(kind, node, pointer)
  }

  #fields(kind: string, node: JsonObject, pointer: string): void {
    const { findings } = this.#input
    const fields = kind === 'schema' && this.#modern ? SCHEMA_FIELDS_31 : SHAPES.get(kind)
    if (!fields) throw new Error(`No shape for ${kind}`)
    for (const [key, value] of Object.entries(node)) {
      const field = fields.get(key)
      if (field) this.#field(field, key, value, at(pointer, key))
      else if (!this.#mayHold(kind, key)) {
        findings.report('field-unknown', at(pointer, key), `"${key}" is not a field of ${named(kind)}`)
      }
    }
    for (const [key, field] of fields) {
      if (field.required && own(node, key) === undefined) {
        findings.report('field-missing', pointer, `"${key}" is missing in ${named(kind)}`)
      }
    }
    if (kind === 'schema') checkSchema(node, pointer, this.#input)
    else if (kind === 'operation') this.#operation(node, pointer)
    else if (kind === 'securityScheme') this.#securityScheme(node, pointer)
    else if (kind === 'parameter' && own(node, 'in') === 'path' && own(node, 'required') !== true) {
      const message = `The path parameter ${brief(own(node, 'name'))} is not marked "required: true"`
      findings.report('path-parameter-optional', pointer, message)
    }
  }

  #mayHold(kind: string, key: string): boolean {
    if (key.startsWith('x-') || key === '$ref') return true
    // Unknown methods are reported where operations are read; 3.1 schemas may carry any keyword.
    return kind === 'pathItem' || (kind === 'schema' && this.#modern)
  }

  #field(field: Field, key: string, value: JsonValue, pointer: string): void {
    if (field.form === 'one') {
      this.#one(field.of, key, value, pointer)
      return
    }
    const fits = field.form === 'list' ? Array.isArray(value) : isObject(value)
    if (!fits) {
      const wanted = field.form === 'list' ? 'a list' : 'an object'
      this.#wrong(key, wanted, value, pointer)
      return
    }
    for (const [name, child] of Object.entries(value ?? {})) {
      // Extensions may stand in `paths` and `responses`; a schema or property may well be named `x-…`.
      if (
        field.form === 'map' &&
        name.startsWith('x-') &&
        (field.of === 'pathItem' || field.of === 'response')
      )
        continue
      this.#one(field.of, name, child, at(pointer, name))
    }
  }

  #one(kind: string, key: string, value: JsonValue, pointer: string): void {
    if (kind === 'any') return
    if (kind === 'text') {
      if (typeof value !== 'string') this.#wrong(key, 'text', value, pointer)
    } else if (kind === 'flag') {
      if (typeof value !== 'boolean') this.#wrong(key, 'true or false', value, pointer)
    } else if (kind === 'number') {
      if (typeof value !== 'number') this.#wrong(key, 'a number', value, pointer)
    } else this.visit(kind, value, pointer)
  }

  #wrong(key: string, wanted: string, value: JsonValue, pointer: string): void {
    const message = `"${key}" should be ${wanted}, but is ${kindOf(value)}`
    this.#input.findings.report('field-wrong-type', pointer, message)
  }

  #each(node: JsonObject, pointer: string, kind: string): void {
    for (const [key, value] of Object.entries(node)) {
      if (!key.startsWith('x-')) this.visit(kind, value, at(pointer, key))
    }
  }

  #checkRef(kind: string, node: JsonObject, pointer: string): void {
    const { refs, findings } = this.#input
    // Beside the `$ref` of a schema a description is so common before 3.1 that saying so would drown the rest.
    for (const key of kind === 'schema' || kind === 'pathItem' ? [] : Object.keys(node)) {
      if (BESIDE_REF.has(key) || key.startsWith('x-')) continue
      findings.report('field-unknown', at(pointer, key), `"${key}" stands beside a $ref, where it is ignored`)
    }
    const found = refs.resolve(node, pointer)
    if (found.ok || SAID_BEFORE.some((code) => findings.has(code, pointer))) return
    const code =
      found.reason === 'missing' ? 'ref-unresolved' : found.reason === 'cycle' ? 'ref-cycle' : 'ref-external'
    findings.report(code, at(pointer, '$ref'), `$ref ${failure(found)}`)
  }

  #requirement(node: JsonObject, pointer: string): void {
    const schemes = own(own(this.#input.document, 'components'), 'securitySchemes')
    for (const [name, scopes] of Object.entries(node)) {
      const here = at(pointer, name)
      // OpenAPI 3.2 lets a requirement name a scheme by URI, which is not fetched either.
      if (own(schemes, name) === undefined) {
        const message = `The security scheme "${name}" is not defined in this document`
        this.#input.findings.report('security-scheme-unknown', here, message)
      }
      if (!Array.isArray(scopes)) this.#wrong(name, 'a list of scopes', scopes, here)
    }
  }

  #securityScheme(node: JsonObject, pointer: string): void {
    const { findings } = this.#input
    const type = own(node, 'type')
    if (typeof type === 'string' && !SECURITY_TYPES.includes(type)) {
      const message = `${brief(type)} is not a security scheme type: ${SECURITY_TYPES.join(', ')}`
      findings.report('field-wrong-type', at(pointer, 'type'), message)
    }
    const needed: Record<string, string[]> = {
      apiKey: ['name', 'in'],
      http: ['scheme'],
      oauth2: ['flows'],
      openIdConnect: ['openIdConnectUrl'],
    }
    for (const key of typeof type === 'string' && Object.hasOwn(needed, type) ? (needed[type] ?? []) : []) {
      if (own(node, key) !== undefined) continue
      findings.report('field-missing', pointer, `"${key}" is missing in a security scheme of type ${type}`)
    }
  }

  #operation(node: JsonObject, pointer: string): void {
    const { findings } = this.#input
    const id = own(node, 'operationId')
    if (typeof id !== 'string') return
    const first = this.#operationIds.get(id)
    if (first === undefined) this.#operationIds.set(id, pointer)
    else {
      const line = findings.line(first)
      const message = `The operationId "${id}" is used on line ${line} already`
      findings.report('duplicate-operation-id', at(pointer, 'operationId'), message)
    }
  }
}

function named(kind: string): string {
  if (kind === 'document') return 'an OpenAPI document'
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return /^[aeiou]/.test(words) ? `an ${words} object` : `a ${words} object`
}
