// Requests to servers that an admin named: bounded in time and size, without redirects, never into the operator's own network.
import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { type AddressRules, isAllowedAddress } from '../catalog/openapi/addresses.ts'

const timeoutMs = 5_000
const maxBytes = 1024 * 1024

export interface BoundedRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** `fetch` as far as OpenID needs it. Throws when an address is refused, after 5 s, and beyond 1 MiB. */
export async function boundedFetch(
  url: string,
  { method = 'GET', headers = {}, body }: BoundedRequest,
  rules: AddressRules,
): Promise<Response> {
  const { hostname } = new URL(url)
  const literal = hostname.replace(/^\[|\]$/g, '')
  // A literal address is never looked up, so it is judged here.
  if (isIP(literal) && !isAllowedAddress(literal, rules)) throw refusedAddress(hostname)
  // An agent per request: no connection outlives the rules it was opened under.
  const agent = new Agent({ connect: { lookup: guardedLookup(rules), timeout: timeoutMs }, allowH2: false })
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method: method as 'GET',
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body === undefined || body === null ? null : String(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const bytes = await readCapped(answer.body, hostname)
    return new Response(bytes.length === 0 ? null : bytes, {
      status: answer.statusCode,
      headers: Object.entries(answer.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      ),
    })
  } finally {
    await agent.destroy()
  }
}

const refusedAddress = (host: string) =>
  new Error(`${host} is, or resolves to, an address inside a private network (IMPORT_PRIVATE_ADDRESSES)`)

/** Resolves once, judges every address, and hands the socket exactly those: nothing is looked up again in between. */
function guardedLookup(rules: AddressRules): LookupFunction {
  return (hostname, wanted, answer) => {
    lookup(hostname, { all: true, verbatim: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? []
      if (error || !first) return answer(error ?? new Error(`${hostname} does not resolve`), [])
      if (!addresses.every(({ address }) => isAllowedAddress(address, rules)))
        return answer(refusedAddress(hostname), [])
      return wanted.all ? answer(null, addresses) : answer(null, first.address, first.family)
    })
  }
}

async function readCapped(body: AsyncIterable<Uint8Array>, host: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    // Leaving the loop destroys the body, and with it the connection.
    if (size > maxBytes) throw new Error(`${host} sent more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
