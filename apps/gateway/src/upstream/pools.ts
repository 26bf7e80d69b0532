// The clients of all upstreams of a worker, shared by origin and kept warm from one generation to the next.
import { BlockList, isIP } from 'node:net'
import type { UpstreamDocument } from '@gatewright/shared/snapshot'
import { createBalancer } from './balance.ts'
import type { Upstream, UpstreamTarget } from './call.ts'
import { Deadlines } from './deadlines.ts'
import { defaultLimits, Http1Client, type Http1Limits } from './http1-client.ts'
import type { Origin } from './http1-connection.ts'

interface SharedClient {
  readonly client: Http1Client
  uses: number
}

interface AcquiredUpstream {
  readonly upstream: Upstream
  /** Called once, when no request can use the upstream through this acquisition any more. */
  release(): void
}

export interface UpstreamPools {
  acquire(document: UpstreamDocument): AcquiredUpstream
  /** For metrics: connections of this worker. */
  connectionCount(): { open: number; idle: number }
}

/** `forbidden`: addresses and ranges that no upstream may have, whoever asks for it. */
export function createUpstreamPools(
  forbidden: readonly string[] = [],
  limits: Http1Limits = defaultLimits,
): UpstreamPools {
  const blockList = createBlockList(forbidden)

  const deadlines = new Deadlines()
  const clients = new Map<string, SharedClient>()

  function acquireClient(key: string, origin: Origin): Http1Client {
    const shared = clients.get(key) ?? { client: new Http1Client(origin, deadlines, limits), uses: 0 }
    shared.uses++
    clients.set(key, shared)
    return shared.client
  }

  function releaseClient(key: string): void {
    const shared = clients.get(key)
    if (shared === undefined || --shared.uses > 0) return
    clients.delete(key)
    shared.client.drain()
  }

  return {
    acquire(document) {
      const keys: string[] = []
      const targets = document.targets.map(({ url, weight }) => {
        const parsed = new URL(url)
        const key = `${parsed.origin} ${document.tlsVerify}`
        keys.push(key)
        const client = acquireClient(key, originOf(parsed, document.tlsVerify, blockList))
        return { target: targetOf(parsed, client), weight }
      })
      return {
        upstream: {
          hostHeader: document.hostHeader,
          timeouts: {
            connectMs: document.connectTimeoutMs,
            firstByteMs: document.firstByteTimeoutMs,
            idleMs: document.idleTimeoutMs,
            totalMs: document.totalTimeoutMs,
          },
          pick: createBalancer(targets),
        },
        release() {
          for (const key of keys) releaseClient(key)
        },
      }
    },
    connectionCount() {
      let open = 0
      let idle = 0
      for (const { client } of clients.values()) {
        open += client.connectionCount
        idle += client.idleCount
      }
      return { open, idle }
    },
  }
}

function targetOf(url: URL, client: Http1Client): UpstreamTarget {
  return { client, authority: url.host, pathPrefix: url.pathname.replace(/\/+$/, '') }
}

function originOf(url: URL, verify: boolean, forbidden: BlockList): Origin {
  const secure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    tls: secure ? { serverName: isIP(host) === 0 ? host : '', verify } : null,
    forbidden,
  }
}

/** The ranges as Node's sockets check them: after names are resolved, for every address they lead to. */
function createBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = address.includes(':') ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
