// What somebody should know, read: of the whole tenant, or of one's own applications.

import type { contract } from '@gatewright/shared/contract/index'
import { type Notice, notice } from '@gatewright/shared/contract/notices'
import { Injectable } from '@nestjs/common'
import { may, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Database } from '../infra/database.ts'
import { paged } from '../infra/page.ts'

type Noun = typeof contract.notices

const noticeRows = { plan: true, environment: true, application: true } satisfies Prisma.NoticeInclude

@Injectable()
export class NoticesService implements Service<Noun> {
  constructor(private readonly database: Database) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const tenantId = call.tenant.id
    const { application } = input
    // About a plan of one's own, or an application that uses another team's.
    const ours: Prisma.NoticeWhereInput = { OR: [{ tenantId }, { application: { tenantId } }] }
    const seen: Prisma.NoticeWhereInput = may(call, 'analytics:read')
      ? ours
      : { application: { tenantId, ownerId: signedIn(call).id } }
    const of: Prisma.NoticeWhereInput =
      application === undefined
        ? seen
        : { AND: [seen, { application: { OR: [{ id: application }, { name: application, tenantId }] } }] }
    return paged(
      input,
      [
        ['createdAt', 'desc'],
        ['id', 'desc'],
      ],
      ({ where, ...query }) =>
        this.database.everything.notice.findMany({
          ...query,
          where: { AND: [where, of] },
          include: noticeRows,
        }),
      showNotice,
    )
  }
}

function showNotice(row: Prisma.NoticeGetPayload<{ include: typeof noticeRows }>): Notice {
  const common = {
    id: row.id,
    at: row.createdAt.toISOString(),
    environment: row.environment.name,
  }
  if (row.kind === 'security_finding') return notice.parse({ kind: row.kind, ...common, finding: row.facts })
  const plan = row.plan && subjectOf(row.plan)
  return notice.parse(
    row.kind === 'service_level_missed'
      ? { kind: row.kind, ...common, plan, missed: row.facts }
      : {
          kind: row.kind,
          ...common,
          plan,
          application: row.application && subjectOf(row.application),
          quota: row.facts,
        },
  )
}

const subjectOf = ({ id, name, title }: { id: string; name: string; title: string }) => ({ id, name, title })
