// The schema part of the Swagger 2.0 upgrade: references renamed, `x-nullable` and `type: file` put into OpenAPI 3 words.
import type { FindingCode } from './codes.ts'
import { isObject, type JsonObject, type JsonValue } from './json.ts'
import { at } from './pointer.ts'

/** `pointer` is one of the document as received. */
export type Complain = (code: FindingCode, pointer: string, message: string) => void

/** Fields whose value is a schema, a list of schemas, or a map of schemas. */
const NESTED = new Set(['items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'not'])
/** The Schema Object of Swagger 2.0, section 5.2.19. */
const KNOWN = new Set([
  ...[
    '$ref',
    'format',
    'title',
    'description',
    'default',
    'multipleOf',
    'maximum',
    'exclusiveMaximum',
    'minimum',
  ],
  ...['exclusiveMinimum', 'maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems'],
  ...['maxProperties', 'minProperties', 'required', 'enum', 'type', 'items', 'allOf', 'properties'],
  ...['additionalProperties', 'discriminator', 'readOnly', 'xml', 'externalDocs', 'example'],
])

export function upgradeSchema(value: JsonValue, from: string, complain: Complain): JsonValue {
  if (!isObject(value)) return value
  const target: JsonObject = {}
  for (const [key, child] of Object.entries(value)) {
    const here = at(from, key)
    if (!KNOWN.has(key) && !key.startsWith('x-')) {
      complain('field-unknown', here, `"${key}" is not a field of a Swagger 2.0 schema`)
    }
    if (key === '$ref' && typeof child === 'string') target.$ref = renamedRef(child)
    else if (key === 'x-nullable') target.nullable = child
    else if (key === 'discriminator' && typeof child === 'string')
      target.discriminator = { propertyName: child }
    else if (key === 'type' && (Array.isArray(child) || child === 'null'))
      Object.assign(target, typeList(child))
    else if (key === 'items' && Array.isArray(child)) {
      complain(
        'upgrade-lossy',
        here,
        'A list of schemas in "items" has no OpenAPI 3.0 counterpart; any of them is taken',
      )
      target.items = { anyOf: child.map((schema, index) => upgradeSchema(schema, at(here, index), complain)) }
    } else if (key === 'type' && child === 'file') Object.assign(target, { type: 'string', format: 'binary' })
    else if ((key === 'properties' || key === 'patternProperties') && isObject(child)) {
      target[key] = Object.fromEntries(
        Object.entries(child).map(([name, schema]) => [
          name,
          upgradeSchema(schema, at(here, name), complain),
        ]),
      )
    } else if (NESTED.has(key)) {
      target[key] = Array.isArray(child)
        ? child.map((schema, index) => upgradeSchema(schema, at(here, index), complain))
        : upgradeSchema(child, here, complain)
    } else target[key] = child
  }
  return target
}

/** JSON Schema's `type: [string, null]`, which Swagger 2.0 allowed and OpenAPI 3.0 writes otherwise. */
function typeList(type: JsonValue): JsonObject {
  const types = (Array.isArray(type) ? type : [type]).filter((entry) => entry !== 'null')
  const nullable: JsonObject = Array.isArray(type) && types.length === type.length ? {} : { nullable: true }
  if (types.length === 0) return nullable
  const [only] = types
  return types.length === 1 && only !== undefined
    ? { type: only, ...nullable }
    : {
        anyOf: types.map((entry) => (entry === 'array' ? { type: entry, items: {} } : { type: entry })),
        ...nullable,
      }
}

const RENAMED: [string, string][] = [
  ['#/definitions/', '#/components/schemas/'],
  ['#/parameters/', '#/components/parameters/'],
  ['#/responses/', '#/components/responses/'],
]

export function renamedRef(ref: string): string {
  for (const [old, now] of RENAMED) if (ref.startsWith(old)) return now + ref.slice(old.length)
  return ref
}
