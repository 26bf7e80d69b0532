// The draft of a version against what was published: what a publish would change, and how much that is.
import type { Change } from '@gatewright/shared/model/environment'
import { versionOmit } from '../catalog/version-view.ts'
import type { TenantDb } from '../infra/database.ts'
import { refuse } from '../refusal.ts'
import { versionChanges } from './version-changes.ts'
import {
  type DraftRows,
  draftRows,
  type FrozenVersion,
  freezeDraft,
  frozenVersion,
  type ServedRows,
} from './version-document.ts'

/** The draft as it is frozen, with its document. */
export async function readDraftRows(db: TenantDb, versionId: string): Promise<DraftRows> {
  const rows = await db.apiVersion.findFirst({ where: { id: versionId }, include: draftRows })
  return rows ?? refuse('not_found', 'There is no such version')
}

/** Without the document: what routes, upstream and policies say is all that gateways get. */
async function readServedRows(db: TenantDb, versionId: string): Promise<ServedRows> {
  const rows = await db.apiVersion.findFirst({
    where: { id: versionId },
    include: draftRows,
    omit: versionOmit,
  })
  return rows ?? refuse('not_found', 'There is no such version')
}

export interface PublishedVersion {
  readonly number: number
  readonly document: FrozenVersion
}

/** What an environment runs; without one, the newest revision. Null when there is none. */
export async function readPublished(
  db: TenantDb,
  versionId: string,
  environmentId?: string,
): Promise<PublishedVersion | null> {
  const revision = await db.apiRevision.findFirst({
    where: { versionId, ...(environmentId ? { deployments: { some: { environmentId } } } : {}) },
    orderBy: { number: 'desc' },
    select: { number: true, document: true },
  })
  return revision && { number: revision.number, document: frozenVersion.parse(revision.document) }
}

/** What publishing the draft now would change in an environment, or against the newest revision. */
export async function draftChanges(
  db: TenantDb,
  versionId: string,
  environmentId?: string,
): Promise<{ against: number | null; changes: Change[]; document: FrozenVersion }> {
  const draft = freezeDraft(await readServedRows(db, versionId))
  const published = await readPublished(db, versionId, environmentId)
  return {
    against: published?.number ?? null,
    changes: versionChanges(published?.document ?? null, draft),
    document: draft,
  }
}

/** Until the transaction ends, nobody else writes to this draft or publishes it: numbers are given once, counts stay true. */
export async function lockDraft(db: TenantDb, versionId: string): Promise<void> {
  await db.apiVersion.updateMany({ where: { id: versionId }, data: { unpublished: { increment: 0 } } })
}

/** Counts the differences anew: to be called by everything that writes to a draft, inside its transaction. */
export async function recountUnpublished(db: TenantDb, versionId: string): Promise<void> {
  await lockDraft(db, versionId)
  const { changes } = await draftChanges(db, versionId)
  await db.apiVersion.updateMany({ where: { id: versionId }, data: { unpublished: changes.length } })
}
