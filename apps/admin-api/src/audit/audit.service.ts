// Who changed what: the record that publishing/change.ts writes, read and verified.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import type { AuditEvent, Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { containing, paged } from '../infra/page.ts'
import { auditHash, chainOf, chainStart } from '../publishing/audit-chain.ts'
import { diff } from '../publishing/diff.ts'

type Noun = typeof contract.audit

/** Events verified at a time, so that a long chain does not fill the memory. */
const batch = 1000

@Injectable()
export class AuditService implements Service<Noun> {
  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    return paged(
      input,
      [['seq', 'desc']],
      ({ where, ...query }) =>
        call.db.auditEvent.findMany({ ...query, where: { AND: [where, matching(input)] } }),
      showEvent,
    )
  }

  async verify(call: TenantCall) {
    let [events, hash] = [0, chainStart]
    for (;;) {
      const rows = await call.db.auditEvent.findMany({
        where: { chain: chainOf(call.tenant.id), seq: { gt: events } },
        orderBy: { seq: 'asc' },
        take: batch,
      })
      for (const row of rows) {
        const fits = row.seq === events + 1 && row.prevHash === hash && auditHash(row) === row.hash
        if (!fits) return { valid: false, events, brokenAt: row.seq }
        events = row.seq
        hash = row.hash
      }
      if (rows.length < batch) break
    }
    // The head knows how long the chain is, so events cut off its end are missed too.
    const head = await call.platform.auditHead.findUnique({ where: { chain: chainOf(call.tenant.id) } })
    const whole = head === null ? events === 0 : head.seq === events && head.hash === hash
    return { valid: whole, events, brokenAt: whole ? null : events + 1 }
  }
}

function matching({
  search,
  actor,
  action,
  resource,
  from,
  to,
}: InputOf<Noun['list']>): Prisma.AuditEventWhereInput {
  return {
    AND: [
      containing(
        search,
        'actorName',
        'action',
        'resourceKind',
        'resourceName',
        'resourceId',
        'reason',
        'requestId',
      ),
      actor === undefined ? {} : { OR: [{ actorId: actor }, containing(actor, 'actorName')] },
      action === undefined ? {} : containing(action, 'action'),
      resource === undefined
        ? {}
        : { OR: [{ resourceId: resource }, containing(resource, 'resourceName', 'resourceKind')] },
    ],
    at: { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) },
  }
}

function showEvent(event: AuditEvent) {
  return {
    id: event.id,
    sequence: event.seq,
    at: event.at.toISOString(),
    actor: { kind: event.actorKind, id: event.actorId, name: event.actorName },
    action: event.action,
    resource: { kind: event.resourceKind, id: event.resourceId, name: event.resourceName },
    reason: event.reason,
    requestId: event.requestId,
    changes: changesOf(event),
    hash: event.hash,
    previousHash: event.prevHash,
  }
}

/** Field by field; what was made or removed, member by member too, so that the whole of it can be read. */
function changesOf({ before, after }: AuditEvent) {
  return diff(before ?? {}, after ?? {})
}
