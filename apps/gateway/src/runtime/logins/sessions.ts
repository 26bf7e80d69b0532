// Sessions of people who signed in, in Redis: found by the hash of what their cookie holds, and sealed with it (ADR 76). Whoever reads
// Redis reads nothing of them, and a cookie alone opens nothing once its session is gone.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { loginAttemptKey, loginLockKey, loginSessionKey } from '@gatewright/shared/channels'
import type { Redis } from 'ioredis'
import * as z from 'zod'
import { dropIfSilent, isReady } from '../redis.ts'

const sessionRecord = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  /** Of the id token. */
  claims: z.record(z.string(), z.unknown()),
  idToken: z.string(),
  accessToken: z.string().nullable(),
  refreshToken: z.string().nullable(),
  /** Unix milliseconds; null: the provider did not say when the access token ends. */
  accessUntilMs: z.number().nullable(),
  /** From when on its tokens are refreshed. */
  refreshAtMs: z.number().nullable(),
  endsAtMs: z.number(),
})
export type SessionRecord = z.output<typeof sessionRecord>

/** Redis gave no answer that can be relied on. */
export class SessionsAway extends Error {}

const lengthMax = 128 * 1024

export interface SessionStore {
  /** Throws `SessionsAway` when no session could be kept, as all of them. */
  check(): void
  /** The ticket of a new session. */
  create(record: SessionRecord): Promise<string>
  /** `prolongs`: it was used, and rests no longer than `idleMs` from now on. */
  read(ticket: string, prolongs: boolean): Promise<SessionRecord | null>
  /** Only one that is there still: whoever signed out meanwhile stays out. */
  replace(ticket: string, record: SessionRecord): Promise<void>
  end(ticket: string): Promise<void>
  /** `mine`: until `unlock`, or for `ms`. `paused`: whoever had it last asked for a pause. */
  lock(ticket: string, ms: number): Promise<'mine' | 'taken' | 'paused'>
  unlock(ticket: string): Promise<void>
  pause(ticket: string, ms: number): Promise<void>
  /** True once for each name. */
  first(attempt: string, ms: number): Promise<boolean>
}

interface SessionStoreSettings {
  readonly redis: Redis
  readonly tenantId: string
  readonly environment: string
  /** Whose sessions: those of one login are none of another. */
  readonly realm: string
  readonly idleMs: number
}

const held = 'held'
const paused = 'paused'

export function createSessionStore({
  redis,
  tenantId,
  environment,
  realm,
  idleMs,
}: SessionStoreSettings): SessionStore {
  const sessionKey = (ticket: string) => loginSessionKey(tenantId, environment, nameOf(ticket, realm))
  const lockKey = (ticket: string) => loginLockKey(tenantId, environment, nameOf(ticket, realm))

  async function ask<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    try {
      return await command()
    } catch (cause) {
      dropIfSilent(redis, cause)
      throw new SessionsAway('Sessions cannot be read', { cause })
    }
  }

  return {
    check() {
      if (!isReady(redis)) throw new SessionsAway('Sessions cannot be kept')
    },
    async create(record) {
      const ticket = randomBytes(32).toString('base64url')
      await ask(() => redis.set(sessionKey(ticket), seal(ticket, realm, record), 'PX', idleMs))
      return ticket
    },
    async read(ticket, prolongs) {
      const key = sessionKey(ticket)
      const text = await ask(() => (prolongs ? redis.getex(key, 'PX', idleMs) : redis.get(key)))
      return text === null ? null : unseal(ticket, realm, text)
    },
    async replace(ticket, record) {
      await ask(() => redis.set(sessionKey(ticket), seal(ticket, realm, record), 'PX', idleMs, 'XX'))
    },
    async end(ticket) {
      await ask(() => redis.del(sessionKey(ticket)))
    },
    async lock(ticket, ms) {
      const key = lockKey(ticket)
      if ((await ask(() => redis.set(key, held, 'PX', ms, 'NX'))) !== null) return 'mine'
      return (await ask(() => redis.get(key))) === paused ? 'paused' : 'taken'
    },
    async unlock(ticket) {
      await ask(() => redis.del(lockKey(ticket)))
    },
    async pause(ticket, ms) {
      await ask(() => redis.set(lockKey(ticket), paused, 'PX', ms))
    },
    async first(attempt, ms) {
      const key = loginAttemptKey(tenantId, environment, attempt)
      return (await ask(() => redis.set(key, '1', 'PX', ms, 'NX'))) !== null
    },
  }
}

export const nameOf = (ticket: string, realm: string) =>
  createHash('sha256').update(`gatewright login session ${realm} ${ticket}`).digest('hex')

/** RFC 5869: the name above says nothing of this key. */
const keyOf = (ticket: string, realm: string) =>
  Buffer.from(
    hkdfSync('sha256', Buffer.from(ticket, 'base64url'), '', `gatewright login session key ${realm}`, 32),
  )

function seal(ticket: string, realm: string, record: SessionRecord): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(ticket, realm), nonce)
  const body = Buffer.concat([cipher.update(JSON.stringify(record), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
}

/** null: it was changed, or is of a form that this gateway does not know. */
function unseal(ticket: string, realm: string, text: string): SessionRecord | null {
  if (text.length > lengthMax) return null
  const bytes = Buffer.from(text, 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(ticket, realm), bytes.subarray(0, 12), {
      authTagLength: 16,
    })
    decipher.setAuthTag(bytes.subarray(12, 28))
    const json = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
    return sessionRecord.parse(JSON.parse(json))
  } catch {
    return null
  }
}
