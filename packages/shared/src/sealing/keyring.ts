// The keys that secrets at rest are sealed under: from SECRETS_KEY or the file SECRETS_KEY_FILE names, never from Postgres or Redis.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface SealingKey {
  /** First 8 hex digits of a hash of the key: names it in envelopes, and tells nothing of it. */
  readonly id: string
  readonly bytes: Buffer
}

/** The settings of every program that seals or opens. */
export interface KeyEnv {
  readonly SECRETS_KEY?: string | undefined
  readonly SECRETS_KEY_FILE?: string | undefined
}

const wanted = '32 random bytes in base64, such as `openssl rand -base64 32` prints'

export class Keyring {
  readonly #keys: ReadonlyMap<string, Buffer>
  /** What is sealed from now on is sealed under this one; null when there is none. */
  readonly current: SealingKey | null

  private constructor(keys: readonly SealingKey[]) {
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, bytes]))
    this.current = keys[0] ?? null
  }

  /** Throws an error that names the setting which is wrong, and never the key. */
  static from({ SECRETS_KEY: text, SECRETS_KEY_FILE: path }: KeyEnv): Keyring {
    if (text !== undefined && path !== undefined)
      throw new Error('Set SECRETS_KEY or SECRETS_KEY_FILE, not both: it would not be clear which key seals')
    if (path !== undefined) return new Keyring(parse(readFile(path), `The file ${path} (SECRETS_KEY_FILE)`))
    return new Keyring(text === undefined ? [] : parse(text, 'SECRETS_KEY'))
  }

  find(id: string): Buffer | undefined {
    return this.#keys.get(id)
  }

  /** For messages. */
  get ids(): string[] {
    return [...this.#keys.keys()]
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new Error(`SECRETS_KEY_FILE names ${path}, which cannot be read (${code})`, { cause: error })
  }
}

/** Keys between commas or white space; the first one seals, all of them open. */
function parse(text: string, where: string): SealingKey[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '')
  if (parts.length === 0) throw new Error(`${where} holds no key: it wants ${wanted}`)
  return parts.map((part, i) => {
    const bytes = Buffer.from(part, 'base64')
    const isWhole = /^[A-Za-z0-9+/_-]+={0,2}$/.test(part) && bytes.length === 32
    if (!isWhole) throw new Error(`${where}: key ${i + 1} is not usable; it must be ${wanted}`)
    return {
      id: createHash('sha256').update('gatewright-key-id').update(bytes).digest('hex').slice(0, 8),
      bytes,
    }
  })
}
