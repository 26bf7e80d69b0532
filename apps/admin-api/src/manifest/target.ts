// What a manifest asks for, against what there is: the state to reach, and the differences on the way there.

import { createHash } from 'node:crypto'
import { canonicalJson } from '@gatewright/shared/canonical'
import type { Manifest, WholeManifest } from '@gatewright/shared/manifest'
import { oauthClientKey } from '@gatewright/shared/manifest-faults'
import type { Change } from '@gatewright/shared/model/environment'
import { knownPermissions } from '@gatewright/shared/model/role'
import { plainAsNone, plainTraffic } from '@gatewright/shared/model/traffic'
import { conditionsOf, routeName } from '@gatewright/shared/route-conditions'
import { diff } from '../publishing/diff.ts'
import { readableTraffic } from '../publishing/version-changes.ts'

/** sha256 (hex) of the canonical form. Equal for tenants whose configuration is equal. */
export function manifestHash(manifest: WholeManifest): string {
  return createHash('sha256').update(canonicalJson(manifest)).digest('hex')
}

/**
 * The state after applying `wanted`. With `prune` it is `wanted` itself, but settings and roles that it leaves out stay. Without, whatever `wanted` does not name stays:
 * settings, tenant policies, APIs, versions, products, plans, applications, subscriptions and keys; what it does name is as it says,
 * routes and policies included.
 */
export function targetOf(current: WholeManifest, wanted: Manifest, prune: boolean): WholeManifest {
  const settings = wanted.settings ?? current.settings
  if (prune)
    return ordered({
      ...wanted,
      settings,
      policies: wanted.policies ?? [],
      roles: wanted.roles ?? current.roles,
    })
  return ordered({
    ...wanted,
    settings,
    policies: wanted.policies ?? current.policies,
    roles: merge(current.roles, wanted.roles ?? [], byName),
    apis: merge(current.apis, wanted.apis, byName, (old, api) => ({
      ...api,
      versions: merge(old.versions, api.versions, byName),
    })),
    products: merge(current.products, wanted.products, byName, (old, product) => ({
      ...product,
      plans: merge(old.plans, product.plans, byName),
    })),
    applications: merge(current.applications, wanted.applications, byName, (old, application) => ({
      ...application,
      owner: application.owner ?? old.owner,
      subscriptions: merge(old.subscriptions, application.subscriptions, ({ product }) => product),
      keys: merge(old.keys, application.keys, ({ sha256 }) => sha256),
      oauthClients: merge(old.oauthClients, application.oauthClients, oauthClientKey),
    })),
  })
}

/** Differences with readable paths. Documents are compared by their hash: their text is no reading matter. */
export function manifestChanges(current: WholeManifest, target: WholeManifest): Change[] {
  return diff(comparable(current), comparable(target))
}

const byName = ({ name }: { readonly name: string }) => name

function merge<Item>(
  current: readonly Item[],
  wanted: readonly Item[],
  keyOf: (item: Item) => string,
  join: (current: Item, wanted: Item) => Item = (_, item) => item,
): Item[] {
  const old = new Map(current.map((item) => [keyOf(item), item]))
  const fresh = new Map(wanted.map((item) => [keyOf(item), item]))
  const kept = current.filter((item) => !fresh.has(keyOf(item)))
  return [
    ...kept,
    ...wanted.map((item) => {
      const before = old.get(keyOf(item))
      return before ? join(before, item) : item
    }),
  ]
}

// The order of the export, wherever the order says nothing; and one way to say nothing.
function ordered(manifest: WholeManifest): WholeManifest {
  const sorted = <Item>(items: readonly Item[], keyOf: (item: Item) => string) =>
    [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  return {
    ...manifest,
    roles: sorted(manifest.roles, byName).map((role) => ({
      ...role,
      permissions: knownPermissions(role.permissions),
    })),
    apis: sorted(manifest.apis, byName).map((api) => ({
      ...api,
      versions: sorted(api.versions, byName).map((version) => ({
        ...version,
        routes: version.routes.map((route) => ({ ...route, when: conditionsOf(route.when) })),
        deployments: Object.fromEntries(
          sorted(Object.entries(version.deployments), ([name]) => name).map(([name, { groups, traffic }]) => [
            name,
            { groups, traffic: plainAsNone(traffic) },
          ]),
        ),
      })),
    })),
    products: sorted(manifest.products, byName).map((product) => ({
      ...product,
      versions: [...product.versions].sort(),
    })),
    applications: sorted(manifest.applications, byName).map((application) => ({
      ...application,
      subscriptions: sorted(application.subscriptions, ({ product }) => product),
      keys: sorted(application.keys, ({ sha256 }) => sha256),
      oauthClients: sorted(application.oauthClients, oauthClientKey),
    })),
  }
}

// Lists whose items have a `name` are compared item by item.
function comparable({ gatewright: _, ...manifest }: WholeManifest) {
  return {
    ...manifest,
    apis: manifest.apis.map((api) => ({
      ...api,
      versions: api.versions.map((version) => ({
        ...version,
        routes: version.routes.map((route) => ({ ...route, name: routeName(route) })),
        deployments: Object.fromEntries(
          Object.entries(version.deployments).map(([name, { groups, traffic }]) => [
            name,
            { groups, traffic: readableTraffic(traffic ?? plainTraffic) },
          ]),
        ),
        document: version.document && {
          format: version.document.format,
          sha256: createHash('sha256').update(version.document.text).digest('hex'),
        },
      })),
    })),
    applications: manifest.applications.map((application) => ({
      ...application,
      subscriptions: application.subscriptions.map((subscription) => ({
        ...subscription,
        name: subscription.product,
      })),
      keys: application.keys.map(({ sha256, name, ...key }) => ({ ...key, title: name, name: sha256 })),
      oauthClients: application.oauthClients.map(({ name, ...client }) => ({
        ...client,
        title: name,
        name: oauthClientKey(client),
      })),
    })),
  }
}
