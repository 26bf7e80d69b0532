// How much one tenant may hold, so that one team cannot fill the database of all.
import type { Env } from '../env.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'

type Bounds = Pick<Env, 'TENANT_API_LIMIT' | 'TENANT_ROUTE_LIMIT' | 'TENANT_DOCUMENT_LIMIT_BYTES'>

interface Holdings {
  /** Versions; an API that has none counts too. */
  readonly apis: number
  readonly routes: number
  /** Bytes as Postgres keeps them, compressed: drafts' documents, mocks, conditions and upstreams, and the copies of published revisions. */
  readonly documentBytes: number
}

/** Refuses what the transaction has added when the tenant holds more than it may now. */
export async function refuseBeyondBounds(
  tx: Prisma.TransactionClient,
  tenantId: string,
  bounds: Bounds,
): Promise<void> {
  // pg_column_size() reads no document, only its length.
  const [held] = await tx.$queryRaw<Holdings[]>`
    SELECT
      (SELECT count(*) FROM api LEFT JOIN api_version v ON v.api_id = api.id WHERE api.tenant_id = ${tenantId})::int AS apis,
      (SELECT count(*) FROM route WHERE tenant_id = ${tenantId})::int AS routes,
      (SELECT coalesce(sum(pg_column_size(spec)), 0) FROM api_version WHERE tenant_id = ${tenantId})::float8 +
      (SELECT coalesce(sum(pg_column_size(mocks) + coalesce(pg_column_size("when"), 0)), 0)
         FROM route WHERE tenant_id = ${tenantId})::float8 +
      (SELECT coalesce(sum(pg_column_size(settings)), 0) FROM upstream WHERE tenant_id = ${tenantId})::float8 +
      (SELECT coalesce(sum(pg_column_size(document) + coalesce(pg_column_size(spec), 0)), 0)
         FROM api_revision WHERE tenant_id = ${tenantId})::float8 AS "documentBytes"`
  if (!held) return
  refuseAbove(held.apis, bounds.TENANT_API_LIMIT, 'API versions', 'TENANT_API_LIMIT')
  refuseAbove(held.routes, bounds.TENANT_ROUTE_LIMIT, 'routes', 'TENANT_ROUTE_LIMIT')
  refuseAbove(
    held.documentBytes,
    bounds.TENANT_DOCUMENT_LIMIT_BYTES,
    'bytes of API documents, routes, upstreams and published revisions',
    'TENANT_DOCUMENT_LIMIT_BYTES',
  )
}

function refuseAbove(held: number, most: number, what: string, variable: string): void {
  if (held <= most) return
  refuse(
    'limit_reached',
    `With this the tenant would have ${held} ${what}, and ${most} is the most it may have. ` +
      `Remove what nobody uses, or ask the operator to raise ${variable}`,
    { extensions: { limit: most } },
  )
}
