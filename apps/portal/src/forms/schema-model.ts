// From JSON Schema 2020-12 with our hints to the fields of a form; whatever it does not know becomes a JSON field, never a lost one.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonSchema = Readonly<Record<string, unknown>>

interface Shared {
  title: string
  help?: string
  group?: string
  isRequired: boolean
  isNullable: boolean
  /** What the server takes when nothing is set. */
  fallback?: Json
}

export type TextWidget = 'text' | 'textarea' | 'code' | 'secret' | 'cidr' | 'email' | 'url'
/** `id`: a number that names something, which nobody counts. */
export type NumberWidget = 'number' | 'id' | 'percent' | 'duration' | 'bytes'

export type FieldNode =
  | (Shared & { kind: 'text'; widget: TextWidget; pattern?: string; minLength?: number; maxLength?: number })
  | (Shared & { kind: 'number'; widget: NumberWidget; isInteger: boolean; min?: number; max?: number })
  | (Shared & { kind: 'boolean' })
  | (Shared & { kind: 'choice'; options: ReadonlyArray<{ value: Json; label: string }> })
  | (Shared & { kind: 'fixed'; value: Json })
  | (Shared & { kind: 'list'; item: FieldNode; min?: number; max?: number })
  | (Shared & { kind: 'object'; members: readonly Member[] })
  | (Shared & { kind: 'map'; value: FieldNode })
  | (Shared & { kind: 'variants'; by: string; variants: readonly Variant[] })
  | (Shared & { kind: 'json' })

export interface Member {
  name: string
  node: FieldNode
}

export interface Variant {
  value: Json
  title: string
  members: readonly Member[]
}

/** Reads a whole schema; local `$ref`s are followed, and a recursive one becomes a JSON field. */
export function readSchema(schema: JsonSchema): FieldNode {
  return read(schema, { root: schema, name: '', isRequired: true, seen: [] })
}

interface Place {
  root: JsonSchema
  name: string
  isRequired: boolean
  seen: readonly string[]
}

function read(raw: JsonSchema, place: Place): FieldNode {
  const followed = follow(raw, place)
  if (!followed) return { ...sharedOf(raw, place), kind: 'json' }
  const [resolved, at] = followed
  const [schema, isNullable] = withoutNull(resolved)
  const shared = { ...sharedOf({ ...schema, ...resolved }, at), isNullable }
  return { ...shape(schema, shared, at), ...shared } as FieldNode
}

function shape(schema: JsonSchema, shared: Shared, place: Place): FieldNode {
  if ('const' in schema) return { ...shared, kind: 'fixed', value: schema.const as Json }
  if (Array.isArray(schema.enum)) {
    return {
      ...shared,
      kind: 'choice',
      options: schema.enum.map((value: Json) => ({ value, label: words(String(value)) })),
    }
  }
  const branches = list(schema.oneOf) ?? list(schema.anyOf)
  if (branches) return union(branches, shared, place)
  const { type } = schema
  if (type === 'string') return text(schema, shared)
  if (type === 'number' || type === 'integer') return number(schema, shared, type === 'integer')
  if (type === 'boolean') return { ...shared, kind: 'boolean' }
  if (type === 'array' && isSchema(schema.items)) {
    const item = read(schema.items, { ...place, name: '', isRequired: true })
    return {
      ...shared,
      kind: 'list',
      item,
      ...optional('min', schema.minItems),
      ...optional('max', schema.maxItems),
    }
  }
  if (type === 'object' || isSchema(schema.properties)) {
    const properties = isSchema(schema.properties) ? schema.properties : {}
    const extra = schema.additionalProperties
    if (Object.keys(properties).length === 0 && isSchema(extra)) {
      return { ...shared, kind: 'map', value: read(extra, { ...place, name: '', isRequired: true }) }
    }
    // Members beyond the named ones cannot be shown as fields; the JSON field keeps them.
    if (extra !== undefined && extra !== false && !(isSchema(extra) && Object.keys(extra).length === 0))
      return { ...shared, kind: 'json' }
    return { ...shared, kind: 'object', members: members(schema, place) }
  }
  return { ...shared, kind: 'json' }
}

function text(schema: JsonSchema, shared: Shared): FieldNode {
  return {
    ...shared,
    kind: 'text',
    widget: textWidget(schema),
    ...optional('pattern', schema.pattern),
    ...optional('minLength', schema.minLength),
    ...optional('maxLength', schema.maxLength),
  } as FieldNode
}

function textWidget(schema: JsonSchema): TextWidget {
  if (schema.secret === true || schema.widget === 'password') return 'secret'
  const { widget, format } = schema
  if (widget === 'textarea' || widget === 'markdown') return 'textarea'
  if (widget === 'code' || widget === 'json' || widget === 'pem') return 'code'
  if (widget === 'cidr' || format === 'cidrv4' || format === 'cidrv6') return 'cidr'
  if (widget === 'email' || format === 'email') return 'email'
  if (widget === 'url' || format === 'uri') return 'url'
  return 'text'
}

// zod writes the safe-integer bounds into every integer; they are no limit a person should read.
const farBound = Number.MAX_SAFE_INTEGER

const numberWidgets: readonly NumberWidget[] = ['number', 'id', 'percent', 'duration', 'bytes']

