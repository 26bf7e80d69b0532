// Who is at the other end of a client connection, and how far its word about the client behind it is taken.
import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { AddressSet } from '@gatewright/shared/cidr'
import {
  type CertificateField,
  certificateInField,
  certificateOf,
  type ShownCertificate,
} from '../runtime/certificates/shown-certificate.ts'
import { BodyPace } from './body-pace.ts'

interface FieldSource {
  header(name: string): string | undefined
}

/** Facts of one client connection, worked out once. */
export class Peer {
  /** In the one form that filters and limits compare. */
  readonly address: string
  /** One of our own proxies: its `X-Forwarded-*` and `Forwarded` are believed. */
  readonly trusted: boolean
  readonly scheme: 'http' | 'https'
  /** The connection itself, when it is one of TLS: it knows the client's certificate. */
  tls: TLSSocket | null = null
  /** Its `for` in the form of RFC 7239 6: an IPv6 address is bracketed and quoted. */
  readonly forwardedFor: string
  #secret = ''
  #digest = ''
  /** What was read of the client's certificate, and of which words of a proxy. */
  #certificate: ShownCertificate | 'unreadable' | null = null
  #certificateWords = ''
  #hasLooked = false
  readonly bodyPace = new BodyPace()
  readonly #proxies: AddressSet
  readonly #certificateField: CertificateField | null

  /** `certificateField`: in which our own proxies tell of certificates; null = they do not. */
  constructor(
    address: string,
    scheme: 'http' | 'https',
    proxies: AddressSet,
    certificateField: CertificateField | null = null,
  ) {
    this.address = plain(address)
    this.trusted = proxies.size > 0 && proxies.has(this.address)
    this.scheme = scheme
    this.forwardedFor = this.address.includes(':') ? `"[${this.address}]"` : this.address || 'unknown'
    this.#proxies = proxies
    this.#certificateField = certificateField
  }

  /** sha256 in hex. A client sends its key with each request of a connection: the last one, which is in its buffers anyway, is kept. */
  digest(secret: string): string {
    if (secret !== this.#secret) {
      this.#digest = hash('sha256', secret, 'hex')
      this.#secret = secret
    }
    return this.#digest
  }

  /**
   * The client's certificate. One of our proxies has a connection of its own with us: of its client it tells in fields, which are
   * nobody else's to send, and its own certificate is not that of its clients.
   */
  certificateIn(request: FieldSource): ShownCertificate | 'unreadable' | null {
    if (!this.trusted) {
      if (!this.#hasLooked && this.tls !== null) this.#certificate = certificateOf(this.tls)
      this.#hasLooked = true
      return this.#certificate
    }
    // A proxy that knows nothing of such a field passes on what its clients write there, and certificates are no secrets.
    const name = this.#certificateField
    const field = name === null ? undefined : request.header(name)
    if (name === null || field === undefined) return null
    const chain = name === 'client-cert' ? request.header('client-cert-chain') : undefined
    const words = `${field}\n${chain}`
    if (words !== this.#certificateWords) {
      this.#certificate = certificateInField(name, field, chain)
      this.#certificateWords = words
    }
    return this.#certificate
  }

  /** The last address of an `X-Forwarded-For` that is not one of our own proxies; the first when all are. */
  clientBehind(forwardedFor: string): string {
    const hops = forwardedFor.split(',')
    let client = this.address
    for (let i = hops.length - 1; i >= 0; i--) {
      const hop = addressOf((hops[i] as string).trim())
      // A hop that is no address ends the part of the list that can be believed.
      if (hop === null) return client
      client = hop
      if (!this.#proxies.has(hop)) return client
    }
    return client
  }
}

function addressOf(hop: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop
  return isIP(bare) === 0 ? null : plain(bare)
}

/** IPv4-mapped as IPv4; and without the zone of a link-local address, which means something on this machine alone (RFC 4007 11). */
function plain(text: string): string {
  const zone = text.indexOf('%')
  const address = zone < 0 ? text : text.substring(0, zone)
  return address.startsWith('::ffff:') && address.includes('.') ? address.substring(7) : address
}
