// The two cookies of a browser session: the session itself, which no script can read, and the token that proves a write.
import {
  csrfCookie,
  plainAttemptCookie,
  plainSessionCookie,
  secureAttemptCookie,
  secureSessionCookie,
} from '@gatewright/shared/portal-cookies'
import type { Env } from '../env.ts'

type CookieEnv = Pick<Env, 'SECURE_COOKIES'>

export const sessionCookie = (env: CookieEnv) =>
  env.SECURE_COOKIES ? secureSessionCookie : plainSessionCookie

export function sessionCookies(
  env: CookieEnv,
  token: string,
  csrfToken: string,
  maxAgeSeconds: number,
): string[] {
  const age = `Max-Age=${Math.floor(maxAgeSeconds)}`
  return [
    line(env, `${sessionCookie(env)}=${token}`, 'HttpOnly', age),
    line(env, `${csrfCookie}=${csrfToken}`, age),
  ]
}

export function expiredCookies(env: CookieEnv): string[] {
  return sessionCookies(env, '', '', 0)
}

const attemptCookieName = (env: CookieEnv) => (env.SECURE_COOKIES ? secureAttemptCookie : plainAttemptCookie)

/** The secret that binds sign-ins at identity providers to a browser; no script can read it. */
export function attemptCookie(env: CookieEnv, secret: string, maxAgeSeconds: number): string {
  return line(env, `${attemptCookieName(env)}=${secret}`, 'HttpOnly', `Max-Age=${maxAgeSeconds}`)
}

export function readAttemptCookie(env: CookieEnv, header: string | undefined): string | null {
  return readCookie(header, attemptCookieName(env))
}

function line(env: CookieEnv, pair: string, ...attributes: string[]): string {
  const secure = env.SECURE_COOKIES ? ['Secure'] : []
  return [pair, 'Path=/', 'SameSite=Lax', ...secure, ...attributes].join('; ')
}

/** Value of a cookie in a `Cookie` header, or null. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
