// The ports of policies that verify signed requests: the cryptography, and structured fields (RFC 9651).
import type { SignatureAlgorithm } from '../signing-key.ts'
import type { CredentialRecord } from './policy.ts'

/** What a record says of a signing key: one of the two, as the algorithm demands. */
export interface SigningKeyRecord {
  readonly algorithm: SignatureAlgorithm
  /** SPKI in PEM. */
  readonly publicKey: string | null
  /** A shared secret, sealed to its credential. */
  readonly secret: string | null
}

/** A key that is ready for use. */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm
  /** `data`: a text of bytes (latin 1). */
  verify(data: string, signature: Uint8Array): boolean
  /**
   * HMAC-SHA256 again and again, each under what the one before gave, the first under `prefix` and the shared secret: is that
   * the signature? Always false for keys without a secret.
   */
  verifyChain(prefix: string, texts: readonly string[], signature: Uint8Array): boolean
}

/** A parameter of a structured field; what else there is cannot be used here. */
export type Parameter = string | number | boolean

export interface SignatureInput {
  readonly components: readonly {
    readonly name: string
    readonly parameters: ReadonlyMap<string, Parameter>
    /** As it stands in the signature base. */
    readonly text: string
  }[]
  readonly parameters: ReadonlyMap<string, Parameter>
  /** The whole inner list, as `@signature-params` says it. */
  readonly text: string
}

export interface Signing {
  /** null: the record is of no such key, or its secret cannot be opened here. */
  open(record: CredentialRecord): SigningKey | null
  digest(algorithm: 'sha-256' | 'sha-512', bytes: Uint8Array): Uint8Array
  /** `Signature-Input` by label (RFC 9421 4.1); null when it is malformed. */
  readInputs(field: string): ReadonlyMap<string, SignatureInput> | null
  /** A dictionary of byte sequences: `Signature`, `Content-Digest`; null when it is malformed. */
  readBytes(field: string): ReadonlyMap<string, Uint8Array> | null
}
