// The first decision of a request: host, path, method, then version and conditions where routes have them → the compiled route.
import type { RequestConditions } from '@gatewright/shared/model/match'
import { parseTemplate, type Segment } from '@gatewright/shared/path-template'
import { conditionsOf } from '@gatewright/shared/route-conditions'
import { hostsOf, placeKey } from '@gatewright/shared/route-overlap'
import type { CompiledRoute, Router } from './generation.ts'
import type { NamedVersion } from './parts.ts'
import { explainTables } from './router-explain.ts'
import { missIn } from './router-miss.ts'
import { Choice, type Claim, type Slot } from './router-slot.ts'
import { createTable, type Endpoint, endpointFor, findIn, type HostTable } from './router-tree.ts'
import { VersionPlace } from './version-place.ts'

/** One route as the router sees it. */
export interface RouterEntry {
  /** Exact names, `*.name` for every name below it; empty = any host. Lower case. */
  readonly hosts: readonly string[]
  readonly basePath: string
  readonly route: CompiledRoute
  /** Default: the template of the route. */
  readonly template?: string
  readonly when: RequestConditions | null
}

/** Builds a router piece by piece, so that a worker can serve between the pieces. */
export interface RouterBuilder {
  /** A version that others may have to be told apart from; before any route. Throws an error that names both. */
  declare(version: NamedVersion): void
  /** Throws `RouteConflict`. */
  add(entry: RouterEntry): void
  /** To be run through once all are added; puts routes that share a path in their order. */
  seal(): Iterable<void>
  build(): Router
}

/** What asks the gateway itself for something, and no API (RFC 9110 9.3.6, 9.3.8): nothing declared can make it answer. */
const ownMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE'])

/**
 * Precedence: an exact host before the longest wildcard before any host; in a path, from left to right, a literal segment
 * before a mixed one before a parameter before the rest. A path that matches better but lacks the method, the version or a
 * route whose conditions hold gives way to the next one that has it; when none has, `missIn` says what is missing.
 */
export function createRouterBuilder(): RouterBuilder {
  const exactHosts = new Map<string, HostTable>()
  const wildcardHosts = new Map<string, HostTable>()
  const anyHost = createTable('*')
  const declared = new Map<string, VersionPlace>()
  const contested = new Set<Endpoint>()

  function tableOf(host: string): HostTable {
    if (host === '*') return anyHost
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

  function insert(table: HostTable, segments: readonly Segment[], claim: Claim): void {
    const endpoint = endpointFor(table, segments)
    const { methods } = endpoint
    const { method } = claim.route.facts
    const present = methods.get(method)
    // HEAD derived from GET gives way to a declared one.
    const derived = method === 'HEAD' && present !== undefined && present === methods.get('GET')
    const slot = slotWith(derived ? undefined : present, claim, table.host)
    if (slot.kind === 'choice') contested.add(endpoint)
    methods.set(method, slot)
    if (method === 'GET' && (!methods.has('HEAD') || methods.get('HEAD') === present))
      methods.set('HEAD', slot)
  }

  return {
    declare(version) {
      for (const host of hostsOf(version.hosts)) {
        const key = placeKey(host, version)
        const place = declared.get(key) ?? new VersionPlace()
        place.add(version)
        declared.set(key, place)
      }
    },
    add({ hosts, basePath, route, template = route.facts.template, when }) {
      if (ownMethods.has(route.facts.method)) return
      const segments = parseTemplate(template)
      const conditions = conditionsOf(when)
      const { apiId } = route.facts
      for (const host of hostsOf(hosts)) {
        const place = declared.size === 0 ? undefined : declared.get(placeKey(host, { apiId, basePath }))
        const named = place?.hasNames ? place : null
        insert(tableOf(host), segments, { route, when: conditions, place: named })
      }
    },
    *seal() {
      for (const { methods } of contested) yield sealAll(methods)
    },
    build() {
      const hasNamedHosts = exactHosts.size + wildcardHosts.size > 0
      const anyTables = [anyHost]

      /** Tables that a host may use, best first. */
      function tablesFor(host: string): readonly HostTable[] {
        if (!hasNamedHosts) return anyTables
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

      return {
        match(host, path, method, view) {
          if (!hasNamedHosts) {
            return findIn(anyHost, path, method, view) ?? missIn(anyTables, path, method, view)
          }
          const tables = tablesFor(host)
          for (const table of tables) {
            const route = findIn(table, path, method, view)
            if (route) return route
          }
          return missIn(tables, path, method, view)
        },
        explain: (host, path, method, view) => explainTables(tablesFor(host), path, method, view),
      }
    },
  }
}

/** All at once, for tests and small configurations. */
export function createRouter(entries: Iterable<RouterEntry>, versions: Iterable<NamedVersion> = []): Router {
  const builder = createRouterBuilder()
  for (const version of versions) builder.declare(version)
  for (const entry of entries) builder.add(entry)
  for (const _ of builder.seal());
  return builder.build()
}

/** A route stays bare until another one, a condition or a version that goes by a name makes it a choice. */
function slotWith(present: Slot | undefined, claim: Claim, host: string): Slot {
  if (present?.kind === 'choice') {
    present.add(claim, host)
    return present
  }
  if (present === undefined && claim.when === null && claim.place === null) return claim.route
  const choice = new Choice(claim.place)
  if (present !== undefined) choice.add({ route: present, when: null, place: null }, host)
  choice.add(claim, host)
  return choice
}

function sealAll(methods: Map<string, Slot>): void {
  for (const slot of new Set(methods.values())) if (slot.kind === 'choice') slot.seal()
  const get = methods.get('GET')
  const head = methods.get('HEAD')
  if (get !== undefined && head !== get && head?.kind === 'choice' && head.place !== null) head.fallback = get
}
