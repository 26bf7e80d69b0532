// The ports of policies that read tokens: the keys of identity providers, and what was found out about a token before.
import type { Secret } from './secret-ports.ts'

/** Where the public keys of an identity provider are. */
export interface KeySource {
  /** Value of `iss` in its tokens. */
  readonly issuer: string
  /** Its JWKS; null = where its discovery document says (OpenID Connect Discovery 1.0). */
  readonly jwksUrl: string | null
}

/** `unknown_key`: the provider has no key for the token. `unavailable`: its keys could not be read, not even once. */
export type SignatureVerdict = 'good' | 'bad' | 'unknown_key' | 'unavailable'

export interface KeySet {
  /**
   * Another number whenever the keys are others: what was verified with them is to be verified again. Asking for it has keys
   * that are old read again, meanwhile.
   */
  version(nowMs: number): number
  /** Verifies a token in compact form with the key that its head asks for; nothing else in the head is looked at. */
  verify(
    token: string,
    head: { readonly alg: string; readonly kid: string | null },
  ): Promise<SignatureVerdict>
}

export interface KeySets {
  /** The keys of a provider, shared by all who follow it. */
  follow(source: KeySource): KeySet
}

/** What one attachment remembers by the sha256 of what was sent. */
export interface Remembered<Value> {
  get(sha256: string): Value | undefined
  /** `bytes`: what the value itself takes, roughly. */
  put(sha256: string, value: Value, bytes: number): void
}

/** Memory that is bounded, in entries and in bytes, for all attachments of a worker together: the oldest entries make room. */
export interface TokenMemory {
  open<Value>(): Remembered<Value>
}

/** A server that says what its tokens are worth (RFC 7662), and as whom it is asked. */
export interface IntrospectionSource {
  readonly issuer: string
  /** null = where the issuer's metadata says (RFC 8414, OpenID Connect Discovery 1.0). */
  readonly endpoint: string | null
  readonly client: {
    readonly id: string
    readonly secret: Secret
    readonly authentication: 'client_secret_basic' | 'client_secret_post'
  }
  /** For how long the answer that a token is not active holds; 0 = not at all. */
  readonly refusalMs: number
  readonly timeoutMs: number
  readonly callsPerSecondMax: number
}

/** `limited`: it was asked too often. `unavailable`: it gave no answer that could be believed. */
export type IntrospectionAnswer =
  | { readonly kind: 'active'; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly kind: 'inactive' | 'limited' | 'unavailable' }

export interface Introspector {
  /** Never throws. Whoever asks about a token that is being asked about gets the same answer. */
  introspect(token: string, sha256: string): Promise<IntrospectionAnswer>
}

export interface Introspection {
  /** Shared by all who name the same server and the same client. */
  follow(source: IntrospectionSource): Introspector
}
