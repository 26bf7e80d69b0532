// How an API looks in answers, and how its visibility is kept.
import type { Visibility } from '@gatewright/shared/model/api'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { refuse } from '../refusal.ts'
import { showVersionSummary, summaryRows, versionOmit } from './version-view.ts'

export const apiRows = {
  owner: { select: { id: true, name: true } },
  versions: { include: summaryRows, omit: versionOmit, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] },
} as const satisfies Prisma.ApiInclude

export type ApiRow = Prisma.ApiGetPayload<{ include: typeof apiRows }>

/** An API by its name or id. */
export async function findApi(db: TenantDb, reference: string): Promise<ApiRow> {
  const row = await db.api.findFirst({
    where: { OR: [{ id: reference }, { name: reference }] },
    include: apiRows,
  })
  return row ?? refuse('not_found', `There is no API "${reference}"`)
}

export function showApi(row: Omit<ApiRow, 'versions'>) {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    description: row.description,
    visibility: showVisibility(row),
    owner: row.owner,
    tags: row.tags,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

export function showApiSummary(row: ApiRow) {
  return { ...showApi(row), versions: row.versions.map(showVersionSummary) }
}

function showVisibility({ visibility, groups }: Pick<ApiRow, 'visibility' | 'groups'>): Visibility {
  return visibility === 'groups' ? { kind: 'groups', groups } : { kind: visibility }
}

/** The columns of a visibility. */
export function visibilityColumns(visibility: Visibility) {
  return { visibility: visibility.kind, groups: visibility.kind === 'groups' ? visibility.groups : [] }
}

/** What a search looks through: lower case, one line per field. */
export function apiSearchText(api: {
  name: string
  title: string
  description: string
  tags: readonly string[]
}): string {
  return [api.name, api.title, api.description, ...api.tags].join('\n').toLowerCase()
}
