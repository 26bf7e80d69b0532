// What API revisions answer, read from their frozen documents: the rows of routes beside them are the draft's.
import { type VersionSelector, versionSelector } from '@gatewright/shared/model/match'
import { Injectable } from '@nestjs/common'
import { Database } from '../infra/database.ts'

export interface PublishedFacts {
  readonly operationCount: number
  /** Every operation answers without a credential. */
  readonly public: boolean
  /** How requests name the version; null: its path says enough. */
  readonly selector: VersionSelector | null
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

  /** By the ids of revisions that the caller may see; a document may hold thousands of routes, so Postgres counts them. */
  async facts(revisionIds: readonly string[]): Promise<Map<string, PublishedFacts>> {
    const { rows } = await this.database.pool.query<{
      id: string
      operations: number
      public: boolean
      selector: unknown
    }>(
      `SELECT id,
         (SELECT count(DISTINCT (route->>'method', route->>'path'))
            FROM jsonb_array_elements(document->'routes') AS route)::int AS operations,
         NOT jsonb_path_exists(document, '$.routes[*] ? (@.public == false)') AS public,
         document->'selector' AS selector
       FROM api_revision WHERE id = ANY($1)`,
      [revisionIds],
    )
    return new Map(
      rows.map(({ id, operations, public: isPublic, selector }) => [
        id,
        {
          operationCount: operations,
          public: isPublic,
          selector: versionSelector.nullable().parse(selector),
        },
      ]),
    )
  }

  /** By the ids of revisions, in the order of their documents; of routes that only conditions tell apart the first. */
  async routes(revisionIds: readonly string[]): Promise<Map<string, PublishedRoute[]>> {
    const { rows } = await this.database.pool.query<PublishedRoute & { revision_id: string }>(
      `SELECT revision.id AS revision_id, route.*
       FROM api_revision AS revision,
         jsonb_to_recordset(document->'routes') AS route (id text, method text, path text, "operationId" text)
       WHERE revision.id = ANY($1)`,
      [revisionIds],
    )
    const byRevision = new Map<string, PublishedRoute[]>()
    for (const { revision_id, ...route } of rows) {
      const routes = byRevision.get(revision_id) ?? []
      byRevision.set(revision_id, routes)
      const last = routes.at(-1)
      if (last?.path !== route.path || last.method !== route.method) routes.push(route)
    }
    return byRevision
  }
}
