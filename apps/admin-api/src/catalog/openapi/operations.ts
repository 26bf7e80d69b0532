// The document → its operations: what can be routed, with parameters, bodies, responses, security and servers resolved.
import { BodyReader } from './bodies.ts'
import type { ImportedOperation, ImportedParameter, ImportedSecurity } from './imported-document.ts'
import {
  brief,
  entriesAt,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  listAt,
  own,
  textAt,
} from './json.ts'
import { MockMaker } from './mocks.ts'
import { mergedParameters, ParameterReader } from './parameters.ts'
import { type PathTemplate, parsePath } from './path-template.ts'
import { at } from './pointer.ts'
import type { Dialect } from './read.ts'
import type { Reading } from './reading.ts'
import { failure } from './refs.ts'
import type { Servers } from './servers.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
/** Upper-case tokens: what gateways and logs can tell apart from the methods of RFC 9110. */
const METHOD = /^[A-Z][A-Z0-9-]*$/
const ITEM_FIELDS = new Set([
  '$ref',
  'summary',
  'description',
  'servers',
  'parameters',
  'additionalOperations',
])

export function methodsOf(dialect: Dialect): string[] {
  if (dialect === '2.0') return METHODS.filter((method) => method !== 'trace')
  return dialect === '3.2' ? [...METHODS, 'query'] : METHODS
}

/** An operation as it stands in the document, before it is read. */
interface Candidate {
  method: string
  template: PathTemplate
  operation: JsonObject
  pointer: string
  item: JsonObject
  itemPointer: string
}

export function readOperations(reading: Reading, servers: Servers): ImportedOperation[] {
  const candidates = entriesAt(reading.document, 'paths').flatMap(([path, item]) => {
    return path.startsWith('x-') ? [] : pathCandidates(path, item, reading)
  })
  const reader = new OperationReader(reading, servers)
  return withoutDuplicates(candidates, reading).map((candidate) => reader.read(candidate))
}

function pathCandidates(path: string, written: JsonValue, input: Reading): Candidate[] {
  const { findings, refs } = input
  const pointer = at('/paths', path)
  const template = parsePath(path)
  if ('problem' in template) {
    findings.report('path-invalid', pointer, `The path ${brief(path)} was left out: ${template.problem}`)
    return []
  }
  if (!isObject(written)) {
    findings.report(
      'path-item-invalid',
      pointer,
      `The path item should be an object, but is ${kindOf(written)}`,
    )
    return []
  }
  if (template.cut) {
    const message = `The path ${brief(path)} is served as "${template.path}": what follows "?" or "#" never reaches a router`
    findings.report('path-query-or-fragment', pointer, message)
  }
  const target = refs.resolve(written, pointer)
  if (!target.ok || !isObject(target.value)) {
    const why = target.ok ? 'does not lead to an object' : failure(target)
    findings.report('path-item-invalid', pointer, `The path item was left out: its $ref ${why}`)
    return []
  }
  // Fields beside a `$ref` are undefined by the specification; taking both loses nothing, and the nearer one wins.
  const beside = Object.fromEntries(Object.entries(written).filter(([key]) => key !== '$ref'))
  const item = target.pointer === pointer ? written : { ...target.value, ...beside }
  const itemPointer = Object.keys(beside).length > 0 ? pointer : target.pointer
  const placeOf = (key: string): string => at(Object.hasOwn(written, key) ? pointer : target.pointer, key)
  return itemCandidates({ item, itemPointer, template, placeOf }, input)
}

