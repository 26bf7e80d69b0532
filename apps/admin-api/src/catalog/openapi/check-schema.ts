// What is wrong with one schema beyond the types of its fields: unknown types, contradictions, empty enumerations.
import type { CheckInput } from './check.ts'
import { brief, canonical, isObject, type JsonObject, type JsonValue, listAt, objectAt, own } from './json.ts'
import { at, valueAt } from './pointer.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']

export function checkSchema(
  schema: JsonObject,
  pointer: string,
  input: Pick<CheckInput, 'dialect' | 'findings' | 'document'>,
): void {
  const { findings, dialect } = input
  const modern = dialect === '3.1' || dialect === '3.2'
  const type = own(schema, 'type')
  if (type !== undefined) {
    const wrong = wrongType(type, modern)
    if (wrong) findings.report('schema-type-unknown', at(pointer, 'type'), wrong)
    else if (type === 'array' && !modern && own(schema, 'items') === undefined) {
      findings.report('schema-contradiction', pointer, 'An array without "items"')
    }
  }
  checkEnum(schema, pointer, input)
  for (const [low, high] of LIMITS) {
    const least = own(schema, low)
    const most = own(schema, high)
    if (typeof least === 'number' && typeof most === 'number' && least > most) {
      findings.report(
        'schema-contradiction',
        at(pointer, low),
        `"${low}" ${least} is above "${high}" ${most}`,
      )
    }
  }
  for (const key of ['exclusiveMinimum', 'exclusiveMaximum']) {
    const value = own(schema, key)
    const wanted = modern ? 'number' : 'boolean'
    if (value !== undefined && typeof value !== wanted) {
      const message = `"${key}" should be a ${wanted} in OpenAPI ${dialect}, but is ${brief(value)}`
      findings.report('field-wrong-type', at(pointer, key), message)
    }
  }
  const pattern = own(schema, 'pattern')
  if (typeof pattern === 'string' && !compiles(pattern)) {
    findings.report(
      'schema-contradiction',
      at(pointer, 'pattern'),
      `The pattern ${brief(pattern)} is not a regular expression`,
    )
  }
  for (const [name, target] of Object.entries(objectAt(own(schema, 'discriminator'), 'mapping') ?? {})) {
    if (
      typeof target === 'string' &&
      target.startsWith('#/') &&
      valueAt(input.document, decoded(target.slice(1))) === undefined
    ) {
      const here = at(pointer, 'discriminator', 'mapping', name)
      findings.report('ref-unresolved', here, `The mapping ${brief(target)} points at nothing`)
    }
  }
}

const LIMITS: [string, string][] = [
  ['minimum', 'maximum'],
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
]

function wrongType(type: JsonValue, modern: boolean): string | undefined {
  const known = modern ? [...TYPES, 'null'] : TYPES
  if (typeof type === 'string') {
    return known.includes(type) ? undefined : `${brief(type)} is not a type: ${known.join(', ')}`
  }
  if (!Array.isArray(type)) return `"type" should be text, but is ${brief(type)}`
  if (!modern) return 'A list of types is possible from OpenAPI 3.1 on'
  const wrong = type.find((entry) => typeof entry !== 'string' || !known.includes(entry))
  return wrong === undefined ? undefined : `${brief(wrong)} is not a type: ${known.join(', ')}`
}

function checkEnum(schema: JsonObject, pointer: string, { findings }: Pick<CheckInput, 'findings'>): void {
  if (!Array.isArray(own(schema, 'enum'))) return
  const values = listAt(schema, 'enum')
  const here = at(pointer, 'enum')
  if (values.length === 0) {
    findings.report('enum-invalid', here, 'An empty "enum" allows no value')
    return
  }
  const seen = new Set<string>()
  const twice = values.findIndex((value) => {
    const text = isObject(value) || Array.isArray(value) ? canonical(value) : `${typeof value} ${value}`
    return seen.size === seen.add(text).size
  })
  if (twice >= 0)
    findings.report('enum-invalid', at(here, twice), `The value ${brief(values[twice])} occurs twice`)
}

function compiles(pattern: string): boolean {
  for (const flags of ['u', '']) {
    try {
      new RegExp(pattern, flags)
      return true
    } catch {
      // Tried again without `u`: JSON Schema asks for Unicode, many documents escape as if it were off.
    }
  }
  return false
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
