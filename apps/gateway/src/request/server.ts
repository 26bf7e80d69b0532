// The listening side: connections of clients, their limits drawn tight, and refusals for bytes that are no request.
import { Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { AddressSet } from '@gatewright/shared/cidr'
import { type ErrorCode, errors } from '@gatewright/shared/errors'
import type { CertificateField } from '../runtime/certificates/shown-certificate.ts'
import { ClientConnection, type ConnectionHost } from './client-connection.ts'
import type { ConnectionTable } from './connection-table.ts'
import { RequestContext } from './context.ts'
import { Exchange } from './exchange.ts'
import type { Handler } from './handle.ts'
import { Peer } from './peer.ts'
import { type ReplySettings, rawRefusal } from './reply.ts'
import { createRequestIds } from './request-id.ts'

export interface ServerSettings extends ReplySettings {
  /** For the whole head to arrive. */
  readonly headersTimeoutMs: number
  /** For the whole request to arrive; 0 = no limit, for uploads. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly headerBytesMax: number
  /** A body that comes more slowly, and not for our sake, is given up after two looks at it. */
  readonly bodyPace: { readonly bytesPerSecondMin: number; readonly lookEveryMs: number }
  /** How many connections whose address holds. */
  readonly connections: ConnectionTable
  /** Peers whose word about the client behind them is taken. */
  readonly proxies: AddressSet
  /** In which of their fields they tell of the certificate of their client; null = in none. */
  readonly certificateField: CertificateField | null
  /** Hears of what was refused before it became a request that the handler could hear of. */
  readonly observeUnread: (ctx: RequestContext) => void
}

// Often enough for the time limits of connections, and seldom enough for ten thousand of them.
const lookEveryMaxMs = 1_000

export class GatewayServer extends Server implements ConnectionHost {
  readonly headerBytesMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly keepAliveLine: string
  readonly lookEveryMs: number
  lookedAtMs = performance.now()
  /** From now on each reply asks its client to go elsewhere (RFC 9112 9.6). */
  isLeaving = false
  readonly #handler: Handler
  readonly #settings: ServerSettings
  readonly #open = new Set<ClientConnection>()
  readonly #peers = new WeakMap<Socket, Peer>()
  readonly #endLooks: () => void
  readonly #nextId = createRequestIds()
  #dateLine = ''
  #dateSecond = 0

  constructor(handler: Handler, settings: ServerSettings) {
    super({ noDelay: true, allowHalfOpen: true })
    const { requestTimeoutMs, keepAliveTimeoutMs } = settings
    this.#handler = handler
    this.#settings = settings
    this.headerBytesMax = settings.headerBytesMax
    this.requestTimeoutMs = requestTimeoutMs
    this.headersTimeoutMs = Math.min(settings.headersTimeoutMs, requestTimeoutMs || Number.POSITIVE_INFINITY)
    this.keepAliveTimeoutMs = keepAliveTimeoutMs
    this.keepAliveLine = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveTimeoutMs / 1_000)}\r\n`
    this.lookEveryMs = Math.min(this.headersTimeoutMs, keepAliveTimeoutMs, lookEveryMaxMs)
    const looks = setInterval(() => this.#look(), this.lookEveryMs).unref()
    const bodyLooks = setInterval(() => this.#endSlowBodies(), settings.bodyPace.lookEveryMs).unref()
    this.on('connection', (socket: Socket) => {
      if (this.admit(socket, 'http') !== null) this.serve(socket, socket)
    })
    // Its connections are those of the port for https too, which may be open for longer.
    this.#endLooks = () => {
      if (this.listening || this.#open.size > 0) return
      clearInterval(looks)
      clearInterval(bodyLooks)
    }
    this.on('close', this.#endLooks)
  }

  /** Counts a new connection; null, and it is closed, when its address holds as many as it may. */
  admit(socket: Socket, scheme: Peer['scheme']): Peer | null {
    const { connections, proxies, certificateField } = this.#settings
    const peer = new Peer(socket.remoteAddress ?? '', scheme, proxies, certificateField)
    const { address, trusted } = peer
    if (!connections.enter(address, trusted)) {
      // Not a word: whoever opens too many would have us write one for each.
      socket.resetAndDestroy()
      return null
    }
    this.#peers.set(socket, peer)
    socket.on('close', () => connections.leave(address))
    return peer
  }

  /** Reads requests from a socket; `transport` is what was admitted: the same, or what the socket encrypts. */
  serve(socket: Socket, transport: Socket, tls: TLSSocket | null = null): void {
    const peer = this.#peers.get(transport)
    if (peer === undefined) throw new Error('a connection is admitted before it is served')
    peer.tls = tls
    const connection = new ClientConnection(socket, transport, peer, this)
    this.#open.add(connection)
    socket.on('close', () => {
      this.#open.delete(connection)
      this.#endLooks()
    })
  }

  #look(): void {
    this.lookedAtMs = performance.now()
    for (const connection of this.#open) connection.look(this.lookedAtMs)
  }

  #endSlowBodies(): void {
    const { bytesPerSecondMin, lookEveryMs } = this.#settings.bodyPace
    const bytesMin = (bytesPerSecondMin * lookEveryMs) / 1_000
    for (const connection of this.#open) {
      const ctx = connection.exchange?.ctx ?? null
      if (connection.peer.bodyPace.isTooSlow(ctx, bytesMin)) connection.giveUpBody()
    }
  }

  /** Closes the connections that carry no request, nor a part of one. */
  closeIdleConnections(): void {
    for (const connection of this.#open) if (connection.isIdle) connection.destroy()
  }

  closeAllConnections(): void {
    for (const connection of this.#open) connection.destroy()
  }

  // For the connections.

  get dateLine(): string {
    const second = Math.floor(Date.now() / 1_000)
    if (second !== this.#dateSecond) {
      this.#dateSecond = second
      this.#dateLine = `Date: ${new Date(second * 1_000).toUTCString()}\r\n`
    }
    return this.#dateLine
  }

  begin(exchange: Exchange, peer: Peer): RequestContext {
    return this.#handler.begin(exchange, peer)
  }

  over(ctx: RequestContext): void {
    this.#handler.over(ctx)
  }

  broken(ctx: RequestContext, code: ErrorCode, detail: string): void {
    this.#handler.broken(ctx, code, sentenceOf(code, detail))
  }

  refusalOf(peer: Peer, code: ErrorCode, detail: string): string {
    const nowMs = Date.now()
    const exchange = new Exchange(noHead, null)
    const ctx = new RequestContext(exchange, peer, this.#nextId(nowMs), nowMs, performance.now())
    ctx.status = errors[code].status
    ctx.reason = code
    this.#settings.observeUnread(ctx)
    return rawRefusal(code, sentenceOf(code, detail), ctx.requestId, this.#settings)
  }
}

const noHead = { method: '', target: '', minor: 1, fields: [] }

/** What the client is told of a fault. */
function sentenceOf(code: ErrorCode, fault: string): string {
  switch (code) {
    case 'headers_too_large':
      return 'The request line and header fields are larger than this gateway accepts.'
    case 'body_too_large':
      return 'The chunk extensions are larger than this gateway accepts.'
    case 'http_version_not_supported':
      return 'This gateway speaks HTTP/1.1 and HTTP/1.0 here.'
    case 'malformed_request':
      return `What was sent is not HTTP/1.1 as RFC 9112 defines it: ${fault}.`
    default:
      return fault
  }
}
