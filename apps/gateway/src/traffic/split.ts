// The traffic of one deployment, compiled: rules first, then the shares, by the place of the request on the wheel.
import { randomInt } from 'node:crypto'
import { readCookie } from '@gatewright/shared/cookies'
import type { ErrorCode } from '@gatewright/shared/errors'
import type { Traffic, trafficCondition } from '@gatewright/shared/model/traffic'
import { defaultUpstream } from '@gatewright/shared/model/upstream'
import type * as z from 'zod'
import type { CompiledRoute, Destination, TrafficSplit } from '../config/generation.ts'
import type { RequestContext } from '../request/context.ts'
import type { Upstream } from '../upstream/call.ts'
import type { Guard } from './guards.ts'
import { Mirror, type MirrorCounts } from './mirror.ts'
import { createPlacer, type Placer, type Stickiness } from './stickiness.ts'
import { layShares, places, Wheel } from './wheel.ts'

export interface SplitInput {
  readonly versionId: string
  /** Without a final slash; empty for the root. */
  readonly basePath: string
  readonly traffic: Traffic
  /** By name. */
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly guard: Guard | null
  readonly mirrors: MirrorCounts
  /** Where the wheel begins; a place of its own for each worker unless a test says where. */
  readonly start?: number
}

/** Throws when an upstream is named that is not there: the snapshot is refused. */
export function createTrafficSplit(input: SplitInput): TrafficSplit {
  const { versionId, basePath, traffic, upstreams, guard, mirrors, start = randomInt(places) } = input
  const named = (name: string): Upstream => {
    const upstream = upstreams.get(name)
    if (upstream === undefined) throw new Error(`traffic: the version has no upstream "${name}"`)
    return upstream
  }
  const rules = traffic.rules.map((rule) => ({
    holds: compileCondition(rule.when),
    to: named(rule.upstream),
  }))
  const shares = traffic.shares.map((share) => named(share.upstream))
  // Where there is nothing to draw, nobody needs a place.
  const stickiness: Stickiness = shares.length > 1 ? traffic.stickiness : { by: 'none' }
  const place = createPlacer(stickiness, new Wheel(start), { versionId, basePath })
  return new Split(
    traffic,
    rules,
    shares.length === 0 ? [upstreams.get(defaultUpstream) ?? null] : shares,
    layShares(traffic.shares.map((share) => share.weight)),
    place,
    guard,
    traffic.mirror && new Mirror(named(traffic.mirror.upstream), traffic.mirror.percent, start, mirrors),
  )
}

interface Rule {
  readonly holds: (ctx: RequestContext) => boolean
  readonly to: Upstream
}

class Split implements TrafficSplit {
  readonly #traffic: Traffic
  readonly #rules: readonly Rule[]
  /** null: the version has nothing behind it by that name. */
  readonly #shares: readonly (Upstream | null)[]
  readonly #owners: Uint8Array
  readonly #place: Placer
  readonly #guard: Guard | null
  readonly #mirror: Mirror | null

  constructor(
    traffic: Traffic,
    rules: readonly Rule[],
    shares: readonly (Upstream | null)[],
    owners: Uint8Array,
    place: Placer,
    guard: Guard | null,
    mirror: Mirror | null,
  ) {
    this.#traffic = traffic
    this.#rules = rules
    this.#shares = shares
    this.#owners = owners
    this.#place = place
    this.#guard = guard
    this.#mirror = mirror
  }

  choose(ctx: RequestContext): Upstream | null {
    const rules = this.#rules
    for (let i = 0; i < rules.length; i++) {
      const { holds, to } = rules[i] as Rule
      if (holds(ctx)) return to
    }
    // Callers get their place also while the guard holds them at the first release: they keep it when it lets go.
    const drawn = this.#owners[this.#place(ctx)] as number
    ctx.share = this.#guard?.isTripped ? 0 : drawn
    return this.#shares[ctx.share] as Upstream | null
  }

  started(ctx: RequestContext, route: CompiledRoute): void {
    // Nothing is copied that was not even tried itself.
    if (this.#mirror !== null && ctx.call !== null) this.#mirror.copy(ctx, route)
  }

  done(ctx: RequestContext): void {
    if (ctx.share <= 0 || this.#guard === null) return
    const isError = isFailure(ctx)
    // Refused by ourselves before it was called: that says nothing of the release.
    if (!isError && ctx.upstreamStartedMs === 0) return
    // Nor does a client that never sent its whole body.
    if (!isError && ctx.answeredMs === 0 && ctx.hasBody && ctx.sentMs === 0) return
    this.#guard.count(ctx.share, isError, waitedMs(ctx))
  }

  explain(ctx: RequestContext): Destination {
    const { rules, shares } = this.#traffic
    const rule = this.#rules.findIndex(({ holds }) => holds(ctx))
    if (rule >= 0) return { upstream: rules[rule]?.upstream ?? null, because: `rule ${rule + 1} holds` }
    const stable = shares[0]?.upstream ?? defaultUpstream
    if (shares.length === 0) return { upstream: stable, because: 'no rule holds' }
    if (this.#guard?.isTripped) return { upstream: stable, because: 'the guard took the other shares away' }
    const whole = shares.find(({ weight }) => weight === 100)
    if (whole) return { upstream: whole.upstream, because: 'it has the whole share' }
    const list = shares.map(({ upstream, weight }) => `${upstream} ${weight} %`).join(', ')
    return { upstream: null, because: `it is dealt out by shares: ${list}` }
  }
}

/** From the last of the request to the head of the answer: how fast a client sends and reads is not the upstream's doing. */
function waitedMs({ upstreamStartedMs, sentMs, answeredMs, upstreamEndedMs }: RequestContext): number {
  const end = answeredMs > 0 ? answeredMs : upstreamEndedMs
  return Math.max(0, end - (sentMs < end ? Math.max(upstreamStartedMs, sentMs) : upstreamStartedMs))
}

/** What an upstream may be blamed for; that a client left, or sent too much, is not its fault. */
const upstreamFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_unreachable',
  'upstream_invalid_response',
  'upstream_unavailable',
  'upstream_timeout',
  'circuit_open',
])

function isFailure({ reason, status }: RequestContext): boolean {
  return reason === null ? status >= 500 : upstreamFailures.has(reason)
}

function compileCondition(when: z.output<typeof trafficCondition>): (ctx: RequestContext) => boolean {
  const values: ReadonlySet<string | undefined> = new Set(when.values)
  switch (when.on) {
    case 'header': {
      const { name } = when
      return (ctx) => values.has(ctx.header(name))
    }
    case 'cookie': {
      const { name } = when
      return (ctx) => values.has(readCookie(ctx.header('cookie') ?? '', name))
    }
    case 'query': {
      const { name } = when
      return (ctx) => values.has(ctx.queryParameter(name))
    }
    case 'application':
      return (ctx) => values.has(ctx.principal?.applicationName)
  }
}
