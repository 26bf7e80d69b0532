// Routes that no gateway would serve: duplicates and clashing versions, which a gateway refuses, and routes that never answer.
import type { RequestConditions, VersionSelector } from './model/match.ts'
import { templateFault, templateKey } from './path-template.ts'
import { conditionsOf, describeConditions, implies, rankOf, routeName } from './route-conditions.ts'
import type { RouteDocument, VersionDocument } from './snapshot.ts'

export type PlacedRoute = Pick<RouteDocument, 'method' | 'path' | 'when'>

/** What decides which requests a version answers; a version of a snapshot is one. */
export interface PlacedVersion
  extends Pick<
    VersionDocument,
    'id' | 'apiId' | 'apiName' | 'name' | 'hosts' | 'basePath' | 'groups' | 'selector'
  > {
  readonly routes: readonly PlacedRoute[]
}

/** So many routes of a version may differ by conditions alone: a request looks at one after the other. */
export const conditionedRoutesMax = 100

/**
 * `duplicate` and `ambiguous` are refused by gateways: two routes answer the same requests, two versions the same name.
 * `unreachable` is harmless and surely a mistake: the route or the version can never answer.
 */
export type OverlapKind = 'duplicate' | 'ambiguous' | 'unreachable'

export interface Overlap {
  readonly kind: OverlapKind
  readonly version: PlacedVersion
  /** null: the version as a whole. */
  readonly route: PlacedRoute | null
  /** The version it collides with; null: none, it is so by itself. */
  readonly other: PlacedVersion | null
  /** A sentence for people, which names the route and what it collides with. */
  readonly message: string
}

/** Says only what is certain. `versions`: all that one environment serves, or as many as one wants to hear about. */
export function findOverlaps(versions: readonly PlacedVersion[]): Overlap[] {
  return [...clashesOf(versions), ...routeOverlaps(versions)]
}

/** Where versions meet: one host (`*` = any) and one base path of one API. Two of them have to be told apart there. */
export function placeKey(
  host: string,
  { apiId, basePath }: Pick<PlacedVersion, 'apiId' | 'basePath'>,
): string {
  return JSON.stringify([host, apiId, basePath])
}

/** A list of hosts as tables have it. */
export const hostsOf = (hosts: readonly string[]): readonly string[] => (hosts.length > 0 ? hosts : anyHost)
const anyHost: readonly string[] = ['*']

/** Equal for selectors that one request would name both; versions without one share the empty key. Databases keep it: its form stays. */
export function selectorKey(selector: VersionSelector | null): string {
  if (selector === null) return ''
  return JSON.stringify(
    selector.by === 'media-type'
      ? [selector.by, selector.mediaType]
      : [selector.by, selector.name, selector.value],
  )
}

/** How a request names the version: `x-version: 2`, `?version=2` or `Accept: application/vnd.books.v2+json`. */
export function describeSelector(selector: VersionSelector): string {
  switch (selector.by) {
    case 'header':
      return `${selector.name}: ${selector.value}`
    case 'query':
      return `?${selector.name}=${selector.value}`
    case 'media-type':
      return `Accept: ${selector.mediaType}`
  }
}

function clashesOf(versions: readonly PlacedVersion[]): Overlap[] {
  const places = new Map<string, PlacedVersion[]>()
  for (const version of versions) {
    for (const place of hostsOf(version.hosts).map((host) => placeKey(host, version))) {
      const there = places.get(place)
      if (there) there.push(version)
      else places.set(place, [version])
    }
  }
  const named = [...places.values()].filter((there) => there.some(({ selector }) => selector !== null))
  return [...ambiguities(named), ...silentVersions(named)]
}

