// How fresh is all of this? Time of the newest stored event of a tenant in an environment.
import type { Pool } from 'pg'

export async function newest(pool: Pool, tenantId: string, environmentId: string): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `SELECT at FROM request_event WHERE tenant_id = $1 AND environment_id = $2 ORDER BY at DESC LIMIT 1`,
    [tenantId, environmentId],
  )
  return rows[0]?.at ?? null
}
