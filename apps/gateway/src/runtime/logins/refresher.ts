// Tokens of sessions, made new before they end: once, however many requests and gateways come at that moment.
import type { LoginSource, SessionFound } from '@gatewright/shared/policies/login-ports'
import type { Outage } from '../outage.ts'
import { type Provider, ProviderAway, ProviderRefused, type Tokens } from './provider.ts'
import { sessionIn } from './session-view.ts'
import type { SessionRecord, SessionStore } from './sessions.ts'

interface RefresherParts {
  readonly source: LoginSource
  readonly provider: Provider
  readonly sessions: SessionStore
  readonly outage: Outage
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface Refresher {
  /** What a session keeps of the tokens it was given at that moment. */
  tokensOf(
    tokens: Pick<Tokens, 'accessToken' | 'refreshToken' | 'accessSeconds'>,
    nowMs: number,
  ): Pick<SessionRecord, 'accessToken' | 'refreshToken' | 'accessUntilMs' | 'refreshAtMs'>
  isDue(record: SessionRecord, nowMs: number): boolean
  /** The session as it is, unless its tokens have ended. */
  foundIn(record: SessionRecord, nowMs: number): SessionFound
  /** Goes on at once while the tokens are good, and waits for new ones when they have ended. Throws what the store throws. */
  refreshed(ticket: string, record: SessionRecord): Promise<SessionFound>
}

/** So long before their end tokens are made new; of short-lived ones, after half of their life. */
const aheadMs = 30_000
/** A provider that failed is left alone for this long, by all who have the same session. */
const pauseMs = 2_000
const lookEveryMs = 50

const none: SessionFound = { kind: 'none' }
const unavailable: SessionFound = { kind: 'unavailable' }

export function createRefresher({ source, provider, sessions, outage, now }: RefresherParts): Refresher {
  /** Two answers of the provider (its metadata, its tokens), its keys, and some time to spare. */
  const lockMs = 3 * source.timeoutMs + 5_000
  const running = new Map<string, Promise<SessionFound>>()

  const isDue = ({ refreshToken, refreshAtMs }: SessionRecord, nowMs: number) =>
    refreshToken !== null && refreshAtMs !== null && refreshAtMs <= nowMs

  const isOver = ({ accessUntilMs }: SessionRecord, nowMs: number) =>
    accessUntilMs !== null && accessUntilMs <= nowMs

  function tokensOf(
    {
      accessToken,
      refreshToken,
      accessSeconds,
    }: Pick<Tokens, 'accessToken' | 'refreshToken' | 'accessSeconds'>,
    nowMs: number,
  ) {
    const lifeMs = accessSeconds === null ? null : accessSeconds * 1_000
    return {
      accessToken: source.needsAccessToken ? accessToken : null,
      refreshToken,
      accessUntilMs: lifeMs === null ? null : nowMs + lifeMs,
      refreshAtMs: lifeMs === null ? null : nowMs + Math.max(lifeMs - aheadMs, lifeMs / 2),
    }
  }

  function foundIn(record: SessionRecord, nowMs: number): SessionFound {
    // A token that is handed on and cannot be made new: whoever it speaks for has to sign in again.
    if (source.needsAccessToken && record.refreshToken === null && isOver(record, nowMs)) return none
    return sessionIn(record)
  }

  async function refresh(ticket: string): Promise<SessionFound> {
    const deadline = now() + lockMs
    for (;;) {
      const lock = await sessions.lock(ticket, lockMs)
      // Also whoever waited: what it waited for may be here.
      const record = await sessions.read(ticket, false)
      if (lock === 'mine') return record === null ? dropped(ticket) : holding(ticket, record)
      if (record === null) return none
      if (!isDue(record, now())) return sessionIn(record)
      if (lock === 'paused' || now() >= deadline) return unavailable
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
  }

  async function dropped(ticket: string): Promise<SessionFound> {
    await sessions.unlock(ticket)
    return none
  }

  /** With the lock. */
  async function holding(ticket: string, record: SessionRecord): Promise<SessionFound> {
    if (!isDue(record, now()) || record.refreshToken === null) {
      await sessions.unlock(ticket)
      return sessionIn(record)
    }
    try {
      const { renewed, ...tokens } = await provider.refresh(record.refreshToken, record.subject)
      outage.worked()
      const fresh: SessionRecord = {
        ...record,
        ...renewed,
        // RFC 6749 6: who gets no new one keeps the old one.
        ...tokensOf({ ...tokens, refreshToken: tokens.refreshToken ?? record.refreshToken }, now()),
      }
      await sessions.replace(ticket, fresh)
      await sessions.unlock(ticket)
      return sessionIn(fresh)
    } catch (error) {
      // RFC 6749 5.2: it took the grant back. Whatever else it says speaks of the client, or of its own state.
      if (error instanceof ProviderRefused && error.error === 'invalid_grant') {
        await sessions.end(ticket)
        await sessions.unlock(ticket)
        return none
      }
      if (!(error instanceof ProviderAway || error instanceof ProviderRefused)) throw error
      outage.failed(error.message)
      await sessions.pause(ticket, pauseMs)
      return unavailable
    }
  }

  return {
    tokensOf,
    isDue,
    foundIn,
    async refreshed(ticket, record) {
      let refreshing = running.get(ticket)
      if (refreshing === undefined) {
        refreshing = refresh(ticket).finally(() => running.delete(ticket))
        running.set(ticket, refreshing)
      }
      if (isOver(record, now())) return refreshing
      // Nobody waits for it, and what it fails of is told by the next request.
      refreshing.catch(() => undefined)
      return sessionIn(record)
    },
  }
}
