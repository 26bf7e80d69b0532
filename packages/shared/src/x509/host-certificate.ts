// A certificate with which a server shows who it is: read from PEM, and refused with a sentence when clients would not take it.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** What is wrong with a certificate or its key, as a sentence for people; it quotes neither. */
export class CertificateFault extends Error {
  /** Which of the two texts it is about. */
  readonly part: 'chain' | 'key'

  constructor(part: 'chain' | 'key', message: string) {
    super(message)
    this.part = part
  }
}

/** What can be told of a certificate to everybody. */
export interface CertificateFacts {
  /** Host names that it is for, in lower case; `*.example.com` stands for one label more. */
  readonly hosts: readonly string[]
  readonly subject: string
  readonly issuer: string
  /** sha256 of the certificate, lower-case hex. */
  readonly fingerprint: string
  /** Unix milliseconds. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g
const chainLengthMax = 10
const hostPattern =
  /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
/** What clients of today ask for at least (CA/Browser Forum, Baseline Requirements 6.1.5). */
const rsaBitsMin = 2_048

/**
 * Reads a chain, the certificate of the host first and then those between it and its authority, and the private key.
 * Throws `CertificateFault` unless they belong together, are in order, name a host and are good at `nowMs`.
 */
export function readHostCertificate(chain: string, key: string, nowMs: number): CertificateFacts {
  const certificates = readChain(chain)
  const [leaf] = certificates
  if (leaf === undefined)
    throw new CertificateFault(
      'chain',
      'There is no certificate in it: PEM begins with -----BEGIN CERTIFICATE-----.',
    )
  for (const [i, certificate] of certificates.entries()) {
    const issuer = certificates[i + 1]
    if (issuer !== undefined && !isIssuedBy(certificate, issuer))
      throw new CertificateFault(
        'chain',
        `The certificate ${i + 2} did not issue the certificate ${i + 1}: that of the host comes first, and each one behind it issued the one before.`,
      )
    if (certificate.validToDate.getTime() <= nowMs)
      throw new CertificateFault(
        'chain',
        `The certificate ${i + 1} expired on ${dayOf(certificate.validToDate)}.`,
      )
  }
  const privateKey = readKey(key)
  if (
    privateKey.asymmetricKeyType === 'rsa' &&
    (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < rsaBitsMin
  )
    throw new CertificateFault(
      'key',
      `The key is shorter than ${rsaBitsMin} bits, which clients do not take.`,
    )
  if (!leaf.checkPrivateKey(privateKey))
    throw new CertificateFault('key', 'The key is not that of the first certificate.')
  const hosts = hostsOf(leaf)
  if (hosts.length === 0)
    throw new CertificateFault(
      'chain',
      'The first certificate names no host as a subject alternative name, and clients look nowhere else.',
    )
  return {
    hosts,
    subject: oneLine(leaf.subject),
    issuer: oneLine(leaf.issuer),
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
  }
}

/** Throws `CertificateFault` when a block cannot be read; text between blocks is passed over, as openssl writes it there. */
function readChain(pem: string): X509Certificate[] {
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length > chainLengthMax)
    throw new CertificateFault('chain', `A chain has at most ${chainLengthMax} certificates.`)
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new CertificateFault('chain', `The certificate ${i + 1} cannot be read.`)
    }
  })
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

function readKey(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw new CertificateFault(
      'key',
      'The key is locked with a passphrase: take it off, as `openssl pkey` does.',
    )
  try {
    return createPrivateKey(pem)
  } catch {
    // What the parser says may quote what it read.
    throw new CertificateFault('key', 'It is no private key in PEM form.')
  }
}

// Node quotes names with characters that could be taken for the next one: those are no host names, and match nothing here.
function hostsOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? '').split(', ')
  const hosts = names
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length).toLowerCase())
    .filter((name) => name.length <= 253 && hostPattern.test(name))
  return [...new Set(hosts)]
}

const oneLine = (name: string) => name.split('\n').join(', ')

const dayOf = (date: Date) => date.toISOString().slice(0, 10)
