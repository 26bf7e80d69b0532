// Ids in traffic ↔ names that people know: what a filter means, and what an answer calls a thing that may be gone by now.
import type { Prisma } from '../generated/prisma/client.ts'
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
  const missing = wanted.filter((id) => !byId.has(id))
  if (missing.length > 0)
    for (const row of await acrossSubscriptions(db, kind, missing)) byId.set(row.id, row)
  return (id) => (id ? (byId.get(id) ?? { id, name: id, title: id }) : null)
}

/** Things of the team on the other side of a subscription: what it offers, or which of its applications uses it. */
async function acrossSubscriptions(db: TenantDb, kind: Kind, ids: readonly string[]) {
  const select = { id: true, name: true, title: true } as const
  const wanted = { in: [...ids] }
  if (kind === 'application') {
    const rows = await db.subscription.findMany({
      where: { applicationId: wanted },
      distinct: ['applicationId'],
      select: { application: { select: { ...select, tenant: { select: { title: true } } } } },
    })
    return rows.map(({ application: { tenant, ...application } }) => ({
      ...application,
      title: `${application.title} (${tenant.title})`,
    }))
  }
  if (kind === 'plan') {
    const where = { planId: wanted }
    const rows = await db.subscription.findMany({
      where,
      distinct: ['planId'],
      select: { plan: { select } },
    })
    return rows.map(({ plan }) => plan)
  }
  return (await versionsAcross(db, { apiId: wanted })).map(({ api }) => api)
}

/** Versions that another team offers and the caller's has subscribed to. */
export async function versionsAcross(db: TenantDb, where: Prisma.ApiVersionWhereInput) {
  const rows = await db.subscription.findMany({
    where: { plan: { product: { versions: { some: { apiVersion: where } } } } },
    distinct: ['productId'],
    select: {
      plan: {
        select: {
          product: {
            select: {
              versions: {
                where: { apiVersion: where },
                select: {
                  apiVersion: {
                    select: { id: true, name: true, api: { select: { id: true, name: true, title: true } } },
                  },
                },
              },
            },
          },
        },
      },
    },
  })
  return rows.flatMap(({ plan }) => plan.product.versions.map(({ apiVersion }) => apiVersion))
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
