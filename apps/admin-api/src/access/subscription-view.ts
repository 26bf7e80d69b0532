// How a subscription looks in answers, and who may see which.
import { may, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { planTerms } from '../products/plan-terms.ts'
import type { AuditEntry } from '../publishing/audit-chain.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'

export const subscriptionRows = {
  application: {
    include: {
      owner: { select: { id: true, name: true, email: true } },
      tenant: { select: { id: true, name: true, title: true } },
    },
  },
  plan: {
    include: {
      product: {
        select: {
          id: true,
          name: true,
          title: true,
          tenant: { select: { id: true, name: true, title: true } },
        },
      },
      policies: { orderBy: [{ position: 'asc' }, { id: 'asc' }] },
    },
  },
  events: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
} satisfies Prisma.SubscriptionInclude

export type SubscriptionRow = Prisma.SubscriptionGetPayload<{ include: typeof subscriptionRows }>

/** As one of its two teams sees it: who acts for the other is that team, not a person (ADR 97). */
export function showSubscription({ tenant }: TenantCall, subscription: SubscriptionRow) {
  const { application, plan, events } = subscription
  const other = [application.tenant, plan.product.tenant].find(({ id }) => id !== tenant.id)
  const teamUnlessOwn = (team: Team) =>
    team.id === tenant.id ? null : { name: team.name, title: team.title }
  return {
    id: subscription.id,
    application: {
      id: application.id,
      name: application.name,
      title: application.title,
      owner: application.owner,
      team: teamUnlessOwn(application.tenant),
    },
    product: {
      id: plan.product.id,
      name: plan.product.name,
      title: plan.product.title,
      provider: teamUnlessOwn(plan.product.tenant),
    },
    plan: { id: plan.id, name: plan.name, title: plan.title, terms: planTerms(plan.policies) },
    state: subscription.state,
    note: subscription.note,
    history: events.map(({ to, at, actorName, note, tenantId }) => ({
      state: to,
      at: at.toISOString(),
      actor: tenantId === tenant.id ? actorName : (other?.title ?? actorName),
      note,
    })),
    version: subscription.version,
    createdAt: subscription.createdAt.toISOString(),
  }
}

interface Team {
  readonly id: string
  readonly name: string
  readonly title: string
}

export function visibleSubscriptions(call: TenantCall): Prisma.SubscriptionWhereInput {
  if (may(call, 'subscription:read')) return {}
  return { tenantId: call.tenant.id, application: { ownerId: signedIn(call).id } }
}

export async function findSubscription(call: TenantCall, db: TenantDb, id: string): Promise<SubscriptionRow> {
  const where = { AND: [visibleSubscriptions(call), { id }] }
  const row = await db.subscription.findFirst({ where, include: subscriptionRows })
  return row ?? refuse('not_found', `There is no subscription ${id}`)
}

/** A suspension is ended by those who decide: an owner who could end it would subscribe anew and be in again. */
export function refuseSuspended(rows: readonly { readonly state: SubscriptionRow['state'] }[]): void {
  if (rows.every(({ state }) => state !== 'suspended')) return
  refuse(
    'state_conflict',
    'The subscription is suspended; only an approver of the team that offers it can end it',
  )
}

export const subscriptionNamed = ({ id, application, plan }: SubscriptionRow) => ({
  kind: 'subscription',
  id,
  name: `${application.name} → ${plan.product.name}/${plan.name}`,
})

/** Tells the team on the other side of a subscription, in its own audit log. */
export function tellOther(
  tx: TenantTransaction,
  { tenant }: TenantCall,
  { tenantId, providerId }: Pick<SubscriptionRow, 'tenantId' | 'providerId'>,
  entry: AuditEntry,
): void {
  const other = tenantId === tenant.id ? providerId : tenantId
  if (other !== tenant.id) tx.auditFor(other, entry)
}
