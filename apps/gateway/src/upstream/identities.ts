// Client certificates that the operator gave this gateway: read from a folder, read again when they change, shown to upstreams.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What stands in `<tenant>/<name>.crt` and `<tenant>/<name>.key`; `gateway.crt` and `gateway.key` are for every tenant. */
export interface Identity {
  /** Another object after the files changed. Throws a sentence about why there is none; files that come later are found. */
  readonly pair: KeyPair
}

export interface KeyPair {
  /** PEM, with the certificates between it and its authority. */
  readonly cert: string
  readonly key: string
}

export interface IdentitySource {
  /** A tenant finds its own and the gateway's, never another tenant's. */
  find(tenantName: string, name: string): Identity
}

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** The one that every tenant may use. */
const gatewayIdentity = 'gateway'
const lookEveryMs = 2_000

/** `folder`: null = there are no client certificates. */
export function createIdentities(folder: string | null, log: Log, everyMs = lookEveryMs): IdentitySource {
  /** By path; those that nobody asks for any more are forgotten. */
  const kept = new Map<string, WeakRef<IdentityFiles>>()
  let isLooking = false

  /** Editors and secret stores replace files in their own ways: what a file is tells more than watching does. */
  function look(): void {
    for (const [path, identity] of kept) {
      const files = identity.deref()
      if (files === undefined) kept.delete(path)
      else files.look(log)
    }
  }

  return {
    find(tenantName, name) {
      const sort = name === gatewayIdentity ? 'the gateway' : `tenant ${tenantName}`
      const missing = `${sort} has no client certificate "${name}" here`
      const none = (why: string) => new NoIdentity(`${missing}: ${why}`)
      if (folder === null) return none('UPSTREAM_IDENTITIES is not set on this gateway')
      // Both become parts of a path.
      if (![tenantName, name].every((part) => /^[a-z0-9-]+$/.test(part))) return none('not a name')
      const path = name === gatewayIdentity ? join(folder, name) : join(folder, tenantName, name)
      const known = kept.get(path)?.deref()
      if (known !== undefined) return known
      if (!isLooking) setInterval(look, everyMs).unref()
      isLooking = true
      const files = new IdentityFiles(path, missing)
      files.look(log)
      kept.set(path, new WeakRef(files))
      return files
    },
  }
}

class NoIdentity implements Identity {
  readonly #why: string

  constructor(why: string) {
    this.#why = why
  }

  get pair(): KeyPair {
    throw new Error(this.#why)
  }
}

class IdentityFiles implements Identity {
  readonly #path: string
  readonly #missing: string
  #pair: KeyPair | null = null
  /** What the files were right before they were read. */
  #stamp = ''
  #why = ''

  constructor(path: string, missing: string) {
    this.#path = path
    this.#missing = missing
  }

  get pair(): KeyPair {
    if (this.#pair === null) throw new Error(`${this.#missing}: ${this.#why}`)
    return this.#pair
  }

  look(log: Log): void {
    const stamp = stampOf(this.#path)
    if (stamp === this.#stamp) return
    const isFirst = this.#stamp === ''
    this.#stamp = stamp
    const fields = { identity: this.#path }
    try {
      this.#pair = readPair(this.#path)
      if (!isFirst) log.info(fields, 'A client certificate was renewed')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      this.#why = code === 'ENOENT' ? 'no such files' : message
      // Half of a pair may be there already: the other half is another change.
      const left = this.#pair === null ? 'calls that need it fail' : 'the one before is still shown'
      log.warn({ ...fields, reason: this.#why }, `A client certificate cannot be used; ${left}`)
    }
  }
}

/** Throws unless both files are there, can be read and belong together. */
function readPair(path: string): KeyPair {
  const cert = readFileSync(`${path}.crt`, 'utf8')
  const key = readFileSync(`${path}.key`, 'utf8')
  let fits: boolean
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    // What the parser says may quote what it read.
    throw new Error('its files are not a certificate and a key in PEM form')
  }
  if (!fits) throw new Error('its key is not that of its certificate')
  return { cert, key }
}

function stampOf(path: string): string {
  const files = [`${path}.crt`, `${path}.key`].map((file) => statSync(file, { throwIfNoEntry: false }))
  return files.map((it) => (it === undefined ? 'gone' : `${it.mtimeMs} ${it.size} ${it.ino}`)).join()
}
