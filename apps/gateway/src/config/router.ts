// The first decision of a request: host, path and method → the compiled route, by maps and a segment trie.

import {
  type MixedPattern,
  matchesMixed,
  parseTemplate,
  type Segment,
} from '@gatewright/shared/path-template'
import type { Candidate, CompiledRoute, Match, MethodMiss, Router } from './generation.ts'

/** One route as the router sees it. */
export interface RouterEntry {
  /** Exact names, `*.name` for every name below it; empty = any host. Lower case. */
  readonly hosts: readonly string[]
  readonly route: CompiledRoute
  /** Default: the template of the route. */
  readonly template?: string
}

/** Two routes that answer the same requests: nobody could say which one should. */
export class RouteConflict extends Error {
  readonly first: CompiledRoute
  readonly second: CompiledRoute

  constructor(first: CompiledRoute, second: CompiledRoute, host: string) {
    super(
      `${describe(second)} answers the same requests as ${describe(first)}${host === '*' ? '' : ` on the host ${host}`}`,
    )
    this.first = first
    this.second = second
  }
}

/** What the methods of one path lead to. HEAD is in it wherever GET is (RFC 9110 9.3.2). */
interface Endpoint {
  readonly methods: Map<string, CompiledRoute>
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

interface HostTable {
  readonly host: string
  /** Whole path → endpoint, for templates without parameters: most requests end here. */
  readonly exact: Map<string, Endpoint>
  readonly root: Node
}

/** Builds a router piece by piece, so that a worker can serve between the pieces. */
export interface RouterBuilder {
  /** Throws `RouteConflict`. */
  add(entry: RouterEntry): void
  build(): Router
}

/**
 * Precedence: an exact host before the longest wildcard before any host; in a path, from left to right, a literal segment
 * before a mixed one before a parameter before the rest. A path that matches better but lacks the method gives way to the
 * next one that has it; when none has, the answer is 405 with the methods of all of them.
 */
export function createRouterBuilder(): RouterBuilder {
  const exactHosts = new Map<string, HostTable>()
  const wildcardHosts = new Map<string, HostTable>()
  const anyHost = createTable('*')

  function tableOf(host: string): HostTable {
    const wildcard = host.startsWith('*.')
    const tables = wildcard ? wildcardHosts : exactHosts
    const name = wildcard ? host.slice(1) : host
    let table = tables.get(name)
    if (!table) {
      table = createTable(host)
      tables.set(name, table)
    }
    return table
  }

  return {
    add({ hosts, route, template = route.facts.template }) {
      const segments = parseTemplate(template)
      if (hosts.length === 0) insert(anyHost, segments, route)
      else for (const host of hosts) insert(tableOf(host), segments, route)
    },
    build() {
      const hasNamedHosts = exactHosts.size + wildcardHosts.size > 0

      /** Tables that a host may use, best first. */
      function tablesFor(host: string): HostTable[] {
        const tables: HostTable[] = []
        const exact = exactHosts.get(host)
        if (exact) tables.push(exact)
        if (wildcardHosts.size > 0) {
          for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
            const wildcard = wildcardHosts.get(host.slice(dot))
            if (wildcard) tables.push(wildcard)
          }
        }
        tables.push(anyHost)
        return tables
      }

      function miss(tables: readonly HostTable[], path: string): MethodMiss | null {
        const allowed = new Set<string>()
        let first: CompiledRoute | undefined
        for (const table of tables) {
          for (const { methods } of endpointsOf(table, path)) {
            for (const [method, route] of methods) {
              allowed.add(method)
              first ??= route
            }
          }
        }
        if (!first) return null
        const { tenantId, apiId, versionId } = first.facts
        // OPTIONS answers everywhere: it is how one asks for this very field (RFC 9110 9.3.7).
        const allow = [...allowed.add('OPTIONS')].sort().join(', ')
        return { kind: 'method', allow, facts: { tenantId, apiId, versionId } }
      }

      return {
        match(host, path, method): Match {
          if (!hasNamedHosts) return findIn(anyHost, path, method) ?? miss([anyHost], path)
          const tables = tablesFor(host)
          for (const table of tables) {
            const route = findIn(table, path, method)
            if (route) return route
          }
          return miss(tables, path)
        },

        explain(host, path, method) {
          const candidates: Candidate[] = []
          let winner: CompiledRoute | null = null
          for (const table of tablesFor(host)) {
            for (const { methods } of endpointsOf(table, path)) {
              for (const route of new Set(methods.values())) {
                const meant = methods.get(method) === route
                const won = meant && winner === null
                if (won) winner = route
                candidates.push({
                  routeId: route.facts.id,
                  apiName: route.facts.apiName,
                  versionName: route.facts.versionName,
                  host: table.host,
                  method: route.facts.method,
                  template: route.facts.template,
                  won,
                  reason: won
                    ? 'the best match of host and path that has the method'
                    : meant
                      ? `${winner ? winner.facts.template : 'another route'} matches the host or the path more exactly`
                      : `its method is ${route.facts.method}`,
                })
              }
            }
          }
          return candidates
        },
      }
    },
  }
}

