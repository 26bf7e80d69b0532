// Why a gateway refused a revision, for those who may know: its words may name APIs and policies of any team.
import type { Gateway } from '@gatewright/shared/model/environment'
import type { Propagation } from '@gatewright/shared/model/wire'
import type { Call, TenantCall } from '../call.ts'

const notYours =
  'It refuses something of another team, or of the whole installation; a platform admin can read what'

/** The reason itself for platform admins, and for a team what is said of its own things or of what holds for all teams. */
export function shownReason(call: Call | TenantCall, reason: string): string {
  if (call.user?.platformAdmin) return reason
  // As the gateway's compile step begins its sentences (config/compile.ts); whatever begins otherwise is nobody's to read.
  const mine = 'tenant' in call ? [`tenant ${call.tenant.name},`, `tenant ${call.tenant.name}:`] : []
  return ['all tenants,', ...mine].some((place) => reason.startsWith(place)) ? reason : notYours
}

export function showGateway(call: TenantCall, { refusal, ...gateway }: Gateway): Gateway {
  return { ...gateway, refusal: refusal && { ...refusal, reason: shownReason(call, refusal.reason) } }
}

type Live = NonNullable<Propagation['live']>[number]

export function showLive(call: Call | TenantCall, { laggards, ...state }: Live): Live {
  return {
    ...state,
    laggards: laggards.map(({ refusal, ...laggard }) => ({
      ...laggard,
      refusal: refusal === null ? null : shownReason(call, refusal),
    })),
  }
}
