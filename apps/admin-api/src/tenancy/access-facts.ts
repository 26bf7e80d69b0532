// What an explanation of somebody's access goes by: their role and who gave it, every role of the tenant, and who can give one (J7).
import type { contract } from '@gatewright/shared/contract/index'
import { type Role, roleAllows, roleSchema } from '@gatewright/shared/model/role'
import { Inject, Injectable } from '@nestjs/common'
import { findApplication } from '../access/application-view.ts'
import { ENV } from '../app.tokens.ts'
import type { TenantCall } from '../call.ts'
import type { Env } from '../env.ts'
import type { InputOf } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { refuse } from '../refusal.ts'
import type { Facts } from './explain-access.ts'
import { builtInRole, heldRole, ownRole, withRole } from './held-role.ts'
import { isFresh } from './role-freshness.ts'

/** Of whom ten at most are named. */
const giversRead = 200
const givingRoles: Role[] = roleSchema.options.filter((role) => roleAllows(role, 'member:write'))
const inOrder = [{ createdAt: 'asc' as const }, { id: 'asc' as const }]

@Injectable()
export class AccessFacts {
  constructor(
    private readonly clock: Clock,
    @Inject(ENV) private readonly env: Env,
  ) {}

  async of(
    call: TenantCall,
    { member, application }: InputOf<typeof contract.tenancy.explainAccess>,
  ): Promise<Facts> {
    const rows = { user: true, ...withRole } as const
    const row = await call.db.membership.findFirst({ where: { id: member }, include: rows })
    if (!row) return refuse('not_found', 'There is no such member')
    const provider = row.providerId
      ? await call.platform.identityProvider.findUnique({
          where: { id: row.providerId },
          include: { identities: { where: { userId: row.userId } } },
        })
      : null
    const givers = await call.db.membership.findMany({
      where: {
        OR: [{ role: { in: givingRoles } }, { customRole: { permissions: { has: 'member:write' } } }],
        userId: { not: row.userId },
      },
      include: rows,
      orderBy: inOrder,
      take: giversRead,
    })
    const own = await call.db.customRole.findMany({ orderBy: inOrder })
    return {
      person: row.user,
      role: heldRole(row),
      provider: provider && {
        title: provider.title,
        isFresh: isFresh(provider.identities, this.clock, this.env),
      },
      application: application === undefined ? null : await findApplication(call, call.db, application),
      roles: [...roleSchema.options.map(builtInRole), ...own.map(ownRole)],
      givers: givers.map(({ user: { name, email }, ...place }) => ({
        name,
        email,
        permissions: heldRole(place).permissions,
      })),
    }
  }
}
