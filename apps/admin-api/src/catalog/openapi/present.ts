// The document as developers see it: the gateway for its only server, the gateway's key for its security, published routes only.
import type { VersionSelector } from '@gatewright/shared/model/match'
import { onlyReachable } from './bundle.ts'
import type { ImportedDocument, ImportedOperation } from './imported-document.ts'
import { isObject, type JsonObject, type JsonValue, listAt, objectAt, own, textAt } from './json.ts'
import { methodsOf } from './operations.ts'
import { parsePath } from './path-template.ts'
import { parent, valueAt } from './pointer.ts'
import { Refs } from './refs.ts'
import { hideUrls } from './upstream-urls.ts'

export interface PresentOptions {
  /** Base URL of the published version on the gateway. */
  serverUrl: string
  /** What is published; operations of the document that are not among them are left out. */
  routes: readonly { method: string; path: string; public: boolean }[]
  /** Header that carries the key; null where the version needs none. */
  keyHeader: string | null
  /** Further addresses that must not show: the upstream's real targets. */
  hiddenUrls?: readonly string[]
  /** How requests name the version; null or absent: its path says enough. */
  selector?: VersionSelector | null
}

const KEY_SCHEME = 'gatewayKey'
/** Fields of the document's own that describe the backend, or that the gateway answers for instead. */
const OURS = new Set(['servers', 'security', 'paths', 'components', '$self'])

/** A new document; `imported` stays as it is. Routes that no operation describes get a description made from their path. */
export function presentDocument(imported: ImportedDocument, options: PresentOptions): JsonObject {
  const { document } = imported
  const paths: JsonObject = {}
  const operations = new Map(imported.operations.map((operation) => [operation.key, operation]))
  const routes = new Map(options.routes.map((route) => [`${route.method} ${route.path}`, route]))
  // In the order of the document, then what was added by hand.
  const keys = [...operations.keys()].filter((key) => routes.has(key))
  for (const key of [...keys, ...[...routes.keys()].filter((key) => !operations.has(key))]) {
    const route = routes.get(key)
    if (route) addOperation(paths, route, operations.get(key), imported, options)
  }
  const components = objectAt(document, 'components') ?? {}
  const scheme = { type: 'apiKey', in: 'header', name: options.keyHeader ?? '' }
  const presented: JsonObject = {
    ...Object.fromEntries(Object.entries(document).filter(([key]) => !OURS.has(key))),
    servers: [{ url: options.serverUrl }],
    paths,
    components: {
      ...components,
      securitySchemes: options.keyHeader === null ? {} : { [KEY_SCHEME]: scheme },
    },
  }
  const hidden = [
    ...imported.servers.map((server) => server.url),
    ...imported.operations.flatMap((operation) => operation.servers.map((server) => server.url)),
    ...(options.hiddenUrls ?? []),
  ]
  return hideUrls(withoutBackend(onlyReachable(presented)), hidden, options.serverUrl) as JsonObject
}

function addOperation(
  paths: JsonObject,
  route: PresentOptions['routes'][number],
  operation: ImportedOperation | undefined,
  imported: ImportedDocument,
  { keyHeader, selector }: PresentOptions,
): void {
  const item = (paths[route.path] as JsonObject | undefined) ?? {}
  paths[route.path] = item
  const written = operation ? valueAt(imported.document, operation.pointer) : undefined
  const security = route.public || keyHeader === null ? [] : [{ [KEY_SCHEME]: [] }]
  const byKey = isObject(written)
    ? parametersOf(imported, operation?.pointer ?? '')
    : new Map(pathParameters(route.path).map((one) => [keyOf(one), one]))
  const selecting = selectorParameter(selector ?? null)
  if (selecting) byKey.set(keyOf(selecting), selecting)
  const parameters = [...byKey.values()]
  const presented: JsonObject = isObject(written)
    ? { ...written, parameters, security }
    : { parameters, responses: { default: { description: '' } }, security }
  const method = route.method.toLowerCase()
  if (methodsOf(imported.dialect).includes(method)) item[method] = presented
  else item.additionalOperations = { ...objectAt(item, 'additionalOperations'), [route.method]: presented }
}

/** The path's parameters and the operation's own, so that operations of several path items fit under one path. */
function parametersOf(imported: ImportedDocument, pointer: string): Map<string, JsonValue> {
  const { document } = imported
  const above = parent(pointer)
  const item = above.endsWith('/additionalOperations') ? parent(above) : above
  const refs = new Refs(document)
  const byKey = new Map<string, JsonValue>()
  for (const place of [item, pointer]) {
    for (const [index, parameter] of listAt(valueAt(document, place), 'parameters').entries()) {
      const found = refs.object(parameter, `${place}/parameters/${index}`)?.value
      if (found) byKey.set(keyOf(found), parameter)
    }
  }
  return byKey
}

/** Names of headers are compared without regard to case. */
function keyOf(parameter: JsonObject): string {
  const [place, name] = [textAt(parameter, 'in'), textAt(parameter, 'name')]
  return `${place} ${place === 'header' ? name?.toLowerCase() : name}`
}

function pathParameters(path: string): JsonObject[] {
  const template = parsePath(path)
  const names = 'problem' in template ? [] : template.parameters
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
}

