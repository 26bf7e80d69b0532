// Asks servers that tenants name about requests at hand: bounded in time, size and number, never redirected, never to a forbidden address.
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import type { BlockList } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext } from 'node:tls'
import { viaName } from '../request/headers.ts'
import { dial } from '../upstream/dial.ts'
import type { RegistryAccessSource } from '../upstream/discovery/access.ts'
import { originOf } from '../upstream/origin.ts'

/** It gave no answer; the sentence is for the log of the gateway, and says nothing of what was sent. */
export class OutboundFailure extends Error {
  /** Whether time was what it had too little of. */
  readonly isLate: boolean

  constructor(message: string, more: { readonly cause?: unknown; readonly isLate?: boolean } = {}) {
    super(message, { cause: more.cause })
    this.isLate = more.isLate ?? false
  }
}

export interface OutboundCall {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** For the whole answer. */
  readonly timeoutMs: number
  readonly bytesMax: number
}

export interface OutboundAnswer {
  readonly status: number
  readonly body: string
}

/** A line to servers, with connections of its own: none is shared with another policy. */
export interface Outbound {
  /** Throws `OutboundFailure`, whatever goes wrong; any status is an answer. A call may arrive twice. */
  call(call: OutboundCall): Promise<OutboundAnswer>
}

export type OpenOutbound = () => Outbound

const connectionsMax = 32
const idleMs = 5_000

/** `forbidden`: as for upstreams. `accessTo`: who vouches for a server inside one's own network. */
export function createOutbound(forbidden: BlockList, accessTo: RegistryAccessSource): OpenOutbound {
  return () => {
    const agents = { 'http:': agentFor('http:'), 'https:': agentFor('https:') }

    function agentFor(protocol: 'http:' | 'https:'): Agent {
      const agent = new Agent({
        keepAlive: true,
        maxSockets: connectionsMax,
        maxFreeSockets: 4,
        timeout: idleMs,
        scheduling: 'lifo',
      })
      const createConnection = (
        { gatewrightUrl: url }: { gatewrightUrl: URL },
        done: (error: Error | null, socket: Duplex) => void,
      ) => {
        connect(url).then(
          (socket) => done(null, socket),
          (error: Error) => (done as (error: Error) => void)(error),
        )
      }
      return Object.assign(agent, {
        protocol,
        defaultPort: protocol === 'https:' ? 443 : 80,
        createConnection,
      })
    }

    async function connect(url: URL): Promise<Duplex> {
      const { ca } = await accessTo(url.href)
      const trust = {
        verify: true,
        get context() {
          return createSecureContext(ca === null ? {} : { ca: [ca] })
        },
      }
      return dial(originOf(url, null, { serverName: null }, trust, forbidden), { alpn: 'http/1.1' })
    }

    function send(call: OutboundCall, signal: AbortSignal, isRepeated: boolean): Promise<IncomingMessage> {
      const { url, method, body = '' } = call
      return new Promise((resolve, reject) => {
        const request = httpRequest(
          url,
          Object.assign(
            {
              method,
              headers: {
                Accept: 'application/json',
                'Accept-Encoding': 'identity',
                'User-Agent': 'gatewright',
                // Tenants choose the address: what is not for them, such as the operations port, knows a gateway by this.
                Via: `1.1 ${viaName}`,
                ...(method === 'POST' ? { 'Content-Length': Buffer.byteLength(body) } : {}),
                ...call.headers,
              },
              agent: url.protocol === 'https:' ? agents['https:'] : agents['http:'],
              signal,
            },
            { gatewrightUrl: url },
          ),
          resolve,
        )
        request.on('error', (error) => {
          // The server closed a connection that rested, in the moment in which it was used again: it heard nothing.
          if (request.reusedSocket && !isRepeated && !signal.aborted)
            send(call, signal, true).then(resolve, reject)
          else reject(error)
        })
        request.end(body)
      })
    }

    return {
      async call(call) {
        const { url, timeoutMs, bytesMax } = call
        const signal = AbortSignal.timeout(timeoutMs)
        try {
          const response = await send(call, signal, false)
          const chunks: Buffer[] = []
          let bytes = 0
          for await (const chunk of response as AsyncIterable<Buffer>) {
            bytes += chunk.length
            if (bytes > bytesMax)
              throw new OutboundFailure(`The answer of ${url.host} is larger than ${bytesMax} bytes`)
            chunks.push(chunk)
          }
          return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }
        } catch (error) {
          if (error instanceof OutboundFailure) throw error
          if (signal.aborted)
            throw new OutboundFailure(`${url.host} did not answer within ${timeoutMs} ms`, {
              cause: error,
              isLate: true,
            })
          const { code = 'unknown' } = error as NodeJS.ErrnoException
          throw new OutboundFailure(
            code === 'ERR_IP_BLOCKED'
              ? `${url.host} is at an address that gateways may not call`
              : `${url.host} cannot be reached: ${code}`,
            { cause: error },
          )
        }
      },
    }
  }
}
