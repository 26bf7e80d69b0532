// Keys that requests are signed with: their algorithms, and what one is found by.

/** Algorithms of RFC 9421 3.3; each key has one. AWS Signature Version 4 takes those with a shared secret. */
export const signatureAlgorithms = ['hmac-sha256', 'ed25519', 'ecdsa-p256-sha256', 'rsa-pss-sha512'] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

export interface SigningKeyName {
  /** Name of the environment. */
  readonly environment: string
  readonly tenantId: string
  /** `keyid` of RFC 9421, access key id of AWS. */
  readonly keyId: string
}

/** The text whose sha256 stands where that of a key would; the parts cannot run into each other. */
export function signingKeyText({ environment, tenantId, keyId }: SigningKeyName): string {
  return JSON.stringify(['signing-key', environment, tenantId, keyId])
}

/** As access key ids look that clients know: 20 capitals and digits, which no alphabet of ours is mistaken for. */
export const signingKeyId = /^GWK[0-9A-Z]{17}$/
