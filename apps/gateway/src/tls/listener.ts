// The port for https: handshakes here, and behind them the same requests as on the plain port.
import { constants } from 'node:crypto'
import { Server, type Socket } from 'node:net'
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { GatewayServer } from '../request/server.ts'
import { type CertificateShelf, type ContextSettings, contextOptions } from './certificate-shelf.ts'
import { readServerName } from './client-hello.ts'
import { type HandshakeCounts, type HandshakeLimits, Handshakes } from './handshakes.ts'

export interface TlsSettings extends ContextSettings {
  readonly certificates: CertificateShelf
  readonly handshakes: HandshakeLimits
  /** Whether clients that ask for this host (null: they name none) are asked for a certificate; null: none are. */
  readonly asked: () => ((host: string | null) => boolean) | null
}

const lookEveryMaxMs = 1_000

/** A new connection that is over before its handshake is, is none of the gateway's requests: it is counted, and nothing else. */
export class TlsListener extends Server {
  readonly #gateway: GatewayServer
  readonly #settings: TlsSettings
  readonly #handshakes: Handshakes
  /** Asks nobody for a certificate. */
  readonly #silent: TlsServer
  /**
   * Asks for a certificate, and resumes no session: what a ticket brings back of a client’s certificate lacks the ones between it and its
   * authority.
   */
  readonly #asking: TlsServer
  /** By the address at the other end, which is all that both sides of a handshake know of each other. */
  readonly #raw = new Map<string, Socket>()
  #ticketKeys: Buffer | null = null

  constructor(gateway: GatewayServer, settings: TlsSettings) {
    super({ noDelay: true, allowHalfOpen: true })
    this.#gateway = gateway
    this.#settings = settings
    this.#handshakes = new Handshakes(settings.handshakes)
    this.#silent = this.#createServer(false)
    this.#asking = this.#createServer(true)
    this.#useDefault()
    settings.certificates.onChange(() => this.#useDefault())
    const everyMs = Math.min(settings.handshakes.timeoutMs, lookEveryMaxMs)
    const looks = setInterval(() => this.#handshakes.look(performance.now()), everyMs).unref()
    this.on('connection', (socket: Socket) => this.#enter(socket))
    this.on('close', () => clearInterval(looks))
  }

  get counts(): Readonly<HandshakeCounts> {
    return this.#handshakes.counts
  }

  /** 48 bytes that all workers share: a client resumes its session with whichever it comes to. Older tickets are good no more. */
  setTicketKeys(keys: Uint8Array): void {
    this.#ticketKeys = Buffer.from(keys)
    this.#silent.setTicketKeys(this.#ticketKeys)
  }

  /** Ends what has not become a connection of the gateway. */
  closeHandshakes(): void {
    this.#handshakes.closeAll()
  }

  #options(asks: boolean) {
    const options = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA
    return {
      ...contextOptions(this.#settings),
      secureOptions: asks ? options | constants.SSL_OP_NO_TICKET : options,
      // One and the same in all workers, or their tickets would be strange to each other.
      sessionIdContext: 'gatewright',
    }
  }

  #createServer(asks: boolean): TlsServer {
    const server = createServer({
      ...this.#options(asks),
      ALPNProtocols: ['http/1.1'],
      requestCert: asks,
      // Policies judge certificates, each against its own authorities; here they only have to prove that they hold the key.
      rejectUnauthorized: false,
      // Without one of its own the host gets the default certificate, or a failed handshake where there is none.
      SNICallback: (host, done) => done(null, this.#settings.certificates.find(host) ?? undefined),
    })
    server.on('secureConnection', (socket) => this.#secured(socket))
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  }

  #useDefault(): void {
    const { default: certificate } = this.#settings.certificates
    const pair = certificate === null ? {} : { cert: certificate.chain, key: certificate.key }
    const tickets = this.#ticketKeys === null ? {} : { ticketKeys: this.#ticketKeys }
    this.#silent.setSecureContext({ ...this.#options(false), ...tickets, ...pair })
    this.#asking.setSecureContext({ ...this.#options(true), ...pair })
  }

  #enter(socket: Socket): void {
    const peer = this.#gateway.admit(socket, 'https')
    if (peer === null) return
    if (!this.#handshakes.begin(socket, peer.address, peer.trusted)) {
      socket.resetAndDestroy()
      return
    }
    const end = endOf(socket)
    this.#raw.set(end, socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#handshakes.end(socket, 'failed')
      if (this.#raw.get(end) === socket) this.#raw.delete(end)
    })
    const asked = this.#settings.asked()
    if (asked === null) this.#silent.emit('connection', socket)
    else
      afterServerName(socket, (host) =>
        (asked(host) ? this.#asking : this.#silent).emit('connection', socket),
      )
  }

  #secured(secure: TLSSocket): void {
    const end = endOf(secure)
    const socket = this.#raw.get(end)
    this.#raw.delete(end)
    if (socket === undefined) {
      secure.destroy()
      return
    }
    this.#handshakes.end(socket, 'done')
    this.#gateway.serve(secure, socket, secure)
  }
}

const endOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

/** Reads the name of the host that the client asks for, and leaves every byte to be read again. */
function afterServerName(socket: Socket, found: (host: string | null) => void): void {
  let bytes: Buffer = Buffer.alloc(0)

  function hear(piece: Buffer): void {
    bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece])
    const read = readServerName(bytes)
    if (read === 'incomplete') return
    socket.pause()
    socket.off('data', hear)
    socket.off('end', left)
    socket.unshift(bytes)
    found(read === 'other' ? null : read.name)
  }

  function left(): void {
    socket.destroy()
  }

  socket.on('data', hear)
  socket.on('end', left)
}
