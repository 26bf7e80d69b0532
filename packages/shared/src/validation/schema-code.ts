// JSON Schema → source text of a function that checks a value (ADR 79). Made by ajv in threads: large schemas take a while.
import { _, type AnySchemaObject, type CodeKeywordDefinition } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import type { SchemaText } from './operation-rules.ts'
import { compilePattern } from './patterns.ts'
import { formats, guard, isUnique } from './schema-runtime.ts'

/** All that one check needs: a schema, and every definition that it leads to. */
export interface SchemaSource {
  readonly root: SchemaText
  readonly definitions: readonly (readonly [string, SchemaText])[]
  /** Every fault of a value instead of the first. */
  readonly allErrors: boolean
  /** A value with a property that is `readOnly` has a fault. */
  readonly refusesReadOnly: boolean
}

/** Text beyond this is more than a worker should take in while it serves. */
const codeCharsMax = 8_000_000

/** What every object has without saying so: where a schema speaks of such a name, only own properties count. */
const inherited =
  /"(?:constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf|__\w+__)"/

// Every round of a recursion comes through a definition: what counts there bounds the whole.
const guardKeyword: CodeKeywordDefinition = {
  keyword: 'guard',
  code({ gen }) {
    const call = gen.scopeValue('func', { ref: guard, code: _`require("gatewright").guard` })
    gen.code(_`${call}()`)
  },
}

// ajv compares each item with each other.
const uniqueKeyword: CodeKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  code(cxt) {
    if (cxt.schema !== true) return
    const call = cxt.gen.scopeValue('func', { ref: isUnique, code: _`require("gatewright").isUnique` })
    cxt.pass(_`${call}(${cxt.data})`)
  },
}

const readOnlyKeyword: CodeKeywordDefinition = {
  keyword: 'readOnly',
  code(cxt) {
    if (cxt.schema === true) cxt.fail(_`true`)
  },
}

/** A pattern as ajv keeps it: told from others by its text. */
function pattern(source: string) {
  const test = compilePattern(source)
  return { test, toString: () => source }
}
const regExp = Object.assign((source: string) => pattern(source) as unknown as RegExp, {
  code: 'require("gatewright").pattern',
})

/** Throws an error that says what in the schema cannot be checked. */
export function schemaCode({ root, definitions, allErrors, refusesReadOnly }: SchemaSource): string {
  const texts = [root.json, ...definitions.map(([, { json }]) => json)]
  const ajv = new Ajv2020({
    allErrors,
    strict: false,
    validateSchema: false,
    meta: false,
    logger: false,
    messages: false,
    inlineRefs: false,
    addUsedSchema: false,
    unicodeRegExp: true,
    // Of 19.99 / 0.01 nothing but rounding is left.
    multipleOfPrecision: 8,
    ownProperties: texts.some((text) => inherited.test(text)),
    formats,
    code: { source: true, regExp, formats: _`require("gatewright").formats` },
  })
  ajv.addKeyword(guardKeyword)
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword(uniqueKeyword)
  if (refusesReadOnly) {
    ajv.removeKeyword('readOnly')
    ajv.addKeyword(readOnlyKeyword)
  }
  const guarded = definitions.map(([name, { json }]): [string, unknown] => {
    const schema: unknown = JSON.parse(json)
    return [name, isObject(schema) ? { guard: true, ...schema } : schema]
  })
  const schema: unknown = JSON.parse(root.json)
  const whole = { allOf: [schema], $defs: Object.fromEntries(guarded) }
  const code = standalone.default(ajv, ajv.compile(whole))
  if (code.length > codeCharsMax) throw new Error(`makes more than ${codeCharsMax} characters of code`)
  return code
}

function isObject(value: unknown): value is AnySchemaObject {
  return typeof value === 'object' && value !== null
}
