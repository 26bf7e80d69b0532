// Where counts stand: the port that Redis and the gateway's own memory both fill, with one set of rules for all algorithms.

/** A limit as a store counts it: the calendar is already a key and a duration. */
export interface Bucket {
  readonly algorithm: 'fixed' | 'sliding-log' | 'token-bucket'
  /** Whole name of the counter. */
  readonly key: string
  /** Whose counter it is: counters of one owner are counted in one step. */
  readonly owner: string
  /** Calls per window, or size of the token bucket. */
  readonly limit: number
  /** Milliseconds; of a token bucket, the time that fills it. */
  readonly windowMs: number
  /** Of a fixed window: it begins when it is first used, and is forgotten with the last call that is given back. Else the calendar says. */
  readonly opensWithCall: boolean
}

/**
 * How much is asked for. Nothing is taken unless `least` is free; then `demand` as far as it is free, and beyond that,
 * up to `want`, at most a part of what is free. A single strict call has `least` = `demand` = `want`. A call that costs more
 * than a token bucket holds passes when the bucket is full, and the bucket owes the rest: it is late, never impossible.
 */
export interface Ask {
  least: number
  demand: number
  want: number
  /** Milliseconds for which the taker may keep what it got; nothing is forgotten before that time is over. */
  holdMs: number
}

/** What of the free rest one asker gets ahead of demand, so that others find something as well. */
export const aheadShare = 4

export interface Grant {
  /** 0: refused, and nothing was counted. */
  readonly granted: number
  readonly remaining: number
  readonly resetMs: number
  readonly retryMs: number
  /** Names the grant when a part of it is given back. */
  readonly ticket: string
}

export interface CounterStore {
  /** null: the store is away. `ask` is read when the request is sent, so it may still grow until then. */
  take(bucket: Bucket, ask: Readonly<Ask>): Promise<Grant | null> | Grant
  /** Returns what a lease did not use, or a call that was refused after all. Best effort: what gets lost is never admitted. */
  giveBack(bucket: Bucket, ticket: string, amount: number): void
  /** Unix milliseconds by the clock that all users of the store share. */
  nowMs(): number
}

/**
 * A sliding log forgets a call this much later than the window says: whoever checks it sees each call a little after or before
 * the clock that decided, and must not find one too many.
 */
export const observationMarginMs = (windowMs: number) => Math.min(50, windowMs / 100)
