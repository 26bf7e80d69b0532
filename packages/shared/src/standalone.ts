// A manifest read without a control plane: the snapshot and the credentials that a standalone gateway serves.
import type { Manifest } from './manifest.ts'
import { oauthClientText } from './oauth-client.ts'
import type { CredentialRecord } from './policies/policy.ts'
import { conditionsKey, conditionsOf } from './route-conditions.ts'
import type { PolicyUse, RouteDocument, Snapshot, VersionDocument } from './snapshot.ts'

interface PolicyEntry {
  readonly type: string
  readonly name: string
  readonly enabled: boolean
  readonly config: Record<string, unknown>
}

// One tenant, so a constant stands where the control plane would put its id.
const tenantId = 'ten_standalone'

/** Names are the ids: the same manifest gives the same snapshot on every gateway. */
export function manifestToSnapshot(manifest: Manifest, environment: string): Snapshot {
  const versions: VersionDocument[] = []
  for (const api of manifest.apis) {
    for (const version of api.versions) {
      const deployment = version.deployments[environment]
      if (!deployment || version.lifecycle === 'draft') continue
      const at = `${api.name}/${version.name}`
      const successor = api.versions.find((other) => other.name === version.successor)
      versions.push({
        id: `version:${at}`,
        tenantId,
        apiId: `api:${api.name}`,
        apiName: api.name,
        name: version.name,
        apiRevision: 0,
        hosts: version.hosts,
        basePath: version.basePath,
        groups: deployment.groups,
        lifecycle: {
          state: version.lifecycle,
          deprecatedAt: instantMs(version.deprecatedAt),
          sunsetAt: instantMs(version.sunsetAt),
          successorPath: successor?.basePath ?? null,
        },
        selector: version.selector,
        upstreams: Object.entries(version.upstreams).map(([name, settings]) => ({
          id: `upstream:${at}:${name}`,
          name,
          ...settings,
        })),
        traffic: deployment.traffic,
        policies: uses(version.policies, `version:${at}`),
        routes: version.routes
          .filter((route) => route.enabled)
          .map((route) => ({
            id: routeId(at, route),
            method: route.method,
            path: route.path,
            operationId: route.operationId,
            public: route.public || version.public,
            when: route.when,
            upstream: route.upstream,
            policies: uses(route.policies, routeId(at, route)),
            mocks: route.mocks,
          })),
      })
    }
  }
  return {
    format: 1,
    environment: { id: `env_${environment}`, name: environment },
    policies: [],
    tenants: [
      {
        id: tenantId,
        name: 'standalone',
        timeZone: manifest.settings?.timeZone ?? 'UTC',
        policies: uses(manifest.policies ?? [], 'tenant'),
      },
    ],
    versions,
    plans: manifest.products.flatMap((product) =>
      product.plans.map((plan) => ({
        id: planId(product.name, plan.name),
        tenantId,
        name: plan.name,
        versionIds: product.versions.map((at) => `version:${at}`),
        policies: uses(plan.policies, planId(product.name, plan.name)),
      })),
    ),
  }
}

/** Method, path and conditions together are what one route has and no other. */
function routeId(
  at: string,
  { method, path, when }: Pick<RouteDocument, 'method' | 'path' | 'when'>,
): string {
  const conditions = conditionsKey(conditionsOf(when))
  return `route:${at}:${method} ${path}${conditions && ` when ${conditions}`}`
}

/** The credentials of one environment by the sha256 of their key, or of what an OAuth client is found by. `sha256`: lower-case hex. */
export function manifestToCredentials(
  manifest: Manifest,
  environment: string,
  sha256: (text: string) => string,
): Map<string, CredentialRecord> {
  const records = new Map<string, CredentialRecord>()
  for (const application of manifest.applications) {
    const subscriptions = application.subscriptions.map((subscription) => ({
      subscriptionId: `subscription:${application.name}:${subscription.product}/${subscription.plan}`,
      planId: planId(subscription.product, subscription.plan),
      planName: subscription.plan,
      state: subscription.state,
      versionIds: (
        manifest.products.find((product) => product.name === subscription.product)?.versions ?? []
      ).map((at) => `version:${at}`),
    }))
    application.keys.forEach((key, index) => {
      if (key.environment !== environment) return
      records.set(key.sha256, {
        credentialId: `credential:${application.name}:${index}`,
        tenantId,
        applicationId: `application:${application.name}`,
        applicationName: application.name,
        state: 'active',
        expiresAt: instantMs(key.expiresAt),
        tryIt: false,
        groups: application.groups,
        subscriptions,
      })
    })
    application.oauthClients.forEach((client, index) => {
      if (client.environment !== environment) return
      const { issuer, clientId } = client
      records.set(sha256(oauthClientText({ environment, tenantId, issuer, clientId })), {
        kind: 'oauth-client',
        credentialId: `credential:${application.name}:oauth:${index}`,
        tenantId,
        applicationId: `application:${application.name}`,
        applicationName: application.name,
        state: 'active',
        expiresAt: instantMs(client.expiresAt),
        tryIt: false,
        groups: application.groups,
        subscriptions,
      })
    })
  }
  return records
}

function uses(policies: readonly PolicyEntry[], at: string): PolicyUse[] {
  return policies
    .filter((policy) => policy.enabled)
    .map(({ type, name, config }) => ({ id: `policy:${at}:${name}`, type, name, config }))
}

const planId = (product: string, plan: string) => `plan:${product}/${plan}`
const instantMs = (instant: string | null) => (instant === null ? null : Date.parse(instant))
