// leased: a worker takes a slice of the limit ahead and decides alone until it is used up, so most calls wait for nobody.
import type { Limiter, LimitRule, Taken } from '@gatewright/shared/policies/policy'
import { dropOldest } from '../oldest.ts'
import { createBuckets } from './buckets.ts'
import type { Ask, Bucket, CounterStore, Grant } from './store.ts'
import { createStrictLimiter } from './strict.ts'

// A slice is as much as this worker used lately in so many milliseconds.
const sliceMs = 100
// A lease that nobody used for this long goes back, so that other workers can have it.
const idleMs = 500
// While the store says no, it is not asked again for this long: others may give back what they do not need.
const refusalMs = 50
const sliceMax = 10_000
const leasesMax = 50_000
/** How often a call waits for a slice before it is told that there is none. */
const attemptsMax = 8

/**
 * For how long a slice of a rolling limit may be kept. The store counts it as used at the end of that time (log), or keeps
 * the bucket that much smaller (tokens), so that late use never breaks the limit.
 */
const rollingHoldMs = 200

interface Lease {
  readonly key: string
  bucket: Bucket
  ticket: string
  left: number
  /** Monotonic milliseconds. */
  validUntil: number
  /** What the store had left when it was last asked, and when it will be whole again. */
  storeRemaining: number
  wholeAt: number
  refusedUntil: number
  retryAt: number
  /** Use since the last refill, from which the next slice is sized. */
  used: number
  since: number
  lastUse: number
  waiting: number
  ask: Ask
  refill: Promise<Outcome> | null
}

type Outcome = 'granted' | 'refused' | 'away'

/** A limiter whose leases must be looked after: `sweep` gives back what lies idle. */
export interface LeasedLimiter extends Limiter {
  sweep(): void
  /** Gives everything back. */
  close(): void
}

export function createLeasedLimiter(rule: LimitRule, store: CounterStore): Limiter | LeasedLimiter {
  const window = rule.window
  if (window.kind === 'paced') return createStrictLimiter(rule, store)
  if (window.kind === 'token-bucket') {
    const burst = window.burst - Math.ceil((window.perSecond * rollingHoldMs) / 1000)
    // Too small to be cut into slices: exact and asked each time, instead of never letting anybody through.
    if (burst < 1) return createStrictLimiter(rule, store)
    return createLeases({ ...rule, window: { ...window, burst } }, store, rollingHoldMs)
  }
  return createLeases(rule, store, window.kind === 'sliding-log' ? rollingHoldMs : 0)
}

