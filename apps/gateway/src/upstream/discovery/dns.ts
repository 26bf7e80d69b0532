// DNS: the addresses behind a name, asked again when the answer grows too old: Kubernetes' headless services, and any other name.
import { Resolver } from 'node:dns/promises'
import type { Discovery } from '@gatewright/shared/model/upstream'
import { type DiscoveredTarget, type Discoverer, DiscoveryFailure, instanceAt } from './discoverer.ts'
import { repeat } from './repeat.ts'

type DnsSettings = Extract<Discovery, { kind: 'dns' }>

const refreshSecondsMin = 1
const refreshSecondsMax = 60
// Node does not tell the TTL of SRV records. What a cache still holds costs it nothing to be asked for.
const srvRefreshSeconds = 5

interface Answer {
  readonly targets: readonly DiscoveredTarget[]
  /** For how long it may be believed. */
  readonly seconds: number
}

/** `servers`: whom to ask, `address` or `address:port`; empty = the resolvers of the system. */
export function discoverInDns(settings: DnsSettings, servers: readonly string[]): Discoverer {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  // A final dot says that the name is whole; no name in `Host` or a certificate has one.
  const name = settings.name.replace(/\.$/, '')

  return repeat(async (tell) => {
    const { targets, seconds } = await (settings.record === 'SRV' ? services() : hosts())
    tell(targets)
    return Math.min(refreshSecondsMax, Math.max(refreshSecondsMin, seconds)) * 1_000
  })

  async function hosts(): Promise<Answer> {
    const { addresses, seconds } = await addressesOf(name)
    return {
      targets: addresses.flatMap((address) =>
        instanceAt({ scheme: settings.scheme, address, port: settings.port, hostName: name }),
      ),
      seconds,
    }
  }

  /** The records of the best priority (RFC 2782): the others are for when all of these are away. */
  async function services(): Promise<Answer> {
    const records = await resolver.resolveSrv(name).catch((error) => refuse(name, error))
    const best = Math.min(...records.map(({ priority }) => priority))
    const used = records.filter(({ priority, name: host }) => priority === best && host !== '')
    const isWeighted = used.some(({ weight }) => weight > 0)
    const found = await Promise.all(
      used.map(async ({ name: host, port, weight }) => {
        const { addresses, seconds } = await addressesOf(host)
        const targets = addresses.flatMap((address) =>
          instanceAt({
            scheme: settings.scheme,
            address,
            port,
            hostName: host,
            // Weight 0 beside others is "a very small chance of being selected", not none.
            weight: isWeighted ? Math.max(1, weight) : 1,
          }),
        )
        return { targets, seconds }
      }),
    )
    return {
      targets: found.flatMap(({ targets }) => targets),
      seconds: Math.min(srvRefreshSeconds, ...found.map(({ seconds }) => seconds)),
    }
  }

  /** IPv4 where there is any: a host with addresses of both families is one instance and not two. */
  async function addressesOf(host: string): Promise<{ addresses: string[]; seconds: number }> {
    const v4 = await resolver.resolve4(host, { ttl: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENODATA' || error.code === 'ENOTFOUND') return []
      return refuse(host, error)
    })
    const records =
      v4.length > 0 ? v4 : await resolver.resolve6(host, { ttl: true }).catch((error) => refuse(host, error))
    return {
      addresses: records.map(({ address }) => address),
      seconds: Math.min(...records.map(({ ttl }) => ttl)),
    }
  }
}

/** A name without records is a failure too: DNS cannot say "none for now", and a mistake in a zone must not empty an upstream. */
function refuse(name: string, { code }: NodeJS.ErrnoException): never {
  if (code === 'ENOTFOUND') throw new DiscoveryFailure(`There is no name ${name}`)
  if (code === 'ENODATA') throw new DiscoveryFailure(`The name ${name} has no such records`)
  throw new DiscoveryFailure(`The name ${name} cannot be resolved: ${code ?? 'unknown'}`)
}
