// Records of keys from Redis; and from what this gateway saw before, while Redis is away or has lost its data.
import { credentialsKey } from '@gatewright/shared/channels'
import type { Redis } from 'ioredis'
import { type CredentialSource, parseCredential } from './credentials.ts'
import { dropIfSilent, isReady } from './redis.ts'

export interface KnownKeys {
  /** What the disk remembers of a key; null when it was never seen. */
  recall(sha256: string): Promise<string | null>
  /** A record as Redis holds it. */
  saw(sha256: string, text: string): void
}

/**
 * `position`: the access revision this gateway has followed. Records that are behind it, or have no position, lost data: a key
 * that is not among them may well exist.
 */
export function createRedisCredentials(
  redis: Redis,
  environmentName: string,
  known: KnownKeys,
  position: () => number,
): CredentialSource {
  const recordsKey = credentialsKey(environmentName)

  async function recall(sha256: string) {
    const text = await known.recall(sha256)
    const record = text === null ? null : parseCredential(text)
    return record ? ({ kind: 'found', record } as const) : ({ kind: 'unavailable' } as const)
  }

  return {
    async read(sha256) {
      if (!isReady(redis)) return recall(sha256)
      try {
        // Record and position stand in one hash, so they are lost together or not at all.
        const [text, revision] = await redis.hmget(recordsKey, sha256, 'revision')
        if (Number(revision ?? -1) < position()) return recall(sha256)
        if (typeof text !== 'string') return { kind: 'unknown' }
        const record = parseCredential(text)
        if (!record) return { kind: 'unavailable' }
        known.saw(sha256, text)
        return { kind: 'found', record }
      } catch (error) {
        dropIfSilent(redis, error)
        return recall(sha256)
      }
    },
  }
}
