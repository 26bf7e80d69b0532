// Secrets at rest: sealed here, opened here and in gateways, under keys that Postgres never sees (ADR 55).
import { type KeyEnv, Keyring } from '@gatewright/shared/sealing/keyring'
import { open, type Place, seal } from '@gatewright/shared/sealing/sealed'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import { refuse } from '../refusal.ts'

@Injectable()
export class Sealer {
  readonly #keys: Keyring

  constructor(@Inject(ENV) env: KeyEnv) {
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

  /** Refuses when there is no key. */
  seal(text: string, place: Place): string {
    const key = this.#keys.current
    if (!key)
      return refuse(
        'secrets_key_missing',
        'A secret is to be stored, and there is no key to seal it with. Set SECRETS_KEY to what `openssl rand -base64 32` ' +
          'prints, or SECRETS_KEY_FILE to a file with it, for the admin API and for every gateway, keep it somewhere safe, and restart',
      )
    return seal(text, place, key)
  }

  /** Throws when its key is not here, it was sealed for another place, or a byte was changed. */
  open(sealed: string, place: Place): string {
    return open(sealed, place, this.#keys)
  }
}
