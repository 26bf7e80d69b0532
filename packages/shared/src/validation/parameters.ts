// The text of parameters → the values that it stands for, by the styles of OpenAPI (3.1, 4.8.12.2; RFC 6570).

import { scanJson } from './json-scan.ts'
import type { ParameterRule, WireShape, WireType } from './operation-rules.ts'

/** Where parameters are read from. */
export interface ParameterSource {
  /** As it stands in the path, percent-encoded. */
  path(name: string): string | undefined
  /** Without `?`. */
  readonly query: string
  /** By lower-case name. */
  header(name: string): string | undefined
}

/** What of the text itself is wrong, before any schema is asked. */
export interface ParameterFault {
  readonly in: ParameterRule['in']
  readonly name: string
  readonly rule: 'encoding' | 'repeated' | 'json' | 'undeclared'
}

export interface ParameterValues {
  /** Place → name → value. */
  readonly values: Record<ParameterRule['in'], Record<string, unknown>>
  readonly faults: ParameterFault[]
}

const formPairsMax = 5_000
const jsonLimits = { depth: 32, keys: 1_000, items: 1_000, stringBytes: 65_536, values: 10_000 }

/** `undeclared`: names of the query beyond those of the operation are faults, but for these; null = they are left alone. */
export function readParameters(
  rules: readonly ParameterRule[],
  source: ParameterSource,
  undeclared: ReadonlySet<string> | null,
): ParameterValues {
  const faults: ParameterFault[] = []
  const values: ParameterValues['values'] = { path: {}, query: {}, header: {}, cookie: {} }
  const query =
    rules.some((rule) => rule.in === 'query') || undeclared !== null ? new Pairs(source.query, '&') : null
  const cookies = rules.some((rule) => rule.in === 'cookie')
    ? new Pairs(source.header('cookie') ?? '', ';')
    : null
  for (const rule of rules) {
    let value: unknown
    try {
      if (rule.in === 'path') value = pathValue(rule, source.path(rule.name))
      else if (rule.in === 'header') value = headerValue(rule, source.header(rule.name))
      else value = pairsValue(rule, rule.in === 'query' ? query : cookies)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      faults.push({ in: rule.in, name: rule.name, rule: error.rule })
      continue
    }
    if (value !== undefined) values[rule.in][rule.name] = value
  }
  if (undeclared !== null && query !== null) {
    for (const name of query.untaken()) {
      if (!undeclared.has(name)) faults.push({ in: 'query', name, rule: 'undeclared' })
    }
  }
  return { values, faults }
}

/** Fields of a form (application/x-www-form-urlencoded): each as a query parameter of the style `form` is. */
export function readForm(
  text: string,
  fields: Readonly<Record<string, WireShape>>,
): {
  readonly value: Record<string, unknown>
  readonly fault: ParameterFault['rule'] | null
} {
  // Few servers read a thousand; a hundred thousand would keep all other requests of the worker waiting.
  if (text.split('&', formPairsMax + 1).length > formPairsMax) return { value: {}, fault: 'repeated' }
  const pairs = new Pairs(text, '&')
  const value: Record<string, unknown> = {}
  try {
    for (const [name, shape] of Object.entries(fields)) {
      const rule: ParameterRule = {
        name,
        in: 'query',
        style: 'form',
        explode: true,
        required: false,
        json: false,
        shape,
      }
      // Nested fields are written as PHP, Rails and Stripe have them, or as one JSON text.
      const one =
        shape.kind === 'object' ? (deepObject(rule, pairs) ?? formJson(rule, pairs)) : pairsValue(rule, pairs)
      if (one !== undefined) value[name] = one
    }
    for (const name of pairs.untaken())
      if (name !== '__proto__') {
        const texts = pairs.take(name).map((text) => decoded(text))
        value[name] = texts.length > 1 ? texts : texts[0]
      }
  } catch (error) {
    if (error instanceof Unreadable) return { value, fault: error.rule }
    throw error
  }
  return { value, fault: null }
}

