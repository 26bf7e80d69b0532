// The upstreams of a worker with their connections and what is known of their health, kept from one generation to the next.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import type { Sample } from '../ops/metrics.ts'
import type { Upstream } from './call.ts'
import { type Clock, realClock } from './clock.ts'
import { Deadlines } from './deadlines.ts'
import type { DiscoverySource } from './discovery/hub.ts'
import { createBlockList } from './forbidden.ts'
import { createProbe } from './health/probes.ts'
import { defaultLimits, Http1Client } from './http1-client.ts'
import { createIdentities, type IdentitySource } from './identities.ts'
import { originOf } from './origin.ts'
import { Service, type ServiceDeps } from './service.ts'
import type { Connection } from './target-set.ts'
import { createTrusts, type Trust } from './trust.ts'
import { UpstreamCounts, upstreamSamples } from './upstream-metrics.ts'

export interface PoolSettings {
  /** Addresses and ranges that no upstream may have, whoever asks for it. */
  readonly forbidden?: readonly string[]
  /** Where this gateway runs; null = nowhere in particular. */
  readonly region?: string | null
  /** Without it, upstreams have the targets of their settings only. */
  readonly discovery?: DiscoverySource
  /** Without it, upstreams can be shown no client certificate. */
  readonly identities?: IdentitySource
  readonly clock?: Clock
}

interface AcquiredUpstream {
  readonly upstream: Upstream
  /** Called once, when no request can use the upstream through this acquisition any more. */
  release(): void
}

export interface UpstreamPools {
  /**
   * The same settings under the same id give the same upstream; others under the same id take over what is known. `tenantName`:
   * whose client certificates it may show. Throws a sentence about what is wrong with its TLS.
   */
  acquire(document: UpstreamDocument, tenantId: string, tenantName?: string): AcquiredUpstream
  /** Connections of this worker. */
  connectionCount(): { open: number; idle: number }
  /** For metrics. An upstream that changes is in here twice until the requests of before are over. */
  samples(): Sample[]
}

/** Something that lives as long as somebody uses it. */
interface Shared<T> {
  readonly it: T
  uses: number
}

const noLog = { info: () => undefined, warn: () => undefined }
const noDiscovery: DiscoverySource = { subscribe: () => () => undefined }

export function createUpstreamPools({
  forbidden = [],
  region = null,
  discovery = noDiscovery,
  identities = createIdentities(null, noLog),
  clock = realClock,
}: PoolSettings = {}): UpstreamPools {
  const blockList = createBlockList(forbidden)
  const trusts = createTrusts(identities)
  const deadlines = new Deadlines()
  const counts = new UpstreamCounts()
  const clients = new Map<string, Shared<Http1Client>>()
  const services = new Map<string, Shared<Service>>()
  /** Tenant and id → those in use, who began last at the end. */
  const byOwner = new Map<string, Service[]>()

  function depsOf(owner: string, document: UpstreamDocument, trust: Trust): ServiceDeps {
    return {
      clock,
      counts,
      region,
      discovery,
      connect: (url, hostName) => connect(owner, document, trust, url, hostName),
    }
  }

  /**
   * Connections belong to one upstream, although others may lead to the same place: nobody waits in a queue, or runs into a cap,
   * that somebody else filled.
   */
  function connect(
    owner: string,
    { tls, connections, activeHealth }: UpstreamDocument,
    trust: Trust,
    url: string,
    hostName: string | null,
  ): Connection {
    const parsed = new URL(url)
    const origin = originOf(parsed, hostName, tls, trust, blockList)
    const key = canonicalJson([owner, parsed.origin, hostName, tls, connections])
    const { max, queueMax, warm } = connections
    const client = lease(clients, key, () => {
      const limits = { ...defaultLimits, connectionsMax: max, waitingMax: queueMax, warm }
      return new Http1Client(origin, deadlines, limits)
    })
    const authority = hostName === null ? parsed.host : hostName + (parsed.port && `:${parsed.port}`)
    const pathPrefix = parsed.pathname.replace(/\/+$/, '')
    return {
      client,
      authority,
      pathPrefix,
      probe: activeHealth && createProbe(activeHealth, { origin, authority, pathPrefix }, deadlines),
      release: () => giveBack(clients, key)?.drain(),
    }
  }

  function trustOf({ name, tls }: UpstreamDocument, tenantName: string): Trust {
    try {
      return trusts.trustOf(tls, tenantName)
    } catch (error) {
      throw new Error(`upstream ${name}: ${(error as Error).message}`)
    }
  }

  return {
    acquire(document, tenantId, tenantName = '') {
      const owner = canonicalJson([tenantId, document.id])
      const key = canonicalJson([tenantId, document])
      const trust = trustOf(document, tenantName)
      const upstream = lease(services, key, () => {
        const others = byOwner.get(owner) ?? []
        const service = new Service(document, tenantId, depsOf(owner, document, trust), others.at(-1) ?? null)
        byOwner.set(owner, [...others, service])
        return service
      })
      return {
        upstream,
        release() {
          const unused = giveBack(services, key)
          if (unused === null) return
          unused.close()
          const others = (byOwner.get(owner) ?? []).filter((it) => it !== unused)
          if (others.length > 0) byOwner.set(owner, others)
          else byOwner.delete(owner)
        },
      }
    },
    samples: () =>
      upstreamSamples(
        Array.from(services.values(), ({ it }) => it),
        counts,
      ),
    connectionCount() {
      let open = 0
      let idle = 0
      for (const { it } of clients.values()) {
        open += it.connectionCount
        idle += it.idleCount
      }
      return { open, idle }
    },
  }
}

function lease<T>(all: Map<string, Shared<T>>, key: string, create: () => T): T {
  let shared = all.get(key)
  if (shared === undefined) {
    shared = { it: create(), uses: 0 }
    all.set(key, shared)
  }
  shared.uses++
  return shared.it
}

/** What nobody uses any more; null as long as somebody does. */
function giveBack<T>(all: Map<string, Shared<T>>, key: string): T | null {
  const shared = all.get(key)
  if (shared === undefined || --shared.uses > 0) return null
  all.delete(key)
  return shared.it
}
