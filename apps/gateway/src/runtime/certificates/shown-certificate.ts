// The certificate of a client, from its handshake or from what a trusted proxy wrote into a field.
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { PresentedCertificate } from '@gatewright/shared/policies/certificate-ports'
import { type Certificate, readCertificate } from '@gatewright/shared/x509/certificate'

/** More than anybody needs; a longer list is not read any further. */
const betweenMax = 8
const fieldLengthMax = 16_384

export class ShownCertificate implements PresentedCertificate {
  readonly certificate: Certificate
  /** What was sent beside it. */
  readonly between: readonly Certificate[]
  readonly fingerprint: string
  readonly subject: string
  readonly spiffeId: string | null

  constructor(certificate: Certificate, between: readonly Certificate[]) {
    this.certificate = certificate
    this.between = between
    this.fingerprint = certificate.fingerprint
    this.subject = certificate.subject
    this.spiffeId = certificate.spiffeId
  }

  get encoded(): string {
    return this.certificate.x509.raw.toString('base64')
  }
}

/** null: the client showed none. */
export function certificateOf(socket: TLSSocket): ShownCertificate | 'unreadable' | null {
  const leaf = socket.getPeerX509Certificate()
  return leaf === undefined ? null : readShown(leaf, issuersOf(leaf))
}

function* issuersOf(leaf: X509Certificate): Generator<X509Certificate> {
  let last = leaf
  for (let i = 0; i < betweenMax; i++) {
    const issuer = last.issuerCertificate
    if (issuer === undefined || issuer.fingerprint256 === last.fingerprint256) return
    yield issuer
    last = issuer
  }
}

/** The field in which trusted proxies tell of the certificate of their client: one alone, since they pass on what else is sent. */
export type CertificateField = 'client-cert' | 'x-client-cert'

/**
 * What a trusted proxy says that the client showed it: `Client-Cert`, with `chain` beside it (RFC 9440), or `X-Client-Cert` with PEM that
 * is percent-encoded, as nginx writes `$ssl_client_escaped_cert`. null: it says of none.
 */
export function certificateInField(
  name: CertificateField,
  value: string | undefined,
  chain: string | undefined,
): ShownCertificate | 'unreadable' | null {
  if (value === undefined || value === '') return null
  if (value.length > fieldLengthMax || (chain ?? '').length > fieldLengthMax * 2) return 'unreadable'
  try {
    if (name === 'client-cert') {
      const between = chain ? chain.split(',').map((item) => sequenceOf(item.trim())) : []
      return readShown(sequenceOf(value), between)
    }
    const pem = decodeURIComponent(value)
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
    const [leaf, ...between] = blocks.map((block) => Buffer.from(block))
    return leaf === undefined ? 'unreadable' : readShown(leaf, between)
  } catch {
    return 'unreadable'
  }
}

/** A byte sequence of structured fields (RFC 9651 3.3.5). Throws when it is none. */
function sequenceOf(item: string): Buffer {
  const text = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(item)?.[1]
  if (text === undefined) throw new Error('no byte sequence')
  return Buffer.from(text, 'base64')
}

function readShown(
  leaf: X509Certificate | Buffer,
  between: Iterable<X509Certificate | Buffer>,
): ShownCertificate | 'unreadable' {
  try {
    return new ShownCertificate(
      readCertificate(leaf),
      [...between].slice(0, betweenMax).flatMap(readIfPossible),
    )
  } catch {
    return 'unreadable'
  }
}

/** One that cannot be read leads nowhere. */
function readIfPossible(bytes: X509Certificate | Buffer): Certificate[] {
  try {
    return [readCertificate(bytes)]
  } catch {
    return []
  }
}
