// Reads registries over HTTP: bounded in time and size, never redirected, never to an address that is forbidden.
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { BlockList } from 'node:net'
import { createSecureContext } from 'node:tls'
import { viaName } from '../../request/headers.ts'
import { dial } from '../dial.ts'
import { originOf } from '../origin.ts'
import type { Trust } from '../trust.ts'
import type { RegistryAccess } from './access.ts'
import { DiscoveryFailure } from './discoverer.ts'

/** Of one answer, streams included: more would fill the memory of the gateway. */
export const registryBytesMax = 8 * 1024 * 1024

export interface RegistryAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface RegistryQuery {
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly access: RegistryAccess
  /** For the whole answer; of a stream for its head and between two pieces. */
  readonly timeoutMs: number
  /** Of the answer; default: `registryBytesMax`. */
  readonly bytesMax?: number
  /** Default: utf8. In latin1 each character is a byte. */
  readonly encoding?: 'utf8' | 'latin1'
  readonly signal: AbortSignal
}

export interface RegistryClient {
  /** Throws `DiscoveryFailure`, whatever goes wrong; any status is an answer. */
  get(query: RegistryQuery): Promise<RegistryAnswer>
  /**
   * Hands on each line of an answer of status 200 as it arrives, and resolves with the status when it is over: lines of other
   * answers are nobody's. Throws `DiscoveryFailure`.
   */
  lines(query: RegistryQuery, onLine: (line: string) => void): Promise<number>
}

/** `forbidden`: as for upstreams, checked by the socket for every address that a name leads to. */
export function createRegistryClient(forbidden: BlockList): RegistryClient {
  function open(query: RegistryQuery): Promise<IncomingMessage> {
    const { url, access } = query
    const origin = originOf(url, null, { serverName: null }, trustIn(access), forbidden)
    const options: RequestOptions = {
      headers: {
        Accept: 'application/json',
        'User-Agent': 'gatewright-discovery',
        // Tenants choose the address: what is not for them, such as the operations port, knows a gateway by this.
        Via: `1.1 ${viaName}`,
        ...query.headers,
      },
      // A connection of its own for each question: none can be stale, and none is shared between tenants.
      createConnection: () => dial(origin, http1),
      // Node leaves the port of the scheme out of `Host` only where it makes the connection itself.
      defaultPort: url.protocol === 'https:' ? 443 : 80,
      signal: query.signal,
    }
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve)
      request.on('error', reject)
      request.end()
    })
  }

  return {
    async get(query) {
      const limit = AbortSignal.timeout(query.timeoutMs)
      try {
        const response = await open({ ...query, signal: AbortSignal.any([query.signal, limit]) })
        const chunks: Buffer[] = []
        const { bytesMax = registryBytesMax } = query
        let bytes = 0
        for await (const chunk of response as AsyncIterable<Buffer>) {
          bytes += chunk.length
          if (bytes > bytesMax) throw tooLarge(query.url, bytesMax)
          chunks.push(chunk)
        }
        const body = Buffer.concat(chunks).toString(query.encoding ?? 'utf8')
        return { status: response.statusCode ?? 0, headers: response.headers, body }
      } catch (error) {
        throw failureOf(query, error, limit.aborted)
      }
    },
    async lines(query, onLine) {
      const silence = new AbortController()
      const timer = setTimeout(() => silence.abort(), query.timeoutMs)
      try {
        const response = await open({ ...query, signal: AbortSignal.any([query.signal, silence.signal]) })
        const status = response.statusCode ?? 0
        if (status !== 200) {
          response.destroy()
          return status
        }
        let rest = ''
        let length = 0
        for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
          timer.refresh()
          length += chunk.length
          if (length > registryBytesMax) throw tooLarge(query.url, registryBytesMax)
          // What is held of a line is not looked through again for each drop that is added to it.
          const end = chunk.lastIndexOf('\n')
          if (end < 0) {
            rest += chunk
            continue
          }
          const lines = (rest + chunk.slice(0, end)).split('\n')
          rest = chunk.slice(end + 1)
          for (const line of lines) if (line.trim() !== '') onLine(line)
        }
        return status
      } catch (error) {
        throw failureOf(query, error, silence.signal.aborted)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

const http1 = { alpn: 'http/1.1' }

function trustIn({ ca }: RegistryAccess): Trust {
  return {
    verify: true,
    get context() {
      return createSecureContext(ca === null ? {} : { ca: [ca] })
    },
  }
}

/** A path below the address of a registry, whatever else that address says. */
export function urlBelow(base: string, path: string): URL {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`
  url.search = ''
  url.hash = ''
  return url
}

/** What a registry answered, as JSON. What it is instead is not told: it may be the answer of something that is no registry. */
export function parseAnswer(text: string, url: URL): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new DiscoveryFailure(`${url.host} does not answer JSON`)
  }
}

function tooLarge(url: URL, bytesMax: number): DiscoveryFailure {
  return new DiscoveryFailure(`The answer of ${url.host} is larger than ${bytesMax} bytes`)
}

function failureOf({ url, timeoutMs }: RegistryQuery, error: unknown, isLate: boolean): DiscoveryFailure {
  if (error instanceof DiscoveryFailure) return error
  if (isLate) return new DiscoveryFailure(`${url.host} did not answer within ${timeoutMs} ms`)
  const { code = 'unknown' } = error as NodeJS.ErrnoException
  if (code === 'ERR_IP_BLOCKED') {
    return new DiscoveryFailure(`${url.host} is at an address that gateways may not call`)
  }
  return new DiscoveryFailure(`${url.host} cannot be reached: ${code}`)
}
