// Draft → document: what a version's rows say at the moment of publishing, frozen, hashed and never changed again.
import { createHash } from 'node:crypto'
import { canonicalJson } from '@gatewright/shared/canonical'
import { mockExample, type PolicyUse, versionDocument } from '@gatewright/shared/snapshot'
import * as z from 'zod'
import { storedConditions } from '../catalog/route-conditions.ts'
import { showUpstream, storedSelector } from '../catalog/version-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'

/** A version as an API revision keeps it: lifecycle, groups and traffic are not part, they change without a publish. */
export const frozenVersion = versionDocument.omit({
  apiRevision: true,
  groups: true,
  lifecycle: true,
  traffic: true,
})
export type FrozenVersion = z.output<typeof frozenVersion>

export const draftRows = {
  api: { select: { id: true, name: true } },
  routes: { include: { policies: true } },
  upstreams: true,
  policies: { where: { scope: 'version' } },
} as const satisfies Prisma.ApiVersionInclude

export type DraftRows = Prisma.ApiVersionGetPayload<{ include: typeof draftRows }>
/** Of a draft, what gateways are told of. */
export type ServedRows = Omit<DraftRows, 'spec' | 'specText' | 'specOperations' | 'searchText'>
export type AttachmentRow = Pick<
  DraftRows['policies'][number],
  'id' | 'type' | 'name' | 'config' | 'enabled' | 'position'
>

/** The document of a draft. Equal drafts give equal documents, whatever order the rows come in. */
export function freezeDraft(draft: ServedRows): FrozenVersion {
  return {
    id: draft.id,
    tenantId: draft.tenantId,
    apiId: draft.api.id,
    apiName: draft.api.name,
    name: draft.name,
    hosts: [...draft.hosts].sort(),
    basePath: draft.basePath,
    selector: storedSelector(draft.selector),
    upstreams: draft.upstreams
      .map((row) => ({ id: row.id, ...showUpstream(row) }))
      .sort((a, b) => compare(a.name, b.name)),
    policies: policyUses(draft.policies),
    routes: draft.routes
      .filter((route) => route.enabled)
      .sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method) || compare(a.whenKey, b.whenKey))
      .map((route) => ({
        id: route.id,
        method: route.method,
        path: route.path,
        operationId: route.operationId,
        public: route.public || draft.public,
        when: storedConditions(route.when),
        upstream: route.upstream,
        policies: policyUses(route.policies),
        mocks: z.array(mockExample).parse(route.mocks),
      })),
  }
}

const config = z.record(z.string(), z.unknown())

/** Attachments as gateways get them: the enabled ones, in the order of their chain. */
export function policyUses(attachments: readonly AttachmentRow[]): PolicyUse[] {
  return attachments
    .filter((attachment) => attachment.enabled)
    .sort((a, b) => a.position - b.position || compare(a.id, b.id))
    .map(({ id, type, name, config: given }) => ({ id, type, name, config: config.parse(given) }))
}

/** The routes of a version as its readers know them: those that only conditions tell apart are one operation, public when all are. */
export function operationsOf({ routes }: Pick<FrozenVersion, 'routes'>): FrozenVersion['routes'] {
  const byKey = new Map<string, FrozenVersion['routes'][number]>()
  for (const route of routes) {
    const key = `${route.method} ${route.path}`
    const first = byKey.get(key)
    byKey.set(key, first ? { ...first, public: first.public && route.public } : route)
  }
  return [...byKey.values()]
}

/** sha256 (hex) of a document's canonical form. */
export function documentHash(document: unknown): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex')
}

/** The document as a JSON column takes it. */
export const storedDocument = (document: FrozenVersion): Prisma.InputJsonObject =>
  JSON.parse(canonicalJson(document))

/** By code unit, so that no locale of a machine decides an order that is hashed. */
export const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
