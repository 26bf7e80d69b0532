// From a client's certificate to an authority that is trusted: the path of RFC 5280 6, for the rules that are understood here.
import type { Certificate } from './certificate.ts'
import type { RevocationList } from './revocation-list.ts'

export type ChainVerdict =
  | { readonly kind: 'good'; readonly untilMs: number }
  | { readonly kind: 'untrusted' | 'expired' | 'not_yet_valid' | 'revoked' | 'revocation_unknown' }

export interface TrustAnchors {
  /** Each is trusted by itself, whoever issued it. */
  readonly authorities: readonly Certificate[]
  /** null: nobody asks whether a certificate was revoked. */
  readonly lists: readonly RevocationList[] | null
}

const lengthMax = 6
/** Certificates that vouch for each other in circles cost no more than this. */
const checksMax = 24
const clientPurposes = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0']
const digitalSignatureBit = 0
const certSignBit = 5
const listSignBit = 6
const rsaBitsMin = 2_048
const rsaBitsMax = 8_192

/** Signatures of SHA-1 and MD5 can be forged; what is not here is not believed. */
const strongSignatures = new Set([
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
  '1.3.101.113',
])

/** What the dates of one certificate say. */
export function judgeDates({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): ChainVerdict | null {
  if (nowMs > notAfterMs) return { kind: 'expired' }
  return nowMs < notBeforeMs ? { kind: 'not_yet_valid' } : null
}

/** Whether a client may show it at all: for a use that it is made for, with a key that is worth something. */
export function isForClients({ keyUsage, purposes, hasUnknownRule, x509 }: Certificate): boolean {
  if (hasUnknownRule) return false
  if (keyUsage !== null && keyUsage[digitalSignatureBit] !== true) return false
  if (purposes !== null && !purposes.some((id) => clientPurposes.includes(id))) return false
  const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey
  return asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) >= rsaBitsMin
}

/** `between`: what the client sent beside its certificate; nothing of it is believed by itself. */
export function judgeChain(
  leaf: Certificate,
  between: readonly Certificate[],
  { authorities, lists }: TrustAnchors,
  nowMs: number,
): ChainVerdict {
  const late = judgeDates(leaf, nowMs)
  if (late !== null) return late
  if (!isForClients(leaf)) return { kind: 'untrusted' }
  let checks = 0

  function issued(certificate: Certificate, issuer: Certificate): boolean {
    if (
      issuer.subjectBytes !== certificate.issuerBytes ||
      !strongSignatures.has(certificate.signatureAlgorithm)
    )
      return false
    if (++checks > checksMax || !isOfUsualSize(issuer)) return false
    try {
      return certificate.x509.verify(issuer.x509.publicKey)
    } catch {
      return false
    }
  }

  /** The certificates above `path`, up to one that is trusted; null = there is no such way. */
  function climb(path: readonly Certificate[]): readonly Certificate[] | null {
    const top = path.at(-1)
    if (top === undefined || path.length > lengthMax) return null
    const isUsable = (issuer: Certificate) =>
      mayIssue(issuer, path.length - 1) && judgeDates(issuer, nowMs) === null
    const anchor = authorities.find((issuer) => isUsable(issuer) && issued(top, issuer))
    if (anchor !== undefined) return [...path, anchor]
    for (const issuer of between) {
      if (path.includes(issuer) || !isUsable(issuer) || !issued(top, issuer)) continue
      const found = climb([...path, issuer])
      if (found !== null) return found
    }
    return null
  }

  const path = climb([leaf])
  if (path === null) return { kind: 'untrusted' }
  const untilMs = Math.min(...path.map(({ notAfterMs }) => notAfterMs))
  return lists === null ? { kind: 'good', untilMs } : judgeRevocation(path, lists, nowMs, untilMs)
}

/** A key as long as may be takes milliseconds, which anybody could have us spend. */
function isOfUsualSize({ x509 }: Certificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey
  return asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) <= rsaBitsMax
}

/** `below`: how many authorities stand between it and the certificate. */
function mayIssue(
  { isAuthority, keyUsage, pathLengthMax, hasUnknownRule }: Certificate,
  below: number,
): boolean {
  if (!isAuthority || hasUnknownRule) return false
  if (keyUsage !== null && keyUsage[certSignBit] !== true) return false
  return pathLengthMax === null || below <= pathLengthMax
}

/** Of the certificate itself there must be a list that is of its issuer, signed and in time; of authorities one is heeded that is there. */
function judgeRevocation(
  path: readonly Certificate[],
  lists: readonly RevocationList[],
  nowMs: number,
  chainUntilMs: number,
): ChainVerdict {
  let untilMs = chainUntilMs
  for (let i = 0; i + 1 < path.length; i++) {
    const [certificate, issuer] = [path[i] as Certificate, path[i + 1] as Certificate]
    const own = lists.filter(
      (list) =>
        list.issuerBytes === issuer.subjectBytes &&
        (issuer.keyUsage === null || issuer.keyUsage[listSignBit] === true) &&
        list.isSignedBy(issuer.x509.publicKey),
    )
    // Also by an old list: what was revoked stays so.
    if (own.some(({ revoked }) => revoked.has(certificate.serial))) return { kind: 'revoked' }
    const current = own.filter(
      ({ thisUpdateMs, nextUpdateMs }) =>
        thisUpdateMs <= nowMs && (nextUpdateMs === null || nowMs <= nextUpdateMs),
    )
    if (current.length === 0 && (i === 0 || own.length > 0)) return { kind: 'revocation_unknown' }
    const ends = current.map(({ nextUpdateMs }) => nextUpdateMs ?? Number.POSITIVE_INFINITY)
    if (ends.length > 0) untilMs = Math.min(untilMs, Math.max(...ends))
  }
  return { kind: 'good', untilMs }
}
