// Which single requests were they? Newest first, a page at a time.
import type { Pool } from 'pg'
import { inSlice, type Slice, sliceValues } from '../slice.ts'

export interface RequestRow {
  readonly id: string
  readonly at: Date
  readonly tenant_id: string
  readonly api_id: string
  readonly version_id: string
  readonly application_id: string
  readonly plan_id: string
  readonly credential_id: string
  readonly method: string
  readonly path: string
  readonly route: string
  readonly status: number
  readonly reason: string
  readonly policy: string
  readonly gateway_us: string
  readonly upstream_us: string
  readonly bytes_in: string
  readonly bytes_out: string
  readonly address: string
  readonly agent: string
  readonly gateway_id: string
  readonly revision: number
  readonly try_it: boolean
}

export const requestColumns = `id, at, tenant_id, api_id, version_id, application_id, plan_id, credential_id, method, path, route, status,
  reason, policy, gateway_us, upstream_us, bytes_in, bytes_out, address, agent, gateway_id, revision, try_it`

export interface RequestsFilter {
  readonly status: number | null
  readonly reason: string | null
  /** Part of a path. */
  readonly path: string | null
  /** The last row of the page before. */
  readonly after: { readonly at: Date; readonly id: string } | null
  readonly limit: number
}

export async function requests(pool: Pool, slice: Slice, filter: RequestsFilter): Promise<RequestRow[]> {
  const { rows } = await pool.query<RequestRow>(
    `SELECT ${requestColumns} FROM request_event
     WHERE ${inSlice(slice)} AND at >= $3 AND at < $4
       AND ($12::int IS NULL OR status = $12)
       AND ($13::text IS NULL OR reason = $13)
       AND ($14::text IS NULL OR strpos(lower(path), lower($14)) > 0)
       AND ($15::timestamptz IS NULL OR (at, id) < ($15, $16))
     ORDER BY at DESC, id DESC LIMIT $17`,
    [
      ...sliceValues(slice),
      filter.status,
      filter.reason,
      filter.path,
      filter.after?.at ?? null,
      filter.after?.id ?? '',
      filter.limit,
    ],
  )
  return rows
}