function createLeases(rule: LimitRule, store: CounterStore, holdMs: number): LeasedLimiter {
  const bucketOf = createBuckets(rule)
  const look = createStrictLimiter(rule, store)
  const leases = new Map<string, Lease>()
  let isClosed = false

  function leaseOf(key: string, now: number): Lease {
    const known = leases.get(key)
    if (known) return known
    if (leases.size >= leasesMax) dropOldest(leases, surrender)
    const fresh: Lease = {
      key,
      bucket: bucketOf(key, store.nowMs()),
      ticket: '',
      left: 0,
      validUntil: 0,
      storeRemaining: 0,
      wholeAt: 0,
      refusedUntil: 0,
      retryAt: 0,
      used: 0,
      since: now,
      lastUse: now,
      waiting: 0,
      ask: { least: 1, demand: 1, want: 1, holdMs },
      refill: null,
    }
    leases.set(key, fresh)
    return fresh
  }

  function use(lease: Lease, cost: number, now: number): Taken {
    lease.left -= cost
    lease.used += cost
    lease.lastUse = now
    return {
      kind: 'taken',
      remaining: lease.left + lease.storeRemaining,
      resetMs: Math.max(0, Math.ceil(lease.wholeAt - now)),
      retryMs: 0,
      ticket: lease.ticket,
    }
  }

  function refused(lease: Lease, now: number): Taken {
    return {
      kind: 'refused',
      remaining: lease.left + lease.storeRemaining,
      resetMs: Math.max(0, Math.ceil(lease.wholeAt - now)),
      retryMs: Math.max(1, Math.ceil(lease.retryAt - now)),
      ticket: '',
    }
  }

  /** What of a lease is not used goes back to where it came from. */
  function surrender(lease: Lease) {
    if (lease.left > 0) store.giveBack(lease.bucket, lease.ticket, lease.left)
    lease.left = 0
  }

  // `lease.ask` may grow until the store sends it: callers of the same moment wait for one refill.
  function refill(lease: Lease, now: number): Promise<Outcome> {
    const elapsedMs = Math.max(now - lease.since, 1)
    const slice = Math.min(sliceMax, Math.ceil((lease.used * sliceMs) / elapsedMs))
    lease.ask.demand = Math.max(lease.waiting, 1)
    lease.ask.want = Math.max(slice, lease.ask.demand)
    if (elapsedMs > sliceMs) {
      lease.used = 0
      lease.since = now
    }
    const bucket = bucketOf(lease.key, store.nowMs())
    const grant = store.take(bucket, lease.ask)
    // The lease ends when the window does, counted from before the question: never after it ended in the store.
    if (!(grant instanceof Promise)) return Promise.resolve(settle(lease, bucket, grant, now))
    lease.refill = grant.then((result) => {
      lease.refill = null
      return settle(lease, bucket, result, now)
    })
    return lease.refill
  }

  function settle(lease: Lease, bucket: Bucket, grant: Grant | null, askedAt: number): Outcome {
    if (grant === null) return 'away'
    lease.storeRemaining = grant.remaining
    lease.wholeAt = askedAt + grant.resetMs
    if (grant.granted === 0) {
      const now = performance.now()
      lease.retryAt = askedAt + grant.retryMs
      lease.refusedUntil = Math.min(now + refusalMs, Math.max(lease.retryAt, now + 1))
      return 'refused'
    }
    const validUntil = askedAt + (holdMs > 0 ? holdMs : grant.resetMs)
    const isSame = lease.ticket === grant.ticket && lease.bucket.key === bucket.key
    // What has run out is not made longer by what comes: it goes back, or nothing that is merged with it could ever be used.
    if (lease.left > 0 && isSame && performance.now() < lease.validUntil) {
      lease.left += grant.granted
      lease.validUntil = Math.min(lease.validUntil, validUntil)
    } else {
      surrender(lease)
      lease.left = grant.granted
      lease.validUntil = validUntil
    }
    lease.bucket = bucket
    lease.ticket = grant.ticket
    lease.refusedUntil = 0
    // Asked for ahead, and nobody will come for it any more.
    if (isClosed && lease.waiting === 0) surrender(lease)
    return 'granted'
  }

  async function takeAfterRefill(lease: Lease, cost: number): Promise<Taken> {
    lease.waiting += cost
    try {
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        if (lease.refill) {
          lease.ask.demand = Math.max(lease.ask.demand, lease.waiting)
          lease.ask.want = Math.max(lease.ask.want, lease.ask.demand)
        }
        const outcome = await (lease.refill ?? refill(lease, performance.now()))
        const now = performance.now()
        if (lease.left >= cost && now < lease.validUntil) return use(lease, cost, now)
        if (outcome === 'away') return unavailable
        if (outcome === 'refused') return refused(lease, now)
      }
      // What is granted has run out when it arrives, or others take it each time: nobody waits for ever.
      return unavailable
    } finally {
      lease.waiting -= cost
    }
  }

  return {
    take(key, cost, nowMs) {
      const now = performance.now()
      const lease = leaseOf(key, now)
      // No slice is ever as large as a call that costs more than the limit.
      if (cost === 0 || cost > lease.bucket.limit) return look.take(key, cost, nowMs)
      // Each grant of a log runs out at a time of its own, so parts of several never make up one call.
      if (cost > 1 && rule.window.kind === 'sliding-log') {
        surrender(lease)
        return look.take(key, cost, nowMs)
      }
      if (lease.left >= cost && now < lease.validUntil) {
        const taken = use(lease, cost, now)
        // Asked for in time, the next slice is there before this one is used up.
        if (lease.left < lease.ask.want / 4 && lease.refill === null && now >= lease.refusedUntil) {
          void refill(lease, now)
        }
        return taken
      }
      if (now < lease.refusedUntil) return refused(lease, now)
      return takeAfterRefill(lease, cost)
    },
    giveBack(key, cost, taken) {
      if (taken.kind !== 'taken') return
      const lease = leases.get(key)
      if (lease && lease.ticket === taken.ticket && performance.now() < lease.validUntil) {
        lease.left += cost
        lease.used = Math.max(0, lease.used - cost)
      } else look.giveBack(key, cost, taken)
    },
    sweep() {
      const now = performance.now()
      for (const lease of leases.values()) {
        if (lease.refill || lease.waiting > 0 || now - lease.lastUse < idleMs) continue
        surrender(lease)
        if (now >= lease.refusedUntil) leases.delete(lease.key)
      }
    },
    close() {
      isClosed = true
      for (const lease of leases.values()) surrender(lease)
      leases.clear()
    },
  }
}

const unavailable: Taken = { kind: 'unavailable' }
