// Import from a URL: bytes of a public document, without being turned against the operator's own network (OWASP SSRF).
import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, errors, request } from 'undici'
import { type AddressRules, isAllowedAddress, isAllowedHost } from './addresses.ts'
import { DEFAULT_MAX_BYTES } from './read.ts'

export const FETCH_REFUSALS = {
  'url-invalid': 'The text is not an absolute URL',
  'url-scheme': 'The scheme is not http or https',
  'url-credentials': 'The URL holds a user name or password; such URLs end up in logs',
  'private-address': 'The host is, or resolves to, an address that imports may not reach',
  'dns-failed': 'The host name does not resolve',
  'connection-failed': 'No connection could be made, or it broke',
  timeout: 'The document did not arrive within the time limit',
  status: 'The server answered with a status other than 200',
  redirects: 'There were more than 5 redirects, or one without a target',
  encoding: 'The server compressed the document although it was asked not to',
  'too-large': 'The document is larger than the limit',
} as const

type FetchRefusalCode = keyof typeof FETCH_REFUSALS

export interface FetchRefusal {
  ok: false
  code: FetchRefusalCode
  /** Safe to show: names what the caller typed, never an address behind it. */
  message: string
}

export interface FetchedDocument {
  ok: true
  bytes: Uint8Array
  /** After redirects: what relative server URLs are resolved against. */
  url: string
  contentType: string | null
}

type Resolve = (hostname: string) => Promise<LookupAddress[]>

export interface FetchOptions extends AddressRules {
  maxBytes?: number
  timeoutMs?: number
  /** Name resolution; the system's where absent. */
  resolve?: Resolve
}

const MAX_REDIRECTS = 5

class Refused extends Error {
  readonly code: FetchRefusalCode

  constructor(code: FetchRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}

/** GETs a document of at most `maxBytes` (20 MiB) within `timeoutMs` (15 s), redirects included. Throws only for faults of ours. */
export async function fetchDocument(
  url: string,
  options: FetchOptions = {},
): Promise<FetchedDocument | FetchRefusal> {
  const timeoutMs = options.timeoutMs ?? 15_000
  // An agent per import: no connection outlives the rules it was opened under.
  const agent = new Agent({ connect: { lookup: guardedLookup(options), timeout: timeoutMs }, allowH2: false })
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await follow(url, options, agent, signal)
  } catch (error) {
    const refused = refusalOf(error, url, timeoutMs, signal)
    if (!refused) throw error
    return { ok: false, code: refused.code, message: refused.message }
  } finally {
    await agent.destroy()
  }
}

async function follow(
  start: string,
  options: FetchOptions,
  agent: Agent,
  signal: AbortSignal,
): Promise<FetchedDocument> {
  let url = checkedUrl(start, options)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(url, {
      dispatcher: agent,
      signal,
      headers: {
        accept:
          'application/vnd.oai.openapi+json, application/vnd.oai.openapi, application/json, application/yaml, text/yaml, */*;q=0.1',
        // A compressed answer would have to be inflated under a second limit.
        'accept-encoding': 'identity',
        'user-agent': 'gatewright-import',
      },
    })
    // Leaving a body early makes it emit an error that nobody awaits; while it is read, the reader gets errors itself.
    response.body.on('error', () => {})
    const header = (name: string): string | null => {
      const value = response.headers[name]
      return (Array.isArray(value) ? value[0] : value) ?? null
    }
    if ([301, 302, 303, 307, 308].includes(response.statusCode)) {
      const location = header('location')
      response.body.destroy()
      if (location === null) throw new Refused('redirects', `${shown(url)} redirects to nowhere`)
      url = checkedUrl(new URL(location, url).href, options)
      continue
    }
    if (response.statusCode !== 200) {
      response.body.destroy()
      throw new Refused('status', `${shown(url)} answered with status ${response.statusCode}`)
    }
    const encoding = header('content-encoding') ?? 'identity'
    if (encoding !== 'identity') {
      response.body.destroy()
      throw new Refused('encoding', `${shown(url)} answered with content-encoding ${encoding}`)
    }
    const bytes = await readCapped(
      response.body,
      header('content-length'),
      options.maxBytes ?? DEFAULT_MAX_BYTES,
    )
    return { ok: true, bytes, url: url.href, contentType: header('content-type') }
  }
  throw new Refused('redirects', `More than ${MAX_REDIRECTS} redirects from ${shown(new URL(start))}`)
}

/** Checks what can be told from the URL alone; names are checked again as they are connected to. */
function checkedUrl(text: string, rules: AddressRules): URL {
  const url = URL.parse(text)
  if (!url) throw new Refused('url-invalid', `${JSON.stringify(text.slice(0, 200))} is not an absolute URL`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Refused('url-scheme', `Only http and https URLs can be imported, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Refused('url-credentials', 'The URL must not hold a user name or password')
  }
  // A literal address is never looked up, so it is judged here. The URL parser has already
  // turned 0x7f.1, 017700000001 and 2130706433 into 127.0.0.1.
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && !isAllowedHost(literal, rules) && !isAllowedAddress(literal, rules)) {
    throw new Refused('private-address', `${url.hostname} is an address that imports may not reach`)
  }
  return url
}

/** Resolves once, judges every address, and hands the socket exactly those: nothing is looked up again in between. */
function guardedLookup(options: FetchOptions): LookupFunction {
  const resolve = options.resolve ?? resolveBySystem
  return (hostname, wanted, answer) => {
    const fail = (error: Error): void => answer(error, [])
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (!first) return fail(new Refused('dns-failed', `${hostname} does not resolve`))
        // One bad address refuses the name: a client may be sent to any of them.
        const good =
          isAllowedHost(hostname, options) ||
          addresses.every(({ address }) => isAllowedAddress(address, options))
        if (!good)
          return fail(
            new Refused('private-address', `${hostname} resolves to an address that imports may not reach`),
          )
        return wanted.all ? answer(null, addresses) : answer(null, first.address, first.family)
      },
      () => fail(new Refused('dns-failed', `${hostname} does not resolve`)),
    )
  }
}

function resolveBySystem(hostname: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    )
  })
}

async function readCapped(
  body: AsyncIterable<Uint8Array>,
  length: string | null,
  maxBytes: number,
): Promise<Uint8Array> {
  const tooLarge = new Refused('too-large', `The document is larger than ${maxBytes} bytes`)
  if (length !== null && Number(length) > maxBytes) throw tooLarge
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the body, and with it the connection.
    if (size > maxBytes) throw tooLarge
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refusalOf(error: unknown, url: string, timeoutMs: number, signal: AbortSignal): Refused | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Refused) return cause
  }
  const where = URL.parse(url)?.host ?? 'the server'
  if (signal.aborted || error instanceof errors.ConnectTimeoutError) {
    return new Refused('timeout', `No document from ${where} within ${timeoutMs} ms`)
  }
  // Errors of sockets, TLS and HTTP parsing carry a code; anything else is a fault of ours and is thrown on.
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code ? new Refused('connection-failed', `The connection to ${where} failed (${code})`) : undefined
}

/** Without the query, which may hold a token. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`
}