class Unreadable extends Error {
  readonly rule: ParameterFault['rule']

  constructor(rule: ParameterFault['rule']) {
    super(rule)
    this.rule = rule
  }
}

/** `name=value` pairs as they were sent; values still encoded. */
class Pairs {
  readonly #values = new Map<string, string[]>()
  readonly #taken = new Set<string>()

  constructor(text: string, separator: '&' | ';') {
    if (text === '') return
    const pairs = text.split(separator)
    for (const pair of pairs) {
      const trimmed = separator === ';' ? pair.trim() : pair
      if (trimmed === '') continue
      const equals = trimmed.indexOf('=')
      const name = loose(equals < 0 ? trimmed : trimmed.slice(0, equals))
      const value = equals < 0 ? '' : trimmed.slice(equals + 1)
      const known = this.#values.get(name)
      if (known) known.push(value)
      else this.#values.set(name, [value])
    }
  }

  take(name: string): readonly string[] {
    this.#taken.add(name)
    return this.#values.get(name) ?? []
  }

  /** Names that begin so, as `filter[` does. */
  startingWith(prefix: string): string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix))
  }

  untaken(): string[] {
    return [...this.#values.keys()].filter((name) => !this.#taken.has(name))
  }
}

function pathValue(rule: ParameterRule, raw: string | undefined): unknown {
  if (raw === undefined) return undefined
  const { name, shape, explode, style } = rule
  if (rule.json) return json(decoded(raw, false))
  if (style === 'label') return listed(raw.replace(/^\./, ''), explode ? '.' : ',', shape, explode, false)
  if (style !== 'matrix') return listed(raw, ',', shape, explode, false)
  const parts = raw.replace(/^;/, '').split(';')
  const own = `${name}=`
  if (shape.kind === 'object' && explode) return fromEntries(parts, shape, false)
  const texts = parts.map((part) => (part.startsWith(own) ? part.slice(own.length) : part))
  if (shape.kind === 'array' && explode) return texts.map((text) => coerce(decoded(text, false), shape.types))
  return listed(texts[0] ?? '', ',', shape, false, false)
}

function headerValue(rule: ParameterRule, raw: string | undefined): unknown {
  if (raw === undefined) return undefined
  const { shape } = rule
  if (rule.json) return json(raw)
  if (shape.kind === 'scalar') return coerce(raw, shape.types)
  const parts = raw.split(',').map((part) => part.trim())
  if (shape.kind === 'array') return raw === '' ? [] : parts.map((part) => coerce(part, shape.types))
  return rule.explode ? fromEntries(parts, shape, null) : fromFlat(parts, shape, null)
}

function pairsValue(rule: ParameterRule, pairs: Pairs | null): unknown {
  if (pairs === null) return undefined
  const { name, style, explode, shape } = rule
  if (style === 'deepObject') return deepObject(rule, pairs)
  if (shape.kind === 'object' && explode && !rule.json) return explodedObject(rule, pairs)
  const values = pairs.take(name)
  const [first] = values
  if (first === undefined) return undefined
  if (shape.kind === 'array' && explode && !rule.json)
    return values.map((value) => coerce(decoded(value), shape.types))
  // Which of several counts, the gateway and the upstream might decide otherwise.
  if (values.length > 1) throw new Unreadable('repeated')
  if (rule.json) return json(decoded(first))
  const separator = style === 'spaceDelimited' ? / |%20|\+/ : style === 'pipeDelimited' ? /\||%7C/i : ','
  return listed(first, separator, shape, false, true)
}

function explodedObject({ shape }: ParameterRule, pairs: Pairs): unknown {
  const value: Record<string, unknown> = {}
  for (const [name, types] of Object.entries(shape.properties ?? {})) {
    const values = pairs.take(name)
    if (values.length > 1) throw new Unreadable('repeated')
    if (values[0] !== undefined) value[name] = coerce(decoded(values[0]), types)
  }
  return Object.keys(value).length === 0 ? undefined : value
}

