// How a version of an API looks in answers, with where it runs.
import { type Upstream, upstream } from '@gatewright/shared/model/api'
import { type VersionSelector, versionSelector } from '@gatewright/shared/model/match'
import { type Traffic, traffic } from '@gatewright/shared/model/traffic'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import { placeOf } from '../publishing/path-claims.ts'
import { refuse } from '../refusal.ts'

/** What a list says of each version. */
export const summaryRows = {
  deployments: {
    include: {
      environment: { select: { name: true, position: true, gatewayUrl: true } },
      apiRevision: { select: { number: true } },
      claims: { select: { host: true, basePath: true }, orderBy: { host: 'asc' } },
    },
  },
  _count: { select: { routes: true } },
} as const satisfies Prisma.ApiVersionInclude

const versionRows = {
  ...summaryRows,
  api: { select: { id: true, name: true } },
  upstreams: { orderBy: { name: 'asc' } },
} as const satisfies Prisma.ApiVersionInclude

/** Everything but the document and its words, which may be megabytes. */
export const versionOmit = {
  spec: true,
  specText: true,
  specOperations: true,
  searchText: true,
} as const satisfies Prisma.ApiVersionOmit

type SummaryRow = Prisma.ApiVersionGetPayload<{ include: typeof summaryRows; omit: typeof versionOmit }>

export type VersionRow = Prisma.ApiVersionGetPayload<{
  include: typeof versionRows
  omit: typeof versionOmit
}>

/** A version by the names or ids of its API and itself. */
export async function findVersion(
  db: TenantDb,
  { api, apiVersion }: { readonly api: string; readonly apiVersion: string },
): Promise<VersionRow> {
  const row = await db.apiVersion.findFirst({
    where: {
      AND: [
        { OR: [{ id: apiVersion }, { name: apiVersion }] },
        { api: { OR: [{ id: api }, { name: api }] } },
      ],
    },
    include: versionRows,
    omit: versionOmit,
  })
  return row ?? refuse('not_found', `There is no version "${apiVersion}" of an API "${api}"`)
}

export function showVersionSummary(row: SummaryRow) {
  return {
    id: row.id,
    name: row.name,
    lifecycle: row.lifecycle,
    basePath: row.basePath,
    unpublishedChanges: row.unpublished,
    routeCount: row._count.routes,
    deployments: [...row.deployments]
      .sort((a, b) => a.environment.position - b.environment.position)
      .map(({ environment, apiRevision, claims, groups, traffic, deployedAt, deployedBy }) => ({
        environment: environment.name,
        apiRevision: apiRevision.number,
        groups,
        traffic: storedTraffic(traffic),
        url: publicUrl(environment.gatewayUrl, placeOf(claims)),
        deployedAt: deployedAt.toISOString(),
        deployedBy,
      })),
  }
}

export function showVersion(row: VersionRow) {
  return {
    ...showVersionSummary(row),
    apiId: row.api.id,
    apiName: row.api.name,
    hosts: row.hosts,
    selector: storedSelector(row.selector),
    public: row.public,
    deprecatedAt: row.deprecatedAt?.toISOString() ?? null,
    sunsetAt: row.sunsetAt?.toISOString() ?? null,
    successor: row.successorId,
    document:
      row.specSha256 && row.importedAt
        ? {
            format: row.specFormat === 'json' ? ('json' as const) : ('yaml' as const),
            specVersion: row.specVersion ?? '',
            sha256: row.specSha256,
            bytes: row.specBytes,
            sourceUrl: row.specUrl,
            importedAt: row.importedAt.toISOString(),
          }
        : null,
    upstreams: row.upstreams.map(showUpstream),
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

// Parsed, because stored data is untrusted data too; and a setting that came later takes its default.

export function showUpstream({
  name,
  settings,
}: Pick<VersionRow['upstreams'][number], 'name' | 'settings'>): Upstream {
  return upstream.parse({ ...Object(settings), name })
}

export const storedTraffic = (column: Prisma.JsonValue): Traffic | null => traffic.nullable().parse(column)

export const storedSelector = (column: Prisma.JsonValue): VersionSelector | null =>
  versionSelector.nullable().parse(column)

/** Where a version answers: its first host of a definite name on the gateway's scheme and port, else the gateway itself. */
export function publicUrl(
  gatewayUrl: string,
  version: { readonly hosts: readonly string[]; readonly basePath: string },
): string {
  const url = new URL(gatewayUrl)
  const host = version.hosts.find((name) => !name.startsWith('*'))
  if (host !== undefined) url.hostname = host
  return `${url.href.replace(/\/$/, '')}${version.basePath === '/' ? '' : version.basePath}`
}
