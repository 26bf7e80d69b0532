// The listening side: Node's HTTP server with its limits drawn tight, and refusals for bytes that are no request.
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AddressSet } from '@gatewright/shared/cidr'
import { type ErrorCode, errors } from '@gatewright/shared/errors'
import { RequestContext } from './context.ts'
import type { Handler } from './handle.ts'
import { knownPeer, peerOf } from './peer.ts'
import { type ReplySettings, rawRefusal } from './reply.ts'
import { createRequestIds } from './request-id.ts'

export interface ServerSettings extends ReplySettings {
  /** For the whole head to arrive. */
  readonly headersTimeoutMs: number
  /** For the whole request to arrive; 0 = no limit, for uploads. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly headerBytesMax: number
  /** Peers whose word about the client behind them is taken. */
  readonly proxies: AddressSet
  /** Hears of what was refused before it became a request that the handler could hear of. */
  readonly observeUnread: (ctx: RequestContext) => void
}

export function createGatewayServer(handle: Handler, settings: ServerSettings): Server {
  const nextId = createRequestIds()
  const { requestTimeoutMs } = settings
  // Node refuses to start with a head that may take longer than the whole request.
  const headersTimeoutMs = Math.min(settings.headersTimeoutMs, requestTimeoutMs || Number.POSITIVE_INFINITY)
  const server = createServer(
    {
      insecureHTTPParser: false,
      // Missing and repeated Host fields are refused with our own problem document.
      requireHostHeader: false,
      maxHeaderSize: settings.headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(headersTimeoutMs, 5_000),
      noDelay: true,
      optimizeEmptyRequests: true,
    },
    handle,
  )
  // Node would cut the list of fields silently; the reading of the head refuses a long one.
  server.maxHeadersCount = 0
  // The upstream decides whether it wants the body, and an expectation that nobody knows is refused like any bad head.
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('clientError', (error: ParseError, socket: Socket) => refuseBytes(error, socket))
  // A tunnel through the gateway is nothing that an API offers.
  server.on('connect', (request, socket: Socket) => {
    // Node has let go of the connection, so its errors are ours to hear.
    socket.on('error', () => socket.destroy())
    send(socket, 'method_not_allowed', 'CONNECT is not offered here.', request)
  })

  function refuseBytes(error: ParseError, socket: Socket): void {
    const peer = knownPeer(socket)
    const ctx = peer?.current ?? null
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const [code, detail] = faultOf(error)
    if (ctx?.request.complete) {
      // What follows a whole request takes nothing from it: it gets its answer, and then the connection ends.
      if (ctx.peer.closing) return
      ctx.peer.closing = true
      ctx.response.shouldKeepAlive = false
      ctx.response.on('close', () => socket.destroySoon())
      observe(socket, code)
      return
    }
    // A reply that has begun cannot be taken back, and a second one must not follow it.
    if (ctx?.response.headersSent) {
      socket.destroy()
      return
    }
    if (peer !== undefined) peer.closing = true
    // Its head was well-formed and it may be on its way already: what its body turned out to be ends it.
    if (ctx !== null) {
      ctx.call?.cancel()
      ctx.status = errors[code].status
      ctx.reason = code
      sendAs(ctx.requestId, socket, code, detail)
    } else send(socket, code, detail)
  }

  function send(socket: Socket, code: ErrorCode, detail: string, request?: IncomingMessage): void {
    sendAs(observe(socket, code, request), socket, code, detail)
  }

  function sendAs(requestId: string, socket: Socket, code: ErrorCode, detail: string): void {
    socket.end(rawRefusal(code, detail, requestId, settings))
    // Whatever else it sends is read by nobody.
    socket.destroySoon()
  }

  /** Makes what was refused count as a request that is over, and answers its id. */
  function observe(socket: Socket, code: ErrorCode, request = new IncomingMessage(socket)): string {
    const nowMs = Date.now()
    const peer = peerOf(socket, settings.proxies)
    const response = new ServerResponse(request)
    const ctx = new RequestContext(request, response, peer, nextId(nowMs), nowMs, performance.now())
    ctx.status = errors[code].status
    ctx.reason = code
    // A connection that was opened ahead and never used asked for nothing.
    if (socket.bytesRead > 0) settings.observeUnread(ctx)
    return ctx.requestId
  }

  return server
}

interface ParseError extends NodeJS.ErrnoException {
  /** What the parser was given. */
  readonly rawPacket?: Buffer
}

const malformed: [ErrorCode, string] = [
  'malformed_request',
  'What was sent is not HTTP/1.1 as RFC 9112 defines it.',
]

function faultOf(error: ParseError): [ErrorCode, string] {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['headers_too_large', 'The request line and header fields are larger than this gateway accepts.']
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['body_too_large', 'The chunk extensions are larger than this gateway accepts.']
    case 'HPE_INVALID_VERSION':
      // The parser says the same of a line that is broken after its version.
      return / HTTP\/\d\.\d\r\n/.test(error.rawPacket?.toString('latin1') ?? '')
        ? ['http_version_not_supported', 'This gateway speaks HTTP/1.1 and HTTP/1.0 here.']
        : malformed
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['request_timeout', 'The request did not arrive in time.']
    default:
      return malformed
  }
}
