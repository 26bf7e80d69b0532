// Where the secrets of policy configurations are kept: sealed to their tenant and their kind of policy, so that nobody else's opens.
import type { Place } from './sealed.ts'

export interface PolicySecretOwner {
  /** null: of a global policy. */
  readonly tenantId: string | null
  /** Type of the policy. */
  readonly type: string
}

/** The place of a row of `policy_secret`, as the control plane seals and gateways open it. */
export function policySecretPlace({ tenantId, type }: PolicySecretOwner, id: string): Place {
  return { table: 'policy_secret', column: 'sealed', id: `${tenantId ?? 'global'}/${type}/${id}` }
}
