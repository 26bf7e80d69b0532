// A schema → one plausible value: explicit examples and defaults first, else made from types, bounded in depth and size.
import { isObject, type JsonObject, type JsonValue, listAt, objectAt, own, textAt } from './json.ts'
import { at } from './pointer.ts'
import type { Refs } from './refs.ts'

/** Below this depth only required properties are made. */
const FULL_DEPTH = 3
const MAX_DEPTH = 8
const MAX_VALUES = 300

/** Requests leave out `readOnly` properties, responses `writeOnly` ones. */
export type Direction = 'request' | 'response'

export function exampleOf(schema: JsonValue, pointer: string, refs: Refs, direction: Direction): JsonValue {
  return new Maker(refs, direction).make(schema, pointer, 0) ?? null
}

/** The example a schema states for itself, after `$ref`. */
export function statedExample(schema: JsonValue, pointer: string, refs: Refs): JsonValue | undefined {
  const found = refs.object(schema, pointer)
  return found ? stated(found.value) : undefined
}

function stated(schema: JsonObject): JsonValue | undefined {
  return own(schema, 'example') ?? listAt(schema, 'examples')[0]
}

const TEXTS: Record<string, string> = {
  binary: '',
  byte: 'dGV4dA==',
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  duration: 'PT1H',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  password: 'correct-horse',
  time: '12:00:00Z',
  uri: 'https://example.com/',
  'uri-reference': '/path',
  url: 'https://example.com/',
  uuid: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
}

class Maker {
  readonly #refs: Refs
  readonly #direction: Direction
  readonly #open = new Set<JsonObject>()
  #made = 0

  constructor(refs: Refs, direction: Direction) {
    this.#refs = refs
    this.#direction = direction
  }

  /** Undefined: nothing sensible can be made here, so an optional property is better left out. */
  make(node: JsonValue, pointer: string, depth: number): JsonValue | undefined {
    const found = this.#refs.object(node, pointer)
    if (!found) return node === true ? 'any' : undefined
    const schema = found.value
    const given =
      stated(schema) ?? own(schema, 'const') ?? own(schema, 'default') ?? listAt(schema, 'enum')[0]
    if (given !== undefined) return given
    if (depth > MAX_DEPTH || this.#made >= MAX_VALUES || this.#open.has(schema)) return undefined
    this.#made++
    this.#open.add(schema)
    const value = this.#build(schema, found.pointer, depth)
    this.#open.delete(schema)
    return value
  }

  #build(schema: JsonObject, pointer: string, depth: number): JsonValue | undefined {
    const parts: JsonObject = {}
    let other: JsonValue | undefined
    for (const [index, part] of listAt(schema, 'allOf').entries()) {
      const value = this.make(part, at(pointer, 'allOf', index), depth)
      if (isObject(value)) Object.assign(parts, value)
      else other ??= value
    }
    const alternative = this.#alternative(schema, pointer, depth)
    if (isObject(alternative)) Object.assign(parts, alternative)
    else other ??= alternative
    const type = typeOf(schema)
    if (type === 'object' || (type === undefined && Object.keys(parts).length > 0)) {
      return { ...parts, ...this.#object(schema, pointer, depth) }
    }
    if (type === undefined || other !== undefined)
      return other ?? (this.#composed(schema) ? undefined : 'any')
    if (type === 'array') return this.#array(schema, pointer, depth)
    if (type === 'boolean') return true
    if (type === 'null') return null
    if (type === 'integer' || type === 'number') return numberFor(schema, type)
    return textFor(schema)
  }

  #composed(schema: JsonObject): boolean {
    return ['allOf', 'oneOf', 'anyOf', '$ref'].some((key) => own(schema, key) !== undefined)
  }

  #alternative(schema: JsonObject, pointer: string, depth: number): JsonValue | undefined {
    for (const key of ['oneOf', 'anyOf']) {
      for (const [index, part] of listAt(schema, key).entries()) {
        if (textAt(part, 'type') === 'null') continue
        const value = this.make(part, at(pointer, key, index), depth)
        if (value !== undefined) return value
      }
    }
    return undefined
  }