/** All at once, for tests and small configurations. */
export function createRouter(entries: Iterable<RouterEntry>): Router {
  const builder = createRouterBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build()
}

function insert(table: HostTable, segments: readonly Segment[], route: CompiledRoute): void {
  const endpoint = endpointFor(table, segments)
  const { methods } = endpoint
  const { method } = route.facts
  const taken = methods.get(method)
  // HEAD derived from GET gives way to a declared one.
  if (taken && taken.facts.method === method) throw new RouteConflict(taken, route, table.host)
  methods.set(method, route)
  if (method === 'GET' && !methods.has('HEAD')) methods.set('HEAD', route)
}

function endpointFor(table: HostTable, segments: readonly Segment[]): Endpoint {
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
  node.mixed.sort(
    (a, b) =>
      b.pattern.key.length - a.pattern.key.length ||
      (a.pattern.key < b.pattern.key ? -1 : a.pattern.key > b.pattern.key ? 1 : 0),
  )
  return child.node
}

function findIn(table: HostTable, path: string, method: string): CompiledRoute | null {
  const exact = table.exact.get(path)
  if (exact) {
    const route = exact.methods.get(method)
    if (route) return route
  }
  return walk(table.root, path, 1, method)
}

// Depth first in the order of precedence; `start` is the index of the first character of the segment at hand.
function walk(node: Node, path: string, start: number, method: string): CompiledRoute | null {
  const slash = path.indexOf('/', start)
  const end = slash < 0 ? path.length : slash
  const segment = path.slice(start, end)
  let found: CompiledRoute | null = null
  if (node.children !== null) {
    const child = node.children.get(segment)
    if (child) found = descend(child, path, slash, method)
    if (found !== null) return found
  }
  if (segment !== '') {
    if (node.mixed !== null) {
      for (const child of node.mixed) {
        if (!matchesMixed(child.pattern, segment)) continue
        found = descend(child.node, path, slash, method)
        if (found !== null) return found
      }
    }
    if (node.parameter !== null) {
      found = descend(node.parameter, path, slash, method)
      if (found !== null) return found
    }
  }
  return node.rest === null ? null : (node.rest.methods.get(method) ?? null)
}

function descend(node: Node, path: string, slash: number, method: string): CompiledRoute | null {
  if (slash >= 0) return walk(node, path, slash + 1, method)
  return node.endpoint === null ? null : (node.endpoint.methods.get(method) ?? null)
}

/** Every endpoint that a path could mean, best first: the cold twin of `walk`. */
function* endpointsOf(table: HostTable, path: string): Generator<Endpoint> {
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

function createTable(host: string): HostTable {
  return { host, exact: new Map(), root: createNode() }
}

function createNode(): Node {
  return { children: null, mixed: null, parameter: null, rest: null, endpoint: null }
}

function describe({ facts }: CompiledRoute): string {
  return `${facts.method} ${facts.template} of ${facts.apiName} ${facts.versionName}`
}
