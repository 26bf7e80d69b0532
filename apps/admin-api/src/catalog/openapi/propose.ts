// Drift and undocumented calls → edits of the document: what would make it say what traffic says. Types and names only, never values.

import type { DriftKind, DriftRecord } from '@gatewright/shared/model/drift'
import { templateKey } from '@gatewright/shared/path-template'
import { isObject, type JsonObject, type JsonValue, listAt, objectAt, own, textAt } from './json.ts'
import { segments } from './pointer.ts'
import type { Dialect } from './read.ts'
import { refOf } from './refs.ts'

/** A difference, `path` without the base path. */
export interface SeenDrift
  extends Pick<DriftRecord, 'direction' | 'method' | 'in' | 'pointer' | 'rule' | 'observed'> {
  readonly path: string
  readonly kind: DriftKind
}

export interface SeenOperation {
  readonly method: string
  readonly path: string
}

type Key = string | number
/** Sets the value at a place, or removes it (undefined). */
export interface Edit {
  readonly place: readonly Key[]
  readonly value: JsonValue | undefined
}

type Found = { readonly place: readonly Key[]; readonly schema: JsonObject }

/** References behind each other; more lead in circles. */
const hopsMax = 100

/** The edit that ends a difference; null = the document says nothing that one could change, or says so already. */
export function editOfDrift(document: JsonObject, dialect: Dialect, seen: SeenDrift): Edit | null {
  const operation = operationAt(document, seen)
  if (operation === null) return null
  if (seen.kind === 'undeclared-status') return undeclaredStatus(operation, seen)
  if (seen.kind === 'undeclared-parameter') return undeclaredParameter(operation, dialect, seen)
  const parts = segments(seen.pointer)
  if (seen.in !== 'body') return editOfParameter(document, dialect, operation, seen, parts)
  const roots =
    seen.direction === 'request' ? requestSchemas(document, operation) : responseSchemas(document, operation)
  for (const root of roots) {
    const edit = schemaEdit(document, dialect, root, seen, parts)
    if (edit !== null) return edit
  }
  return null
}

function editOfParameter(
  document: JsonObject,
  dialect: Dialect,
  operation: Found,
  seen: SeenDrift,
  [name, ...parts]: readonly string[],
): Edit | null {
  const parameter = listAt(operation.schema, 'parameters')
    .map((_, i) => followed(document, [...operation.place, 'parameters', i]))
    .find((one) => one && textAt(one.schema, 'name') === name && textAt(one.schema, 'in') === seen.in)
  if (!parameter) return null
  if (seen.kind === 'missing' && parts.length === 0 && seen.in !== 'path')
    return own(parameter.schema, 'required') === true
      ? { place: [...parameter.place, 'required'], value: undefined }
      : null
  const root = followed(document, [...parameter.place, 'schema']) ?? parameter
  return schemaEdit(document, dialect, root, seen, parts)
}

/** A skeleton of an operation that callers ask for. */
export function editOfOperation(
  document: JsonObject,
  dialect: Dialect,
  { method, path }: SeenOperation,
): Edit | null {
  const isBounded = !path.includes('*') && !/\{[^}]*\+\}/.test(path)
  if (!isBounded || !/^(?:GET|PUT|POST|DELETE|PATCH|OPTIONS|HEAD|TRACE)$/.test(method)) return null
  const known = pathKey(document, path)
  const key = known ?? withDistinctNames(path)
  if (known !== null && own(objectAt(objectAt(document, 'paths'), known), method.toLowerCase()) !== undefined)
    return null
  const names = [...key.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name)
  const declared = known === null ? [] : listAt(objectAt(objectAt(document, 'paths'), known), 'parameters')
  const missing = names.filter(
    (name) => !declared.some((one) => textAt(one, 'name') === name && textAt(one, 'in') === 'path'),
  )
  const type = dialect === '2.0' ? { type: 'string' } : { schema: { type: 'string' } }
  return {
    place: ['paths', key, method.toLowerCase()],
    value: {
      description: 'Seen in traffic, not described yet.',
      ...(missing.length > 0
        ? { parameters: missing.map((name) => ({ name, in: 'path', required: true, ...type })) }
        : {}),
      responses: { default: { description: 'Not described yet.' } },
    },
  }
}

