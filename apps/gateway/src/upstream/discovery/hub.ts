// Everything that this gateway discovers: one discoverer for all who ask the same, and what each of them knows.
import type { BlockList } from 'node:net'
import { isIP } from 'node:net'
import { canonicalJson } from '@gatewright/shared/canonical'
import type { Discovery } from '@gatewright/shared/model/upstream'
import type { DiscoveredTarget, Discoverer } from './discoverer.ts'

/** What is known of a service. */
export interface DiscoveryState {
  /** The last list that was read, in the order of its addresses; empty before the first. */
  readonly targets: readonly DiscoveredTarget[]
  /** When it was read, Unix milliseconds; null = never yet. */
  readonly updatedAt: number | null
  /** Why it could not be read since, or what is wrong with it. */
  readonly error: string | null
}

export interface DiscoverySource {
  /**
   * Follows a service; identical settings of one tenant share what asks the registry. `onState` may be called before this returns,
   * and never after the answer was called, which ends it.
   */
  subscribe(tenantId: string, settings: Discovery, onState: (state: DiscoveryState) => void): () => void
}

export interface DiscoveryHub extends DiscoverySource {
  /** For metrics: services that are followed, and those of them whose last reading failed or was not whole. */
  readonly counts: { readonly followed: number; readonly failing: number }
  close(): void
}

export interface HubSettings {
  readonly create: (settings: Discovery) => Discoverer
  readonly forbidden: BlockList
  readonly log: Log
  /** Unix milliseconds. */
  readonly now?: () => number
}

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

interface Watched {
  readonly tenantId: string
  readonly settings: Discovery
  readonly discoverer: Discoverer
  state: DiscoveryState
  /** When its listeners heard of it last. */
  toldAt: number
  /** Ends it, unless somebody follows it again before. */
  lingering: NodeJS.Timeout | null
  readonly listeners: Set<(state: DiscoveryState) => void>
}

/** More than any balancer spreads over well; a registry, or who writes to it, must not fill the memory of all workers. */
const targetsMax = 2_000
/** Longer than a worker that crashed takes to come back: what is known must not go with it. */
const lingerMs = 30_000
// That an unchanged list was read again is told this often: it is for people.
const tellUnchangedMs = 10_000

export function createDiscoveryHub({ create, forbidden, log, now = Date.now }: HubSettings): DiscoveryHub {
  const watched = new Map<string, Watched>()

  function watch(tenantId: string, settings: Discovery): Watched {
    const service: Watched = {
      tenantId,
      settings,
      discoverer: create(settings),
      state: { targets: [], updatedAt: null, error: null },
      toldAt: 0,
      lingering: null,
      listeners: new Set(),
    }
    service.discoverer.start(
      (found, note) => {
        const { targets, fault } = admit(found, forbidden)
        settle(service, { targets, updatedAt: now(), error: fault ?? note ?? null })
      },
      (reason) => settle(service, { ...service.state, error: reason }),
    )
    return service
  }

  function settle(service: Watched, next: DiscoveryState) {
    const before = service.state
    if (before.error !== next.error) report(service, next.error)
    const isSame = sameTargets(before.targets, next.targets)
    // The same list stays the same object, so that who holds it sees that nothing changed.
    service.state = isSame ? { ...next, targets: before.targets } : next
    const isNews = !isSame || before.error !== next.error || before.updatedAt === null
    if (!isNews && now() - service.toldAt < tellUnchangedMs) return
    service.toldAt = now()
    for (const tell of service.listeners) tell(service.state)
  }

  function report({ tenantId, settings, state }: Watched, reason: string | null) {
    const about = { tenantId, discovery: settings, targets: state.targets.length }
    if (reason === null) log.info(about, 'Discovery works again')
    else log.warn({ ...about, reason }, 'Discovery fails; what was found before stays')
  }

  return {
    get counts() {
      const services = [...watched.values()]
      return {
        followed: services.length,
        failing: services.filter(({ state }) => state.error !== null).length,
      }
    },
    subscribe(tenantId, settings, onState) {
      const key = `${tenantId} ${canonicalJson(settings)}`
      const service = watched.get(key) ?? watch(tenantId, settings)
      watched.set(key, service)
      if (service.lingering !== null) clearTimeout(service.lingering)
      service.lingering = null
      const listener = (state: DiscoveryState) => onState(state)
      service.listeners.add(listener)
      if (service.state.updatedAt !== null || service.state.error !== null) onState(service.state)
      return () => {
        if (!service.listeners.delete(listener) || service.listeners.size > 0) return
        service.lingering = setTimeout(() => {
          watched.delete(key)
          service.discoverer.stop()
        }, lingerMs).unref()
      }
    },
    close() {
      for (const { discoverer, lingering } of watched.values()) {
        discoverer.stop()
        if (lingering !== null) clearTimeout(lingering)
      }
      watched.clear()
    },
  }
}

/** Each instance once, in a lasting order, and none where gateways may not call. Names are checked by the socket that follows them. */
function admit(
  found: readonly DiscoveredTarget[],
  forbidden: BlockList,
): { targets: DiscoveredTarget[]; fault: string | null } {
  const byUrl = new Map(found.map((target) => [target.url, target]))
  const allowed = [...byUrl.values()].filter(({ url }) => !isForbidden(url, forbidden))
  const targets = allowed.sort((a, b) => (a.url < b.url ? -1 : 1)).slice(0, targetsMax)
  const refused = byUrl.size - allowed.length
  if (refused > 0)
    return {
      targets,
      fault: `${refused} of ${byUrl.size} instances are at addresses that gateways may not call`,
    }
  if (allowed.length > targetsMax)
    return { targets, fault: `Only the first ${targetsMax} of ${allowed.length} instances are used` }
  return { targets, fault: null }
}

function isForbidden(url: string, forbidden: BlockList): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  return family !== 0 && forbidden.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

export function sameTargets(a: readonly DiscoveredTarget[], b: readonly DiscoveredTarget[]): boolean {
  return a.length === b.length && a.every((target, i) => isSame(target, b[i] as DiscoveredTarget))
}

function isSame(a: DiscoveredTarget, b: DiscoveredTarget): boolean {
  return a.url === b.url && a.hostName === b.hostName && a.weight === b.weight && a.region === b.region
}
