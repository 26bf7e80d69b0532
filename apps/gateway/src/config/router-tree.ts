// The paths of one host: whole paths in a map, templates in a trie of segments, most exact first.
import { compareMixed, type MixedPattern, matchesMixed, type Segment } from '@gatewright/shared/path-template'
import type { CompiledRoute, RequestView } from './generation.ts'
import { pick, type Slot } from './router-slot.ts'

/** What the methods of one path lead to. HEAD is in it wherever GET is (RFC 9110 9.3.2). */
export interface Endpoint {
  readonly methods: Map<string, Slot>
}

interface Node {
  /** Literal segments. */
  children: Map<string, Node> | null
  /** Segments of text and parameters; the one with the most literal text first. */
  mixed: { readonly pattern: MixedPattern; readonly node: Node }[] | null
  parameter: Node | null
  rest: Endpoint | null
  endpoint: Endpoint | null
}

export interface HostTable {
  readonly host: string
  /** Whole path → endpoint, for templates without parameters: most requests end here. */
  readonly exact: Map<string, Endpoint>
  readonly root: Node
}

export function createTable(host: string): HostTable {
  return { host, exact: new Map(), root: createNode() }
}

/** The endpoint of a template, made when it is not there. */
export function endpointFor(table: HostTable, segments: readonly Segment[]): Endpoint {
  let node = table.root
  let path = ''
  let isExact = true
  for (const segment of segments) {
    switch (segment.kind) {
      case 'rest':
        node.rest ??= { methods: new Map() }
        return node.rest
      case 'literal': {
        path += `/${segment.text}`
        node.children ??= new Map()
        let child = node.children.get(segment.text)
        if (!child) {
          child = createNode()
          node.children.set(segment.text, child)
        }
        node = child
        break
      }
      case 'mixed':
        isExact = false
        node = mixedChild(node, segment.pattern)
        break
      case 'parameter':
        isExact = false
        node.parameter ??= createNode()
        node = node.parameter
        break
    }
  }
  node.endpoint ??= { methods: new Map() }
  if (isExact) table.exact.set(path, node.endpoint)
  return node.endpoint
}

function mixedChild(node: Node, pattern: MixedPattern): Node {
  node.mixed ??= []
  const known = node.mixed.find((child) => child.pattern.key === pattern.key)
  if (known) return known.node
  const child = { pattern, node: createNode() }
  node.mixed.push(child)
  node.mixed.sort((a, b) => compareMixed(a.pattern, b.pattern))
  return child.node
}

/** The route of a table that answers, if one does. */
export function findIn(
  table: HostTable,
  path: string,
  method: string,
  view: RequestView,
): CompiledRoute | null {
  const exact = table.exact.get(path)
  if (exact) {
    const route = answer(exact, method, view)
    if (route !== null) return route
  }
  return walk(table.root, path, 1, method, view)
}

function answer({ methods }: Endpoint, method: string, view: RequestView): CompiledRoute | null {
  const slot = methods.get(method)
  return slot === undefined ? null : pick(slot, view)
}

// Depth first in the order of precedence; `start` is the index of the first character of the segment at hand.
function walk(
  node: Node,
  path: string,
  start: number,
  method: string,
  view: RequestView,
): CompiledRoute | null {
  const slash = path.indexOf('/', start)
  const end = slash < 0 ? path.length : slash
  const segment = path.slice(start, end)
  let found: CompiledRoute | null = null
  if (node.children !== null) {
    const child = node.children.get(segment)
    if (child) found = descend(child, path, slash, method, view)
    if (found !== null) return found
  }
  if (segment !== '') {
    if (node.mixed !== null) {
      for (const child of node.mixed) {
        if (!matchesMixed(child.pattern, segment)) continue
        found = descend(child.node, path, slash, method, view)
        if (found !== null) return found
      }
    }
    if (node.parameter !== null) {
      found = descend(node.parameter, path, slash, method, view)
      if (found !== null) return found
    }
  }
  return node.rest === null ? null : answer(node.rest, method, view)
}

function descend(
  node: Node,
  path: string,
  slash: number,
  method: string,
  view: RequestView,
): CompiledRoute | null {
  if (slash >= 0) return walk(node, path, slash + 1, method, view)
  return node.endpoint === null ? null : answer(node.endpoint, method, view)
}

/** Every endpoint that a path could mean, best first: the cold twin of `walk`. */
export function* endpointsOf(table: HostTable, path: string): Generator<Endpoint> {
  yield* visit(table.root, path.slice(1).split('/'), 0)
}

function* visit(node: Node, segments: readonly string[], at: number): Generator<Endpoint> {
  const segment = segments[at]
  if (segment === undefined) {
    if (node.endpoint) yield node.endpoint
    return
  }
  const child = node.children?.get(segment)
  if (child) yield* visit(child, segments, at + 1)
  if (segment !== '') {
    for (const mixed of node.mixed ?? []) {
      if (matchesMixed(mixed.pattern, segment)) yield* visit(mixed.node, segments, at + 1)
    }
    if (node.parameter) yield* visit(node.parameter, segments, at + 1)
  }
  if (node.rest) yield node.rest
}

function createNode(): Node {
  return { children: null, mixed: null, parameter: null, rest: null, endpoint: null }
}
