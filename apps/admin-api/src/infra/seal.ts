// Sealing under a secret that only its bearer has: what is stored can be read by nobody else, the operator included.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const sealingKey = (secret: string, salt: Uint8Array, purpose: string) =>
  Buffer.from(hkdfSync('sha256', secret, salt, purpose, 32))

/** AES-256-GCM under a key made from `secret` (HKDF, RFC 5869): salt (16), nonce (12), tag (16), ciphertext. */
export function seal(text: string, secret: string, purpose: string): Uint8Array<ArrayBuffer> {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret, salt, purpose), nonce)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return new Uint8Array(Buffer.concat([salt, nonce, cipher.getAuthTag(), body]))
}

/** Throws when the secret or the purpose is another, or a byte was changed. */
export function unseal(sealed: Uint8Array, secret: string, purpose: string): string {
  const bytes = Buffer.from(sealed)
  const key = sealingKey(secret, bytes.subarray(0, 16), purpose)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(16, 28))
  decipher.setAuthTag(bytes.subarray(28, 44))
  return Buffer.concat([decipher.update(bytes.subarray(44)), decipher.final()]).toString('utf8')
}