function deepObject({ name, shape }: ParameterRule, pairs: Pairs): unknown {
  const value: Record<string, unknown> = {}
  const names = pairs.startingWith(`${name}[`)
  for (const written of names) {
    const path = written.slice(name.length)
    // Deeper levels have no meaning that OpenAPI would state: they pass as what they are.
    const match = /^\[([^[\]]+)\]$/.exec(path)
    const [first, ...more] = pairs.take(written)
    if (!match || first === undefined) continue
    if (more.length > 0) throw new Unreadable('repeated')
    const property = match[1] ?? ''
    if (property === '__proto__') throw new Unreadable('encoding')
    value[property] = coerce(decoded(first), typesOf(shape, property))
  }
  return names.length === 0 ? undefined : value
}

function formJson({ name }: ParameterRule, pairs: Pairs): unknown {
  const [first, ...more] = pairs.take(name)
  if (first === undefined) return undefined
  if (more.length > 0) throw new Unreadable('repeated')
  return json(decoded(first))
}

/** A value in one text: of an array or object its parts. `plus`: a plus sign is a space there. */
function listed(
  raw: string,
  separator: string | RegExp,
  shape: WireShape,
  explode: boolean,
  plus: boolean,
): unknown {
  if (shape.kind === 'scalar') return coerce(decoded(raw, plus), shape.types)
  const parts = raw === '' ? [] : raw.split(separator)
  if (shape.kind === 'array') return parts.map((part) => coerce(decoded(part, plus), shape.types))
  return explode ? fromEntries(parts, shape, plus) : fromFlat(parts, shape, plus)
}

/** `a=1` each. `plus` null: nothing is encoded. */
function fromEntries(
  parts: readonly string[],
  shape: WireShape,
  plus: boolean | null,
): Record<string, unknown> {
  const flat = parts.flatMap((part) => {
    const equals = part.indexOf('=')
    return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
  })
  return fromFlat(flat, shape, plus)
}

/** Name and value in turn. */
function fromFlat(parts: readonly string[], shape: WireShape, plus: boolean | null): Record<string, unknown> {
  const read = (text: string) => (plus === null ? text : decoded(text, plus))
  const value: Record<string, unknown> = {}
  for (let i = 0; i < parts.length; i += 2) {
    const name = read(parts[i] ?? '')
    if (name === '__proto__') throw new Unreadable('encoding')
    if (Object.hasOwn(value, name)) throw new Unreadable('repeated')
    value[name] = coerce(read(parts[i + 1] ?? ''), typesOf(shape, name))
  }
  return value
}

function typesOf({ properties, types }: WireShape, name: string): readonly WireType[] {
  return properties !== undefined && Object.hasOwn(properties, name) ? (properties[name] ?? types) : types
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What a text means where these types are expected; the text itself when it means none of them. */
function coerce(text: string, types: readonly WireType[]): unknown {
  for (const type of types) {
    if ((type === 'integer' || type === 'number') && text.length < 400 && number.test(text))
      return Number(text)
    if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
    if (type === 'null' && (text === 'null' || text === '') && !types.includes('string')) return null
  }
  return text
}

function decoded(text: string, plus = true): string {
  if (!text.includes('%') && !(plus && text.includes('+'))) return text
  try {
    return decodeURIComponent(plus ? text.replaceAll('+', ' ') : text)
  } catch {
    throw new Unreadable('encoding')
  }
}

/** A name that cannot be decoded is none that was declared. */
function loose(text: string): string {
  try {
    return decoded(text)
  } catch {
    return text
  }
}

function json(text: string): unknown {
  if (scanJson(new TextEncoder().encode(text), jsonLimits) !== null) throw new Unreadable('json')
  return JSON.parse(text)
}
