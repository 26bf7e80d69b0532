// A schema of a document → JSON Schema 2020-12 whose references are names of definitions: the dialects of 2.0, 3.0 and 3.1 become one.
import { uncheckablePattern } from '@gatewright/shared/validation/patterns'
import { isObject, type JsonObject, type JsonValue, listAt, own, textAt } from './json.ts'
import { at, segments } from './pointer.ts'
import { failure, type Refs, refOf } from './refs.ts'

/** Which way a message goes: requests do without what is `readOnly`, responses without what is `writeOnly`. */
export type MessageDirection = 'request' | 'response'

/** A place that cannot be checked, and why, as a clause that follows its pointer. */
export interface SchemaFault {
  readonly pointer: string
  readonly message: string
}

/** Schemas nested deeper than this are written by nobody by hand. */
const depthMax = 100

type Kind = 'number' | 'count' | 'text' | 'flag' | 'names' | 'any'

/** Keywords with plain values, and what these have to be. */
const plain: Readonly<Record<string, Kind>> = {
  const: 'any',
  format: 'text',
  pattern: 'text',
  maximum: 'number',
  minimum: 'number',
  multipleOf: 'number',
  maxLength: 'count',
  minLength: 'count',
  maxItems: 'count',
  minItems: 'count',
  minContains: 'count',
  maxContains: 'count',
  maxProperties: 'count',
  minProperties: 'count',
  uniqueItems: 'flag',
  readOnly: 'flag',
  writeOnly: 'flag',
  required: 'names',
}
const inSchema = [
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const inList = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const inMap = ['properties', 'patternProperties', 'dependentSchemas']
const typeNames: ReadonlySet<string> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
  'null',
  'array',
  'object',
])

/** Converts the schemas of one document; definitions are converted when something leads to them. */
export class SchemaConverter {
  readonly #refs: Refs
  /** 3.0 and 2.0: `nullable`, flags for exclusive bounds, nothing beside a `$ref`. */
  readonly #isOld: boolean
  readonly #names = new Map<string, string>()
  readonly #taken = new Set<string>()
  readonly #open: { name: string; value: JsonValue; pointer: string }[] = []
  readonly definitions: Record<MessageDirection, Map<string, JsonValue>> = {
    request: new Map(),
    response: new Map(),
  }
  /** What cannot be checked: place and reason. Reset by whoever reads them. */
  faults: SchemaFault[] = []
  /** The faults of a definition are those of everything that leads to it. */
  readonly definitionFaults = new Map<string, readonly SchemaFault[]>()

  constructor(refs: Refs, isOld: boolean) {
    this.#refs = refs
    this.#isOld = isOld
  }

  /** The schema at `pointer`, with its definitions in `definitions`. */
  convert(schema: JsonValue, pointer: string, direction: MessageDirection): JsonValue {
    const converted = this.#schema(schema, pointer, direction, 0)
    for (let next = this.#open.pop(); next; next = this.#open.pop()) {
      for (const way of ['request', 'response'] as const) {
        const outer = this.faults
        this.faults = []
        this.definitions[way].set(next.name, this.#schema(next.value, next.pointer, way, 0))
        if (way === 'request') this.definitionFaults.set(next.name, this.faults)
        this.faults = outer
      }
    }
    return converted
  }

  #schema(schema: JsonValue, pointer: string, direction: MessageDirection, depth: number): JsonValue {
    if (typeof schema === 'boolean') return schema
    if (!isObject(schema)) return this.#fault(pointer, 'is no schema')
    if (depth > depthMax) return this.#fault(pointer, `is nested more than ${depthMax} levels deep`)
    const ref = refOf(schema) ?? textAt(schema, '$dynamicRef')
    const target = ref === undefined ? undefined : this.#reference(ref, pointer)
    if (target !== undefined && this.#isOld) return this.#orNull(schema, target)
    const converted = this.#keywords(schema, pointer, direction, depth + 1)
    if (target === undefined) return converted
    return Object.keys(converted).length === 0 ? target : { allOf: [target, converted] }
  }

  #reference(ref: string, pointer: string): JsonValue {
    const found = this.#refs.resolve({ $ref: ref }, pointer)
    if (!found.ok) return this.#fault(pointer, `refers to what is not there: its $ref ${failure(found)}`)
    let name = this.#names.get(found.pointer)
    if (name === undefined) {
      name = this.#nameOf(found.pointer)
      this.#names.set(found.pointer, name)
      this.#open.push({ name, value: found.value, pointer: found.pointer })
    }
    return { $ref: `#/$defs/${name}` }
  }