function itemCandidates(
  place: Pick<Candidate, 'item' | 'itemPointer' | 'template'> & { placeOf(key: string): string },
  { dialect, findings }: Reading,
): Candidate[] {
  const { item, itemPointer, template, placeOf } = place
  const methods = methodsOf(dialect)
  const found: Candidate[] = []
  const add = (method: string, operation: JsonValue, pointer: string): void => {
    if (isObject(operation)) found.push({ method, template, operation, pointer, item, itemPointer })
    else
      findings.report(
        'operation-invalid',
        pointer,
        `An operation should be an object, but is ${kindOf(operation)}`,
      )
  }
  for (const [key, value] of Object.entries(item)) {
    if (methods.includes(key)) add(key.toUpperCase(), value, placeOf(key))
    else if (!ITEM_FIELDS.has(key) && !key.startsWith('x-')) {
      const hint = methods.includes(key.toLowerCase()) ? '; method fields are lower-case' : ''
      findings.report('method-unknown', placeOf(key), `"${key}" is not a method of OpenAPI ${dialect}${hint}`)
    } else if (key === 'additionalOperations' && dialect === '3.2') {
      for (const [method, operation] of entriesAt(item, key)) {
        const pointer = at(placeOf(key), method)
        if (METHOD.test(method) && !methods.includes(method.toLowerCase())) add(method, operation, pointer)
        else {
          const message = `${brief(method)} was left out: it is not an upper-case method, or has a field of its own`
          findings.report('additional-operation-invalid', pointer, message)
        }
      }
    }
  }
  return found
}

/** Keeps one operation per method and path shape: an exact path before one whose fragment was cut off, else the first. */
function withoutDuplicates(candidates: Candidate[], { findings, locate }: Reading): Candidate[] {
  const byRoute = new Map<string, Candidate>()
  for (const candidate of candidates.toSorted((a, b) => Number(a.template.cut) - Number(b.template.cut))) {
    const route = `${candidate.method} ${candidate.template.shape}`
    const first = byRoute.get(route)
    if (!first) {
      byRoute.set(route, candidate)
      continue
    }
    const { line } = locate(first.pointer)
    const message = `${candidate.method} ${candidate.template.path} was left out: line ${line} answers the same route`
    findings.report('duplicate-route', candidate.pointer, message)
  }
  const kept = new Set(byRoute.values())
  return candidates.filter((candidate) => kept.has(candidate))
}

class OperationReader {
  readonly #reading: Reading
  readonly #servers: Servers
  readonly #parameters: ParameterReader
  readonly #bodies: BodyReader
  readonly #mocks: MockMaker
  /** Parameters of each path item, read once for all its methods. */
  readonly #inherited = new Map<JsonObject, ImportedParameter[]>()

  constructor(reading: Reading, servers: Servers) {
    this.#reading = reading
    this.#servers = servers
    this.#parameters = new ParameterReader(reading)
    this.#bodies = new BodyReader(reading)
    this.#mocks = new MockMaker(reading)
  }

  read({ method, template, operation, pointer, item, itemPointer }: Candidate): ImportedOperation {
    const inherited = this.#inherited.get(item) ?? this.#parameters.read(item, itemPointer)
    this.#inherited.set(item, inherited)
    const { responses, definitions } = this.#bodies.responses(operation, pointer)
    return {
      key: `${method} ${template.path}`,
      method,
      path: template.path,
      operationId: textAt(operation, 'operationId') ?? null,
      summary: textAt(operation, 'summary') ?? textAt(item, 'summary') ?? null,
      description: textAt(operation, 'description') ?? textAt(item, 'description') ?? null,
      tags: listAt(operation, 'tags').filter((tag) => typeof tag === 'string'),
      deprecated: own(operation, 'deprecated') === true,
      parameters: mergedParameters(inherited, this.#parameters.read(operation, pointer)),
      requestBody: this.#bodies.requestBody(operation, pointer),
      responses,
      security: readSecurity(operation, this.#reading.document),
      servers: this.#servers.of(operation, pointer, item, itemPointer),
      mocks: this.#mocks.make(responses, definitions, pointer),
      ...this.#reading.locate(pointer),
    }
  }
}

function readSecurity(operation: JsonObject, document: JsonObject): ImportedSecurity {
  const from = Array.isArray(own(operation, 'security'))
    ? 'operation'
    : Array.isArray(own(document, 'security'))
      ? 'document'
      : 'none'
  const requirements = listAt(from === 'operation' ? operation : document, 'security')
  return {
    from,
    alternatives: requirements.filter(isObject).map((requirement) => {
      return Object.entries(requirement).map(([scheme, scopes]) => ({
        scheme,
        scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
      }))
    }),
  }
}
