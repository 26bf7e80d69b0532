// Notices as they are kept: whoever finds something out says so as often as it likes, and it is noted once.
import type { Notice } from '@gatewright/shared/contract/notices'
import { createId } from '@gatewright/shared/ids'
import type { Pool } from 'pg'

export interface Finding {
  readonly kind: Exclude<Notice['kind'], 'security_finding'>
  /** Names what it is about; of two findings of one occasion the first is noted. */
  readonly occasion: string
  readonly tenantId: string
  readonly environmentId: string
  readonly applicationId: string | null
  readonly planId: string
  readonly facts: object
}

/** Answers what was new. */
export async function note(pool: Pool, findings: readonly Finding[], now: Date): Promise<readonly Finding[]> {
  const fresh: Finding[] = []
  for (const finding of findings) {
    const { rowCount } = await pool.query(
      `INSERT INTO notice (id, tenant_id, environment_id, kind, occasion, application_id, plan_id, facts, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (occasion) DO NOTHING`,
      [
        createId('ntc'),
        finding.tenantId,
        finding.environmentId,
        finding.kind,
        finding.occasion,
        finding.applicationId,
        finding.planId,
        JSON.stringify(finding.facts),
        now,
      ],
    )
    if (rowCount === 1) fresh.push(finding)
  }
  return fresh
}
