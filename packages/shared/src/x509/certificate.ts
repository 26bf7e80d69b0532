// One certificate with what it says of itself, as far as deciding about clients needs it (RFC 5280 4).
import { X509Certificate } from 'node:crypto'
import { childrenOf, DerFault, type DerNode, expectTag, objectIdOf, readWhole, tags } from './der.ts'
import { renderName } from './distinguished-name.ts'

export interface Certificate {
  readonly x509: X509Certificate
  /** sha256, lower-case hex. */
  readonly fingerprint: string
  /** RFC 4514, the most specific part first. */
  readonly subject: string
  /** The names as they are encoded, to be compared byte by byte. */
  readonly subjectBytes: string
  readonly issuerBytes: string
  /** Lower-case hex. */
  readonly serial: string
  /** Unix milliseconds. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Its one URI, when it is a SPIFFE id (X509-SVID 2); null otherwise. */
  readonly spiffeId: string | null
  readonly isAuthority: boolean
  /** How many authorities may stand between this one and the certificate; null = any number. */
  readonly pathLengthMax: number | null
  /** Bits of the extension, the first one first; null = it does not say. */
  readonly keyUsage: readonly boolean[] | null
  /** Object ids; null = it does not say. */
  readonly purposes: readonly string[] | null
  /** It is bound by a rule that is not understood here, and must not be used (RFC 5280 4.2). */
  readonly hasUnknownRule: boolean
  /** Object id of the algorithm that it is signed with. */
  readonly signatureAlgorithm: string
}

const ids = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  purposes: '2.5.29.37',
  alternativeNames: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
}
// Policies are read by nobody here, and say nothing that would forbid a use.
const understood = new Set([
  ids.basicConstraints,
  ids.keyUsage,
  ids.purposes,
  ids.alternativeNames,
  ids.policies,
])

const uriTag = 0x86
const spiffePattern = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)*$/
const spiffeLengthMax = 2_048

/** Throws when it cannot be read. */
export function readCertificate(bytes: Buffer | X509Certificate): Certificate {
  const x509 = bytes instanceof X509Certificate ? bytes : new X509Certificate(bytes)
  const [body, algorithm] = childrenOf(readWhole(x509.raw, tags.sequence))
  const parts = childrenOf(expectTag(body, tags.sequence))
  // [0] version; a certificate of the first version has none, and is nothing that is given out any more.
  if (parts[0]?.tag !== 0xa0) throw new DerFault('a certificate of the first version')
  const [, serial, , issuer, , subject] = parts
  if (issuer === undefined || subject === undefined) throw new DerFault('cut off')
  const extensions = readExtensions(parts.find(({ tag }) => tag === 0xa3))
  const constraints = childrenOfSequence(extensions.get(ids.basicConstraints)?.value)
  const pathLength = constraints.find(({ tag }) => tag === tags.integer)
  const usage = extensions.get(ids.keyUsage)?.value
  const purposes = extensions.get(ids.purposes)?.value
  const uris = childrenOfSequence(extensions.get(ids.alternativeNames)?.value)
    .filter(({ tag }) => tag === uriTag)
    .map(({ content }) => content.toString('latin1'))
  const [uri] = uris
  return {
    x509,
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: renderName(subject),
    subjectBytes: subject.raw.toString('base64'),
    issuerBytes: issuer.raw.toString('base64'),
    serial: serialOf(serial),
    notBeforeMs: x509.validFromDate.getTime(),
    notAfterMs: x509.validToDate.getTime(),
    spiffeId:
      uris.length === 1 && uri !== undefined && uri.length <= spiffeLengthMax && spiffePattern.test(uri)
        ? uri
        : null,
    isAuthority: constraints.some(({ tag, content }) => tag === tags.boolean && content[0] === 0xff),
    pathLengthMax: pathLength === undefined ? null : Number(`0x${pathLength.content.toString('hex') || '0'}`),
    keyUsage: usage === undefined ? null : bitsOf(usage),
    purposes: purposes === undefined ? null : childrenOfSequence(purposes).map(objectIdOf),
    // Name constraints are a rule whether it says so or not.
    hasUnknownRule: [...extensions].some(
      ([id, { isCritical }]) => id === ids.nameConstraints || (isCritical && !understood.has(id)),
    ),
    signatureAlgorithm: objectIdOf(childrenOf(expectTag(algorithm, tags.sequence))[0]),
  }
}

/** Of an INTEGER, as lists of revoked certificates are compared with it. */
export const serialOf = (node: DerNode | undefined) => expectTag(node, tags.integer).content.toString('hex')

interface Extension {
  readonly isCritical: boolean
  /** What stands in the octet string. */
  readonly value: Buffer
}

/** By object id. `holder`: the explicit tag around them. */
export function readExtensions(holder: DerNode | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>()
  if (holder === undefined) return extensions
  const [list] = childrenOf(holder)
  for (const extension of childrenOf(expectTag(list, tags.sequence))) {
    const parts = childrenOf(extension)
    const id = objectIdOf(parts[0])
    if (extensions.has(id)) throw new DerFault('an extension twice')
    const value = expectTag(parts.at(-1), tags.octetString).content
    extensions.set(id, { isCritical: parts.length === 3 && parts[1]?.content[0] === 0xff, value })
  }
  return extensions
}

function childrenOfSequence(bytes: Buffer | undefined): DerNode[] {
  return bytes === undefined ? [] : childrenOf(readWhole(bytes, tags.sequence))
}

function bitsOf(bytes: Buffer): boolean[] {
  const { content } = readWhole(bytes, tags.bitString)
  return [...content.subarray(1)].flatMap((byte) =>
    Array.from({ length: 8 }, (_, i) => (byte & (0x80 >> i)) !== 0),
  )
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** All certificates of a PEM text. Throws a sentence that names the one that cannot be read, or says that there is none. */
export function readCertificates(pem: string): Certificate[] {
  const blocks = pem.match(block) ?? []
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  if (blocks.length === 0 || blocks.length < begun)
    throw new Error('There are no whole certificates in PEM form.')
  return blocks.map((text, i) => {
    try {
      return readCertificate(Buffer.from(text))
    } catch {
      throw new Error(`The certificate ${i + 1} cannot be read.`)
    }
  })
}
