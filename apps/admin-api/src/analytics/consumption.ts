// Which APIs of other teams a team's applications use: their traffic stands with the team whose API it is (ADR 97).
import type { TenantCall } from '../call.ts'

export interface Consumption {
  /** Teams whose APIs they use. */
  readonly providerIds: readonly string[]
  /** The team's own applications that do. */
  readonly applicationIds: readonly string[]
}

/** Of these applications, or with null of all that the caller's team has. Ids of other teams' applications find nothing. */
export async function consumptionOf(
  { db, tenant }: TenantCall,
  applicationIds: readonly string[] | null,
): Promise<Consumption> {
  const rows = await db.subscription.findMany({
    where: {
      tenantId: tenant.id,
      providerId: { not: tenant.id },
      ...(applicationIds === null ? {} : { applicationId: { in: [...applicationIds] } }),
    },
    select: { providerId: true, applicationId: true },
    distinct: ['providerId', 'applicationId'],
  })
  return {
    providerIds: [...new Set(rows.map(({ providerId }) => providerId))],
    applicationIds: [...new Set(rows.map(({ applicationId }) => applicationId))],
  }
}
