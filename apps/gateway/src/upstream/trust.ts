// Whom connections to an upstream believe, and who they say they are.
import { createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { UpstreamSettings } from '@gatewright/shared/model/upstream'
import type { Identity, IdentitySource, KeyPair } from './identities.ts'

export interface Trust {
  /** false only when the settings say so. */
  readonly verify: boolean
  /**
   * For a new connection. It is another object once the client certificate was renewed: connections and sessions of the one before
   * still say who the gateway was. Throws a sentence when this gateway does not have the client certificate.
   */
  readonly context: SecureContext
}

export interface TrustSource {
  /** Throws a sentence about what is wrong with the settings. */
  trustOf(settings: UpstreamSettings['tls'], tenantName: string): Trust
}

/**
 * A context holds all public authorities, which takes 8 ms and a megabyte: those who ask for the same have the same, as long as
 * somebody has it.
 */
export function createTrusts(identities: IdentitySource): TrustSource {
  const contexts = new Map<string, WeakRef<SecureContext>>()
  const forgotten = new FinalizationRegistry((key: string) => {
    if (contexts.get(key)?.deref() === undefined) contexts.delete(key)
  })

  function contextOf(ca: string | null, pair: KeyPair | null): SecureContext {
    const key = createHash('sha256')
      .update(JSON.stringify([ca, pair]))
      .digest('base64')
    const known = contexts.get(key)?.deref()
    if (known !== undefined) return known
    const context = createSecureContext({
      ...(ca === null ? {} : { ca: [...getCACertificates('default'), ca] }),
      ...pair,
    })
    contexts.set(key, new WeakRef(context))
    forgotten.register(context, key)
    return context
  }

  return {
    trustOf({ verify, ca, identity: name }, tenantName) {
      if (ca !== null) checkBundle(ca)
      const identity = name === null ? null : identities.find(tenantName, name)
      return new LazyTrust(verify, identity, (pair) => contextOf(ca, pair))
    },
  }
}

/** Made when the first connection needs it: a configuration with many upstreams goes live at once. */
class LazyTrust implements Trust {
  readonly verify: boolean
  readonly #identity: Identity | null
  readonly #create: (pair: KeyPair | null) => SecureContext
  #made: { readonly pair: KeyPair | null; readonly context: SecureContext } | null = null

  constructor(verify: boolean, identity: Identity | null, create: (pair: KeyPair | null) => SecureContext) {
    this.verify = verify
    this.#identity = identity
    this.#create = create
  }

  get context(): SecureContext {
    const pair = this.#identity === null ? null : this.#identity.pair
    if (this.#made === null || this.#made.pair !== pair) this.#made = { pair, context: this.#create(pair) }
    return this.#made.context
  }
}

/** TLS passes over what it cannot read, and would then trust less than people think. */
function checkBundle(pem: string): void {
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  const whole = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  for (const [i, certificate] of whole.entries()) {
    try {
      new X509Certificate(certificate)
    } catch {
      throw new Error(`the certificate ${i + 1} of its trusted authorities cannot be read`)
    }
  }
  if (whole.length === 0 || whole.length < begun)
    throw new Error('its trusted authorities are not whole certificates in PEM form')
}
