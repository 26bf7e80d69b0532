// What one method of one path leads to: a route, or a choice between routes of one API by version and conditions.
import type { RequestConditions } from '@gatewright/shared/model/match'
import { describeConditions, rankOf } from '@gatewright/shared/route-conditions'
import { conditionedRoutesMax } from '@gatewright/shared/route-overlap'
import { allHold, type Condition, compileConditions } from './conditions.ts'
import type { CompiledRoute, RequestView } from './generation.ts'
import { anybody, type Member, nobody, type VersionPlace } from './version-place.ts'

/** Two routes that answer the same requests, so that nobody could say which one should; or far too many that differ. */
export class RouteConflict extends Error {}

function twins(first: Claim, second: Claim, host: string): RouteConflict {
  const where = host === '*' ? '' : ` on the host ${host}`
  return new RouteConflict(`${describe(second)} answers the same requests as ${describe(first)}${where}`)
}

/** A route that nothing else competes with stands there bare, so that it costs nothing that others have conditions. */
export type Slot = CompiledRoute | Choice

/** A route and what decides between it and others at its place. */
export interface Claim {
  readonly route: CompiledRoute
  readonly when: RequestConditions | null
  readonly place: VersionPlace | null
}

/** One of several routes behind the same host, path and method. */
export interface Alternative extends Claim {
  /** Its place among the others. */
  readonly rank: string
  readonly conditions: readonly Condition[]
  /** Who of its place it belongs to; null where versions need no names. */
  readonly member: Member | null
}

interface MemberRoutes {
  /** In the order in which they are tried, once sealed. */
  readonly list: Alternative[]
  readonly byRank: Map<string, Alternative>
}

export class Choice {
  readonly kind = 'choice'
  readonly place: VersionPlace | null
  /** HEAD, where a version does not declare it: its GET (RFC 9110 9.3.2). */
  fallback: Slot | null = null
  readonly #members = new Map<Member | null, MemberRoutes>()

  constructor(place: VersionPlace | null) {
    this.place = place
  }

  /** Throws `RouteConflict`. Conditions divide what one API answers; they never let one stand before another. */
  add(claim: Claim, host: string): void {
    const { route, when, place } = claim
    const neighbour = this.alternatives().next().value
    if (neighbour && !areNeighbours(neighbour, claim)) throw twins(neighbour, claim, host)
    const member = place === null ? null : place.memberOf(route.facts.versionId)
    const routes: MemberRoutes = this.#members.get(member) ?? { list: [], byRank: new Map() }
    this.#members.set(member, routes)
    const rank = rankOf(when)
    const twin = routes.byRank.get(rank)
    if (twin) throw twins(twin, claim, host)
    if (routes.list.length >= conditionedRoutesMax) {
      throw new RouteConflict(
        `${describe(claim)}: more than ${conditionedRoutesMax} routes differ from it by conditions alone`,
      )
    }
    const alternative = { ...claim, member, rank, conditions: when === null ? [] : compileConditions(when) }
    routes.byRank.set(rank, alternative)
    routes.list.push(alternative)
  }

  /** Everything is there: the order is settled, and every route knows on which fields its choice depended. */
  seal(): void {
    const names = new Set(this.place?.varying ?? [])
    for (const { when } of this.alternatives()) {
      for (const { name } of when?.headers ?? []) names.add(name)
      if (when?.contentTypes.length) names.add('Content-Type')
    }
    const vary = names.size === 0 ? null : [...names].join(', ')
    for (const { list } of this.#members.values()) {
      list.sort((a, b) => (a.rank < b.rank ? -1 : 1))
      list.forEach((alternative, i) => {
        list[i] = { ...alternative, route: Object.freeze({ ...alternative.route, vary }) }
      })
    }
  }

  pick(view: RequestView): CompiledRoute | null {
    if (this.place === null) return this.#first(null, view)
    const member = this.place.choose(view)
    if (member === nobody) return null
    if (member === anybody) return this.#ofAnybody(view)
    if (!this.#members.has(member) && this.fallback !== null) return pick(this.fallback, view)
    return this.#first(member, view)
  }

  /** In the order in which they are tried, version by version. */
  *alternatives(): Generator<Alternative, undefined> {
    for (const { list } of this.#members.values()) yield* list
  }

  #first(member: Member | null, view: RequestView): CompiledRoute | null {
    const routes = this.#members.get(member)
    if (routes === undefined) return null
    for (const { conditions, route } of routes.list) {
      if (conditions.length === 0 || allHold(conditions, view)) return route
    }
    return null
  }

  #ofAnybody(view: RequestView): CompiledRoute | null {
    for (const member of [this.place?.default ?? null, ...this.#members.keys()]) {
      const route = this.#first(member, view)
      if (route !== null) return route
    }
    return this.fallback === null ? null : pick(this.fallback, view)
  }
}

export function pick(slot: Slot, view: RequestView): CompiledRoute | null {
  return slot.kind === 'route' ? slot : slot.pick(view)
}

/** Every route that a slot could mean. */
export function* alternativesOf(slot: Slot): Generator<Alternative, undefined> {
  if (slot.kind === 'route') {
    yield { route: slot, when: null, place: null, rank: rankOf(null), conditions: [], member: null }
    return
  }
  yield* slot.alternatives()
  if (slot.fallback === null) return
  // A version that declares HEAD itself has nothing to derive.
  const declared = new Set([...slot.alternatives()].map(({ member }) => member))
  for (const alternative of alternativesOf(slot.fallback)) {
    if (!declared.has(alternative.member)) yield alternative
  }
}

/** Routes of one API under one base path. */
function areNeighbours(a: Claim, b: Claim): boolean {
  return (
    a.place === b.place &&
    a.route.facts.apiId === b.route.facts.apiId &&
    a.route.basePathLength === b.route.basePathLength
  )
}

function describe({ route: { facts }, when }: Claim): string {
  const asked = when === null ? '' : ` (${describeConditions(when)})`
  return `${facts.method} ${facts.template}${asked} of ${facts.apiName} ${facts.versionName}`
}
