// What the workers of a gateway see of the same upstreams, as one answer: they watch health each for itself.
import type { TargetState, UpstreamState } from '@gatewright/shared/model/upstream-state'

/** From good to bad: a target is as bad as its worst worker says. */
const conditions: readonly TargetState['state'][] = ['healthy', 'draining', 'ejected', 'unhealthy']
const breakers: readonly UpstreamState['breaker'][] = [null, 'closed', 'half-open', 'open']

/** One answer per worker, in any order; open requests add up. */
export function mergeUpstreams(answers: readonly (readonly UpstreamState[])[]): UpstreamState[] {
  const byName = Map.groupBy(answers.flat(), ({ name }) => name)
  return Array.from(byName.values(), mergeUpstream)
}

function mergeUpstream(states: readonly UpstreamState[]): UpstreamState {
  const byTarget = Map.groupBy(
    states.flatMap(({ targets }) => targets),
    ({ url, source, region }) => JSON.stringify([url, source, region]),
  )
  return {
    name: (states[0] as UpstreamState).name,
    breaker: worst(states, ({ breaker }) => breakers.indexOf(breaker)).breaker,
    discovery: states.map(({ discovery }) => discovery).reduce(mergeDiscovery),
    targets: Array.from(byTarget.values(), mergeTarget),
  }
}

function mergeTarget(states: readonly TargetState[]): TargetState {
  const latencies = states.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]))
  return {
    ...worst(states, ({ state }) => conditions.indexOf(state)),
    openRequests: states.reduce((sum, { openRequests }) => sum + openRequests, 0),
    latencyMs: latencies.length === 0 ? null : Math.max(...latencies),
  }
}

type DiscoveryState = UpstreamState['discovery']

/** The oldest reading, and any error: all of them are told the same, sooner or later. */
function mergeDiscovery(one: DiscoveryState, other: DiscoveryState): DiscoveryState {
  if (one === null || other === null) return one ?? other
  const { updatedAt: a } = one
  const { updatedAt: b } = other
  return { updatedAt: a === null || b === null ? null : Math.min(a, b), error: one.error ?? other.error }
}

function worst<T>(items: readonly T[], badness: (item: T) => number): T {
  return items.reduce((bad, item) => (badness(item) > badness(bad) ? item : bad))
}