  #object(schema: JsonObject, pointer: string, depth: number): JsonObject {
    const value: JsonObject = {}
    const required = new Set(listAt(schema, 'required'))
    const hidden = this.#direction === 'request' ? 'readOnly' : 'writeOnly'
    for (const [name, property] of Object.entries(objectAt(schema, 'properties') ?? {})) {
      if (depth >= FULL_DEPTH && !required.has(name)) continue
      const here = at(pointer, 'properties', name)
      if (own(property, hidden) === true || own(this.#refs.object(property, here)?.value, hidden) === true)
        continue
      const made = this.make(property, here, depth + 1)
      if (made !== undefined) value[name] = made
      else if (required.has(name)) value[name] = this.#empty(property, here)
    }
    const extra = own(schema, 'additionalProperties')
    if (isObject(extra) && Object.keys(value).length === 0) {
      const made = this.make(extra, at(pointer, 'additionalProperties'), depth + 1)
      if (made !== undefined) value.key = made
    }
    return value
  }

  /** What stands for a required property that recursion or the bounds cut off. */
  #empty(schema: JsonValue, pointer: string): JsonValue {
    const type = typeOf(this.#refs.object(schema, pointer)?.value ?? {})
    return type === 'array' ? [] : type === 'object' ? {} : type === 'string' ? '' : null
  }

  #array(schema: JsonObject, pointer: string, depth: number): JsonValue[] {
    const first = listAt(schema, 'prefixItems').map((item, index) => {
      return this.make(item, at(pointer, 'prefixItems', index), depth + 1) ?? null
    })
    if (first.length > 0) return first
    const item = this.make(own(schema, 'items') ?? {}, at(pointer, 'items'), depth + 1)
    if (item === undefined) return []
    const wanted = own(schema, 'minItems')
    return Array.from(
      { length: typeof wanted === 'number' ? Math.min(Math.max(wanted, 1), 3) : 1 },
      () => item,
    )
  }
}

/** The first type that is not null; what the fields imply where none is stated. */
function typeOf(schema: JsonObject): string | undefined {
  const type = own(schema, 'type')
  if (typeof type === 'string') return type
  if (Array.isArray(type)) {
    const found = type.find((entry) => entry !== 'null') ?? type[0]
    return typeof found === 'string' ? found : undefined
  }
  if (own(schema, 'properties') !== undefined || isObject(own(schema, 'additionalProperties')))
    return 'object'
  if (own(schema, 'items') !== undefined || own(schema, 'prefixItems') !== undefined) return 'array'
  if (textAt(schema, 'format') !== undefined || textAt(schema, 'pattern') !== undefined) return 'string'
  return undefined
}

function numberFor(schema: JsonObject, type: 'integer' | 'number'): number {
  const minimum = numberAt(schema, 'minimum') ?? numberAt(schema, 'exclusiveMinimum')
  const maximum = numberAt(schema, 'maximum') ?? numberAt(schema, 'exclusiveMaximum')
  const step = numberAt(schema, 'multipleOf')
  let value = minimum ?? (maximum !== undefined && maximum < 1 ? maximum : 1)
  const open = own(schema, 'exclusiveMinimum')
  if (minimum !== undefined && open !== undefined && open !== false) value += step ?? 1
  if (step !== undefined && step > 0) value = Math.ceil(value / step) * step
  return type === 'integer' ? Math.ceil(value) : value
}

function textFor(schema: JsonObject): string {
  const format = textAt(schema, 'format') ?? ''
  const text = Object.hasOwn(TEXTS, format) ? (TEXTS[format] ?? '') : 'text'
  const longest = numberAt(schema, 'maxLength') ?? text.length
  const shortest = Math.min(numberAt(schema, 'minLength') ?? 0, 1_000)
  return text.slice(0, Math.max(longest, 0)).padEnd(shortest, 'x')
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = own(schema, key)
  return typeof value === 'number' ? value : undefined
}

/** Whether a media type carries JSON: `application/json`, `…+json`, and the wildcards that documents use for it. */
export function isJson(contentType: string): boolean {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  return type === 'application/json' || type === '*/*' || type === 'application/*' || type.endsWith('+json')
}
