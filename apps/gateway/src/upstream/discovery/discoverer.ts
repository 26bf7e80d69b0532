// The port of discovery: who watches one service in one registry, and what is found there.
import { isIP } from 'node:net'

/** One running instance of a service. */
export interface DiscoveredTarget {
  /** Scheme, address and port, such as `http://10.0.0.7:8080`: where connections go. */
  readonly url: string
  /** What the instance is called in `Host`, SNI and certificates; null = by its address. */
  readonly hostName: string | null
  /** Share of the requests; 0 = none. */
  readonly weight: number
  readonly region: string | null
}

/** Made of settings that a tenant wrote: making one never throws, whatever they are. Never calls back after `stop`. */
export interface Discoverer {
  /**
   * `onTargets`: the whole list, whenever it was read, changed or not; `note` says what about it a person should know.
   * `onError`: it could not be read; what was found before is still the best that is known.
   */
  start(
    onTargets: (targets: readonly DiscoveredTarget[], note?: string) => void,
    onError: (reason: string) => void,
  ): void
  stop(): void
}

/**
 * Why a registry could not be read. The sentence is shown to the team whose upstream it is, and that team chose the address:
 * it tells nothing of what was answered there.
 */
export class DiscoveryFailure extends Error {}

interface Found {
  readonly scheme: 'http' | 'https'
  /** IP address or host name. */
  readonly address: string
  readonly port: number
  readonly hostName?: string
  readonly weight?: number
  readonly region?: string | null | undefined
}

/**
 * What a registry says of an instance, as a target; none when no connection could be made to that. Registries take what they are
 * given, so a name is only believed when it can stand in a field of a request.
 */
export function instanceAt({
  scheme,
  address,
  port,
  hostName,
  weight = 1,
  region,
}: Found): DiscoveredTarget[] {
  const family = isIP(address)
  const origin = `${scheme}://${family === 6 ? `[${address}]` : address}:${port}`
  const isAddress = family !== 0 || isHostName(address)
  if (!isAddress || !Number.isInteger(port) || port < 1 || port > 65_535 || !URL.canParse(origin)) return []
  return [
    {
      url: new URL(origin).origin,
      hostName: hostName !== undefined && isHostName(hostName) && isIP(hostName) === 0 ? hostName : null,
      weight,
      region: region ?? null,
    },
  ]
}

function isHostName(text: string): boolean {
  const isSpelt = text.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text)
  // `books.1` is spelt like a name, and no address that has it can be read.
  return isSpelt && URL.canParse(`http://${text}`)
}
