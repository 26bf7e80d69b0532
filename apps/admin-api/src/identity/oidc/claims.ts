// What a provider says of a person, as far as it is believed.
import type { JsonValue } from 'openid-client'
import * as z from 'zod'

export type Claims = Readonly<Record<string, JsonValue | undefined>>

export interface Statement {
  readonly subject: string
  /** Lower case, and only when the provider has verified it. */
  readonly email: string | null
  readonly name: string | null
  /** null when the provider says that they are elsewhere: nobody can tell then. */
  readonly groups: readonly string[] | null
}

const email = z.email().max(254).toLowerCase()

export function readClaims(claims: Claims, groupsClaim: string | null): Statement {
  const address = email.safeParse(claims.email)
  // Cognito writes "true".
  const isVerified = claims.email_verified === true || claims.email_verified === 'true'
  return {
    subject: String(claims.sub),
    email: address.success && isVerified ? address.data : null,
    name: nameOf(claims),
    groups: groupsClaim === null ? [] : groupsOf(claims, groupsClaim),
  }
}

/**
 * The address and whether it was verified, as one document says it: one that verifies an address says nothing of that in another.
 * The ID token, which is signed, has the first word when it says both.
 */
export function addressOf(
  idToken: Claims,
  userinfo: Claims,
): { email: JsonValue | undefined; email_verified: JsonValue | undefined } {
  const saysBoth = idToken.email !== undefined && idToken.email_verified !== undefined
  const { email, email_verified } = saysBoth || userinfo.email === undefined ? idToken : userinfo
  return { email, email_verified }
}

function nameOf(claims: Claims): string | null {
  const full = [claims.given_name, claims.family_name].filter((part) => typeof part === 'string').join(' ')
  for (const candidate of [claims.name, full, claims.preferred_username]) {
    // NUL is text that Postgres cannot store.
    const text = typeof candidate === 'string' ? candidate.replaceAll('\0', '').trim().slice(0, 100) : ''
    if (text !== '') return text
  }
  return null
}

function groupsOf(claims: Claims, path: string): string[] | null {
  // Too many groups for a token are only pointed at (OpenID Connect Core 5.6.2).
  if (isObject(claims._claim_names) && path in claims._claim_names) return null
  const value = claims[path] ?? path.split('.').reduce<unknown>(memberOf, claims)
  return [value].flat().filter((group) => typeof group === 'string')
}

const memberOf = (value: unknown, name: string) =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