function number(schema: JsonSchema, shared: Shared, isInteger: boolean): FieldNode {
  const widget = numberWidgets.find((name) => name === schema.widget) ?? 'number'
  const step = isInteger ? 1 : 0
  const low =
    bound(schema.minimum) ??
    (bound(schema.exclusiveMinimum) === undefined ? undefined : Number(schema.exclusiveMinimum) + step)
  const high =
    bound(schema.maximum) ??
    (bound(schema.exclusiveMaximum) === undefined ? undefined : Number(schema.exclusiveMaximum) - step)
  return {
    ...shared,
    kind: 'number',
    widget,
    isInteger,
    ...optional('min', low),
    ...optional('max', high),
  } as FieldNode
}

function bound(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < farBound ? value : undefined
}

function members(schema: JsonSchema, place: Place): Member[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(schema.properties as Record<string, JsonSchema>).map(([name, child]) => ({
    name,
    node: read(child, { ...place, name, isRequired: required.includes(name) }),
  }))
}

function union(branches: readonly JsonSchema[], shared: Shared, place: Place): FieldNode {
  if (branches.length === 1 && branches[0]) return { ...read(branches[0], place), ...shared } as FieldNode
  const objects = branches.map((branch) => follow(branch, place)?.[0])
  if (objects.every((branch): branch is JsonSchema => branch !== undefined && 'const' in branch)) {
    const options = objects.map((branch) => ({
      value: branch.const as Json,
      label: title(branch) ?? words(String(branch.const)),
    }))
    return { ...shared, kind: 'choice', options }
  }
  const by = discriminator(objects)
  if (!by) return { ...shared, kind: 'json' }
  const variants = objects.flatMap((branch): Variant[] => {
    if (!branch) return []
    const all = members(branch, place)
    const tag = all.find((member) => member.name === by)
    const rest = all.filter((member) => member.name !== by)
    if (tag?.node.kind === 'fixed') {
      return [{ value: tag.node.value, title: title(branch) ?? words(String(tag.node.value)), members: rest }]
    }
    // One branch may serve several tags: kind: 'a' | 'b'.
    if (tag?.node.kind === 'choice') {
      return tag.node.options.map((option) => ({ value: option.value, title: option.label, members: rest }))
    }
    return []
  })
  return { ...shared, kind: 'variants', by, variants }
}

// The member that is a constant, or an enumeration, in every branch and never the same twice.
function discriminator(branches: ReadonlyArray<JsonSchema | undefined>): string | undefined {
  const first = branches[0]
  if (!first || !isSchema(first.properties)) return undefined
  return Object.keys(first.properties).find((name) => {
    const seen = new Set<unknown>()
    return branches.every((branch) => {
      const properties = branch?.properties
      const property = isSchema(properties) ? properties[name] : undefined
      if (!isSchema(property)) return false
      const values =
        'const' in property ? [property.const] : Array.isArray(property.enum) ? property.enum : []
      const isFresh = values.length > 0 && values.every((value) => !seen.has(value))
      for (const value of values) seen.add(value)
      return isFresh
    })
  })
}

function follow(schema: JsonSchema, place: Place): [JsonSchema, Place] | undefined {
  const { $ref: ref, ...own } = schema
  if (typeof ref !== 'string') return [schema, place]
  if (!ref.startsWith('#/') || place.seen.includes(ref)) return undefined
  let target: unknown = place.root
  for (const part of ref.slice(2).split('/')) {
    target = isSchema(target) ? target[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }
  if (!isSchema(target)) return undefined
  return follow({ ...target, ...own }, { ...place, seen: [...place.seen, ref] })
}

/** `anyOf: [X, null]` and `type: ['string', 'null']` are X that may be null. */
function withoutNull(schema: JsonSchema): [JsonSchema, boolean] {
  const branches = list(schema.anyOf) ?? list(schema.oneOf)
  if (branches?.some((branch) => branch.type === 'null')) {
    const rest = branches.filter((branch) => branch.type !== 'null')
    const { anyOf: _any, oneOf: _one, ...own } = schema
    return rest.length === 1 ? [{ ...rest[0], ...own }, true] : [{ ...own, anyOf: rest }, true]
  }
  if (Array.isArray(schema.type) && schema.type.includes('null')) {
    const rest = schema.type.filter((name) => name !== 'null')
    return [{ ...schema, type: rest.length === 1 ? rest[0] : rest }, true]
  }
  return [schema, false]
}

function sharedOf(schema: JsonSchema, place: Place): Shared {
  return {
    title: title(schema) ?? words(place.name),
    ...optional('help', schema.help ?? schema.description),
    ...optional('group', schema.group),
    isRequired: place.isRequired && !('default' in schema),
    isNullable: false,
    ...('default' in schema ? { fallback: schema.default as Json } : {}),
  } as Shared
}

function title(schema: JsonSchema): string | undefined {
  return typeof schema.title === 'string' ? schema.title : undefined
}

const acronyms: Readonly<Record<string, string>> = {
  http: 'HTTP',
  tcp: 'TCP',
  grpc: 'gRPC',
  https: 'HTTPS',
  EdDSA: 'EdDSA',
}

/** `firstByteTimeoutMs` → "First byte timeout ms"; `token-bucket` → "Token bucket". */
export function words(name: string): string {
  const acronym = acronyms[name]
  if (acronym !== undefined) return acronym
  if (/^[A-Z0-9*]+$/.test(name)) return name
  const spaced = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[-_]+/g, ' ')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function list(value: unknown): readonly JsonSchema[] | undefined {
  return Array.isArray(value) && value.every(isSchema) ? value : undefined
}

function optional(name: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [name]: value }
}
