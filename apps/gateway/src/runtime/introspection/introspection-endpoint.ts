// Where a server takes questions about its tokens: at the address that was given, or where its metadata says.
import * as z from 'zod'
import { urlBelow } from '../../upstream/discovery/registry-client.ts'
import { type Outbound, OutboundFailure } from '../outbound.ts'

const metadata = z.object({ issuer: z.string(), introspection_endpoint: z.string().max(2_000) })
const bytesMax = 256 * 1024
/** A server that moves its endpoint is followed after so long. */
const refreshMs = 300_000

interface Place {
  readonly issuer: string
  readonly endpoint: string | null
  readonly timeoutMs: number
}

/** Throws `OutboundFailure` while the metadata cannot be read. */
export type FindEndpoint = (nowMs: number) => URL | Promise<URL>

export function createEndpointFinder(
  { issuer, endpoint, timeoutMs }: Place,
  outbound: Outbound,
): FindEndpoint {
  if (endpoint !== null) {
    const url = new URL(endpoint)
    return () => url
  }
  let found: { readonly url: URL; readonly untilMs: number } | null = null
  let finding: Promise<URL> | null = null

  async function discover(nowMs: number): Promise<URL> {
    for (const address of metadataAddresses(issuer)) {
      const { status, body } = await outbound.call({ url: address, method: 'GET', timeoutMs, bytesMax })
      if (status === 404) continue
      if (status !== 200) throw new OutboundFailure(`${address.host} answered ${status} for its metadata`)
      const url = endpointIn(body, issuer, address)
      found = { url, untilMs: nowMs + refreshMs }
      return url
    }
    throw new OutboundFailure(`${new URL(issuer).host} publishes no metadata`)
  }

  return (nowMs) => {
    if (found !== null && nowMs < found.untilMs) return found.url
    finding ??= discover(nowMs).finally(() => {
      finding = null
    })
    return finding
  }
}

/** RFC 8414 3.1 puts the path of the issuer behind the well-known name, OpenID Connect Discovery 1.0 before it. */
function metadataAddresses(issuer: string): URL[] {
  const url = new URL(issuer)
  const path = url.pathname.replace(/\/+$/, '')
  return [
    new URL(`/.well-known/oauth-authorization-server${path}`, url.origin),
    urlBelow(issuer, '/.well-known/openid-configuration'),
  ]
}

function endpointIn(body: string, issuer: string, address: URL): URL {
  const document = metadata.safeParse(parse(body))
  if (!document.success)
    throw new OutboundFailure(`The metadata of ${address.host} names no introspection endpoint`)
  // RFC 8414 3.3: or one server could speak for another, and would be shown its tokens.
  if (document.data.issuer !== issuer)
    throw new OutboundFailure(`The metadata of ${address.host} is that of another issuer`)
  const text = document.data.introspection_endpoint
  const url = URL.canParse(text) ? new URL(text) : null
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && address.protocol === 'http:')
  if (url === null || !isSafe || url.username !== '' || url.password !== '')
    throw new OutboundFailure(`The introspection endpoint of ${address.host} is not at an https address`)
  return url
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
