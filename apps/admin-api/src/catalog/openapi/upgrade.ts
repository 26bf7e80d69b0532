// Swagger 2.0 → the OpenAPI 3.0 shape that the later import steps read, remembering where every moved part stood.
// Own converter: the maintained libraries neither keep the pointers to the original nor say what they dropped.
import {
  brief,
  entriesAt,
  isObject,
  type JsonObject,
  type JsonValue,
  listAt,
  objectAt,
  own,
  textAt,
} from './json.ts'
import { at, parent, valueAt } from './pointer.ts'
import { type Complain, renamedRef, upgradeSchema } from './upgrade-schema.ts'

export interface Upgraded {
  document: JsonObject
  /** Pointer in the upgraded document → pointer in the document as received. */
  origin(pointer: string): string
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data']
/** Of a parameter, header or items object: what OpenAPI 3 keeps in `schema`. */
const SCHEMA_KEYS = new Set([
  ...['type', 'format', 'items', 'default', 'enum', 'pattern', 'multipleOf', 'uniqueItems'],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'maxItems', 'minItems'],
])

export function upgradeSwagger(source: JsonObject, complain: Complain): Upgraded {
  const moved = new Map<string, string>()
  const document = new Upgrade(source, complain, moved).document()
  return {
    document,
    origin(pointer) {
      // The longest moved ancestor decides; what is below it kept its relative place.
      for (let head = pointer; ; head = parent(head)) {
        const from = moved.get(head)
        if (from !== undefined) return from + pointer.slice(head.length)
        if (head === '') return pointer
      }
    },
  }
}

class Upgrade {
  readonly #source: JsonObject
  readonly #complain: Complain
  readonly #moved: Map<string, string>

  constructor(source: JsonObject, complain: Complain, moved: Map<string, string>) {
    this.#source = source
    this.#complain = complain
    this.#moved = moved
  }

  document(): JsonObject {
    const source = this.#source
    const gone = ['swagger', 'host', 'basePath', 'schemes', 'consumes', 'produces', 'definitions']
    const target: JsonObject = {
      openapi: '3.0.3',
      ...without(source, ...gone, 'parameters', 'responses', 'paths'),
    }
    delete target.securityDefinitions
    const servers = this.#servers(listAt(source, 'schemes'), '/schemes')
    if (servers.length > 0) target.servers = servers
    this.#move('/servers', textAt(source, 'host') === undefined ? '/basePath' : '/host')
    if (own(source, 'paths') !== undefined) target.paths = this.#paths()
    target.components = this.#components()
    return target
  }

