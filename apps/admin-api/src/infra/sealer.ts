// Secrets at rest: each is sealed under a data key of its own, that key under one that Postgres never sees (ADR 55).
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { refuse } from '../refusal.ts'
import { Keyring } from './keyring.ts'

/** Where a secret is kept. It is sealed to this place: copied to another row or column it cannot be opened. */
export interface Place {
  readonly table: string
  readonly column: string
  readonly id: string
}

const format = 'gws1'

@Injectable()
export class Sealer {
  readonly #keys: Keyring

  constructor(@Inject(ENV) env: Pick<Env, 'SECRETS_KEY' | 'SECRETS_KEY_FILE'>) {
    this.#keys = Keyring.from(env)
  }

  /** The id of the key that seals, or null without one. */
  get keyId(): string | null {
    return this.#keys.current?.id ?? null
  }

  /** For messages: the ids of all keys. */
  get keyIds(): string[] {
    return this.#keys.ids
  }

  has(keyId: string): boolean {
    return this.#keys.find(keyId) !== undefined
  }

  /** `gws1.<key id>.<data key>.<text>`, both AES-256-GCM. Refuses when there is no key. */
  seal(text: string, place: Place): string {
    const key = this.#keys.current
    if (!key)
      return refuse(
        'secrets_key_missing',
        'A secret is to be stored, and there is no key to seal it with. Set SECRETS_KEY to what `openssl rand -base64 32` ' +
          'prints, or SECRETS_KEY_FILE to a file with it, keep it somewhere safe, and restart',
      )
    const dataKey = randomBytes(32)
    const bound = boundTo(key.id, place)
    return [
      format,
      key.id,
      encrypt(dataKey, key.bytes, bound),
      encrypt(Buffer.from(text, 'utf8'), dataKey, bound),
    ].join('.')
  }

  /** Throws when its key is not here, it was sealed for another place, or a byte was changed. */
  open(sealed: string, place: Place): string {
    const [version, keyId = '', wrapped = '', body = ''] = sealed.split('.')
    const where = `${place.table}.${place.column} of ${place.id}`
    if (version !== format) throw new Error(`${where} is not sealed in a form that this version knows`)
    const key = this.#keys.find(keyId)
    if (!key) throw new Error(`${where} is sealed under the key ${keyId}, which SECRETS_KEY does not hold`)
    try {
      const bound = boundTo(keyId, place)
      return decrypt(body, decrypt(wrapped, key, bound), bound).toString('utf8')
    } catch (cause) {
      throw new Error(`${where} cannot be opened: it was changed, or sealed for another place`, { cause })
    }
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
