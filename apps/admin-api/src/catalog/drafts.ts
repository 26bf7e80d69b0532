// What a draft is made of, written row by row: routes and mocks from a document, upstreams, policy chains.
import { createId } from '@gatewright/shared/ids'
import type { UpstreamSettings } from '@gatewright/shared/model/upstream'
import { type PolicyInput, policyInput } from '@gatewright/shared/policies/specs'
import type { PolicyScope, Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import type { DocumentSummary, OperationSummary } from './openapi/questions.ts'
import { operationKey } from './operation-key.ts'
import { assertKept } from './policy-secrets.ts'

/** The columns that a document fills. Uint8Array because Prisma's Bytes wants its own buffer. */
export function documentColumns(bytes: Uint8Array, document: DocumentSummary, importedAt: Date) {
  return {
    spec: new Uint8Array(bytes),
    specBytes: bytes.byteLength,
    specFormat: document.format,
    specVersion: document.specVersion,
    specSha256: document.sha256,
    specUrl: document.sourceUrl,
    specFindings: document.findings,
    specText: document.searchText,
    specOperations: [...new Set(document.operations.map(operationKey))],
    importedAt,
  }
}

/** The columns of a route that its operation decides. */
export function operationColumns(operation: OperationSummary) {
  const { operationId, summary, tags, deprecated, parameterCount, mocks } = operation
  return { operationId, summary: summary?.slice(0, 300) ?? null, tags, deprecated, parameterCount, mocks }
}

export async function createRoutes(
  db: TenantDb,
  tenantId: string,
  versionId: string,
  operations: readonly OperationSummary[],
  firstPosition = 0,
): Promise<void> {
  await db.route.createMany({
    data: operations.map((operation, i) => ({
      id: createId('rte'),
      tenantId,
      versionId,
      method: operation.method,
      path: operation.path,
      ...operationColumns(operation),
      position: firstPosition + i,
    })),
  })
}

/** Makes or replaces an upstream, keeping its id: health and connection pools of the gateways are found by it. */
export async function setUpstream(
  db: TenantDb,
  tenantId: string,
  versionId: string,
  name: string,
  settings: UpstreamSettings,
): Promise<void> {
  await db.upstream.upsert({
    where: { versionId_name: { versionId, name } },
    create: { id: createId('ups'), tenantId, versionId, name, settings },
    update: { settings },
  })
}

/** What a chain hangs on, in the columns of an attachment. */
export interface ChainPlace {
  readonly scope: PolicyScope
  readonly tenantId: string | null
  readonly versionId?: string
  readonly planId?: string
  readonly routeId?: string
}

type AttachmentDb = Pick<Prisma.TransactionClient, 'policyAttachment'>

/** Replaces a chain, whose secrets `PolicySecrets` has taken out. A policy keeps its id while it keeps its name and type, so its counters go on. */
export async function setChain(
  db: AttachmentDb,
  place: ChainPlace,
  policies: readonly PolicyInput[],
): Promise<void> {
  for (const policy of policies) assertKept(policy)
  const old = await readChain(db, place)
  const idOf = ({ name, type }: PolicyInput) =>
    old.find((one) => one.name === name && one.type === type)?.id ?? createId('pol')
  const rows = policies.map((policy, position) => ({ id: idOf(policy), policy, position }))
  await db.policyAttachment.deleteMany({ where: chainWhere(place) })
  await db.policyAttachment.createMany({
    data: rows.map(({ id, policy: { type, name, config, enabled }, position }) => ({
      ...place,
      // The tenant's client insists on its own tenant; the global chain has none.
      tenantId: place.tenantId,
      id,
      type,
      name,
      config,
      enabled,
      position,
    })),
  })
}

export async function readChain(db: AttachmentDb, place: ChainPlace) {
  return db.policyAttachment.findMany({
    where: chainWhere(place),
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  })
}

function chainWhere({
  scope,
  tenantId,
  versionId,
  planId,
  routeId,
}: ChainPlace): Prisma.PolicyAttachmentWhereInput {
  return {
    scope,
    tenantId,
    ...(planId === undefined ? {} : { planId }),
    ...(routeId === undefined ? {} : { routeId }),
    ...(versionId === undefined || routeId !== undefined ? {} : { versionId }),
  }
}

/** An attachment as people write it. Parsed, because stored data is untrusted data too. */
export function showPolicy({
  type,
  name,
  enabled,
  config,
}: {
  type: string
  name: string
  enabled: boolean
  config: unknown
}): PolicyInput {
  return policyInput.parse({ type, name, enabled, config })
}

/** Every fresh draft asks for a key (C11); a public one is a choice. */
export const protectedByKey: readonly PolicyInput[] = [policyInput.parse({ type: 'api-key', config: {} })]
