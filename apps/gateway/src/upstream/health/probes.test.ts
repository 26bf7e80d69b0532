import { createServer as createHttp2Server, createSecureServer, type Http2Server } from 'node:http2'
import { createServer as createWebServer } from 'node:https'
import { type AddressInfo, BlockList, createServer, type Server } from 'node:net'
import { createSecureContext } from 'node:tls'
import { activeHealth } from '@gatewright/shared/model/upstream'
import { afterEach, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { startBackend } from '../../testing/backends.fixture.ts'
import { testCertificate, testKey } from '../../testing/certificate.fixture.ts'
import { Deadlines } from '../deadlines.ts'
import type { Origin } from '../dial.ts'
import { createProbe } from './probes.ts'

const pair = { key: testKey, cert: testCertificate }
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type Settings = Partial<z.input<typeof activeHealth>>

function probe(port: number, settings: Settings, forbidden = new BlockList(), tls: Origin['tls'] = null) {
  const origin = { host: '127.0.0.1', port, tls, forbidden }
  const target = { origin, authority: `127.0.0.1:${port}`, pathPrefix: '' }
  return createProbe(activeHealth.parse({ timeoutMs: 200, ...settings }), target, new Deadlines())()
}

async function listen(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A health service of gRPC that knows `known` services; frames as grpc.health.v1 says. */
function startGrpc(known: Record<string, number>, { silent = false, secure = false } = {}): Promise<number> {
  const server = secure ? createSecureServer(pair) : createHttp2Server()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => undefined)
    stream.on('end', () => {
      if (silent) return
      const frame = Buffer.concat(chunks)
      const service = frame.length > 5 ? frame.subarray(7).toString() : ''
      const status = headers[':path'] === '/grpc.health.v1.Health/Check' ? known[service] : undefined
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': status === undefined ? '5' : '0' }),
      )
      stream.end(status === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 0x08, status]))
    })
  })
  return listen(server)
}

describe('A12: probes', () => {
  it('HTTP: asks the path and judges the status', async () => {
    const backend = await startBackend()
    closers.push(() => backend.stop())
    expect(await probe(backend.port, { path: '/health' })).toBeNull()
    backend.respond = (request, response) => {
      expect(request.headers['user-agent']).toBe('gatewright-health')
      response.writeHead(500).end('x'.repeat(100_000))
    }
    expect(await probe(backend.port, { path: '/other' })).toBe('status 500')
    expect(await probe(backend.port, { path: '/other', statusMin: 500, statusMax: 599 })).toBeNull()
  })

  it('HTTP: says why there was no answer', async () => {
    const backend = await startBackend()
    backend.respond = () => undefined
    expect(await probe(backend.port, { path: '/hangs' })).toBe('no answer within 200 ms')
    await backend.stop()
    expect(await probe(backend.port, { path: '/health' })).toBe('ECONNREFUSED')
  })

  it('TCP: a connection is enough', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined)))
    expect(await probe(port, { kind: 'tcp' })).toBeNull()
    await closers.splice(0)[0]?.()
    expect(await probe(port, { kind: 'tcp' })).toBe('ECONNREFUSED')
  })

  it('gRPC: asks for the server or for a service, and reads what it says', async () => {
    const long = 'a'.repeat(200)
    const port = await startGrpc({ '': 1, books: 2 })
    expect(await probe(port, { kind: 'grpc' })).toBeNull()
    expect(await probe(port, { kind: 'grpc', service: 'books' })).toBe('NOT_SERVING')
    expect(await probe(port, { kind: 'grpc', service: long })).toBe('gRPC status 5')
    const hung = await startGrpc({ '': 1 }, { silent: true })
    expect(await probe(hung, { kind: 'grpc' })).toBe('no answer within 200 ms')
  })

  it('gRPC: something else at the port is not well', async () => {
    const backend = await startBackend()
    closers.push(() => backend.stop())
    expect(await probe(backend.port, { kind: 'grpc' })).not.toBeNull()
  })

  it('trust as requests do: certificates are checked', async () => {
    const port = await startGrpc({ '': 1 }, { secure: true })
    const tls = (ca: string | undefined) => ({
      serverName: 'upstream.test',
      trust: { verify: true, context: createSecureContext(ca === undefined ? {} : { ca }) },
    })
    expect(await probe(port, { kind: 'grpc' }, undefined, tls(testCertificate))).toBeNull()
    expect(await probe(port, { kind: 'grpc' }, undefined, tls(undefined))).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    const web = createWebServer(pair, (_, response) => response.end())
    const webPort = await listen(web)
    expect(await probe(webPort, { kind: 'http' }, undefined, tls(testCertificate))).toBeNull()
    expect(await probe(webPort, { kind: 'http' }, undefined, tls(undefined))).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
  })

  it('go nowhere that requests may not go', async () => {
    const backend = await startBackend()
    closers.push(() => backend.stop())
    const forbidden = new BlockList()
    forbidden.addAddress('127.0.0.1')
    for (const kind of ['http', 'tcp', 'grpc'] as const) {
      expect(await probe(backend.port, { kind, path: '/health' }, forbidden)).toBe('ERR_IP_BLOCKED')
    }
    expect(backend.probes).toBe(0)
  })
})
