// What an OpenID provider says of itself: its discovery document, read again every few minutes; while it is away, the last one holds.
import type { AuthorizationServer } from 'oauth4webapi'
import * as z from 'zod'
import { urlBelow } from '../../upstream/discovery/registry-client.ts'
import { type Outbound, OutboundFailure } from '../outbound.ts'

const address = z.string().max(2_000)
const metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: address,
  token_endpoint: address,
  end_session_endpoint: address.optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
})

const bytesMax = 256 * 1024
const refreshMs = 300_000
const retryMs = 2_000

/** Throws `OutboundFailure` while nothing is known. */
export type FindMetadata = (nowMs: number) => Promise<AuthorizationServer>

export function createMetadataFinder(issuer: string, outbound: Outbound, timeoutMs: number): FindMetadata {
  let found: AuthorizationServer | null = null
  let dueAt = 0
  let finding: Promise<AuthorizationServer> | null = null

  /** OpenID Connect Discovery 1.0, 4. */
  async function discover(nowMs: number): Promise<AuthorizationServer> {
    try {
      const url = urlBelow(issuer, '/.well-known/openid-configuration')
      const { status, body } = await outbound.call({ url, method: 'GET', timeoutMs, bytesMax })
      if (status !== 200) throw new OutboundFailure(`${url.host} answered ${status} for its metadata`)
      found = readMetadata(body, issuer, url)
      dueAt = nowMs + refreshMs
      return found
    } catch (error) {
      dueAt = nowMs + retryMs
      if (found !== null) return found
      throw error
    }
  }

  return async (nowMs) => {
    if (found !== null && nowMs < dueAt) return found
    finding ??= discover(nowMs).finally(() => {
      finding = null
    })
    // Nobody waits for what is only read again.
    return found ?? finding
  }
}

function readMetadata(body: string, issuer: string, address: URL): AuthorizationServer {
  const document = metadata.safeParse(parse(body))
  if (!document.success)
    throw new OutboundFailure(`The metadata of ${address.host} is not that of an OpenID provider`)
  const { data } = document
  // 4.3: or one provider could speak for another.
  if (data.issuer !== issuer)
    throw new OutboundFailure(`The metadata of ${address.host} is that of another issuer`)
  for (const endpoint of [data.authorization_endpoint, data.token_endpoint, data.end_session_endpoint])
    if (endpoint !== undefined && !isSafe(endpoint, address))
      throw new OutboundFailure(`An endpoint of ${address.host} is not at an https address`)
  return JSON.parse(JSON.stringify(data)) as AuthorizationServer
}

function isSafe(endpoint: string, document: URL): boolean {
  if (!URL.canParse(endpoint)) return false
  const { protocol, username, password } = new URL(endpoint)
  const isEncrypted = protocol === 'https:' || (protocol === 'http:' && document.protocol === 'http:')
  return isEncrypted && username === '' && password === ''
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
