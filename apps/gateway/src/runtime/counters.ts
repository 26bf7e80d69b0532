// The counters port of policies: each rule gets the limiter that its mode asks for, on the store that is there.
import type { Counters, Limiter, LimitRule, Taken } from '@gatewright/shared/policies/policy'
import { createLeasedLimiter, type LeasedLimiter } from './limits/leased.ts'
import type { CounterStore } from './limits/store.ts'
import { createStrictLimiter } from './limits/strict.ts'

export interface CounterStores {
  /** Counts for all gateways together; null in a standalone gateway. */
  readonly shared: CounterStore | null
  /** Counts for this gateway. */
  readonly own: CounterStore
  /** True when `own` is in this thread: then a lease would save nothing. */
  readonly ownIsHere: boolean
}

export interface CounterRuntime extends Counters {
  /** Gives back leases that lie idle. */
  sweep(): void
  /** Gives back all leases, before the worker ends. */
  close(): void
}

export function createCounters({ shared, own, ownIsHere }: CounterStores): CounterRuntime {
  // Weak, because limiters live as long as the policy instances that use them.
  const leased = new Set<WeakRef<LeasedLimiter>>()

  function track(limiter: Limiter | LeasedLimiter): Limiter {
    if ('sweep' in limiter) leased.add(new WeakRef(limiter))
    return limiter
  }

  function ownLimiter(rule: LimitRule): Limiter {
    const isLeased = rule.mode === 'leased' && !ownIsHere
    return isLeased ? track(createLeasedLimiter(rule, own)) : createStrictLimiter(rule, own)
  }

  function eachLeased(visit: (limiter: LeasedLimiter) => void) {
    for (const reference of leased) {
      const limiter = reference.deref()
      if (limiter) visit(limiter)
      else leased.delete(reference)
    }
  }

  function limiterOf(rule: LimitRule): Limiter {
    if (rule.mode === 'local' || shared === null) return ownLimiter(rule)
    const limiter =
      rule.mode === 'strict' ? createStrictLimiter(rule, shared) : track(createLeasedLimiter(rule, shared))
    if (rule.whenUnavailable === 'refuse') return limiter
    return withFallback(limiter, ownLimiter(rule))
  }

  return {
    limiter: (rule) => new LimiterOnDemand(rule, limiterOf),
    sweep() {
      eachLeased((limiter) => limiter.sweep())
    },
    close() {
      eachLeased((limiter) => limiter.close())
    },
  }
}

/** Thousands of routes have limits that nobody meets between two publishes: each costs a few words until then, not kilobytes. */
class LimiterOnDemand implements Limiter {
  readonly #rule: LimitRule
  readonly #create: (rule: LimitRule) => Limiter
  #limiter: Limiter | null = null

  constructor(rule: LimitRule, create: (rule: LimitRule) => Limiter) {
    this.#rule = rule
    this.#create = create
  }

  take(key: string, cost: number, nowMs: number): Taken | Promise<Taken> {
    this.#limiter ??= this.#create(this.#rule)
    return this.#limiter.take(key, cost, nowMs)
  }

  giveBack(key: string, cost: number, taken: Taken): void {
    this.#limiter?.giveBack(key, cost, taken)
  }
}

function withFallback(limiter: Limiter, fallback: Limiter): Limiter {
  // Who gave what, so that it goes back there.
  const ofFallback = new WeakSet<Taken>()

  async function takeLocally(key: string, cost: number, nowMs: number): Promise<Taken> {
    const taken = await fallback.take(key, cost, nowMs)
    ofFallback.add(taken)
    return taken
  }

  return {
    take(key, cost, nowMs) {
      const taken = limiter.take(key, cost, nowMs)
      if (taken instanceof Promise) {
        return taken.then((result) =>
          result.kind === 'unavailable' ? takeLocally(key, cost, nowMs) : result,
        )
      }
      return taken.kind === 'unavailable' ? takeLocally(key, cost, nowMs) : taken
    },
    giveBack(key, cost, taken) {
      ;(ofFallback.has(taken) ? fallback : limiter).giveBack(key, cost, taken)
    },
  }
}