/** Each pair once, however many places it shares; told of the later one. */
function ambiguities(places: readonly (readonly PlacedVersion[])[]): Overlap[] {
  const found = new Map<string, Overlap>()
  for (const there of places) {
    const chosen = there.flatMap((version) =>
      version.selector === null
        ? []
        : [{ version, selector: version.selector, key: selectorKey(version.selector) }],
    )
    for (const [i, { version, selector, key }] of chosen.entries()) {
      for (let j = 0; j < i; j++) {
        const other = chosen[j]
        if (!other) continue
        const isSame = other.key === key
        const isChoice = !isSame && !(other.selector.isDefault && selector.isDefault)
        if (isChoice || !serveTogether(other.version, version)) continue
        const message = isSame
          ? `${nameOf(version)} has the same selector as ${nameOf(other.version)} (${describeSelector(selector)})`
          : `${nameOf(version)} and ${nameOf(other.version)} both answer requests that name no version`
        const overlap: Overlap = { kind: 'ambiguous', version, route: null, other: other.version, message }
        found.set(`${other.version.id} ${version.id}`, overlap)
      }
    }
  }
  return [...found.values()]
}

/** Versions without a selector that stand beside a default wherever they are. */
function silentVersions(places: readonly (readonly PlacedVersion[])[]): Overlap[] {
  const silenced = new Map<PlacedVersion, PlacedVersion[]>()
  for (const there of places) {
    const defaults = there.filter(({ selector }) => selector?.isDefault)
    for (const version of there) {
      const chosen = defaults.find(({ groups }) => covers(groups, version.groups))
      if (version.selector !== null || !chosen) continue
      silenced.set(version, [...(silenced.get(version) ?? []), chosen])
    }
  }
  const found: Overlap[] = []
  for (const [version, [other = null, ...more]] of silenced) {
    if (other === null || more.length + 1 < hostsOf(version.hosts).length) continue
    const message = `${nameOf(version)} can never answer: it has no selector, and ${nameOf(other)} answers requests that name no version`
    found.push({ kind: 'unreachable', version, route: null, other, message })
  }
  return found
}

interface Answer {
  readonly version: PlacedVersion
  readonly route: PlacedRoute
  readonly conditions: RequestConditions | null
  /** Of its conditions. */
  readonly rank: string
  /** The later of two is told of. */
  readonly place: number
}

/** What a route of a version can collide with in one slot; the same for all routes of the version there. */
interface Rivals {
  /** The first route before it of another API or base path: only routes of one API under one base path may share a path. */
  readonly stranger: Answer | null
  /** Routes that a request for the version could mean: conditions tell them apart. */
  readonly alike: readonly Answer[]
}

function routeOverlaps(versions: readonly PlacedVersion[]): Overlap[] {
  const found: Overlap[] = []
  const slots = new Map<string, Answer[]>()
  let place = 0
  for (const version of versions) {
    for (const route of version.routes) {
      const fault = methodFault(route.method) ?? templateFault(route.path)
      if (fault) {
        const message = `${routeName(route)} can never answer: ${fault}`
        found.push({ kind: 'unreachable', version, route, other: null, message })
      }
      const conditions = conditionsOf(route.when)
      const answer: Answer = { version, route, conditions, rank: rankOf(conditions), place: place++ }
      for (const key of slotsOf(version, route)) {
        const slot = slots.get(key)
        if (slot) slot.push(answer)
        else slots.set(key, [answer])
      }
    }
  }
  const told = new Set<PlacedRoute>()
  for (const slot of slots.values()) {
    if (slot.length < 2) continue
    const crowd = crowdIn(slot)
    if (crowd) {
      found.push(crowd)
      continue
    }
    for (const [answers, rivals] of rivalsIn(slot)) {
      for (const answer of answers) {
        const overlap = told.has(answer.route) ? null : overlapOf(answer, rivals)
        if (!overlap) continue
        told.add(answer.route)
        found.push(overlap)
      }
    }
  }
  return found
}

function crowdIn(slot: readonly Answer[]): Overlap | null {
  const counts = new Map<PlacedVersion, number>()
  for (const { version, route } of slot) {
    const count = (counts.get(version) ?? 0) + 1
    counts.set(version, count)
    if (count <= conditionedRoutesMax) continue
    const message = `${route.method} ${route.path} has more than ${conditionedRoutesMax} routes that differ by conditions alone`
    return { kind: 'ambiguous', version, route, other: null, message }
  }
  return null
}

