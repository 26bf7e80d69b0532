// Asks an identity provider for its keys: where its discovery document says, or at an address that was given.
import type { KeySource } from '@gatewright/shared/policies/token-ports'
import * as z from 'zod'
import type { RegistryAccessSource } from '../../upstream/discovery/access.ts'
import { parseAnswer, type RegistryClient, urlBelow } from '../../upstream/discovery/registry-client.ts'
import { KeysRefused, type PublicKey, readPublicKeys } from './public-keys.ts'

/** Throws when the keys cannot be read, for whatever reason; what was answered instead is told to nobody. */
export type KeyReader = (source: KeySource) => Promise<readonly PublicKey[]>

const answerBytesMax = 256 * 1024

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string().max(2_000) })

/** `timeoutMs`: for each of the two answers. `accessTo`: who vouches for a provider inside one's own network. */
export function createKeyReader(
  client: RegistryClient,
  accessTo: RegistryAccessSource,
  timeoutMs = 3_000,
): KeyReader {
  async function read(url: URL): Promise<unknown> {
    const { ca } = await accessTo(url.href)
    const { status, body } = await client.get({
      url,
      // What opens a registry is not shown to an identity provider.
      access: { token: null, ca },
      timeoutMs,
      bytesMax: answerBytesMax,
      signal: new AbortController().signal,
    })
    // Redirects too: an address that was checked must not lead to one that was not.
    if (status !== 200) throw new KeysRefused(`${url.host} answered ${status}`)
    return parseAnswer(body, url)
  }

  /** OpenID Connect Discovery 1.0, 4. */
  async function discover(issuer: string): Promise<URL> {
    const url = urlBelow(issuer, '/.well-known/openid-configuration')
    const document = metadata.safeParse(await read(url))
    if (!document.success) throw new KeysRefused(`The discovery document of ${url.host} names no keys`)
    // 4.3: or one provider could speak for another.
    if (document.data.issuer !== issuer)
      throw new KeysRefused(`The discovery document of ${url.host} is that of another issuer`)
    const { jwks_uri: text } = document.data
    if (!URL.canParse(text)) throw new KeysRefused(`The keys of ${url.host} have no address`)
    const address = new URL(text)
    const isSafe = address.protocol === 'https:' || (address.protocol === 'http:' && url.protocol === 'http:')
    if (!isSafe || address.username !== '' || address.password !== '')
      throw new KeysRefused(`The keys of ${url.host} are not at an https address`)
    return address
  }

  return async function readKeys({ issuer, jwksUrl }) {
    return readPublicKeys(await read(jwksUrl === null ? await discover(issuer) : new URL(jwksUrl)))
  }
}
