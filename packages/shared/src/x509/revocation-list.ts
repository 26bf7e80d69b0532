// A list of revoked certificates (RFC 5280 5): whole lists of one authority. Partial and indirect ones are refused, not guessed at.
import { type KeyObject, verify } from 'node:crypto'
import { readExtensions, serialOf } from './certificate.ts'
import { childrenOf, type DerNode, expectTag, objectIdOf, readWhole, tags, timeOf } from './der.ts'

export interface RevocationList {
  /** The issuer’s name as it is encoded. */
  readonly issuerBytes: string
  /** Unix milliseconds. */
  readonly thisUpdateMs: number
  /** null = it does not say when there will be another one. */
  readonly nextUpdateMs: number | null
  /** Lower-case hex. */
  readonly revoked: ReadonlySet<string>
  isSignedBy(key: KeyObject): boolean
}

/** Object id → digest; null = the algorithm has its own. SHA-1 and MD5 prove nothing any more. */
const digests: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
  ['1.3.101.113', null],
])

/** Reasons and dates of entries are for people; what else is critical in one is not understood. */
const harmlessInEntries = new Set(['2.5.29.21', '2.5.29.24'])

/** Throws a sentence when it cannot be read, or is of a kind that is not understood. */
export function readRevocationList(bytes: Buffer): RevocationList {
  const [body, algorithm, signature] = childrenOf(readWhole(bytes, tags.sequence))
  const id = objectIdOf(childrenOf(expectTag(algorithm, tags.sequence))[0])
  const digest = digests.get(id)
  if (digest === undefined) throw new Error('The list is signed with an algorithm that is not accepted.')
  const tbs = expectTag(body, tags.sequence)
  const parts = childrenOf(tbs)
  if (parts[0]?.tag === tags.integer) parts.shift()
  const [, issuer, thisUpdate, ...rest] = parts
  const isTime = (node: DerNode | undefined) =>
    node?.tag === tags.utcTime || node?.tag === tags.generalizedTime
  const nextUpdate = isTime(rest[0]) ? rest.shift() : undefined
  const entries = rest[0]?.tag === tags.sequence ? rest.shift() : undefined
  // A list of changes, or of some reasons, or of other issuers' certificates, says so in a critical extension.
  if ([...readExtensions(rest.find(({ tag }) => tag === 0xa0)).values()].some(({ isCritical }) => isCritical))
    throw new Error('The list is partial or indirect, which is not supported: use the full one.')
  const revoked = new Set<string>()
  for (const entry of entries === undefined ? [] : childrenOf(entries)) {
    const [serial, , extensions] = childrenOf(entry)
    if (extensions !== undefined && hasUnknownRule(extensions))
      throw new Error('The list is indirect, which is not supported: use that of the authority itself.')
    revoked.add(serialOf(serial))
  }
  const bits = expectTag(signature, tags.bitString).content.subarray(1)
  return {
    issuerBytes: expectTag(issuer, tags.sequence).raw.toString('base64'),
    thisUpdateMs: timeOf(thisUpdate),
    nextUpdateMs: nextUpdate === undefined ? null : timeOf(nextUpdate),
    revoked,
    isSignedBy(key) {
      try {
        return verify(digest, tbs.raw, key, bits)
      } catch {
        return false
      }
    },
  }
}

function hasUnknownRule(extensions: DerNode): boolean {
  return childrenOf(extensions).some((extension) => {
    const parts = childrenOf(extension)
    return parts.length === 3 && parts[1]?.content[0] === 0xff && !harmlessInEntries.has(objectIdOf(parts[0]))
  })
}

const block = /-----BEGIN X509 CRL-----([^-]*)-----END X509 CRL-----/g

/** Lists in PEM, or one in DER, as authorities serve them. */
export function readRevocationLists(bytes: Buffer): RevocationList[] {
  if (bytes[0] === tags.sequence) return [readRevocationList(bytes)]
  const blocks = [...bytes.toString('latin1').matchAll(block)]
  if (blocks.length === 0) throw new Error('It is no list of revoked certificates in PEM or DER form.')
  return blocks.map(([, text = '']) => readRevocationList(Buffer.from(text, 'base64')))
}