/** Versions with their answers, in order: a slot may hold many of both, and answers of different selectors never meet. */
function* rivalsIn(slot: readonly Answer[]): Generator<[answers: readonly Answer[], Rivals]> {
  const standings = [...Map.groupBy(slot, ({ version }) => version)].map(([version, answers]) => {
    const neighbourhood = JSON.stringify([version.apiId, version.basePath])
    return { version, answers, neighbourhood, kin: neighbourhood + selectorKey(version.selector) }
  })
  const strangersMeet = new Set(standings.map(({ neighbourhood }) => neighbourhood)).size > 1
  const byKin = Map.groupBy(standings, ({ kin }) => kin)
  for (const [i, { version, answers, neighbourhood, kin }] of standings.entries()) {
    const stranger = strangersMeet
      ? standings.find(
          (other, j) =>
            j < i && other.neighbourhood !== neighbourhood && serveTogether(other.version, version),
        )
      : undefined
    const alike = (byKin.get(kin) ?? [])
      .filter((other) => serveTogether(other.version, version))
      .flatMap((other) => other.answers)
    yield [answers, { stranger: stranger?.answers[0] ?? null, alike }]
  }
}

function overlapOf(answer: Answer, rivals: Rivals): Overlap | null {
  const { version, route, conditions } = answer
  const { stranger, alike } = rivals
  const twin = stranger ?? alike.find(({ place, rank }) => place < answer.place && rank === answer.rank)
  if (twin) {
    const message = `${routeName(route)} answers the same requests as ${routeName(twin.route)} of ${nameOf(twin.version)}`
    return { kind: 'duplicate', version, route, other: twin.version, message }
  }
  const before = alike.find(
    (other) =>
      other.rank < answer.rank &&
      covers(other.version.groups, version.groups) &&
      covers(other.version.hosts, version.hosts) &&
      implies(conditions, other.conditions),
  )
  if (!before) return null
  const asked = before.conditions === null ? '' : ` when ${describeConditions(before.conditions)}`
  return {
    kind: 'unreachable',
    version,
    route,
    other: before.version,
    message: `${routeName(route)} can never answer: ${routeName(before.route)} of ${nameOf(before.version)} is tried first, and answers${asked}`,
  }
}

/** Host, method and path: all that one entry of a router is found by. */
function slotsOf({ hosts, basePath }: PlacedVersion, { method, path }: PlacedRoute): string[] {
  const base = basePath === '/' ? '' : basePath
  // The path `/` of an API is its base path, with and without the final slash.
  const templates = [base + path, ...(path === '/' && base !== '' ? [base] : [])]
  return hostsOf(hosts).flatMap((host) =>
    templates.map((template) => `${host} ${method} ${templateKey(template)}`),
  )
}

function serveTogether(a: PlacedVersion, b: PlacedVersion): boolean {
  return a.groups.length === 0 || b.groups.length === 0 || a.groups.some((group) => b.groups.includes(group))
}

/** Of lists whose emptiness means "all": true when `wide` has everything that `narrow` has. */
function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  return wide.length === 0 ? true : narrow.length > 0 && narrow.every((name) => wide.includes(name))
}

/** What the parser of gateways reads as a method; a test proves it. */
export const knownMethods: ReadonlySet<string> = new Set(
  `ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH
  POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE`.split(
    /\s+/,
  ),
)

/** `TRACE` and `CONNECT` ask a gateway itself for something, and never an API (RFC 9110 9.3.6, 9.3.8). */
function methodFault(method: string): string | null {
  const answers = knownMethods.has(method) && method !== 'TRACE' && method !== 'CONNECT'
  return answers ? null : `gateways refuse ${method}`
}

const nameOf = ({ apiName, name }: PlacedVersion) => `${apiName} ${name}`
