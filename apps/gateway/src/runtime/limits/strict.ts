// strict: every call is decided where the count stands; in Redis that is one round trip, shared by calls of the same moment.
import type { Limiter, LimitRule, Taken } from '@gatewright/shared/policies/policy'
import { createBuckets } from './buckets.ts'
import type { CounterStore, Grant } from './store.ts'

export function createStrictLimiter(rule: LimitRule, store: CounterStore): Limiter {
  const bucketOf = createBuckets(rule)
  return {
    take(key, cost) {
      // A cost of 0 only looks: would a call be admitted?
      const ask = { least: Math.max(cost, 1), demand: cost, want: cost, holdMs: 0 }
      const grant = store.take(bucketOf(key, store.nowMs()), ask)
      return grant instanceof Promise ? grant.then((it) => toTaken(it, cost)) : toTaken(grant, cost)
    },
    giveBack(key, cost, taken) {
      if (taken.kind === 'taken') store.giveBack(bucketOf(key, store.nowMs()), taken.ticket, cost)
    },
  }
}

const unavailable: Taken = { kind: 'unavailable' }

function toTaken(grant: Grant | null, cost: number): Taken {
  if (grant === null) return unavailable
  const { granted, remaining, resetMs, retryMs, ticket } = grant
  return granted > 0 || (cost === 0 && remaining > 0)
    ? { kind: 'taken', remaining, resetMs, retryMs: 0, ticket }
    : { kind: 'refused', remaining, resetMs, retryMs, ticket }
}
