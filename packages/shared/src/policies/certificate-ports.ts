// What policies know of the certificates of clients, and who decides whether one is to be believed.

/** What a client showed in its handshake, or a trusted proxy says that it did. */
export interface PresentedCertificate {
  /** sha256 of the certificate, lower-case hex. */
  readonly fingerprint: string
  /** RFC 4514, the most specific part first. */
  readonly subject: string
  /** null when it has none, or several URIs. */
  readonly spiffeId: string | null
  /** DER in base64. */
  readonly encoded: string
}

export type CertificateVerdict =
  | 'good'
  | 'untrusted'
  | 'expired'
  | 'not_yet_valid'
  | 'revoked'
  /** The lists that would say are not there, or too old. */
  | 'revocation_unknown'

/** Whom a policy believes. */
export interface TrustSettings {
  /** PEM; null: the certificate proves no more than that its client has the key. */
  readonly authorities: string | null
  /** PEM; null with no addresses: nobody asks whether a certificate was revoked. */
  readonly revocationLists: string | null
  readonly revocationListUrls: readonly string[]
}

export interface CertificateTrust {
  judge(certificate: PresentedCertificate, nowMs: number): CertificateVerdict
}

export interface CertificateTrusts {
  follow(settings: TrustSettings): CertificateTrust
}
