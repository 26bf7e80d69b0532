// Ids in traffic ↔ names that people know: what a filter means, and what an answer calls a thing that may be gone by now.
import type { TenantDb } from '../infra/database.ts'
import { refuseField } from '../refusal.ts'

export interface Subject {
  readonly id: string | null
  readonly name: string
  readonly title: string
}

type Kind = 'api' | 'application' | 'plan'

/** Names of things by their ids; one that was deleted since is called by its id. */
export async function readSubjects(
  db: TenantDb,
  kind: Kind,
  ids: Iterable<string | null>,
): Promise<(id: string | null) => Subject | null> {
  const wanted = [...new Set(ids)].filter((id): id is string => id !== null && id !== '')
  const where = { id: { in: wanted } }
  const select = { id: true, name: true, title: true } as const
  const rows =
    kind === 'api'
      ? await db.api.findMany({ where, select })
      : kind === 'plan'
        ? await db.plan.findMany({ where, select })
        : await db.application.findMany({ where, select })
  const byId = new Map(rows.map((row) => [row.id, row]))
  return (id) => (id ? (byId.get(id) ?? { id, name: id, title: id }) : null)
}

export interface NamedFilters {
  readonly api?: string | undefined
  readonly apiVersion?: string | undefined
  readonly application?: string | undefined
  readonly plan?: string | undefined
}

export interface FilterIds {
  readonly apiId: string | null
  readonly versionId: string | null
  readonly applicationId: string | null
  readonly planId: string | null
}

/** Filters by name or id → ids. An id that is no longer known still finds the traffic of then. */
export async function resolveFilters(db: TenantDb, filters: NamedFilters): Promise<FilterIds> {
  const select = { id: true } as const
  const byReference = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })
  const { api, apiVersion, application, plan } = filters
  const apiId = api && known('api', api, await db.api.findFirst({ where: byReference(api), select }))
  const version =
    apiVersion &&
    (await db.apiVersion.findFirst({
      where: { ...byReference(apiVersion), ...(apiId ? { apiId } : {}) },
      select,
    }))
  return {
    apiId: apiId || null,
    versionId: apiVersion ? known('apiVersion', apiVersion, version || null) : null,
    applicationId: application
      ? known(
          'application',
          application,
          await db.application.findFirst({ where: byReference(application), select }),
        )
      : null,
    planId: plan ? known('plan', plan, await db.plan.findFirst({ where: byReference(plan), select })) : null,
  }
}

function known(filter: keyof NamedFilters, reference: string, row: { readonly id: string } | null): string {
  if (row) return row.id
  if (/^(?:api|ver|app|pln)_[0-9a-z]{22}$/.test(reference)) return reference
  return refuseField('not_found', `/${filter}`, `There is no "${reference}" here`)
}
