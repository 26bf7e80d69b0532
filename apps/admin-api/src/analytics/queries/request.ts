// What happened to this request? Found by its id alone, in whatever day it was (G12).
import type { Pool } from 'pg'
import { type RequestRow, requestColumns } from './requests.ts'

/**
 * The request, if it is the tenant's; or nobody's, because it found no API and so belongs to whoever knows its id. `applicationIds`: only
 * theirs, and those that proved no application.
 */
export async function request(
  pool: Pool,
  tenantId: string,
  environmentId: string,
  applicationIds: readonly string[] | null,
  id: string,
): Promise<RequestRow | null> {
  const { rows } = await pool.query<RequestRow>(
    `SELECT ${requestColumns} FROM request_event
     WHERE id = $1 AND environment_id = $2 AND tenant_id IN ($3, '')
       AND ($4::text[] IS NULL OR application_id = '' OR application_id = ANY($4))
     ORDER BY at DESC LIMIT 1`,
    [id, environmentId, tenantId, applicationIds],
  )
  return rows[0] ?? null
}
