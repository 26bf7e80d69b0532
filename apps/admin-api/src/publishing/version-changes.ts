// What publishing, promoting or rolling back would change in one version, by the names that people gave to things.
import type { Change } from '@gatewright/shared/model/environment'
import { plainTraffic, type Traffic } from '@gatewright/shared/model/traffic'
import { routeName } from '@gatewright/shared/route-conditions'
import type { PolicyUse } from '@gatewright/shared/snapshot'
import { diff } from './diff.ts'
import type { FrozenVersion } from './version-document.ts'

/** Differences between two documents of a version; null = there is none. Pointers such as `routes/GET /books/policies/rate-limit/limit`. */
export function versionChanges(before: FrozenVersion | null, after: FrozenVersion | null): Change[] {
  return diff(before ? readable(before) : nothing, after ? readable(after) : nothing)
}

// Lists that are empty rather than missing: of a new version every route is named, not all of them as one.
const nothing = { upstreams: [], policies: [], routes: {} }

/** The document without ids, lists of named things keyed by their names. */
function readable(version: FrozenVersion): Record<string, unknown> {
  return {
    basePath: version.basePath,
    hosts: version.hosts,
    ...(version.selector ? { selector: version.selector } : {}),
    upstreams: version.upstreams.map(withoutId),
    policies: readablePolicies(version.policies),
    routes: Object.fromEntries(
      version.routes.map((route) => [
        routeName(route),
        {
          operationId: route.operationId,
          public: route.public,
          ...(route.upstream === null ? {} : { upstream: route.upstream }),
          policies: readablePolicies(route.policies),
          mocks: route.mocks,
        },
      ]),
    ),
  }
}

/** Differences between what two deployments do with their requests; pointers such as `traffic/shares/canary/weight`. */
export function trafficChanges(before: Traffic | null, after: Traffic | null): Change[] {
  return diff(readableTraffic(before ?? plainTraffic), readableTraffic(after ?? plainTraffic), 'traffic')
}

/** Shares by the names of their upstreams; their order counts: the first is what a guard falls back to. */
export function readableTraffic({ shares, ...traffic }: Traffic): Record<string, unknown> {
  return { ...traffic, shares: shares.map(({ upstream, weight }) => ({ name: upstream, weight })) }
}

/** A policy chain as changes name it: by the names of its policies, settings directly below. */
export function readablePolicies(policies: readonly Omit<PolicyUse, 'id'>[]): Record<string, unknown>[] {
  return policies.map(({ name, type, config }) => ({ ...config, type, name }))
}

function withoutId<T extends { readonly id: string }>({ id: _, ...rest }: T): Omit<T, 'id'> {
  return rest
}
