// The two limits that a plan's form offers, kept as ordinary policies of the plan.
import type { CalendarPeriod } from '@gatewright/shared/calendar'
import { createId } from '@gatewright/shared/ids'
import { type PolicyInput, policyInput } from '@gatewright/shared/policies/specs'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantTransaction } from '../publishing/change.ts'

export interface Rate {
  readonly requests: number
  readonly windowMs: number
}

export interface Quota {
  readonly requests: number
  readonly period: CalendarPeriod
}

// Under these names the form finds its policies again; others of the plan are edited as its policy chain.
const rateName = 'rate'
const quotaName = 'quota'

export function ratePolicy({ requests, windowMs }: Rate): PolicyInput {
  return policyInput.parse({ type: 'rate-limit', name: rateName, config: { limit: requests, windowMs } })
}

export function quotaPolicy({ requests, period }: Quota): PolicyInput {
  return policyInput.parse({ type: 'quota', name: quotaName, config: { limit: requests, period } })
}

/** Sets, replaces (keeping id and further settings) or removes the limits that were given; `undefined` leaves one alone. */
export async function setPlanLimits(
  tx: TenantTransaction,
  tenantId: string,
  planId: string,
  { rate, quota }: { readonly rate?: Rate | null | undefined; readonly quota?: Quota | null | undefined },
): Promise<void> {
  if (rate !== undefined) await setPolicy(tx, tenantId, planId, rateName, rate && ratePolicy(rate))
  if (quota !== undefined) await setPolicy(tx, tenantId, planId, quotaName, quota && quotaPolicy(quota))
}

async function setPolicy(
  tx: TenantTransaction,
  tenantId: string,
  planId: string,
  name: string,
  next: PolicyInput | null,
): Promise<void> {
  const attached = await tx.db.policyAttachment.findMany({ where: { planId }, orderBy: { position: 'asc' } })
  const current = attached.find((one) => one.name === name)
  if (!next) {
    if (current) await tx.db.policyAttachment.delete({ where: { id: current.id } })
    return
  }
  if (current) {
    // Same id, so counters go on; settings that the form does not show stay, unless the type is another now.
    const kept = current.type === next.type ? (current.config as Prisma.JsonObject) : {}
    await tx.db.policyAttachment.update({
      where: { id: current.id },
      data: { type: next.type, config: { ...kept, ...given(next) }, enabled: true },
    })
    return
  }
  await tx.db.policyAttachment.create({
    data: {
      id: createId('pol'),
      tenantId,
      scope: 'plan',
      planId,
      type: next.type,
      name,
      config: next.config,
      position: (attached.at(-1)?.position ?? -1) + 1,
    },
  })
}

// Only what the form says; every other member of `config` is a default that an owner may have changed since.
function given(policy: PolicyInput): Prisma.InputJsonObject {
  if (policy.type === 'rate-limit') return { limit: policy.config.limit, windowMs: policy.config.windowMs }
  if (policy.type === 'quota') return { limit: policy.config.limit, period: policy.config.period }
  return {}
}
