// Opens a socket to an upstream: the one place that decides whom we connect to and whom we trust.
import net from 'node:net'
import tls from 'node:tls'
import type { Trust } from './trust.ts'

/** How to reach and trust one origin. */
export interface Origin {
  readonly host: string
  readonly port: number
  readonly tls: TlsOptions | null
  /** Addresses that are never connected to, whatever the name of the host resolves to. */
  readonly forbidden?: net.BlockList
}

export interface TlsOptions {
  /** Name for SNI and for the check of the certificate; empty for an address. */
  readonly serverName: string
  readonly trust: Trust
}

export interface DialOptions {
  readonly alpn: string
  readonly onread?: net.OnReadOpts
  readonly session?: Buffer | undefined
}

/** The event that says that bytes may be sent: with TLS, not before the certificate was checked. */
export const openEvent = (origin: Origin) => (origin.tls === null ? 'connect' : 'secureConnect')

export function dial(origin: Origin, { alpn, onread, session }: DialOptions): net.Socket {
  const { host, port, tls: secure, forbidden } = origin
  const blockList = forbidden === undefined ? {} : { blockList: forbidden }
  const where = { host, port, ...(onread === undefined ? {} : { onread }) }
  if (secure === null) return net.connect({ ...where, ...blockList, noDelay: true })
  const socket = tls.connect({
    ...where,
    ALPNProtocols: [alpn],
    rejectUnauthorized: secure.trust.verify,
    secureContext: secure.trust.context,
    ...(secure.serverName === '' ? {} : { servername: secure.serverName }),
    ...(session === undefined ? {} : { session }),
  } as tls.ConnectionOptions)
  // Node's TLS leaves the option out when it makes its socket, which looks for the list only now that it is about to connect.
  return Object.assign(socket, blockList).setNoDelay(true)
}
