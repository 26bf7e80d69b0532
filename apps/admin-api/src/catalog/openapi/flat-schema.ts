// A schema as the diff compares it: references followed, `allOf` merged, and the spellings of 3.0 and 3.1 made equal.
import { canonical, isObject, type JsonObject, type JsonValue, listAt, objectAt, own } from './json.ts'
import { at } from './pointer.ts'
import { type Refs, refOf } from './refs.ts'

export interface Placed {
  schema: JsonValue
  pointer: string
}

export interface FlatSchema {
  pointer: string
  /** Undefined: any type. `null` among them where the value is nullable. */
  types: Set<string> | undefined
  values: JsonValue[] | undefined
  format: string | undefined
  pattern: string | undefined
  default: JsonValue | undefined
  properties: Map<string, Placed>
  required: Set<string>
  items: Placed | undefined
  additional: Placed | undefined
  /** False where unknown properties are forbidden. */
  open: boolean
  /** `oneOf` and `anyOf`, without the `null` that only says nullable. */
  alternatives: Placed[]
  /** Numeric keywords, exclusive limits in the form of 3.1. */
  limits: Map<string, number>
  /** Parts of `allOf` that both documents name alike, to be compared by themselves. */
  bases: Map<string, Placed>
  /** What only readers see, as one text. */
  prose: string
}

/** Schemas merged into one by `allOf`: real ones merge a handful, and a chain of thousands would exhaust the stack. */
const MAX_MERGED = 200
const LIMITS = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'],
]
const PROSE = ['title', 'description', 'example', 'examples', 'deprecated', 'externalDocs']

/** References among the direct parts of `allOf`. */
export function baseRefs(schema: JsonValue, pointer: string, refs: Refs): Set<string> {
  const found = refs.object(schema, pointer)
  return new Set(listAt(found?.value, 'allOf').flatMap((part) => refOf(part) ?? []))
}

/** `kept`: references in `allOf` that are not merged but left as `bases`. */
export function flatten(
  schema: JsonValue,
  pointer: string,
  refs: Refs,
  kept: ReadonlySet<string>,
): FlatSchema {
  const flat: FlatSchema = {
    pointer,
    types: undefined,
    values: undefined,
    format: undefined,
    pattern: undefined,
    default: undefined,
    properties: new Map(),
    required: new Set(),
    items: undefined,
    additional: undefined,
    open: true,
    alternatives: [],
    limits: new Map(),
    bases: new Map(),
    prose: '',
  }
  const found = refs.resolve(schema, pointer)
  flat.pointer = found.ok ? found.pointer : pointer
  add(flat, schema, pointer, { refs, kept, done: new Set() })
  const [only] = flat.alternatives
  if (flat.alternatives.length === 1 && only) {
    // `anyOf: [X, null]` is how 3.1 writes a nullable X; one alternative alone is no choice.
    flat.alternatives = []
    const types = flat.types
    add(flat, only.schema, only.pointer, { refs, kept, done: new Set() })
    if (types?.has('null') && flat.types) flat.types.add('null')
  }
  return flat
}

interface Merge {
  refs: Refs
  kept: ReadonlySet<string>
  /** Schemas merged already: merging twice changes nothing, and a diamond of `allOf`s would be walked 2^n times. */
  done: Set<JsonObject>
}

function add(flat: FlatSchema, schema: JsonValue, pointer: string, merge: Merge): void {
  const { refs, done } = merge
  const found = refs.object(schema, pointer)
  if (!found || done.has(found.value) || done.size >= MAX_MERGED) return
  done.add(found.value)
  // 3.1 lets keywords stand beside a `$ref`.
  if (refOf(schema) !== undefined && isObject(schema)) addFields(flat, schema, pointer, merge)
  addFields(flat, found.value, found.pointer, merge)
}

function addFields(flat: FlatSchema, schema: JsonObject, pointer: string, merge: Merge): void {
  for (const [index, part] of listAt(schema, 'allOf').entries()) {
    const here = at(pointer, 'allOf', index)
    const ref = refOf(part)
    if (ref !== undefined && merge.kept.has(ref)) flat.bases.set(ref, { schema: part, pointer: here })
    else add(flat, part, here, merge)
  }
  const types = typesOf(schema)
  if (types) flat.types = flat.types ? intersection(flat.types, types) : types
  const values = own(schema, 'const') !== undefined ? [own(schema, 'const') ?? null] : own(schema, 'enum')
  if (Array.isArray(values)) flat.values = values
  const { format, pattern } = schema
  if (typeof format === 'string') flat.format = format
  if (typeof pattern === 'string') flat.pattern = pattern
  flat.default = own(schema, 'default') ?? flat.default
  for (const [name, property] of Object.entries(objectAt(schema, 'properties') ?? {})) {
    flat.properties.set(name, { schema: property, pointer: at(pointer, 'properties', name) })
  }
  for (const name of listAt(schema, 'required')) if (typeof name === 'string') flat.required.add(name)
  const items = own(schema, 'items')
  if (items !== undefined) flat.items = { schema: items, pointer: at(pointer, 'items') }
  const additional = own(schema, 'additionalProperties')
  if (additional === false || own(schema, 'unevaluatedProperties') === false) flat.open = false
  if (isObject(additional))
    flat.additional = { schema: additional, pointer: at(pointer, 'additionalProperties') }
  for (const key of ['oneOf', 'anyOf']) addAlternatives(flat, schema, key, pointer)
  addLimits(flat, schema)
  const prose = PROSE.flatMap((key) => {
    const value = own(schema, key)
    return value === undefined ? [] : [`${key}:${canonical(value)}`]
  })
  if (prose.length > 0) flat.prose += `${prose.join('\n')}\n`
}

function addAlternatives(flat: FlatSchema, schema: JsonObject, key: string, pointer: string): void {
  for (const [index, part] of listAt(schema, key).entries()) {
    if (own(part, 'type') !== 'null')
      flat.alternatives.push({ schema: part, pointer: at(pointer, key, index) })
    else flat.types = new Set([...(flat.types ?? []), 'null'])
  }
}

function addLimits(flat: FlatSchema, schema: JsonObject): void {
  for (const key of LIMITS) {
    const value = own(schema, key)
    if (typeof value === 'number') flat.limits.set(key, value)
  }
  for (const [flag, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    const value = flat.limits.get(limit)
    if (own(schema, flag) !== true || value === undefined) continue
    flat.limits.delete(limit)
    flat.limits.set(flag, value)
  }
}

function typesOf(schema: JsonObject): Set<string> | undefined {
  const type = own(schema, 'type')
  const list = (Array.isArray(type) ? type : [type]).filter((entry) => typeof entry === 'string')
  if (list.length === 0) return own(schema, 'properties') === undefined ? undefined : new Set(['object'])
  return new Set(own(schema, 'nullable') === true ? [...list, 'null'] : list)
}

function intersection(a: Set<string>, b: Set<string>): Set<string> {
  const both = new Set([...a].filter((type) => b.has(type)))
  return both.size > 0 ? both : b
}
