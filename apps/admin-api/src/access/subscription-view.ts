// How a subscription looks in answers, and who may see which.
import { may, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { planTerms } from '../products/plan-terms.ts'
import { refuse } from '../refusal.ts'

export const subscriptionRows = {
  application: { include: { owner: { select: { id: true, name: true, email: true } } } },
  plan: {
    include: {
      product: { select: { id: true, name: true, title: true } },
      policies: { orderBy: [{ position: 'asc' }, { id: 'asc' }] },
    },
  },
  events: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.SubscriptionInclude

export type SubscriptionRow = Prisma.SubscriptionGetPayload<{ include: typeof subscriptionRows }>

export function showSubscription(subscription: SubscriptionRow) {
  const { application, plan, events } = subscription
  return {
    id: subscription.id,
    application: {
      id: application.id,
      name: application.name,
      title: application.title,
      owner: application.owner,
    },
    product: plan.product,
    plan: { id: plan.id, name: plan.name, title: plan.title, terms: planTerms(plan.policies) },
    state: subscription.state,
    note: subscription.note,
    history: events.map(({ to, at, actorName, note }) => ({
      state: to,
      at: at.toISOString(),
      actor: actorName,
      note,
    })),
    version: subscription.version,
    createdAt: subscription.createdAt.toISOString(),
  }
}

export function visibleSubscriptions(call: TenantCall): Prisma.SubscriptionWhereInput {
  return may(call, 'subscription:read') ? {} : { application: { ownerId: signedIn(call).id } }
}

export async function findSubscription(call: TenantCall, db: TenantDb, id: string): Promise<SubscriptionRow> {
  const where = { AND: [visibleSubscriptions(call), { id }] }
  const row = await db.subscription.findFirst({ where, include: subscriptionRows })
  return row ?? refuse('not_found', `There is no subscription ${id}`)
}

/** A suspension is ended by those who decide: an owner who could end it would subscribe anew and be in again. */
export function refuseSuspended(rows: readonly { readonly state: SubscriptionRow['state'] }[]): void {
  if (rows.every(({ state }) => state !== 'suspended')) return
  refuse('state_conflict', 'The subscription is suspended; only an approver of the tenant can end it')
}

export const subscriptionNamed = ({ id, application, plan }: SubscriptionRow) => ({
  kind: 'subscription',
  id,
  name: `${application.name} → ${plan.product.name}/${plan.name}`,
})
