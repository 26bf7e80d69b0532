// Who is behind a key: a bounded cache of hashed keys over Redis, which changes of access empty entry by entry.
import type { CredentialRecord, Credentials, LookupResult } from '@gatewright/shared/policies/policy'
import { signatureAlgorithms } from '@gatewright/shared/signing-key'
import * as z from 'zod'
import { dropOldest } from './oldest.ts'

/** Where records come from: Redis, the supervisor's known keys while Redis is away, or a manifest. */
export interface CredentialSource {
  /** `unavailable` when the source cannot be trusted right now: never a guess. */
  read(sha256: string): Promise<LookupResult>
}

export interface CredentialCache extends Credentials {
  /** These keys changed: what is known of them is no longer true. */
  drop(hashes: readonly string[]): void
  dropAll(): void
  readonly size: number
}

// Strict: what stands in Redis is read as if a stranger had written it.
const credentialRecord: z.ZodType<CredentialRecord> = z.strictObject({
  kind: z.enum(['oauth-client', 'signing-key', 'client-certificate']).optional(),
  signing: z
    .strictObject({
      algorithm: z.enum(signatureAlgorithms),
      publicKey: z.string().nullable(),
      secret: z.string().nullable(),
    })
    .optional(),
  credentialId: z.string(),
  tenantId: z.string(),
  applicationId: z.string(),
  applicationName: z.string(),
  state: z.enum(['active', 'revoked']),
  expiresAt: z.int().nullable(),
  tryIt: z.boolean(),
  groups: z.array(z.string()).optional(),
  subscriptions: z.array(
    z.strictObject({
      subscriptionId: z.string(),
      planId: z.string(),
      planName: z.string(),
      state: z.enum(['pending', 'active', 'rejected', 'suspended', 'cancelled']),
      versionIds: z.array(z.string()),
    }),
  ),
})

/** The record in a text; null when the text is not one. */
export function parseCredential(text: string): CredentialRecord | null {
  try {
    return compact(credentialRecord.parse(JSON.parse(text)))
  } catch {
    return null
  }
}

/** The same record in half the memory: objects of the exact size, which parsers do not make, and what a plan's keys share held once. */
function compact(record: CredentialRecord): CredentialRecord {
  return {
    kind: record.kind,
    signing: record.signing,
    credentialId: record.credentialId,
    tenantId: sharedTexts(record.tenantId, record.tenantId),
    applicationId: record.applicationId,
    applicationName: record.applicationName,
    state: record.state,
    expiresAt: record.expiresAt,
    tryIt: record.tryIt,
    groups: record.groups && sharedLists(record.groups.join(' '), record.groups),
    subscriptions: record.subscriptions.map(({ subscriptionId, planId, planName, state, versionIds }) => ({
      subscriptionId,
      planId: sharedTexts(planId, planId),
      planName: sharedTexts(planName, planName),
      state,
      versionIds: sharedLists(versionIds.join(' '), versionIds),
    })),
  }
}

const sharedTexts = createSharing<string>()
const sharedLists = createSharing<readonly string[]>()

/** The first of all equal values, told by their names. */
function createSharing<T>(valuesMax = 10_000): (name: string, value: T) => T {
  const values = new Map<string, T>()
  return function shared(name, value) {
    const known = values.get(name)
    if (known !== undefined) return known
    // Nothing is lost by it: those that hold a value keep it.
    if (values.size >= valuesMax) values.clear()
    values.set(name, value)
    return value
  }
}

interface Pending {
  readonly promise: Promise<LookupResult>
  /** The key changed while it was being read: the answer may be from before. */
  isStale: boolean
}

const unknown: LookupResult = { kind: 'unknown' }
// Keys that do not exist share a smaller space, so that guessing cannot push out those that do.
const unknownShare = 4
const unknownMs = 60_000

export function createCredentialCache(source: CredentialSource, capacity: number): CredentialCache {
  // A Map keeps the order of insertion: a hit moves to the end, the beginning is the least recently used.
  const found = new Map<string, LookupResult>()
  const missing = new Map<string, number>()
  const pending = new Map<string, Pending>()

  function remember(sha256: string, result: LookupResult) {
    if (result.kind === 'found') {
      found.set(sha256, result)
      if (found.size > capacity) dropOldest(found)
    } else if (result.kind === 'unknown') {
      missing.set(sha256, performance.now() + unknownMs)
      if (missing.size > capacity / unknownShare) dropOldest(missing)
    }
  }

  async function read(sha256: string): Promise<LookupResult> {
    for (;;) {
      const result = await source.read(sha256)
      const entry = pending.get(sha256)
      if (entry?.isStale) {
        entry.isStale = false
        continue
      }
      pending.delete(sha256)
      remember(sha256, result)
      return result
    }
  }

  function known(sha256: string): LookupResult | undefined {
    const result = found.get(sha256)
    // Moving an entry on each hit would cost more than the order is worth: only when the cache is nearly full.
    if (result !== undefined && found.size > capacity * 0.9) {
      found.delete(sha256)
      found.set(sha256, result)
    }
    return result
  }

  return {
    known,
    find(sha256) {
      const result = known(sha256)
      if (result !== undefined) return result
      const until = missing.get(sha256)
      if (until !== undefined) {
        if (performance.now() < until) return unknown
        missing.delete(sha256)
      }
      const running = pending.get(sha256)
      if (running) return running.promise
      const entry: Pending = { promise: read(sha256), isStale: false }
      pending.set(sha256, entry)
      return entry.promise
    },
    drop(hashes) {
      for (const sha256 of hashes) {
        found.delete(sha256)
        missing.delete(sha256)
        const running = pending.get(sha256)
        if (running) running.isStale = true
      }
    },
    dropAll() {
      found.clear()
      missing.clear()
      for (const running of pending.values()) running.isStale = true
    },
    get size() {
      return found.size
    },
  }
}
