// How a published API looks in the catalogue. A version's own columns and routes are its draft's: nobody's to see here.
import type { TenantCall } from '../call.ts'
import { publicUrl, versionOmit } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { planRows, showPlan } from '../products/product-view.ts'
import { placeOf } from '../publishing/path-claims.ts'
import { nearestToProduction } from './published.ts'
import type { PublishedFacts } from './published-routes.ts'
import { onSale } from './visibility.ts'

export const apiRows = {
  tenant: { select: { id: true, name: true, title: true } },
  versions: {
    where: onSale,
    omit: versionOmit,
    orderBy: { createdAt: 'desc' },
    include: {
      deployments: {
        include: {
          claims: { select: { host: true, basePath: true }, orderBy: { host: 'asc' } },
          environment: {
            select: { name: true, title: true, production: true, position: true, gatewayUrl: true },
          },
        },
      },
      // When the newest revision was frozen: what was said of a route since is not published yet.
      revisions: { select: { createdAt: true }, orderBy: { number: 'desc' }, take: 1 },
      products: {
        where: { product: { archivedAt: null } },
        include: {
          product: {
            include: {
              plans: {
                where: { archivedAt: null },
                include: planRows,
                orderBy: [{ position: 'asc' }, { id: 'asc' }],
              },
            },
          },
        },
      },
    },
  },
} satisfies Prisma.ApiInclude

export type ApiRow = Prisma.ApiGetPayload<{ include: typeof apiRows }>
export type VersionRow = ApiRow['versions'][number]

/** The API revision that speaks for a version: the one that runs nearest to production. */
export function shownRevision({ deployments }: VersionRow): string {
  return [...deployments].sort(nearestToProduction)[0]?.apiRevisionId ?? ''
}

/** `facts` of each version's shown revision, by its id. */
export function showApi({ tenant }: TenantCall, api: ApiRow, facts: ReadonlyMap<string, PublishedFacts>) {
  const isOwn = api.tenantId === tenant.id
  return {
    id: api.id,
    name: api.name,
    title: api.title,
    description: api.description,
    tags: api.tags,
    // Whom its own team shows it is nothing for another.
    visibility: isOwn ? api.visibility : ('members' as const),
    provider: isOwn ? null : { name: api.tenant.name, title: api.tenant.title },
    versions: api.versions.map((version) => showVersion(version, facts.get(shownRevision(version)), isOwn)),
    updatedAt: api.updatedAt.toISOString(),
  }
}

function showVersion(version: VersionRow, facts: PublishedFacts | undefined, isOwn: boolean) {
  return {
    id: version.id,
    name: version.name,
    lifecycle: version.lifecycle === 'deprecated' ? ('deprecated' as const) : ('published' as const),
    sunsetAt: version.sunsetAt?.toISOString() ?? null,
    environments: [...version.deployments].sort(nearestToProduction).map(({ environment, claims }) => ({
      name: environment.name,
      title: environment.title,
      production: environment.production,
      baseUrl: publicUrl(environment.gatewayUrl, placeOf(claims)),
    })),
    public: facts?.public ?? false,
    operationCount: facts?.operationCount ?? 0,
    selector: facts?.selector ?? null,
    products: version.products.map(({ product }) => ({
      id: product.id,
      name: product.name,
      title: product.title,
      // How many use it is for its own team to know.
      plans: product.plans.map((plan) => ({ ...showPlan(plan), ...(isOwn ? {} : { subscriberCount: 0 }) })),
    })),
  }
}
