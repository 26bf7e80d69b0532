// What API revisions answer, read from their frozen documents: the rows of routes beside them are the draft's.
import { Injectable } from '@nestjs/common'
import { Database } from '../infra/database.ts'

export interface PublishedFacts {
  readonly operationCount: number
  /** Every operation answers without a credential. */
  readonly public: boolean
}

export interface PublishedRoute {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operationId: string | null
}

@Injectable()
export class PublishedRoutes {
  constructor(private readonly database: Database) {}

  /** By the ids of revisions; a document may hold thousands of routes, so Postgres counts them. */
  async facts(tenantId: string, revisionIds: readonly string[]): Promise<Map<string, PublishedFacts>> {
    const { rows } = await this.database.pool.query<{ id: string; operations: number; public: boolean }>(
      `SELECT id, jsonb_array_length(document->'routes') AS operations,
         NOT jsonb_path_exists(document, '$.routes[*] ? (@.public == false)') AS public
       FROM api_revision WHERE tenant_id = $1 AND id = ANY($2)`,
      [tenantId, revisionIds],
    )
    return new Map(rows.map((row) => [row.id, { operationCount: row.operations, public: row.public }]))
  }

  /** By the ids of revisions, in the order of their documents. */
  async routes(tenantId: string, revisionIds: readonly string[]): Promise<Map<string, PublishedRoute[]>> {
    const { rows } = await this.database.pool.query<PublishedRoute & { revision_id: string }>(
      `SELECT revision.id AS revision_id, route.*
       FROM api_revision AS revision,
         jsonb_to_recordset(document->'routes') AS route (id text, method text, path text, "operationId" text)
       WHERE tenant_id = $1 AND revision.id = ANY($2)`,
      [tenantId, revisionIds],
    )
    const byRevision = new Map<string, PublishedRoute[]>()
    for (const { revision_id, ...route } of rows) {
      const routes = byRevision.get(revision_id) ?? []
      byRevision.set(revision_id, routes)
      routes.push(route)
    }
    return byRevision
  }
}
