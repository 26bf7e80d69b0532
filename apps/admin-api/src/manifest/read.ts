// The tenant's rows as a manifest: names only, in a stable order, so that equal configuration has an equal hash.
import { type ManifestInput, manifestSchema, type WholeManifest } from '@gatewright/shared/manifest'
import { oauthClientKey } from '@gatewright/shared/manifest-faults'
import { knownPermissions } from '@gatewright/shared/model/role'
import type { CallTenant } from '../call.ts'
import { readChain, showPolicy } from '../catalog/drafts.ts'
import { storedConditions } from '../catalog/route-conditions.ts'
import { showUpstream, storedSelector, storedTraffic } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'

const inOrder = [
  { position: 'asc' },
  { id: 'asc' },
] as const satisfies Prisma.PolicyAttachmentOrderByWithRelationInput[]
const byName = { name: 'asc' } as const

const apiRows = {
  versions: {
    orderBy: byName,
    include: {
      successor: { select: { name: true } },
      upstreams: { orderBy: byName },
      policies: { where: { scope: 'version' }, orderBy: [...inOrder] },
      routes: {
        orderBy: [{ position: 'asc' }, { path: 'asc' }, { method: 'asc' }, { whenKey: 'asc' }],
        include: { policies: { orderBy: [...inOrder] } },
      },
      deployments: { include: { environment: { select: { name: true } } } },
    },
  },
} satisfies Prisma.ApiInclude

type ApiRow = Prisma.ApiGetPayload<{ include: typeof apiRows }>
type VersionRow = ApiRow['versions'][number]

/** The present configuration of a tenant. Ended subscriptions and keys are history, not configuration. */
export async function readManifest(
  db: TenantDb,
  tenant: Pick<CallTenant, 'id' | 'timeZone' | 'selfSignUp'>,
  now: Date,
): Promise<WholeManifest> {
  const apis = await db.api.findMany({ orderBy: byName, include: apiRows })
  const products = await db.product.findMany({
    orderBy: byName,
    include: {
      versions: { include: { apiVersion: { select: { name: true, api: { select: { name: true } } } } } },
      plans: { orderBy: [...inOrder], include: { policies: { orderBy: [...inOrder] } } },
    },
  })
  const applications = await db.application.findMany({
    orderBy: byName,
    include: {
      owner: { select: { email: true } },
      subscriptions: {
        // To what other teams share a file cannot subscribe: they decide.
        where: { state: { in: ['pending', 'active', 'suspended'] }, providerId: tenant.id },
        include: { plan: { select: { name: true, product: { select: { name: true } } } } },
      },
      credentials: {
        where: { state: 'active', tryIt: false, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
        orderBy: { hash: 'asc' },
        include: { environment: { select: { name: true } } },
      },
    },
  })
  const roles = await db.customRole.findMany({ orderBy: byName })
  const manifest: ManifestInput = {
    gatewright: 1,
    settings: { timeZone: tenant.timeZone, selfSignUp: tenant.selfSignUp },
    policies: (await readChain(db, { scope: 'tenant', tenantId: tenant.id })).map(showPolicy),
    roles: roles.map(({ name, title, description, permissions }) => ({
      name,
      title,
      description,
      permissions: knownPermissions(permissions),
    })),
    apis: apis.map((api) => ({
      name: api.name,
      title: api.title,
      description: api.description,
      visibility:
        api.visibility === 'groups' ? { kind: 'groups', groups: api.groups } : { kind: api.visibility },
      tags: api.tags,
      versions: api.versions.map(showVersion),
    })),
    products: products.map((product) => ({
      name: product.name,
      title: product.title,
      description: product.description,
      archived: product.archivedAt !== null,
      versions: product.versions.map(({ apiVersion: { name, api } }) => `${api.name}/${name}`).sort(),
      plans: product.plans.map((plan) => ({
        name: plan.name,
        title: plan.title,
        description: plan.description,
        approval: plan.approval,
        price: plan.price,
        serviceLevel: { p95Ms: plan.sloP95Ms, availability: plan.sloAvailability },
        archived: plan.archivedAt !== null,
        policies: plan.policies.map(showPolicy),
      })),
    })),
    applications: applications.map((application) => ({
      name: application.name,
      title: application.title,
      description: application.description,
      owner: application.owner.email,
      groups: application.groups,
      subscriptions: application.subscriptions
        .map(({ plan, state }) => ({ product: plan.product.name, plan: plan.name, state }))
        .sort((a, b) => a.product.localeCompare(b.product)),
      keys: application.credentials
        .filter(({ kind }) => kind === 'key')
        .map((credential) => ({
          name: credential.name,
          environment: credential.environment.name,
          sha256: credential.hash,
          prefix: credential.prefix,
          last4: credential.last4,
          expiresAt: credential.expiresAt?.toISOString() ?? null,
        })),
      oauthClients: application.credentials
        .filter(({ kind }) => kind === 'oauth_client')
        .map(({ name, environment, issuer, clientId, expiresAt }) => ({
          name,
          environment: environment.name,
          issuer: issuer ?? '',
          clientId: clientId ?? '',
          expiresAt: expiresAt?.toISOString() ?? null,
        }))
        .sort((a, b) => (oauthClientKey(a) < oauthClientKey(b) ? -1 : 1)),
    })),
  }
  return manifestSchema.required({ settings: true, policies: true, roles: true }).parse(manifest)
}

function showVersion(
  row: VersionRow,
): NonNullable<NonNullable<ManifestInput['apis']>[number]['versions']>[number] {
  return {
    name: row.name,
    basePath: row.basePath,
    hosts: row.hosts,
    public: row.public,
    lifecycle: row.lifecycle,
    deprecatedAt: row.deprecatedAt?.toISOString() ?? null,
    sunsetAt: row.sunsetAt?.toISOString() ?? null,
    successor: row.successor?.name ?? null,
    selector: storedSelector(row.selector),
    upstreams: Object.fromEntries(
      row.upstreams.map(showUpstream).map(({ name, ...settings }) => [name, settings]),
    ),
    policies: row.policies.map(showPolicy),
    routes: row.routes.map((route) => ({
      method: route.method,
      path: route.path,
      when: storedConditions(route.when),
      upstream: route.upstream,
      operationId: route.operationId,
      summary: route.summary,
      tags: route.tags,
      deprecated: route.deprecated,
      public: route.public,
      enabled: route.enabled,
      mocks: route.mocks as never,
      policies: route.policies.map(showPolicy),
    })),
    document: row.spec && {
      format: row.specFormat === 'json' ? 'json' : 'yaml',
      // A byte order mark is part of the document's bytes, so it must survive the way through text.
      text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(row.spec),
    },
    deployments: Object.fromEntries(
      row.deployments
        .map(
          ({ environment, groups, traffic }) =>
            [environment.name, { groups, traffic: storedTraffic(traffic) }] as const,
        )
        .sort(([a], [b]) => a.localeCompare(b)),
    ),
  }
}
