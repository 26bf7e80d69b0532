// What a token says, whoever vouches for it: claims as texts, moments, clients, scopes and header fields.
import { fieldValue } from './caller.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface RequiredClaim {
  readonly claim: string
  /** Empty: any value will do. */
  readonly values: readonly string[]
}

/** A claim of the token's own: names such as `constructor` mean nothing else here. */
export function claimOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** A NumericDate (RFC 7519 2) in Unix milliseconds; NaN when it is no time, undefined when there is none. */
export function momentOf(claims: Claims, name: string): number | undefined {
  const value = claimOf(claims, name)
  if (value === undefined) return undefined
  return typeof value === 'number' && value >= 0 ? value * 1_000 : Number.NaN
}

/** A claim as texts, whether it is one or a list of them. */
export function valuesOf(claims: Claims, name: string): string[] {
  const value = claimOf(claims, name)
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all
    .filter((it) => typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean')
    .map(String)
}

export function fulfils(claims: Claims, { claim, values }: RequiredClaim): boolean {
  const value = claimOf(claims, claim)
  if (value === undefined || value === null) return false
  return values.length === 0 || valuesOf(claims, claim).some((it) => values.includes(it))
}

/** Whether all of these scopes were granted. */
export function holdsScopes(claims: Claims, scopes: readonly string[]): boolean {
  if (scopes.length === 0) return true
  // `scope` is a list joined by spaces (RFC 9068 2.2.3, RFC 7662 2.2); Okta and Entra write `scp`.
  const held = new Set(
    ['scope', 'scp'].flatMap((name) => valuesOf(claims, name)).flatMap((it) => it.split(' ')),
  )
  return scopes.every((scope) => held.has(scope))
}

const clientIdLengthMax = 255

/** Which client the token was given to; null when it does not say. */
export function clientOf(claims: Claims, claim: string | null): string | null {
  const names = claim === null ? ['azp', 'client_id'] : [claim]
  const id = names.map((name) => claimOf(claims, name)).find((it) => it !== undefined)
  return typeof id === 'string' && id !== '' && id.length <= clientIdLengthMax ? id : null
}

const headerValueLengthMax = 4_096
const control = /\p{Cc}/u

/** A value as a header field says it. undefined: there is nothing to say. null: it cannot be said in a field. */
export function headerValue(claim: unknown): string | null | undefined {
  if (claim === undefined || claim === null) return undefined
  const all: unknown[] = Array.isArray(claim) ? claim : [claim]
  const parts: string[] = []
  for (const one of all) {
    if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') return null
    const part = String(one)
    if (control.test(part) || !part.isWellFormed()) return null
    // A comma inside an element must not make two of it.
    parts.push(Array.isArray(claim) && part.includes(',') ? encodeURIComponent(part) : fieldValue(part))
  }
  const value = parts.join(',')
  return value.length <= headerValueLengthMax ? value : null
}

/** The claim of this very name (such as `https://example.com/roles`), or what the path through objects leads to. */
export function claimAt(claims: Claims, path: string): unknown {
  const whole = claimOf(claims, path)
  if (whole !== undefined || !path.includes('.')) return whole
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    value = claimOf(value as Claims, name)
  }
  return value
}

/** The texts of a claim, which may be one or a list. Anything else is none: no role is named by a number. */
export function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
