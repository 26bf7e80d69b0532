// One login: people go to the provider and come back, and their sessions are found, refreshed once, and ended.
import type { Login, LoginFinished, LoginSource } from '@gatewright/shared/policies/login-ports'
import type { Outage } from '../outage.ts'
import { attemptName, createBrowserKey, openAttempt, sealAttempt } from './attempt.ts'
import { type Provider, ProviderAway, ProviderRefused, type Tokens } from './provider.ts'
import { createRefresher } from './refresher.ts'
import { type SessionStore, SessionsAway } from './sessions.ts'

interface LoginParts {
  readonly source: LoginSource
  readonly realm: string
  readonly provider: Provider
  readonly sessions: SessionStore
  readonly outage: Outage
  readonly log: { warn(fields: object, message: string): void }
  /** Unix milliseconds. */
  readonly now: () => number
}

export function createLogin({ source, realm, provider, sessions, outage, log, now }: LoginParts): Login {
  const { issuer } = source
  const refresher = createRefresher({ source, provider, sessions, outage, now })

  /** What kept it from working, which is for the log alone. */
  function awayOf(error: unknown): { readonly kind: 'unavailable' } {
    if (error instanceof ProviderAway) outage.failed(error.message)
    else if (!(error instanceof SessionsAway)) throw error
    return { kind: 'unavailable' }
  }

  async function redeem(
    query: string,
    state: string,
    attempt: NonNullable<ReturnType<typeof openAttempt>>,
  ): Promise<LoginFinished> {
    let tokens: Tokens
    try {
      tokens = await provider.redeem(query, state, attempt.redirectUri, attempt)
      outage.worked()
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error
      if (error.error === 'access_denied') return { kind: 'denied' }
      log.warn({ issuer, reason: error.message }, 'A sign-in failed')
      return { kind: 'failed', error: error.error }
    }
    const nowMs = now()
    const ticket = await sessions.create({
      issuer,
      subject: String(tokens.claims.sub),
      claims: tokens.claims,
      idToken: tokens.idToken,
      ...refresher.tokensOf(tokens, nowMs),
      endsAtMs: nowMs + source.lifetimeMs,
    })
    return { kind: 'in', ticket, returnTo: attempt.returnTo }
  }

  return {
    cookieSuffix: source.cookieSuffix ?? realm.slice(0, 10),

    async begin({ returnTo, redirectUri, browserKey }) {
      try {
        // Whoever could not be let in afterwards is not sent away.
        sessions.check()
        const key = browserKey ?? createBrowserKey()
        const attempt = sealAttempt(key, realm, { returnTo, redirectUri, begunAtMs: now() })
        return { kind: 'begun', location: await provider.authorizeAt(redirectUri, attempt), browserKey: key }
      } catch (error) {
        return awayOf(error)
      }
    },

    async finish({ query, redirectUri, browserKey }) {
      const state = new URLSearchParams(query).get('state')
      const attempt = state === null || browserKey === null ? null : openAttempt(browserKey, realm, state)
      if (state === null || attempt === null || attempt.redirectUri !== redirectUri)
        return { kind: 'unfinished' }
      const leftMs = attempt.begunAtMs + source.attemptMs - now()
      if (leftMs <= 0) return { kind: 'unfinished' }
      try {
        // Before the code is used: a provider that sees one twice ends what it gave for it (RFC 6749 4.1.2).
        if (!(await sessions.first(attemptName(state), leftMs)))
          return { kind: 'repeated', returnTo: attempt.returnTo }
        return await redeem(query, state, attempt)
      } catch (error) {
        return awayOf(error)
      }
    },

    async find(ticket, nowMs, looksOnly) {
      try {
        const record = await sessions.read(ticket, !looksOnly)
        if (record === null) return { kind: 'none' }
        if (record.endsAtMs <= nowMs) {
          if (!looksOnly) await sessions.end(ticket)
          return { kind: 'none' }
        }
        if (looksOnly || !refresher.isDue(record, nowMs)) return refresher.foundIn(record, nowMs)
        return await refresher.refreshed(ticket, record)
      } catch (error) {
        return awayOf(error)
      }
    },

    async end(ticket, returnTo) {
      try {
        let idToken: string | null = null
        if (ticket !== null) {
          idToken = (await sessions.read(ticket, false))?.idToken ?? null
          await sessions.end(ticket)
        }
        return { kind: 'ended', location: await endAt(idToken, returnTo) }
      } catch (error) {
        return awayOf(error)
      }
    },
  }

  /** The session here is gone by now: a provider that is away keeps nobody in. */
  async function endAt(idToken: string | null, returnTo: string | null): Promise<string | null> {
    try {
      return await provider.endAt(idToken, returnTo)
    } catch (error) {
      awayOf(error)
      return null
    }
  }
}