  #move(to: string, from: string): void {
    this.#moved.set(to, from)
  }

  #servers(schemes: JsonValue[], pointer: string): JsonValue[] {
    const host = textAt(this.#source, 'host')
    const basePath = textAt(this.#source, 'basePath') ?? ''
    const path = basePath === '/' ? '' : basePath
    if (host === undefined) return basePath === '' ? [] : [{ url: basePath }]
    const usable = schemes.filter((scheme): scheme is string => scheme === 'http' || scheme === 'https')
    for (const [index, scheme] of schemes.entries()) {
      if (scheme === 'http' || scheme === 'https') continue
      this.#complain(
        'server-invalid',
        at(pointer, index),
        `The scheme ${brief(scheme)} is not http or https; left out`,
      )
    }
    // Secure first, so that it becomes the suggested upstream; without schemes the document's own is meant (2.0).
    const ordered =
      usable.length === 0 ? ['https'] : usable.toSorted((a, b) => (a === b ? 0 : a === 'https' ? -1 : 1))
    return ordered.map((scheme) => ({ url: `${scheme}://${host}${path}` }))
  }

  #components(): JsonObject {
    const source = this.#source
    const components: JsonObject = {}
    const schemas = this.#mapped('definitions', '/components/schemas', (value, to, from) => {
      return this.#schema(value, to, from)
    })
    const parameters = this.#mapped('parameters', '/components/parameters', (value, to, from) => {
      const place = textAt(value, 'in')
      return place === 'body' || place === 'formData' ? undefined : this.#parameter(value, to, from)
    })
    const responses = this.#mapped('responses', '/components/responses', (value, to, from) => {
      return this.#response(value, to, from, listAt(source, 'produces'))
    })
    const securitySchemes = this.#mapped(
      'securityDefinitions',
      '/components/securitySchemes',
      (value, to, from) => {
        return this.#securityScheme(value, to, from)
      },
    )
    if (schemas) components.schemas = schemas
    if (parameters) components.parameters = parameters
    if (responses) components.responses = responses
    if (securitySchemes) components.securitySchemes = securitySchemes
    return components
  }

  #mapped(
    key: string,
    target: string,
    convert: (value: JsonValue, to: string, from: string) => JsonValue | undefined,
  ): JsonValue | undefined {
    const value = own(this.#source, key)
    if (value === undefined) return undefined
    this.#move(target, `/${key}`)
    if (!isObject(value)) return value
    const result: JsonObject = {}
    for (const [name, child] of Object.entries(value)) {
      const converted = convert(child, at(target, name), at(`/${key}`, name))
      if (converted !== undefined) result[name] = converted
    }
    return result
  }

  #paths(): JsonValue {
    const paths = own(this.#source, 'paths')
    if (!isObject(paths)) return paths ?? null
    const result: JsonObject = {}
    for (const [path, item] of Object.entries(paths)) {
      result[path] = isObject(item) ? this.#pathItem(item, at('/paths', path)) : item
    }
    return result
  }

  #pathItem(item: JsonObject, pointer: string): JsonObject {
    const result: JsonObject = without(item, 'parameters', ...METHODS)
    const shared = this.#parameters(item, pointer)
    if (shared.kept.length > 0 || own(item, 'parameters') !== undefined) result.parameters = shared.kept
    for (const method of METHODS) {
      const operation = own(item, method)
      if (operation === undefined) continue
      result[method] = isObject(operation)
        ? this.#operation(operation, at(pointer, method), shared.inBody)
        : operation
    }
    return result
  }

  #operation(operation: JsonObject, pointer: string, sharedBody: BodyPart[]): JsonObject {
    const source = this.#source
    const target = without(operation, 'parameters', 'responses', 'consumes', 'produces', 'schemes')
    const { kept, inBody } = this.#parameters(operation, pointer)
    if (kept.length > 0) target.parameters = kept
    const consumes = textList(own(operation, 'consumes') ?? own(source, 'consumes'))
    const parts = inBody.length > 0 ? inBody : sharedBody
    const body = this.#requestBody(parts, consumes, at(pointer, 'requestBody'))
    if (body) target.requestBody = body
    const responses = own(operation, 'responses')
    if (responses !== undefined) {
      target.responses = this.#responses(responses, at(pointer, 'responses'), own(operation, 'produces'))
    }
    if (own(operation, 'schemes') !== undefined) {
      const servers = this.#servers(listAt(operation, 'schemes'), at(pointer, 'schemes'))
      if (servers.length > 0) target.servers = servers
      this.#move(at(pointer, 'servers'), at(pointer, 'schemes'))
    }
    return target
  }

  /** Splits a parameter list into what stays a parameter and what becomes the request body. */
  #parameters(owner: JsonObject, pointer: string): { kept: JsonValue[]; inBody: BodyPart[] } {
    const kept: JsonValue[] = []
    const inBody: BodyPart[] = []
    for (const [index, entry] of listAt(owner, 'parameters').entries()) {
      const from = at(pointer, 'parameters', index)
      const ref = textAt(entry, '$ref')
      const target = ref?.startsWith('#/') ? valueAt(this.#source, ref.slice(1)) : undefined
      const definition = target ?? entry
      const definedAt = target === undefined ? from : (ref ?? '#').slice(1)
      const place = textAt(definition, 'in')
      if (isObject(definition) && (place === 'body' || place === 'formData')) {
        inBody.push({ definition, pointer: definedAt })
        continue
      }
      const to = at(pointer, 'parameters', kept.length)
      this.#move(to, from)
      kept.push(ref === undefined ? this.#parameter(entry, to, from) : { $ref: renamedRef(ref) })
    }
    return { kept, inBody }
  }

  #parameter(value: JsonValue, to: string, from: string): JsonValue {
    if (!isObject(value)) return value
    const ref = textAt(value, '$ref')
    if (ref !== undefined) return { $ref: renamedRef(ref) }
    this.#move(to, from)
    const target = without(value, ...SCHEMA_KEYS, 'collectionFormat', 'schema')
    const stated = own(value, 'schema')
    const here = at(to, 'schema')
    this.#move(here, from)
    target.schema =
      stated === undefined ? this.#itemsSchema(value, from) : this.#schema(stated, here, at(from, 'schema'))
    const place = textAt(value, 'in')
    if (textAt(value, 'type') === 'array') {
      Object.assign(target, this.#collectionStyle(textAt(value, 'collectionFormat') ?? 'csv', place, from))
    }
    return target
  }

  #collectionStyle(format: string, place: string | undefined, from: string): JsonObject {
    const inQuery = place === 'query'
    if (format === 'csv') return inQuery ? { style: 'form', explode: false } : { style: 'simple' }
    if (format === 'multi' && inQuery) return { style: 'form', explode: true }
    if (format === 'ssv' && inQuery) return { style: 'spaceDelimited', explode: false }
    if (format === 'pipes' && inQuery) return { style: 'pipeDelimited', explode: false }
    const pointer = at(from, 'collectionFormat')
    this.#complain(
      'upgrade-lossy',
      pointer,
      `collectionFormat ${brief(format)} in ${place} has no OpenAPI 3 counterpart`,
    )
    return {}
  }

  /** Schema of a non-body parameter, header or items object, whose schema fields stand beside the others. */
  #itemsSchema(value: JsonObject, from: string): JsonObject {
    const schema: JsonObject = {}
    for (const [key, child] of Object.entries(value)) {
      if (!SCHEMA_KEYS.has(key)) continue
      schema[key] = key === 'items' && isObject(child) ? this.#itemsSchema(child, at(from, key)) : child
    }
    if (schema.type === 'file') return { type: 'string', format: 'binary' }
    return schema
  }

  #requestBody(parts: BodyPart[], consumes: string[], to: string): JsonObject | undefined {
    const [first, second] = parts
    if (!first) return undefined
    if (textAt(first.definition, 'in') === 'body') {
      if (second)
        this.#complain(
          'upgrade-lossy',
          second.pointer,
          'An operation has one body parameter; this one is left out',
        )
      this.#move(to, first.pointer)
      const content: JsonObject = {}
      for (const type of consumes.length > 0 ? consumes : ['application/json']) {
        content[type] = this.#media(first.definition, at(to, 'content', type), first.pointer)
      }
      return {
        ...without(first.definition, 'name', 'in', 'schema', 'type'),
        required: own(first.definition, 'required') === true,
        content,
      }
    }
    return this.#form(parts, consumes, to)
  }

  #media(owner: JsonObject, to: string, from: string): JsonObject {
    const schema = own(owner, 'schema')
    if (schema === undefined) return {}
    return { schema: this.#schema(schema, at(to, 'schema'), at(from, 'schema')) }
  }

  #form(parts: BodyPart[], consumes: string[], to: string): JsonObject {
    const properties: JsonObject = {}
    const required: string[] = []
    const fields = parts.filter((part) => textAt(part.definition, 'in') === 'formData')
    const upload = fields.some((part) => textAt(part.definition, 'type') === 'file')
    const stated = consumes.filter((type) => FORM_TYPES.includes(type))
    const types = upload
      ? ['multipart/form-data']
      : stated.length > 0
        ? stated
        : ['application/x-www-form-urlencoded']
    this.#move(to, fields[0]?.pointer ?? '')
    for (const { definition, pointer } of fields) {
      const name = textAt(definition, 'name')
      if (name === undefined) {
        this.#complain('parameter-invalid', pointer, 'A form field without a name was left out')
        continue
      }
      const description = textAt(definition, 'description')
      properties[name] = {
        ...this.#itemsSchema(definition, pointer),
        ...(description ? { description } : {}),
      }
      if (own(definition, 'required') === true) required.push(name)
      for (const type of types) this.#move(at(to, 'content', type, 'schema', 'properties', name), pointer)
    }
    const schema: JsonObject = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
    return {
      required: required.length > 0,
      content: Object.fromEntries(types.map((type): [string, JsonValue] => [type, { schema }])),
    }
  }

  #responses(value: JsonValue, pointer: string, produces: JsonValue | undefined): JsonValue {
    if (!isObject(value)) return value
    const types = produces === undefined ? listAt(this.#source, 'produces') : textList(produces)
    const result: JsonObject = {}
    for (const [status, response] of Object.entries(value)) {
      const here = at(pointer, status)
      const ref = textAt(response, '$ref')
      const target = ref?.startsWith('#/') ? valueAt(this.#source, ref.slice(1)) : undefined
      // A shared response carries the document's media types; an operation with its own needs a copy.
      if (isObject(target) && produces !== undefined) {
        this.#move(here, (ref ?? '#').slice(1))
        result[status] = this.#response(target, here, (ref ?? '#').slice(1), types)
      } else result[status] = status.startsWith('x-') ? response : this.#response(response, here, here, types)
    }
    return result
  }

  #response(value: JsonValue, to: string, from: string, produces: JsonValue[]): JsonValue {
    if (!isObject(value)) return value
    const ref = textAt(value, '$ref')
    if (ref !== undefined) return { $ref: renamedRef(ref) }
    const target = without(value, 'schema', 'examples', 'headers')
    const examples = objectAt(value, 'examples') ?? {}
    const stated = textList(produces)
    const types = own(value, 'schema') === undefined ? [] : stated.length > 0 ? stated : ['application/json']
    const content: JsonObject = {}
    for (const type of new Set([...types, ...Object.keys(examples)])) {
      const media = this.#media(value, at(to, 'content', type), from)
      const example = own(examples, type)
      if (example !== undefined) {
        media.example = example
        this.#move(at(to, 'content', type, 'example'), at(from, 'examples', type))
      }
      content[type] = media
    }
    this.#move(at(to, 'content'), from)
    if (Object.keys(content).length > 0) target.content = content
    if (objectAt(value, 'headers')) {
      target.headers = Object.fromEntries(
        entriesAt(value, 'headers').map(([name, header]): [string, JsonValue] => {
          const here = at(to, 'headers', name)
          const there = at(from, 'headers', name)
          return [name, this.#parameter(header, here, there)]
        }),
      )
    }
    return target
  }

  #securityScheme(value: JsonValue, to: string, from: string): JsonValue {
    if (!isObject(value)) return value
    const type = textAt(value, 'type')
    if (type === 'basic') return { ...value, type: 'http', scheme: 'basic' }
    if (type !== 'oauth2') return value
    const names: Record<string, string> = {
      application: 'clientCredentials',
      accessCode: 'authorizationCode',
    }
    const flow = textAt(value, 'flow') ?? ''
    const name = Object.hasOwn(names, flow) ? (names[flow] ?? flow) : flow
    this.#move(at(to, 'flows', name), from)
    const target = without(value, 'flow', 'authorizationUrl', 'tokenUrl', 'scopes')
    const kept = Object.entries(value).filter(([key]) => key === 'authorizationUrl' || key === 'tokenUrl')
    target.flows = { [name]: { ...Object.fromEntries(kept), scopes: own(value, 'scopes') ?? {} } }
    return target
  }

  #schema(value: JsonValue, to: string, from: string): JsonValue {
    this.#move(to, from)
    return upgradeSchema(value, from, this.#complain)
  }
}

interface BodyPart {
  definition: JsonObject
  /** In the document as received. */
  pointer: string
}

function without(value: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
}

function textList(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}
