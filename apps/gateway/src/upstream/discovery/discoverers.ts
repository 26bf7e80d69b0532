// Which discoverer each kind of discovery has.
import type { BlockList } from 'node:net'
import type { Discovery } from '@gatewright/shared/model/upstream'
import { createRegistryAccess } from './access.ts'
import { discoverInConsul } from './consul.ts'
import type { Discoverer } from './discoverer.ts'
import { discoverInDns } from './dns.ts'
import { discoverInEureka } from './eureka.ts'
import { discoverInKubernetes } from './kubernetes.ts'
import { createRegistryClient } from './registry-client.ts'

export interface DiscovererSettings {
  readonly forbidden: BlockList
  /** Name servers; empty = those of the system. */
  readonly dnsServers: readonly string[]
  /** Path of the file that says what is shown to which registry. */
  readonly registries: string | null
}

export function createDiscoverers({ forbidden, dnsServers, registries }: DiscovererSettings) {
  const client = createRegistryClient(forbidden)
  const accessTo = createRegistryAccess(registries)
  return (settings: Discovery): Discoverer => {
    switch (settings.kind) {
      case 'dns':
        return discoverInDns(settings, dnsServers)
      case 'consul':
        return discoverInConsul(settings, client, accessTo)
      case 'eureka':
        return discoverInEureka(settings, client, accessTo)
      case 'kubernetes':
        return discoverInKubernetes(settings, client, accessTo)
    }
  }
}