function pathKey(document: JsonObject, path: string): string | null {
  const wanted = templateKey(path)
  return (
    Object.keys(objectAt(document, 'paths') ?? {}).find(
      (key) => key.startsWith('/') && templateKey(key) === wanted,
    ) ?? null
  )
}

/** OpenAPI wants each name once in a path. */
function withDistinctNames(path: string): string {
  const seen = new Map<string, number>()
  return path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? `{${name}}` : `{${name}${count}}`
  })
}

function operationAt(document: JsonObject, { method, path }: SeenOperation): Found | null {
  const key = pathKey(document, path)
  if (key === null) return null
  return followed(document, ['paths', key, method.toLowerCase()])
}

function undeclaredStatus({ place, schema }: Found, { pointer }: SeenDrift): Edit | null {
  const isKnown = !/^[1-5]\d\d$/.test(pointer) || own(objectAt(schema, 'responses'), pointer) !== undefined
  return isKnown
    ? null
    : {
        place: [...place, 'responses', pointer],
        value: { description: 'Seen in traffic, not described yet.' },
      }
}

function undeclaredParameter({ place, schema }: Found, dialect: Dialect, seen: SeenDrift): Edit | null {
  const [name = ''] = segments(seen.pointer)
  if (name === '' || name === '{name}' || seen.in === 'body' || seen.in === 'path') return null
  const parameters = listAt(schema, 'parameters')
  if (parameters.some((one) => textAt(one, 'name') === name && textAt(one, 'in') === seen.in)) return null
  const type = dialect === '2.0' ? { type: 'string' } : { schema: { type: 'string' } }
  const parameter = { name, in: seen.in, ...type }
  // Behind those that are there, which stay as they were written.
  return parameters.length > 0
    ? { place: [...place, 'parameters', parameters.length], value: parameter }
    : { place: [...place, 'parameters'], value: [parameter] }
}

/** Where bodies of requests are described, JSON first. */
function requestSchemas(document: JsonObject, operation: Found): Found[] {
  const body = followed(document, [...operation.place, 'requestBody'])
  if (body !== null) return mediaSchemas(document, body)
  const at = listAt(operation.schema, 'parameters').findIndex((one) => textAt(one, 'in') === 'body')
  const schema = at < 0 ? null : followed(document, [...operation.place, 'parameters', at, 'schema'])
  return schema === null ? [] : [schema]
}

/** Drift does not say of which status it is: answers of success come first. */
function responseSchemas(document: JsonObject, operation: Found): Found[] {
  const statuses = Object.keys(objectAt(operation.schema, 'responses') ?? {})
  return statuses
    .toSorted((a, b) => Number(b.startsWith('2')) - Number(a.startsWith('2')))
    .flatMap((status) => {
      const response = followed(document, [...operation.place, 'responses', status])
      if (response === null) return []
      const schema = followed(document, [...response.place, 'schema'])
      return schema === null ? mediaSchemas(document, response) : [schema]
    })
}

function mediaSchemas(document: JsonObject, { place, schema }: Found): Found[] {
  const types = Object.keys(objectAt(schema, 'content') ?? {})
  return types
    .filter((type) =>
      /^(?:application\/json|[^;]+\+json|application\/\*|\*\/\*|multipart\/form-data|application\/x-www-form-urlencoded)/.test(
        type,
      ),
    )
    .flatMap((type) => followed(document, [...place, 'content', type, 'schema']) ?? [])
}

/** The object at a place, behind references inside of the document. */
function followed(document: JsonObject, place: readonly Key[]): Found | null {
  let rest = [...place]
  let at: Key[] = []
  let value: JsonValue | undefined = document
  for (let hops = 0; ; ) {
    const ref = refOf(value)
    if (ref !== undefined) {
      if (++hops > hopsMax || !ref.startsWith('#/')) return null
      rest = [...segments(ref.slice(1)), ...rest]
      at = []
      value = document
      continue
    }
    const key = rest.shift()
    if (key === undefined) return isObject(value) ? { place: at, schema: value } : null
    const index: Key = Array.isArray(value) ? Number(key) : key
    value = Array.isArray(value) ? value[Number(key)] : own(value, String(key))
    if (value === undefined) return null
    at.push(index)
  }
}

const combining = ['allOf', 'oneOf', 'anyOf'] as const

