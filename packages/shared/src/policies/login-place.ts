// Where a login stands as browsers see it: origin, base path, and the cookies that belong there.
import { readCookie } from '../cookies.ts'
import { plainLoginPrefix, secureLoginPrefix } from '../portal-cookies.ts'
import { ticketForm } from './login-ports.ts'
import type { PolicyContext } from './policy.ts'

export interface LoginPlace {
  /** Scheme, host and port. */
  readonly origin: string
  /** Cookies hold there for https alone; false: on this very machine, for development. */
  readonly isSecure: boolean
}

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i

/** null: over plain http to another machine, where everybody on the way would be signed in. */
export function placeOf(ctx: PolicyContext, origin: string | null): LoginPlace | null {
  if (origin !== null) return { origin, isSecure: origin.startsWith('https:') }
  const authority = ctx.header('host') ?? ''
  if (ctx.scheme === 'https') return { origin: `https://${authority}`, isSecure: true }
  return loopback.test(authority) ? { origin: `http://${authority}`, isSecure: false } : null
}

export interface LoginCookies {
  /** What the browser shows of a session; null = nothing that could be one. */
  ticketIn(ctx: PolicyContext): string | null
  /** What it keeps since a sign-in began. */
  browserKeyIn(ctx: PolicyContext): string | null
  /** `Set-Cookie` and its value. */
  setTicket(place: LoginPlace, ticket: string): readonly string[]
  dropTicket(place: LoginPlace): readonly string[]
  setBrowserKey(place: LoginPlace, browserKey: string): readonly string[]
}

/** For so long a sign-in may take. */
export const attemptSeconds = 900

/**
 * `__Host-` (RFC 6265bis 4.1.3.2): no other host, and nobody without https, can set them or has them. Localhost is the exception, where
 * browsers differ about what is secure.
 */
export function loginCookies(
  suffix: string,
  sameSite: 'lax' | 'strict',
  lifetimeSeconds: number,
  origin: string | null,
): LoginCookies {
  const session = { secure: `${secureLoginPrefix}${suffix}`, plain: `${plainLoginPrefix}${suffix}` }
  const attempt = { secure: `${secureLoginPrefix}try_${suffix}`, plain: `${plainLoginPrefix}try_${suffix}` }

  function read(ctx: PolicyContext, names: typeof session): string | null {
    const cookies = ctx.header('cookie')
    if (cookies === undefined || !cookies.includes(names.plain)) return null
    // Where there is https, a sibling host could have set the plain one.
    const value =
      readCookie(cookies, names.secure) ??
      (placeOf(ctx, origin)?.isSecure === false ? readCookie(cookies, names.plain) : undefined)
    return value !== undefined && ticketForm.test(value) ? value : null
  }

  function write(
    { isSecure }: LoginPlace,
    names: typeof session,
    value: string,
    seconds: number,
    site: string,
  ): readonly string[] {
    const name = isSecure ? names.secure : names.plain
    return [
      'Set-Cookie',
      `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${site}${isSecure ? '; Secure' : ''}`,
    ]
  }

  const site = sameSite === 'lax' ? 'Lax' : 'Strict'
  return {
    ticketIn: (ctx) => read(ctx, session),
    browserKeyIn: (ctx) => read(ctx, attempt),
    setTicket: (place, ticket) => write(place, session, ticket, lifetimeSeconds, site),
    dropTicket: (place) => write(place, session, '', 0, site),
    // Lax in any case: whoever comes back from the provider comes from another site.
    setBrowserKey: (place, browserKey) => write(place, attempt, browserKey, attemptSeconds, 'Lax'),
  }
}
