// Signatures of requests: keys of records made ready once, and the cryptography of the platform.
import { constants, createHash, createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { Signing, SigningKey, SigningKeyRecord } from '@gatewright/shared/policies/signing-ports'
import type { Keyring } from '@gatewright/shared/sealing/keyring'
import { open as openSealed } from '@gatewright/shared/sealing/sealed'
import { signingSecretPlace } from '@gatewright/shared/sealing/signing-secret'
import type { Logger } from 'pino'
import { readBytes, readInputs } from './signature-fields.ts'

export interface SigningDeps {
  readonly keys: Keyring
  readonly log: Pick<Logger, 'error'>
}

export function createSigning({ keys, log }: SigningDeps): Signing {
  // By what the record says: a record that is read anew brings its key along, one that goes takes it away.
  const ready = new WeakMap<SigningKeyRecord, SigningKey | null>()

  function make(credentialId: string, record: SigningKeyRecord): SigningKey | null {
    try {
      if (record.algorithm !== 'hmac-sha256') return withPublicKey(record)
      return withSecret(openSealed(record.secret ?? '', signingSecretPlace(credentialId), keys))
    } catch (error) {
      log.error({ credentialId, reason: (error as Error).message }, 'A signing key cannot be used')
      return null
    }
  }

  return {
    open({ credentialId, signing }: CredentialRecord) {
      if (!signing) return null
      let key = ready.get(signing)
      if (key === undefined) {
        key = make(credentialId, signing)
        ready.set(signing, key)
      }
      return key
    },
    digest: (algorithm, bytes) =>
      createHash(algorithm === 'sha-256' ? 'sha256' : 'sha512')
        .update(bytes)
        .digest(),
    readInputs,
    readBytes,
  }
}

/** `secret`: base64, as whoever signs was given it. AWS signs with the text, RFC 9421 with what it stands for. */
function withSecret(secret: string): SigningKey {
  const bytes = Buffer.from(secret, 'base64')
  return {
    algorithm: 'hmac-sha256',
    verify: (data, signature) =>
      same(createHmac('sha256', bytes).update(Buffer.from(data, 'latin1')).digest(), signature),
    verifyChain(prefix, texts, signature) {
      let key: Uint8Array = Buffer.from(prefix + secret, 'utf8')
      for (const text of texts) key = createHmac('sha256', key).update(text, 'utf8').digest()
      return same(key, signature)
    },
  }
}

function withPublicKey({ algorithm, publicKey }: SigningKeyRecord): SigningKey {
  const key = createPublicKey(publicKey ?? '')
  return {
    algorithm,
    verify(data, signature) {
      const bytes = Buffer.from(data, 'latin1')
      switch (algorithm) {
        case 'ed25519':
          return verify(null, bytes, key, signature)
        case 'ecdsa-p256-sha256':
          // RFC 9421 3.3.4: r and s beside each other.
          return verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
        case 'rsa-pss-sha512':
          return verify(
            'sha512',
            bytes,
            { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 },
            signature,
          )
        case 'hmac-sha256':
          return false
      }
    },
    verifyChain: () => false,
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
