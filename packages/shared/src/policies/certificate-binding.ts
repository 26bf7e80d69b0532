// Access tokens that are good in one hand alone: bound to the client certificate of whom they were given to (RFC 8705).
import type { PresentedCertificate } from './certificate-ports.ts'
import { type Claims, claimOf } from './claims.ts'

/** sha256 in base64url, without padding (RFC 8705 3.1). */
const thumbprint = /^[A-Za-z0-9_-]{43}$/

/**
 * The certificate that a token is bound to, as the sha256 of its DER in lower-case hex; null = the token is bound to nothing;
 * `other` = to a key that is shown in another way than by a certificate (DPoP, RFC 9449), or in words that cannot be read.
 */
export function boundCertificateOf(claims: Claims): string | 'other' | null {
  const confirmation = claimOf(claims, 'cnf')
  if (confirmation === undefined) return null
  if (typeof confirmation !== 'object' || confirmation === null) return 'other'
  const [member, ...more] = Object.entries(confirmation)
  if (member === undefined || more.length > 0) return 'other'
  const [name, value] = member
  if (name !== 'x5t#S256' || typeof value !== 'string' || !thumbprint.test(value)) return 'other'
  return Buffer.from(value, 'base64url').toString('hex')
}

/** Whether the client holds what the token is bound to: its handshake, or a trusted proxy, proved the key of that certificate. */
export function showsCertificate(
  shown: PresentedCertificate | 'unreadable' | null,
  fingerprint: string,
): boolean {
  return shown !== null && shown !== 'unreadable' && shown.fingerprint === fingerprint
}
