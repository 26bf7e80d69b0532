// What all gateways of an environment see of a version's upstreams, taken together: each target once, as bad as its worst gateway says.

import type { GuardState, TargetState, UpstreamState } from '@gatewright/shared/model/upstream-state'

export interface Live {
  data: ReadonlyArray<{
    gatewayId: string
    group: string
    upstreams: readonly UpstreamState[]
    guard: GuardState | null
  }>
  unreachable: readonly string[]
}

export interface TargetNow {
  url: string
  region: string | null
  source: TargetState['source']
  state: TargetState['state']
  /** How many of `gateways` see it in this state. */
  agreeing: number
  gateways: number
  /** Of the state above; the longest standing one. */
  reason: string | null
  since: number
  /** On all gateways together. */
  openRequests: number
  /** On the slowest gateway; null = no request yet. */
  latencyMs: number | null
}

export interface UpstreamNow {
  targets: readonly TargetNow[]
  /** The worst of the gateways, and how many of them say so; null = it has none. */
  breaker: { state: NonNullable<UpstreamState['breaker']>; agreeing: number; gateways: number } | null
  /** The oldest reading, and the first complaint; null = nothing is discovered. */
  discovery: { updatedAt: number | null; error: string | null } | null
}

const worseTargets = ['healthy', 'draining', 'ejected', 'unhealthy'] as const
const worseBreakers = ['closed', 'half-open', 'open'] as const

export function upstreamsNow({ data }: Live): ReadonlyMap<string, UpstreamNow> {
  const byName = Map.groupBy(
    data.flatMap(({ upstreams }) => upstreams),
    ({ name }) => name,
  )
  return new Map(
    [...byName].map(([name, states]) => [
      name,
      { targets: targetsNow(states), breaker: breakerNow(states), discovery: discoveryNow(states) },
    ]),
  )
}

function targetsNow(states: readonly UpstreamState[]): TargetNow[] {
  const byUrl = Map.groupBy(
    states.flatMap(({ targets }) => targets),
    ({ url }) => url,
  )
  return [...byUrl].flatMap(([url, seen]) => {
    const state = worst(worseTargets, seen)
    const agreeing = seen.filter((one) => one.state === state).sort((a, b) => a.since - b.since)
    const [first] = agreeing
    if (!first) return []
    const latencies = seen.flatMap(({ latencyMs }) => latencyMs ?? [])
    return [
      {
        url,
        region: first.region,
        source: first.source,
        state,
        agreeing: agreeing.length,
        gateways: seen.length,
        reason: agreeing.find(({ reason }) => reason !== null)?.reason ?? null,
        since: first.since,
        openRequests: seen.reduce((sum, { openRequests }) => sum + openRequests, 0),
        latencyMs: latencies.length === 0 ? null : Math.max(...latencies),
      },
    ]
  })
}

function breakerNow(states: readonly UpstreamState[]): UpstreamNow['breaker'] {
  const breakers = states.flatMap(({ breaker }) => (breaker === null ? [] : { state: breaker }))
  if (breakers.length === 0) return null
  const state = worst(worseBreakers, breakers)
  return {
    state,
    agreeing: breakers.filter((one) => one.state === state).length,
    gateways: breakers.length,
  }
}

function discoveryNow(states: readonly UpstreamState[]): UpstreamNow['discovery'] {
  const readings = states.flatMap(({ discovery }) => discovery ?? [])
  if (readings.length === 0) return null
  const times = readings.flatMap(({ updatedAt }) => updatedAt ?? [])
  return {
    updatedAt: times.length < readings.length ? null : Math.min(...times),
    error: readings.find(({ error }) => error !== null)?.error ?? null,
  }
}

export interface GuardNow {
  state: GuardState['state']
  reason: string | null
  at: number | null
  /** Over the window of the guard: counts of all gateways together, p95 of the slowest. */
  upstreams: GuardState['upstreams']
}

/** null = no gateway guards anything. A trip on one gateway is a trip of all. */
export function guardNow({ data }: Live): GuardNow | null {
  const guards = data.flatMap(({ guard }) => guard ?? [])
  if (guards.length === 0) return null
  const tripped = guards.filter(({ state }) => state === 'tripped').sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  const byName = Map.groupBy(
    guards.flatMap(({ upstreams }) => upstreams),
    ({ name }) => name,
  )
  return {
    state: tripped.length > 0 ? 'tripped' : 'watching',
    reason: tripped[0]?.reason ?? null,
    at: tripped[0]?.at ?? null,
    upstreams: [...byName].map(([name, seen]) => {
      const p95s = seen.flatMap(({ p95Ms }) => p95Ms ?? [])
      return {
        name,
        requests: seen.reduce((sum, { requests }) => sum + requests, 0),
        errors: seen.reduce((sum, { errors }) => sum + errors, 0),
        p95Ms: p95s.length === 0 ? null : Math.max(...p95s),
      }
    }),
  }
}

function worst<S extends string>(worse: readonly S[], seen: ReadonlyArray<{ state: S }>): S {
  return seen.reduce<S>(
    (found, { state }) => (worse.indexOf(state) > worse.indexOf(found) ? state : found),
    worse[0] as S,
  )
}
