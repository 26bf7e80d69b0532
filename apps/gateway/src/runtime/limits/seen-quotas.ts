// What this worker last saw of calendar quotas: with it a Redis that lost its memory is told what it no longer knows (ADR 60).
import { dropOldest } from '../oldest.ts'
import type { Bucket, Grant } from './store.ts'

interface Seen {
  readonly ticket: string
  used: number
}

export interface SeenQuotas {
  find(bucket: Bucket): Seen | undefined
  learn(bucket: Bucket, grant: Grant): void
  /** Of what was seen, so much was given back. */
  forget(bucket: Bucket, ticket: string, amount: number): void
}

// The name of a counter holds its period, so those of periods that are over are the oldest soon.
const quotasMax = 100_000

export function createSeenQuotas(): SeenQuotas {
  const quotas = new Map<string, Seen>()
  const isCalendar = (bucket: Bucket) => bucket.algorithm === 'fixed' && !bucket.opensWithCall

  return {
    find: (bucket) => (isCalendar(bucket) ? quotas.get(bucket.key) : undefined),
    learn(bucket, grant) {
      if (!isCalendar(bucket) || grant.ticket === '') return
      const used = bucket.limit - grant.remaining
      const known = quotas.get(bucket.key)
      if (known?.ticket === grant.ticket) {
        known.used = used
        return
      }
      if (!known && quotas.size >= quotasMax) dropOldest(quotas)
      quotas.set(bucket.key, { ticket: grant.ticket, used })
    },
    forget(bucket, ticket, amount) {
      const known = quotas.get(bucket.key)
      if (known?.ticket === ticket) known.used -= amount
    },
  }
}
