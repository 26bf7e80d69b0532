// A real gateway on real sockets for tests of the request journey: routes by hand, upstream by script.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Server as NetServer } from 'node:net'
import { createAddressSet } from '@gatewright/shared/cidr'
import { defaultUpstream, upstreamSettings } from '@gatewright/shared/model/upstream'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import type { Chain, CompiledRoute, Match } from '../config/generation.ts'
import {
  type ConnectionCounts,
  ConnectionTable,
  createConnectionMemory,
  readConnectionCounts,
} from '../request/connection-table.ts'
import type { RequestContext } from '../request/context.ts'
import { createHandler } from '../request/handle.ts'
import { GatewayServer, type ServerSettings } from '../request/server.ts'
import type { Admission } from '../traffic/overload.ts'
import type { Upstream } from '../upstream/call.ts'
import { createUpstreamPools } from '../upstream/pools.ts'

export const emptyChain: Chain = {
  request: [],
  requestSteps: [],
  requestBody: null,
  responseBody: null,
  response: [],
  responseSteps: [],
  done: [],
  priority: 2,
}

/** What is left of a request when it is over. */
export interface Outcome {
  readonly status: number
  readonly reason: string | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
  readonly upstreamMs: number
  readonly clientAddress: string
  readonly ctx: RequestContext
}

export interface Rig {
  readonly server: GatewayServer
  readonly port: number
  readonly upstreamPort: number
  /** What stands behind the route. */
  readonly upstream: Upstream
  /** Requests that reached the upstream. */
  readonly seen: { method: string; url: string; headers: string[] }[]
  readonly outcomes: Outcome[]
  readonly logged: object[]
  /** Leases of the generation that were not given back. */
  leases(): number
  /** Sends bytes on a new connection and answers one whole reply, or all that comes until it closes. */
  raw(bytes: string | Buffer): Promise<string>
  /** The same, and answers all that comes until the connection closes. */
  rawAll(bytes: string | Buffer): Promise<string>
  connections(): ConnectionCounts
  /** Waits until `count` requests are over. */
  over(count: number): Promise<readonly Outcome[]>
  close(): Promise<void>
}

export interface RigOptions {
  readonly upstream?: (request: IncomingMessage, response: ServerResponse) => void
  readonly document?: Partial<UpstreamDocument>
  /** Addresses that no upstream may have. */
  readonly forbidden?: readonly string[]
  /** Where the gateway runs. */
  readonly region?: string
  /** Whether every request tells what happens to it. */
  readonly traced?: boolean
  /** Path behind the upstream's address. */
  readonly pathPrefix?: string
  readonly route?: Partial<CompiledRoute>
  readonly match?: (host: string, path: string, method: string, route: CompiledRoute) => Match
  readonly trustedProxies?: readonly string[]
  readonly certificateField?: ServerSettings['certificateField']
  readonly ready?: boolean
  readonly admission?: Admission
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
  readonly bodyPace?: Partial<ServerSettings['bodyPace']>
  readonly connectionsPerAddressMax?: number
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const seen: Rig['seen'] = []
  const outcomes: Outcome[] = []
  const logged: object[] = []
  const upstreamServer = createServer((request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders })
    if (options.upstream) options.upstream(request, response)
    else response.end('hello')
  })
  const upstreamPort = await listen(upstreamServer)
  const pools = createUpstreamPools({
    forbidden: options.forbidden ?? [],
    region: options.region ?? null,
  })
  const document: UpstreamDocument = {
    id: 'ups_1',
    name: defaultUpstream,
    ...upstreamSettings.parse({
      targets: [{ url: `http://127.0.0.1:${upstreamPort}${options.pathPrefix ?? ''}` }],
      connectTimeoutMs: 2_000,
      firstByteTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
    }),
    ...options.document,
  }
  const { upstream, release } = pools.acquire(document, 'ten_1')
  const route = routeTo(upstream, options.route)
  const match = options.match ?? (() => route)
  let leases = 0
  const generation = {
    revision: 7,
    hash: '',
    router: {
      match: (host: string, path: string, method: string) => match(host, path, method, route),
      explain: () => [],
    },
    acquire: () => {
      leases++
    },
    release: () => {
      leases--
    },
  }
  let waiting: (() => void)[] = []
  const proxies = createAddressSet(options.trustedProxies ?? [])
  function observe(ctx: RequestContext): void {
    const { status, reason, bytesIn, bytesOut, durationMs, upstreamMs, clientAddress } = ctx
    outcomes.push({ status, reason, bytesIn, bytesOut, durationMs, upstreamMs, clientAddress, ctx })
    for (const wake of waiting.splice(0)) wake()
  }
  const connectionMemory = createConnectionMemory(1, 1)
  const handle = createHandler({
    live: { current: options.ready === false ? null : generation },
    urlBytesMax: 8_192,
    problemBaseUrl: 'https://docs.example',
    admission: options.admission ?? null,
    wantsTrace: () => options.traced ?? false,
    arrived: () => undefined,
    observe,
    log: { warn: (fields) => logged.push(fields), error: (fields) => logged.push(fields) },
  })
  const server = new GatewayServer(handle, {
    problemBaseUrl: 'https://docs.example',
    headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 0,
    keepAliveTimeoutMs: 5_000,
    headerBytesMax: 16_384,
    bodyPace: { bytesPerSecondMin: 0, lookEveryMs: 5_000, ...options.bodyPace },
    connections: new ConnectionTable(connectionMemory, 0, options.connectionsPerAddressMax ?? 0),
    proxies,
    certificateField: options.certificateField ?? null,
    observeUnread: observe,
  })
  const port = await listen(server)

  return {
    server,
    port,
    upstreamPort,
    upstream,
    seen,
    outcomes,
    logged,
    leases: () => leases,
    raw: (bytes) => exchange(port, bytes, isWhole),
    rawAll: (bytes) => exchange(port, bytes, () => false),
    connections: () => readConnectionCounts(connectionMemory),
    async over(count) {
      while (outcomes.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return outcomes
    },
    async close() {
      waiting = []
      release()
      server.close()
      server.closeAllConnections()
      upstreamServer.close()
      upstreamServer.closeAllConnections()
    },
  }
}

export function routeTo(upstream: Upstream | null, parts: Partial<CompiledRoute> = {}): CompiledRoute {
  return {
    kind: 'route',
    facts: {
      id: 'rte_1',
      method: 'GET',
      template: '/',
      basePath: '',
      operationId: null,
      tenantId: 'ten_1',
      apiId: 'api_1',
      apiName: 'api',
      versionId: 'ver_1',
      versionName: 'v1',
      public: true,
      mocks: [],
      operation: null,
    },
    chain: emptyChain,
    edgeCount: 0,
    identifiedAt: 0,
    plans: null,
    priority: 2,
    basePathLength: 0,
    lifecycleFields: [],
    vary: null,
    hasSecretInPath: false,
    strippedParameter: null,
    upstream,
    traffic: null,
    ...parts,
  }
}

export async function listen(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Sends bytes and answers what comes back until it is enough, or the connection closes. */
function exchange(
  port: number,
  bytes: string | Buffer,
  isEnough: (text: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    })
    const done = () => {
      socket.destroy()
      resolve(text)
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (isEnough(text)) done()
    })
    socket.on('end', done)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') done()
      else reject(error)
    })
  })
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0 || /^connection: close/im.test(text)) return false
  if (/^transfer-encoding: chunked/im.test(text)) return /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(text)
  const length = /^content-length: (\d+)/im.exec(text)?.[1]
  return text.length >= end + 4 + Number(length ?? 0)
}
