// How a published API looks in the catalogue.
import { publicUrl } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { planRows, showPlan } from '../products/product-view.ts'
import { nearestToProduction } from './published.ts'
import { onSale } from './visibility.ts'

export const apiRows = {
  versions: {
    where: onSale,
    omit: { spec: true },
    orderBy: { createdAt: 'desc' },
    include: {
      deployments: {
        include: {
          environment: {
            select: { name: true, title: true, production: true, position: true, gatewayUrl: true },
          },
        },
      },
      routes: {
        where: { enabled: true },
        select: {
          method: true,
          path: true,
          operationId: true,
          summary: true,
          tags: true,
          updatedAt: true,
        },
      },
      // When the newest revision was frozen: a route that changed since is a draft's, and nobody's to see yet.
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
type VersionRow = ApiRow['versions'][number]

export function showApi(api: ApiRow) {
  return {
    id: api.id,
    name: api.name,
    title: api.title,
    description: api.description,
    tags: api.tags,
    visibility: api.visibility,
    versions: api.versions.map(showVersion),
    updatedAt: api.updatedAt.toISOString(),
  }
}

function showVersion(version: VersionRow) {
  return {
    id: version.id,
    name: version.name,
    lifecycle: version.lifecycle === 'deprecated' ? ('deprecated' as const) : ('published' as const),
    sunsetAt: version.sunsetAt?.toISOString() ?? null,
    environments: [...version.deployments].sort(nearestToProduction).map(({ environment }) => ({
      name: environment.name,
      title: environment.title,
      production: environment.production,
      baseUrl: publicUrl(environment.gatewayUrl, version),
    })),
    public: version.public,
    operationCount: version.routes.length,
    products: version.products.map(({ product }) => ({
      id: product.id,
      name: product.name,
      title: product.title,
      plans: product.plans.map(showPlan),
    })),
  }
}
