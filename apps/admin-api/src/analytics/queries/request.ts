// What happened to this request? Found by its id alone, in whatever day it was (G12).
import type { SecurityReport } from '@gatewright/shared/security'
import type { Pool } from 'pg'
import type { Consumption } from '../consumption.ts'
import { type RequestRow, requestColumns } from './requests.ts'

export interface RequestStoryRow extends RequestRow {
  readonly route_id: string
  /** null: nothing was. */
  readonly security: readonly SecurityReport[] | null
}

/**
 * The request, if it is the tenant's; or nobody's, because it found no API and so belongs to whoever knows its id. `applicationIds`: only
 * theirs, and those that proved no application. `elsewhere`: what the tenant's applications called at APIs of other teams is theirs too.
 */
export async function request(
  pool: Pool,
  tenantId: string,
  environmentId: string,
  applicationIds: readonly string[] | null,
  elsewhere: Consumption,
  id: string,
): Promise<RequestStoryRow | null> {
  const { rows } = await pool.query<RequestStoryRow>(
    `SELECT ${requestColumns}, route_id, security FROM request_event
     WHERE id = $1 AND environment_id = $2 AND (
       (tenant_id IN ($3, '') AND ($4::text[] IS NULL OR application_id = '' OR application_id = ANY($4)))
       OR (tenant_id = ANY($5) AND application_id = ANY($6)))
     ORDER BY at DESC LIMIT 1`,
    [id, environmentId, tenantId, applicationIds, elsewhere.providerIds, elsewhere.applicationIds],
  )
  return rows[0] ?? null
}
