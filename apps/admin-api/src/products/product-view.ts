// How a product and its plans look in answers.
import type { Prisma } from '../generated/prisma/client.ts'
import { planTerms } from './plan-terms.ts'

// A subscription that ended does not hold a plan back.
const using = { state: { in: ['pending', 'active', 'suspended'] } } satisfies Prisma.SubscriptionWhereInput

export const planRows = {
  policies: { orderBy: [{ position: 'asc' }, { id: 'asc' }] },
  _count: { select: { subscriptions: { where: using } } },
} satisfies Prisma.PlanInclude

export const productRows = {
  versions: { include: { apiVersion: { include: { api: true } } } },
  plans: { include: planRows, orderBy: [{ position: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.ProductInclude

export type PlanRow = Prisma.PlanGetPayload<{ include: typeof planRows }>
export type ProductRow = Prisma.ProductGetPayload<{ include: typeof productRows }>

export function showPlan(plan: PlanRow) {
  return {
    id: plan.id,
    name: plan.name,
    title: plan.title,
    description: plan.description,
    approval: plan.approval,
    price: plan.price,
    serviceLevel: { p95Ms: plan.sloP95Ms, availability: plan.sloAvailability },
    archived: plan.archivedAt !== null,
    terms: planTerms(plan.policies),
    subscriberCount: plan._count.subscriptions,
    version: plan.version,
  }
}

export function showProduct(product: ProductRow) {
  const versions = product.versions.map(({ apiVersion: { id, name, lifecycle, api } }) => ({
    id,
    apiName: api.name,
    apiTitle: api.title,
    name,
    lifecycle,
  }))
  return {
    id: product.id,
    name: product.name,
    title: product.title,
    description: product.description,
    versions: versions.sort((a, b) => a.apiName.localeCompare(b.apiName) || a.name.localeCompare(b.name)),
    plans: product.plans.map(showPlan),
    archived: product.archivedAt !== null,
    version: product.version,
    createdAt: product.createdAt.toISOString(),
  }
}
