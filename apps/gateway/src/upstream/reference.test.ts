import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../testing/gateway.fixture.ts'
import { UndiciClient } from '../testing/undici-client.ts'
import { noBody, type UpstreamClient, type UpstreamObserver, unknownLength } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { Http1Client } from './http1-client.ts'

const timeouts = { connectMs: 2_000, firstByteMs: 2_000, idleMs: 2_000, totalMs: 0 }

// undici, a user agent, works out lengths itself; how a request is framed is not compared.
const ownFraming = ['content-length']

/** One exchange: what a client is asked to send and what the upstream answers. */
interface Exchange {
  readonly method: string
  readonly headers: readonly string[]
  readonly body: readonly string[] | null
  readonly chunkedRequest: boolean
  readonly status: number
  readonly replyHeaders: readonly string[]
  readonly reply: readonly string[]
  readonly chunkedReply: boolean
}

interface Heard {
  status: number
  reason: string
  headers: readonly string[]
  body: string
  failure: string | null
}

const token = fc.stringMatching(/^x-[a-z]{1,8}$/)
const value = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,20}[\x21-\x7e])?$/)
const fields = fc.array(fc.tuple(token, value), { maxLength: 5 }).map((pairs) => pairs.flat())
const pieces = fc.array(fc.string({ minLength: 1, maxLength: 3_000 }), { minLength: 1, maxLength: 4 })
const exchanges: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
  headers: fields,
  body: fc.option(pieces),
  chunkedRequest: fc.boolean(),
  status: fc.constantFrom(200, 201, 204, 304, 404, 503),
  replyHeaders: fields,
  reply: pieces,
  chunkedReply: fc.boolean(),
})

describe('our client beside the reference (undici)', () => {
  let script: Exchange
  let seen: { method: string | undefined; url: string | undefined; headers: string[]; body: string }
  const server = createServer((request, response) => void answer(request, response))
  let ours: UpstreamClient
  let reference: UndiciClient

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk.toString('latin1')
    const { method, url, rawHeaders } = request
    seen = { method, url, headers: withoutHop(rawHeaders, ownFraming), body }
    const bytes = script.reply.map((piece) => Buffer.from(piece))
    const length = bytes.reduce((sum, piece) => sum + piece.length, 0)
    const framing = script.chunkedReply ? [] : ['Content-Length', String(length)]
    response.writeHead(script.status, 'As scripted', [...script.replyHeaders, ...framing])
    for (const piece of bytes) response.write(piece)
    response.end()
  }

  beforeAll(async () => {
    const port = await listen(server)
    ours = new Http1Client({ host: '127.0.0.1', port, tls: null }, new Deadlines())
    reference = new UndiciClient(`http://127.0.0.1:${port}`)
  })
  afterAll(async () => {
    await reference.close()
    server.close()
    server.closeAllConnections()
  })

  function run(client: UpstreamClient, it: Exchange): Promise<Heard> {
    const body = it.method === 'GET' || it.method === 'HEAD' ? null : it.body
    const bytes = body?.map((piece) => Buffer.from(piece)) ?? []
    const length = bytes.reduce((sum, piece) => sum + piece.length, 0)
    const heard: Heard = { status: 0, reason: '', headers: [], body: '', failure: null }
    return new Promise((resolve) => {
      const observer: UpstreamObserver = {
        onInterim: () => undefined,
        onHead(status, reason, headers) {
          Object.assign(heard, { status, reason, headers: withoutHop(headers) })
        },
        onBody(buffer, start, end) {
          heard.body += buffer.toString('latin1', start, end)
          return true
        },
        onLull: () => undefined,
        onDrain: () => undefined,
        onEnd: () => resolve(heard),
        onFailure({ kind }) {
          heard.failure = kind
          resolve(heard)
        },
      }
      const bodyLength = body === null ? noBody : it.chunkedRequest ? unknownLength : length
      const call = client.start(
        { method: it.method, target: '/a?b=c', headers: ['Host', 'up', ...it.headers], bodyLength, timeouts },
        observer,
      )
      if (body === null) return
      for (const piece of bytes) call.write(piece)
      call.end([])
    })
  }

  it('A18 sends the same request and hears the same response', async () => {
    await fc.assert(
      fc.asyncProperty(exchanges, async (exchange) => {
        script = exchange
        const heardByReference = await run(reference, exchange)
        const seenFromReference = seen
        expect(await run(ours, exchange)).toEqual(heardByReference)
        expect(seen).toEqual(seenFromReference)
      }),
      { numRuns: 300 },
    )
  })
})

const hop = ['connection', 'keep-alive', 'date', 'transfer-encoding']

/** The fields that belong to the message, not to a connection or a second. */
function withoutHop(list: readonly string[], more: readonly string[] = []): string[] {
  return list.flatMap((field, i) => {
    const name = field.toLowerCase()
    return i % 2 === 1 || hop.includes(name) || more.includes(name) ? [] : [name, list[i + 1] as string]
  })
}
