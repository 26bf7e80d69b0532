// Counters in this process: for `local` limits, and for a standalone gateway, which has nothing else.
import { dropOldest } from '../oldest.ts'
import {
  type Ask,
  aheadShare,
  type Bucket,
  type CounterStore,
  type Grant,
  observationMarginMs,
} from './store.ts'

interface FixedState {
  readonly kind: 'fixed'
  used: number
  readonly ticket: string
  endsAtMs: number
}

interface LogState {
  readonly kind: 'sliding-log'
  /** Times of calls, oldest first, from `head` on. */
  times: number[]
  head: number
  endsAtMs: number
}

interface BucketState {
  readonly kind: 'token-bucket'
  tokens: number
  atMs: number
  endsAtMs: number
}

type State = FixedState | LogState | BucketState

export interface MemoryStore extends CounterStore {
  take(bucket: Bucket, ask: Readonly<Ask>): Grant
  /** Forgets what has run out. */
  sweep(): void
  readonly size: number
}

// A flood of new addresses must not fill the memory: beyond this, the oldest counters are forgotten.
const statesMax = 500_000

export function createMemoryStore(nowMs: () => number = monotonicNow()): MemoryStore {
  const states = new Map<string, State>()

  function stateOf(bucket: Bucket, now: number): State {
    const name = `${bucket.algorithm} ${bucket.key}`
    const known = states.get(name)
    if (known && known.endsAtMs > now) return known
    if (!known && states.size >= statesMax) dropOldest(states)
    const fresh = createState(bucket, now)
    states.set(name, fresh)
    return fresh
  }

  return {
    take(bucket, ask) {
      const now = nowMs()
      const state = stateOf(bucket, now)
      switch (state.kind) {
        case 'fixed':
          return takeFixed(state, bucket, ask, now)
        case 'sliding-log':
          return takeLog(state, bucket, ask, now)
        case 'token-bucket':
          return takeToken(state, bucket, ask, now)
      }
    },
    giveBack(bucket, ticket, amount) {
      const name = `${bucket.algorithm} ${bucket.key}`
      const state = states.get(name)
      if (!state) return
      if (state.kind === 'fixed') {
        if (state.ticket !== ticket) return
        state.used -= amount
        if (state.used <= 0 && bucket.opensWithCall) states.delete(name)
      } else if (state.kind === 'token-bucket') state.tokens = Math.min(bucket.limit, state.tokens + amount)
      else if (state.kind === 'sliding-log') {
        // From the end, where it nearly always is: a log of a hundred thousand calls is not gone through for one that was refused.
        const at = Number(ticket)
        let left = amount
        for (let i = state.times.length - 1; left > 0 && i >= state.head; i--) {
          if (state.times[i] !== at) continue
          state.times.splice(i, 1)
          left--
        }
      }
    },
    sweep() {
      const now = nowMs()
      for (const [name, state] of states) if (state.endsAtMs <= now) states.delete(name)
    },
    get size() {
      return states.size
    },
    nowMs,
  }
}

// Wall clock at the start, then monotonic: a clock that is set back must not reopen a window.
export function monotonicNow(): () => number {
  const origin = Date.now() - performance.now()
  return () => origin + performance.now()
}

function createState({ algorithm, limit, windowMs }: Bucket, now: number): State {
  switch (algorithm) {
    case 'fixed':
      return { kind: 'fixed', used: 0, ticket: String(now), endsAtMs: now + windowMs }
    case 'sliding-log':
      return { kind: 'sliding-log', times: [], head: 0, endsAtMs: now + windowMs }
    case 'token-bucket':
      return { kind: 'token-bucket', tokens: limit, atMs: now, endsAtMs: now + windowMs }
  }
}

function grantOf(free: number, { least, demand, want }: Readonly<Ask>): number {
  return free < least ? 0 : Math.min(want, free, Math.max(demand, Math.floor(free / aheadShare)))
}

function takeFixed(state: FixedState, { limit, windowMs }: Bucket, ask: Readonly<Ask>, now: number): Grant {
  // The window of the rule became shorter.
  state.endsAtMs = Math.min(state.endsAtMs, now + windowMs)
  const granted = grantOf(limit - state.used, ask)
  state.used += granted
  const resetMs = Math.ceil(state.endsAtMs - now)
  return {
    granted,
    remaining: Math.max(limit - state.used, 0),
    resetMs,
    retryMs: resetMs,
    ticket: state.ticket,
  }
}

function takeLog(state: LogState, { limit, windowMs }: Bucket, ask: Readonly<Ask>, now: number): Grant {
  const spanMs = windowMs + observationMarginMs(windowMs)
  const { times } = state
  while (state.head < times.length && (times[state.head] ?? 0) <= now - spanMs) state.head++
  if (state.head > 1_000 && state.head * 2 > times.length) {
    times.splice(0, state.head)
    state.head = 0
  }
  const used = times.length - state.head
  const granted = grantOf(limit - used, ask)
  const stamp = now + ask.holdMs
  for (let i = 0; i < granted; i++) times.push(stamp)
  if (granted > 0) state.endsAtMs = stamp + spanMs
  const newest = times.at(-1)
  const blocking = times[state.head + Math.max(used - limit + ask.least - 1, 0)]
  return {
    granted,
    remaining: Math.max(limit - used - granted, 0),
    resetMs: newest === undefined ? 0 : Math.ceil(newest + spanMs - now),
    retryMs: blocking === undefined ? 0 : Math.ceil(blocking + spanMs - now),
    ticket: String(stamp),
  }
}

function takeToken(state: BucketState, { limit, windowMs }: Bucket, ask: Readonly<Ask>, now: number): Grant {
  const perMs = limit / windowMs
  state.tokens = Math.min(limit, state.tokens + Math.max(0, now - state.atMs) * perMs)
  state.atMs = now
  const free = Math.floor(state.tokens + 1e-6)
  const granted = ask.least > limit && free >= limit ? ask.demand : grantOf(free, ask)
  state.tokens -= granted
  const resetMs = Math.ceil((limit - state.tokens) / perMs)
  state.endsAtMs = now + resetMs + 1_000
  return {
    granted,
    remaining: Math.max(Math.floor(state.tokens), 0),
    resetMs,
    retryMs: Math.ceil(Math.max(Math.min(ask.least, limit) - state.tokens, 0) / perMs),
    ticket: '',
  }
}
