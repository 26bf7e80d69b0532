// The certificates that a worker can show, found by the host that a client asks for.
import { createSecureContext, type SecureContext } from 'node:tls'

/** A certificate with its key, ready to be shown. */
export interface ShownCertificate {
  /** In lower case; `*.example.com` stands for one label more. */
  readonly hosts: readonly string[]
  /** PEM. */
  readonly chain: string
  readonly key: string
  /** Unix milliseconds. */
  readonly notAfterMs: number
  /** Shown to those who name no host, or one that no certificate is for. */
  readonly isDefault: boolean
}

/** What every context has beside its certificate. */
export interface ContextSettings {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

// Of TLS 1.2 what has forward secrecy and is sealed as it is encrypted (RFC 9325 4.2); TLS 1.3 has nothing else.
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** For contexts and servers alike. No authorities: nobody is verified in the handshake, and a store of them takes a megabyte. */
export const contextOptions = ({ minVersion }: ContextSettings) => ({
  minVersion,
  ciphers,
  honorCipherOrder: true,
  ca: [] as string[],
})

export class CertificateShelf {
  readonly #settings: ContextSettings
  /** The operator's own, of this machine: they go before those of the control plane. */
  #own: readonly ShownCertificate[] = []
  #central: readonly ShownCertificate[] = []
  #byHost = new Map<string, ShownCertificate>()
  #default: ShownCertificate | null = null
  // A context is made at the first handshake that wants it, and goes with its certificate.
  readonly #contexts = new WeakMap<ShownCertificate, SecureContext>()
  readonly #listeners: (() => void)[] = []

  constructor(settings: ContextSettings) {
    this.#settings = settings
  }

  setOwn(certificates: readonly ShownCertificate[]): void {
    this.#own = certificates
    this.#sort()
  }

  setCentral(certificates: readonly ShownCertificate[]): void {
    // Most swaps of the configuration change no certificate.
    if (certificates === this.#central) return
    this.#central = certificates
    this.#sort()
  }

  /** Calls back whenever there are other certificates than before. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  get default(): ShownCertificate | null {
    return this.#default
  }

  get all(): readonly ShownCertificate[] {
    return [...this.#own, ...this.#central]
  }

  /** For a host by its exact name, else by the wildcard above it; null: the default one is to be shown. */
  find(host: string): SecureContext | null {
    const name = host.toLowerCase()
    const dot = name.indexOf('.')
    const found =
      this.#byHost.get(name) ?? (dot > 0 ? this.#byHost.get(`*${name.substring(dot)}`) : undefined)
    return found === undefined ? null : this.#contextOf(found)
  }

  #contextOf(certificate: ShownCertificate): SecureContext {
    const known = this.#contexts.get(certificate)
    if (known !== undefined) return known
    const { chain, key } = certificate
    const context = createSecureContext({ ...contextOptions(this.#settings), cert: chain, key })
    this.#contexts.set(certificate, context)
    return context
  }

  #sort(): void {
    this.#byHost = new Map()
    // The last one to be set stays: the operator's own behind the others, and of two the one that is good for longer.
    const byExpiry = (a: ShownCertificate, b: ShownCertificate) => a.notAfterMs - b.notAfterMs
    const all = [...[...this.#central].sort(byExpiry), ...[...this.#own].sort(byExpiry)]
    for (const certificate of all) for (const host of certificate.hosts) this.#byHost.set(host, certificate)
    this.#default = all.findLast(({ isDefault }) => isDefault) ?? null
    for (const listener of this.#listeners) listener()
  }
}