  #nameOf(pointer: string): string {
    const word = (segments(pointer).at(-1) ?? '').replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100) || 'schema'
    let name = word
    for (let i = 2; this.#taken.has(name) || name === '__proto__'; i++) name = `${word}_${i}`
    this.#taken.add(name)
    return name
  }

  #keywords(schema: JsonObject, pointer: string, direction: MessageDirection, depth: number): JsonObject {
    const sub = (value: JsonValue, ...path: (string | number)[]) =>
      this.#schema(value, at(pointer, ...path), direction, depth)
    const result: JsonObject = {}
    for (const [key, value] of Object.entries(schema)) {
      const kind = Object.hasOwn(plain, key) ? plain[key] : undefined
      if (kind !== undefined) {
        if (key === 'pattern' && typeof value === 'string') this.#pattern(value, at(pointer, key), result)
        else if (isOf(kind, value)) result[key] = value
        else this.#fault(at(pointer, key), `is not what "${key}" may be`)
      } else if (inSchema.includes(key)) result[key] = sub(value, key)
      else if (inList.includes(key)) {
        if (Array.isArray(value) && value.length > 0) result[key] = value.map((one, i) => sub(one, key, i))
        else this.#fault(at(pointer, key), 'is no list of schemas')
      } else if (inMap.includes(key)) {
        if (!isObject(value)) this.#fault(at(pointer, key), 'is no object of schemas')
        else {
          const members = Object.entries(value).filter(([name]) => {
            return key !== 'patternProperties' || this.#isCheckable(name, at(pointer, key, name))
          })
          const entries = members.map(([name, one]): [string, JsonValue] => [name, sub(one, key, name)])
          result[key] = Object.fromEntries(entries)
        }
      }
    }
    this.#enumeration(schema, pointer, result)
    this.#bounds(schema, result)
    this.#items(schema, sub, result)
    this.#additional(schema, sub, result)
    this.#types(schema, pointer, result)
    this.#forDirection(schema, pointer, direction, result)
    this.#discriminator(schema, result)
    return this.#isOld ? this.#orNull(schema, result) : result
  }

  #pattern(source: string, pointer: string, result: JsonObject): void {
    if (this.#isCheckable(source, pointer)) result.pattern = source
  }

  #isCheckable(source: string, pointer: string): boolean {
    const reason = uncheckablePattern(source)
    if (reason !== null) this.#fault(pointer, `is a pattern that cannot be tested in bounded time: ${reason}`)
    return reason === null
  }

  #types(schema: JsonObject, pointer: string, result: JsonObject): void {
    const type = own(schema, 'type')
    if (type === undefined || type === 'file') return
    const types = (Array.isArray(type) ? type : [type]).filter(
      (one): one is string => typeof one === 'string' && typeNames.has(one),
    )
    if (types.length === 0) {
      this.#fault(at(pointer, 'type'), 'is none of the types of JSON')
      return
    }
    result.type = types.length === 1 ? (types[0] ?? null) : [...new Set(types)]
  }

  #enumeration(schema: JsonObject, pointer: string, result: JsonObject): void {
    const values = own(schema, 'enum')
    if (values === undefined) return
    if (Array.isArray(values) && values.length > 0) result.enum = uniqueValues(values)
    else this.#fault(at(pointer, 'enum'), 'lists no values')
  }

  /** 3.0 has flags where 3.1 has the bound itself. */
  #bounds(schema: JsonObject, result: JsonObject): void {
    for (const [exclusive, inclusive] of [
      ['exclusiveMaximum', 'maximum'],
      ['exclusiveMinimum', 'minimum'],
    ] as const) {
      const value = own(schema, exclusive)
      const bound = result[inclusive]
      if (isOf('number', value)) result[exclusive] = value ?? null
      else if (value === true && bound !== undefined) {
        result[exclusive] = bound
        delete result[inclusive]
      }
    }
  }

  #items(
    schema: JsonObject,
    sub: (value: JsonValue, ...path: (string | number)[]) => JsonValue,
    result: JsonObject,
  ): void {
    const items = own(schema, 'items')
    if (items === undefined) return
    // Lists of items are how drafts before 2020-12 wrote `prefixItems`.
    if (Array.isArray(items)) {
      if (items.length > 0) result.prefixItems = items.map((one, i) => sub(one, 'items', i))
    } else result.items = sub(items, 'items')
  }

  #additional(
    schema: JsonObject,
    sub: (value: JsonValue, ...path: (string | number)[]) => JsonValue,
    result: JsonObject,
  ): void {
    const value = own(schema, 'additionalProperties')
    if (value !== undefined) result.additionalProperties = sub(value, 'additionalProperties')
    const dependent = own(schema, 'dependentRequired')
    if (isObject(dependent) && Object.values(dependent).every((names) => isOf('names', names)))
      result.dependentRequired = dependent
  }

  /** What only the other side writes is not demanded of this one (OpenAPI 3.0.4, 4.7.24.2). */
  #forDirection(schema: JsonObject, pointer: string, direction: MessageDirection, result: JsonObject): void {
    const flag = direction === 'request' ? 'readOnly' : 'writeOnly'
    const required = result.required
    const properties = own(schema, 'properties')
    if (!Array.isArray(required) || !isObject(properties)) return
    const kept = required.filter((name) => {
      const property = own(properties, String(name))
      return property === undefined || !this.#has(property, flag, at(pointer, 'properties', String(name)))
    })
    if (kept.length > 0) result.required = kept
    else delete result.required
  }

  #has(schema: JsonValue, flag: string, pointer: string): boolean {
    const found = this.#refs.object(schema, pointer)?.value
    if (!found) return false
    if (own(found, flag) === true || own(schema, flag) === true) return true
    return listAt(found, 'allOf').some((one) => own(this.#refs.object(one, pointer)?.value, flag) === true)
  }

  /** The one alternative that the value names is looked at alone: faster, and what is wrong is said of that one. */
  #discriminator(schema: JsonObject, result: JsonObject): void {
    const discriminator = own(schema, 'discriminator')
    const name = typeof discriminator === 'string' ? discriminator : textAt(discriminator, 'propertyName')
    const key = result.oneOf === undefined ? 'anyOf' : 'oneOf'
    const alternatives = listAt(schema, key)
    const converted = result[key]
    if (name === undefined || name === '__proto__' || !Array.isArray(converted)) return
    const targets = alternatives.map((one) => refOf(one))
    if (targets.some((target) => target === undefined)) return
    const values = new Map<string, JsonValue>()
    const mapping = own(discriminator, 'mapping')
    const mapped = new Set<number>()
    for (const [value, target] of isObject(mapping) ? Object.entries(mapping) : []) {
      const i = targets.findIndex((one) => one === target || lastOf(one) === target)
      if (i < 0) return
      values.set(value, converted[i] ?? true)
      mapped.add(i)
    }
    for (const [i, target] of targets.entries()) {
      if (!mapped.has(i)) values.set(lastOf(target), converted[i] ?? true)
    }
    delete result[key]
    const chosen = Array.from(values, ([value, then]): JsonValue => {
      return { if: { properties: { [name]: { const: value } }, required: [name] }, then }
    })
    const must = { type: 'object', required: [name], properties: { [name]: { enum: [...values.keys()] } } }
    const rest = listAt(result, 'allOf')
    result.allOf = [...rest, must, ...chosen]
  }

  /** `nullable` (3.0): also beside `$ref` and `allOf`, where many documents have it and mean it. */
  #orNull<Converted extends JsonValue>(schema: JsonObject, converted: Converted): Converted | JsonObject {
    if (own(schema, 'nullable') !== true && own(schema, 'x-nullable') !== true) return converted
    return { anyOf: [{ type: 'null' }, converted] }
  }

  #fault(pointer: string, message: string): true {
    this.faults.push({ pointer, message })
    return true
  }
}

function isOf(kind: Kind, value: JsonValue | undefined): boolean {
  switch (kind) {
    case 'any':
      return value !== undefined
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'count':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    case 'text':
      return typeof value === 'string'
    case 'flag':
      return typeof value === 'boolean'
    case 'names':
      return Array.isArray(value) && value.every((name) => typeof name === 'string')
  }
}

function uniqueValues(values: JsonValue[]): JsonValue[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]))
  return [...seen.values()]
}

function lastOf(ref: string | undefined): string {
  return segments((ref ?? '').replace(/^[^#]*#/, '')).at(-1) ?? ''
}
