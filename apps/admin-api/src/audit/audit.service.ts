// Who changed what: the record that publishing/change.ts writes, read and verified.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import type { Call, TenantCall } from '../call.ts'
import type { AuditEvent, Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { containing, paged } from '../infra/page.ts'
import { chainOf } from '../publishing/audit-chain.ts'
import { diff } from '../publishing/diff.ts'
import { type ChainProof, verifyChain } from './verify-chain.ts'

type Noun = typeof contract.audit

@Injectable()
export class AuditService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    return paged(
      input,
      [['seq', 'desc']],
      ({ where, ...query }) =>
        call.db.auditEvent.findMany({ ...query, where: { AND: [where, matching(input)] } }),
      showEvent,
    )
  }

  async verify(call: TenantCall, { noted }: InputOf<Noun['verify']>) {
    const reader = { auditEvent: call.db.auditEvent, auditHead: call.platform.auditHead }
    return verifyChain(reader, chainOf(call.tenant.id), noted)
  }

  async heads(call: Call) {
    const heads = await call.platform.auditHead.findMany({ orderBy: { chain: 'asc' } })
    return {
      at: this.clock.now().toISOString(),
      heads: heads.map(({ chain, seq, hash }) => ({ chain, sequence: seq, hash })),
    }
  }

  async verifyHeads(_: Call, { heads }: InputOf<Noun['verifyHeads']>) {
    const chains: (ChainProof & { chain: string })[] = []
    for (const { chain, ...noted } of heads) {
      chains.push({ chain, ...(await verifyChain(this.database.everything, chain, noted)) })
    }
    return { valid: chains.every(({ valid }) => valid), chains }
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
        'id',
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
