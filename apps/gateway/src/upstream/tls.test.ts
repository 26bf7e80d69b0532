import { createServer, type Server } from 'node:https'
import { afterEach, describe, expect, it } from 'vitest'
import { testCertificate, testKey } from '../testing/certificate.fixture.ts'
import { listen } from '../testing/gateway.fixture.ts'
import { noBody, type UpstreamFailure } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { Http1Client } from './http1-client.ts'
import type { TlsOptions } from './http1-connection.ts'

const timeouts = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 0 }
let server: Server | null = null
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
})

interface Heard {
  readonly status: number
  readonly body: string
  readonly failure: UpstreamFailure | null
}

async function upstream() {
  const seen: string[] = []
  server = createServer({ key: testKey, cert: testCertificate }, (request, response) => {
    seen.push(request.url ?? '')
    response.end('x'.repeat(200_000))
  })
  return { seen, port: await listen(server) }
}

function get(client: Http1Client): Promise<Heard> {
  let status = 0
  let body = ''
  return new Promise((resolve) => {
    client.start(
      { method: 'GET', target: '/a', headers: ['Host', 'upstream.test'], bodyLength: noBody, timeouts },
      {
        onInterim: () => undefined,
        onHead: (it) => {
          status = it
        },
        onBody(buffer, start, end) {
          body += buffer.toString('latin1', start, end)
          return true
        },
        onLull: () => undefined,
        onDrain: () => undefined,
        onEnd: () => resolve({ status, body, failure: null }),
        onFailure: (failure) => resolve({ status, body, failure }),
      },
    )
  })
}

const clientOf = (port: number, tls: TlsOptions) =>
  new Http1Client({ host: '127.0.0.1', port, tls }, new Deadlines())

describe('HTTP/1.1 upstream client over TLS', () => {
  it('E15 speaks with an upstream whose certificate is trusted, and reuses the connection', async () => {
    const { port } = await upstream()
    const client = clientOf(port, { serverName: 'upstream.test', verify: true, ca: testCertificate })
    expect(await get(client)).toMatchObject({ status: 200, failure: null })
    expect((await get(client)).body.length).toBe(200_000)
    expect(client.connectionCount).toBe(1)
    client.drain()
  })

  it.each([
    ['that nobody vouches for', { serverName: 'upstream.test', verify: true }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'of another name',
      { serverName: 'other.test', verify: true, ca: testCertificate },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('sends nothing to an upstream with a certificate %s', async (_, options, detail) => {
    const { port, seen } = await upstream()
    expect((await get(clientOf(port, options))).failure).toEqual({ kind: 'unreachable', detail })
    expect(seen).toEqual([])
  })

  it('takes any certificate when the operator said so', async () => {
    const { port } = await upstream()
    const client = clientOf(port, { serverName: '', verify: false })
    expect((await get(client)).status).toBe(200)
    client.drain()
  })
})