/** A version that requests name by a header or in the query says so as every other parameter; by Accept the samples do. */
function selectorParameter(selector: VersionSelector | null): JsonObject | null {
  if (selector === null || selector.by === 'media-type') return null
  const { by, name, value, isDefault } = selector
  return { name, in: by, required: !isDefault, schema: { type: 'string', enum: [value] } }
}

/** Gateways and clouds put the backend's address into extensions of their own. */
const BACKEND_EXTENSION =
  /^x-(amazon|aws|google|kong|tyk|apigee|azure|ms-|wso2|apisix|3scale|ibm|backend|upstream|origin|server|forward|proxy|gateway|internal)/i

/** Fields whose keys are names that the author chose: a property or header may be called `servers` or `x-amazon-id`. */
const NAMED = new Set([
  ...[
    'properties',
    'patternProperties',
    '$defs',
    'dependentSchemas',
    'mapping',
    'scopes',
    'content',
    'encoding',
  ],
  ...['paths', 'webhooks', 'callbacks', 'links', 'headers', 'responses', 'additionalOperations', 'variables'],
  ...['schemas', 'parameters', 'requestBodies', 'pathItems', 'mediaTypes', 'securitySchemes'],
])
/** Fields that hold data, not description. */
const DATA = new Set(['example', 'examples', 'default', 'enum', 'const', 'value', 'dataValue'])

/** Drops servers below the top (path items in components, callbacks, links) and extensions that describe the backend. */
function withoutBackend({ servers, ...document }: JsonObject): JsonObject {
  const visit = (node: JsonValue, named: boolean): JsonValue => {
    if (Array.isArray(node)) return node.map((child) => visit(child, false))
    return isObject(node) ? visitObject(node, named) : node
  }
  const visitObject = (node: JsonObject, named: boolean): JsonObject => {
    const result: JsonObject = {}
    for (const [key, child] of Object.entries(node)) {
      if (named) result[key] = visit(child, false)
      else if (DATA.has(key)) result[key] = child
      else if (key !== 'servers' && key !== 'server' && !BACKEND_EXTENSION.test(key)) {
        result[key] = visit(child, NAMED.has(key))
      }
    }
    return result
  }
  return { ...visitObject(document, false), servers: servers ?? [] }
}

export interface PresentedTag {
  /** Null: operations without a tag. */
  name: string | null
  summary: string | null
  description: string | null
  parent: string | null
  operations: {
    method: string
    path: string
    operationId: string | null
    summary: string | null
    deprecated: boolean
  }[]
}

/** The tags of a presented document with their operations: the tree beside the docs of a large API. */
export function tagIndex(presented: JsonObject): PresentedTag[] {
  const tags = new Map<string | null, PresentedTag>()
  const tagOf = (name: string | null, declared?: JsonValue): PresentedTag => {
    const known = tags.get(name)
    if (known) return known
    const text = (key: string): string | null => textAt(declared, key) ?? null
    const tag = {
      name,
      summary: text('summary'),
      description: text('description'),
      parent: text('parent'),
      operations: [],
    }
    tags.set(name, tag)
    return tag
  }
  for (const declared of listAt(presented, 'tags')) tagOf(textAt(declared, 'name') ?? null, declared)
  for (const { method, path, operation } of operationsIn(presented)) {
    for (const name of tagNames(operation)) {
      tagOf(name).operations.push({
        method,
        path,
        operationId: textAt(operation, 'operationId') ?? null,
        summary: textAt(operation, 'summary') ?? null,
        deprecated: own(operation, 'deprecated') === true,
      })
    }
  }
  return [...tags.values()].filter((tag) => tag.operations.length > 0)
}

/** A presented document with the operations of one tag only, complete in itself. */
export function presentTag(presented: JsonObject, tag: string | null): JsonObject {
  const paths: JsonObject = {}
  for (const { method, path, operation, additional } of operationsIn(presented)) {
    if (!tagNames(operation).includes(tag)) continue
    const item = (paths[path] as JsonObject | undefined) ?? {}
    paths[path] = item
    if (additional)
      item.additionalOperations = { ...objectAt(item, 'additionalOperations'), [method]: operation }
    else item[method.toLowerCase()] = operation
  }
  const { webhooks: _, tags: declared, ...rest } = presented
  const tags = Array.isArray(declared) ? declared.filter((one) => textAt(one, 'name') === tag) : []
  return onlyReachable({ ...rest, ...(tags.length > 0 ? { tags } : {}), paths })
}

function tagNames(operation: JsonObject): (string | null)[] {
  const names = listAt(operation, 'tags').filter((name) => typeof name === 'string')
  return names.length > 0 ? names : [null]
}

function operationsIn(
  presented: JsonObject,
): { method: string; path: string; operation: JsonObject; additional: boolean }[] {
  const methods = methodsOf('3.2')
  return Object.entries(objectAt(presented, 'paths') ?? {}).flatMap(([path, item]) => {
    const entries = Object.entries(isObject(item) ? item : {}).flatMap(([key, value]) => {
      if (methods.includes(key)) return [{ method: key.toUpperCase(), operation: value, additional: false }]
      if (key !== 'additionalOperations' || !isObject(value)) return []
      return Object.entries(value).map(([method, operation]) => ({ method, operation, additional: true }))
    })
    return entries.flatMap(({ method, operation, additional }) => {
      return isObject(operation) ? [{ method, path, operation, additional }] : []
    })
  })
}
