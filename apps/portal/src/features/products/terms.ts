// A plan's limits are policies of its scope; the plan form edits the two that have no further settings.

import type { CalendarPeriod } from '@gatewright/shared/calendar'
import type { PolicyInput } from '@gatewright/shared/policies/specs'

export interface PlanLimits {
  rate: { requests: number; windowMs: number } | null
  quota: { requests: number; period: CalendarPeriod } | null
}

/** The first rate limit and the first quota of the chain. */
export function limitsOf(policies: readonly PolicyInput[]): PlanLimits {
  let rate: PlanLimits['rate'] = null
  let quota: PlanLimits['quota'] = null
  for (const policy of policies) {
    if (policy.type === 'rate-limit')
      rate ??= { requests: policy.config.limit, windowMs: policy.config.windowMs }
    if (policy.type === 'quota') quota ??= { requests: policy.config.limit, period: policy.config.period }
  }
  return { rate, quota }
}
