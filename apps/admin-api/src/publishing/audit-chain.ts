// The audit log as a chain: each entry's hash covers its content and the hash before it, per tenant.
import { createHash } from 'node:crypto'
import { canonicalJson } from '@gatewright/shared/canonical'
import { createId } from '@gatewright/shared/ids'
import type { Actor } from '../call.ts'
import { Prisma } from '../generated/prisma/client.ts'

export interface AuditEntry {
  readonly action: string
  readonly resource: { readonly kind: string; readonly id: string; readonly name: string }
  /** State before and after; null where there was or is none. Secrets never get here. */
  readonly before: unknown
  readonly after: unknown
  readonly reason?: string | null
}

export interface AuditContext {
  readonly tenantId: string | null
  readonly actor: Actor
  readonly requestId: string
  readonly address: string
  readonly at: Date
}

export const chainStart = '0'.repeat(64)

/** Name of the chain: a tenant's own, or that of the platform. */
export const chainOf = (tenantId: string | null) => tenantId ?? 'platform'

/** Appends entries in order. The head's row lock makes concurrent writers of a tenant wait for each other. */
export async function appendAudit(
  tx: Prisma.TransactionClient,
  context: AuditContext,
  entries: readonly AuditEntry[],
): Promise<void> {
  const chain = chainOf(context.tenantId)
  const [head] = await tx.$queryRaw<{ seq: number; hash: string }[]>`
    INSERT INTO audit_head (chain, seq, hash) VALUES (${chain}, 0, ${chainStart})
    ON CONFLICT (chain) DO UPDATE SET chain = excluded.chain RETURNING seq, hash`
  let { seq, hash } = head ?? { seq: 0, hash: chainStart }
  const rows: Prisma.AuditEventCreateManyInput[] = []
  for (const entry of entries) {
    const row = {
      id: createId('aud', context.at.getTime()),
      chain,
      seq: seq + 1,
      prevHash: hash,
      tenantId: context.tenantId,
      actorKind: context.actor.kind,
      actorId: context.actor.id,
      actorName: context.actor.name,
      action: entry.action,
      resourceKind: entry.resource.kind,
      resourceId: entry.resource.id,
      resourceName: entry.resource.name,
      before: plain(entry.before),
      after: plain(entry.after),
      reason: entry.reason || null,
      requestId: context.requestId,
      address: context.address,
      at: context.at,
    }
    seq = row.seq
    hash = auditHash(row)
    rows.push({ ...row, before: row.before ?? Prisma.DbNull, after: row.after ?? Prisma.DbNull, hash })
  }
  await tx.auditEvent.createMany({ data: rows })
  await tx.auditHead.update({ where: { chain }, data: { seq, hash } })
}

/** What Postgres gives back for a JSON column: dates as text, no undefined members. */
function plain(value: unknown): Prisma.InputJsonValue | null {
  return value === null || value === undefined ? null : JSON.parse(JSON.stringify(value))
}

interface Hashed {
  readonly seq: number
  readonly prevHash: string
  readonly at: Date
  readonly [field: string]: unknown
}

/** sha256 (hex) of an entry without its own hash. */
export function auditHash({ hash: _, at, ...row }: Hashed): string {
  return createHash('sha256')
    .update(canonicalJson({ ...row, at: at.toISOString() }))
    .digest('hex')
}
