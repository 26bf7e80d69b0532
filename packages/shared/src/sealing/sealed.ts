// The form of a sealed secret: a data key of its own, that key under one of the keyring, both bound to where it is kept (ADR 55).
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Keyring, SealingKey } from './keyring.ts'

/** Where a secret is kept. It is sealed to this place: copied to another row or column it cannot be opened. */
export interface Place {
  readonly table: string
  readonly column: string
  readonly id: string
}

const format = 'gws1'

/** `gws1.<key id>.<data key>.<text>`, both AES-256-GCM. */
export function seal(text: string, place: Place, key: SealingKey): string {
  const dataKey = randomBytes(32)
  const bound = boundTo(key.id, place)
  return [
    format,
    key.id,
    encrypt(dataKey, key.bytes, bound),
    encrypt(Buffer.from(text, 'utf8'), dataKey, bound),
  ].join('.')
}

/** Throws when its key is not in the keyring, it was sealed for another place, or a byte was changed. */
export function open(sealed: string, place: Place, keys: Keyring): string {
  const [version, keyId = '', wrapped = '', body = ''] = sealed.split('.')
  const where = `${place.table}.${place.column} of ${place.id}`
  if (version !== format) throw new Error(`${where} is not sealed in a form that this version knows`)
  const key = keys.find(keyId)
  if (!key) throw new Error(`${where} is sealed under the key ${keyId}, which SECRETS_KEY does not hold`)
  try {
    const bound = boundTo(keyId, place)
    return decrypt(body, decrypt(wrapped, key, bound), bound).toString('utf8')
  } catch (cause) {
    throw new Error(`${where} cannot be opened: it was changed, or sealed for another place`, { cause })
  }
}

/** The id of the key that something was sealed under. */
export const keyIdOf = (sealed: string) => sealed.split('.')[1] ?? ''

/** Not secret, but authentic: GCM refuses to open what is bound to anything else. */
const boundTo = (keyId: string, { table, column, id }: Place) =>
  Buffer.from(JSON.stringify([format, keyId, table, column, id]))

/** Nonce (12), tag (16), ciphertext; base64url. */
function encrypt(bytes: Buffer, key: Buffer, bound: Buffer): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound)
  const body = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

function decrypt(text: string, key: Buffer, bound: Buffer): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(bound).setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
}
