// A sign-in under way at a provider: it travels as `state`, sealed under a secret that only the browser that began it has.
import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { seal, unseal } from '../../infra/seal.ts'

const purpose = 'gatewright-oidc-sign-in'

/** A person may have to find their phone meanwhile. */
export const attemptSeconds = 15 * 60

const attemptSchema = z.strictObject({
  providerId: z.string(),
  verifier: z.string(),
  nonce: z.string(),
  returnTo: z.string().nullable(),
  beganAtMs: z.int(),
})
export type Attempt = z.output<typeof attemptSchema>

const random = () => randomBytes(32).toString('base64url')

/** The browser's secret from its cookie when it looks like one of ours, else a new one. Tabs of one browser share it. */
export const browserSecret = (cookie: string | null) =>
  cookie !== null && /^[\w-]{43}$/.test(cookie) ? cookie : random()

export function beginAttempt(providerId: string, returnTo: string | null, now: Date): Attempt {
  return { providerId, verifier: random(), nonce: random(), returnTo, beganAtMs: now.getTime() }
}

export function sealAttempt(attempt: Attempt, browser: string): string {
  return Buffer.from(seal(JSON.stringify(attempt), browser, purpose)).toString('base64url')
}

/** The attempt that this browser began with this provider, or null: another browser's, another provider's, too old, or no state at all. */
export function openAttempt(
  state: string | undefined,
  browser: string | null,
  providerId: string,
  now: Date,
): Attempt | null {
  if (state === undefined || browser === null) return null
  let text: string
  try {
    text = unseal(Buffer.from(state, 'base64url'), browser, purpose)
  } catch {
    return null
  }
  const attempt = attemptSchema.parse(JSON.parse(text))
  const ageMs = now.getTime() - attempt.beganAtMs
  return attempt.providerId === providerId && ageMs <= attemptSeconds * 1000 ? attempt : null
}

/** A path of the portal, or null: never another site, however it is written. */
export function safeReturnPath(raw: unknown): string | null {
  if (typeof raw !== 'string' || raw.length > 1000) return null
  // Browsers drop tabs and line ends from URLs, and read a backslash as a slash.
  if (!raw.startsWith('/') || raw.startsWith('//') || /[\\\p{Cc}]/u.test(raw)) return null
  const url = URL.parse(raw, 'http://local.invalid')
  // Dot segments may have hidden the two slashes that begin another site's name.
  if (url?.host !== 'local.invalid' || url.pathname.startsWith('//') || url.pathname.startsWith('/api/'))
    return null
  return `${url.pathname}${url.search}${url.hash}`
}
