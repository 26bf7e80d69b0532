// The story of a subscription: each step with who took it, when and what they said.
import { createId } from '@gatewright/shared/ids'
import type { SubscriptionState } from '@gatewright/shared/model/access'
import type { TenantCall } from '../call.ts'
import type { TenantTransaction } from '../publishing/change.ts'

export interface SubscriptionStep {
  readonly subscriptionId: string
  /** null when the subscription is new. */
  readonly from: SubscriptionState | null
  readonly to: SubscriptionState
}

export async function recordSteps(
  tx: TenantTransaction,
  { actor, tenant }: TenantCall,
  steps: readonly SubscriptionStep[],
  { note, at }: { readonly note: string; readonly at: Date },
): Promise<void> {
  await tx.db.subscriptionEvent.createMany({
    data: steps.map((step) => ({
      ...step,
      id: createId('aud'),
      tenantId: tenant.id,
      actorId: actor.id,
      actorName: actor.name,
      note: note || null,
      at,
    })),
  })
}