/** The schema of what stands at a pointer into a value. Schemas may lead in circles: none is looked at twice for the same rest. */
function schemaAt(document: JsonObject, root: Found, pointer: readonly string[]): Found | null {
  const looked = new Set<string>()
  function look(at: Found, parts: readonly string[]): Found | null {
    const key = `${parts.length} ${at.place.join('/')}`
    if (looked.has(key)) return null
    looked.add(key)
    const [part, ...rest] = parts
    if (part === undefined) return at
    const steps: Key[][] =
      part === '*'
        ? [['items']]
        : [...(part === '{name}' ? [] : [['properties', part]]), ['additionalProperties']]
    for (const step of steps) {
      const next = followed(document, [...at.place, ...step])
      const found = next && look(next, rest)
      if (found) return found
    }
    for (const member of members(document, at)) {
      const found = look(member, parts)
      if (found) return found
    }
    return null
  }
  return look(root, pointer)
}

function members(document: JsonObject, { place, schema }: Found): Found[] {
  return combining.flatMap((word) =>
    listAt(schema, word).flatMap((_, i) => followed(document, [...place, word, i]) ?? []),
  )
}

function schemaEdit(
  document: JsonObject,
  dialect: Dialect,
  root: Found,
  seen: SeenDrift,
  parts: readonly string[],
): Edit | null {
  const name = parts.at(-1)
  if (seen.kind === 'undeclared-field' || seen.kind === 'missing') {
    if (name === undefined || name === '{name}' || name === '*') return null
    const parent = schemaAt(document, root, parts.slice(0, -1))
    if (parent === null) return null
    const owners = [parent, ...members(document, parent)]
    return seen.kind === 'missing' ? notRequired(owners, name) : withProperty(owners, name, dialect, seen)
  }
  const target = schemaAt(document, root, parts)
  if (target === null) return null
  if (seen.kind === 'wrong-type') return withType(target, dialect, seen)
  const isRule = loosened.has(seen.rule) && own(target.schema, seen.rule) !== undefined
  return seen.kind === 'wrong-value' && isRule
    ? { place: [...target.place, seen.rule], value: undefined }
    : null
}

/** Rules that can go without anything in their place. */
const loosened: ReadonlySet<string> = new Set([
  ...[
    'enum',
    'const',
    'minimum',
    'maximum',
    'exclusiveMinimum',
    'exclusiveMaximum',
    'multipleOf',
    'minLength',
    'maxLength',
  ],
  ...['pattern', 'format', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
])

function withProperty(
  owners: readonly Found[],
  name: string,
  dialect: Dialect,
  { observed }: SeenDrift,
): Edit | null {
  if (owners.some(({ schema }) => own(objectAt(schema, 'properties'), name) !== undefined)) return null
  const owner = owners.find(({ schema }) => own(schema, 'additionalProperties') === false) ?? owners[0]
  return owner ? { place: [...owner.place, 'properties', name], value: typeOf(observed, dialect) } : null
}

function notRequired(owners: readonly Found[], name: string): Edit | null {
  const owner = owners.find(({ schema }) => listAt(schema, 'required').includes(name))
  if (owner === undefined) return null
  const left = listAt(owner.schema, 'required').filter((one) => one !== name)
  return { place: [...owner.place, 'required'], value: left.length > 0 ? left : undefined }
}

function withType({ place, schema }: Found, dialect: Dialect, { observed }: SeenDrift): Edit | null {
  const type = own(schema, 'type')
  if (observed === null || type === undefined) return null
  const types = Array.isArray(type) ? type : [type]
  if (types.includes(observed)) return null
  if (observed === 'number' && types.includes('integer')) {
    const wider = types.map((one) => (one === 'integer' ? 'number' : one))
    return { place: [...place, 'type'], value: Array.isArray(type) ? wider : 'number' }
  }
  if (dialect === '3.1' || dialect === '3.2')
    return { place: [...place, 'type'], value: [...types, observed] }
  if (observed === 'null') return dialect === '3.0' ? { place: [...place, 'nullable'], value: true } : null
  // Before 3.1 a type is one: alternatives say more, and where there are none anything goes.
  return dialect === '3.0'
    ? { place, value: { anyOf: [schema, typeOf(observed, dialect)] } }
    : { place: [...place, 'type'], value: undefined }
}

function typeOf(observed: SeenDrift['observed'], dialect: Dialect): JsonObject {
  if (observed === null || (observed === 'null' && dialect !== '3.1' && dialect !== '3.2')) return {}
  return observed === 'array' ? { type: 'array', items: {} } : { type: observed }
}
