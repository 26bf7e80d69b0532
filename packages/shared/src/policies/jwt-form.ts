// Reads a signed token in its compact form (RFC 7515 7.1) to the letter, and believes nothing of it: that is for the signature.
import { tokenLengthMax } from './access-token.ts'
import type { Claims } from './claims.ts'

export interface JwtHead {
  readonly alg: string
  readonly kid: string | null
}

export interface UnverifiedJwt {
  readonly head: JwtHead
  readonly claims: Claims
  /** False for a token that claims to need none (RFC 7515 A.5), and is therefore worth nothing. */
  readonly isSigned: boolean
}

const compactForm = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

// Types that a provider gives to what is no access token: security events, logouts, proofs of possession (RFC 8725 3.11).
const tokenTypes = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

/** The parts of a token; a sentence that says what is wrong with it when it is none. */
export function readJwt(token: string): UnverifiedJwt | string {
  if (token.length > tokenLengthMax) return `The token is longer than ${tokenLengthMax} characters.`
  const parts = compactForm.exec(token)
  if (parts === null) return 'The token is not a signed JWT: three parts in base64url, joined by dots.'
  const [, headText = '', claimsText = '', signature = ''] = parts
  if (!isWhole(signature)) return 'The signature of the token is cut off.'
  const head = readObject(headText)
  if (head === null) return 'The head of the token is not a JSON object.'
  const { alg, kid, typ } = head
  if (typeof alg !== 'string') return 'The head of the token names no algorithm.'
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256))
    return 'The key id in the head of the token is not a short text.'
  // RFC 7515 4.1.11: who does not understand a critical extension must refuse, and none is understood here.
  if (head.crit !== undefined || head.b64 !== undefined || head.zip !== undefined)
    return 'The head of the token demands extensions that are not supported.'
  if (typ !== undefined && !(typeof typ === 'string' && tokenTypes.has(typ.toLowerCase())))
    return 'The token is of a type that is not an access token.'
  const claims = readObject(claimsText)
  if (claims === null) return 'The claims of the token are not a JSON object.'
  return { head: { alg, kid: kid ?? null }, claims, isSigned: signature !== '' }
}

function readObject(base64url: string): Record<string, unknown> | null {
  if (!isWhole(base64url)) return null
  try {
    const bytes = Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    )
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Whole bytes, and no second spelling of them: the bits that are left over are zero (RFC 4648 3.5). */
function isWhole(base64url: string): boolean {
  const rest = base64url.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  const last = alphabet.indexOf(base64url.charAt(base64url.length - 1))
  return (last & (rest === 2 ? 0b1111 : 0b11)) === 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
