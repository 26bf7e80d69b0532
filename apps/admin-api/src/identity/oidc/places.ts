// Which tenants somebody is in after a sign-in: those that invited them, and those that their provider's groups mean.
import { createId } from '@gatewright/shared/ids'
import { type Role, roleAllows } from '@gatewright/shared/model/role'
import { Inject, Injectable } from '@nestjs/common'
import { Leavers } from '../../access/leavers.ts'
import type { Actor, Call, TenantCall } from '../../call.ts'
import type { IdentityProvider, Membership, Tenant, User } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { LOGGER, type Logger } from '../../infra/logger.ts'
import { Changes, type TenantTransaction } from '../../publishing/change.ts'
import { Refusal } from '../../refusal.ts'
import { Invitations } from '../../tenancy/invitations.ts'
import { refuseWithoutOwner } from '../../tenancy/last-owner.ts'
import { Tokens } from '../tokens.ts'
import { mappingsOf } from './identity-providers.service.ts'

@Injectable()
export class Places {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly invitations: Invitations,
    private readonly leavers: Leavers,
    private readonly tokens: Tokens,
  ) {}

  /** Open invitations to an address that the provider has verified are accepted: whoever holds it is whom they meant. */
  async acceptInvitations(call: Call, user: User, verifiedEmail: string | null): Promise<void> {
    if (verifiedEmail !== user.email) return
    const open = await this.database.everything.invitation.findMany({
      where: { email: user.email, acceptedAt: null, revokedAt: null, expiresAt: { gt: this.clock.now() } },
      orderBy: { createdAt: 'asc' },
    })
    const actor: Actor = { kind: 'user', id: user.id, name: user.name }
    for (const { id, tenantId, role, groups } of open) {
      await this.changes.forTenant(
        call,
        { id: tenantId },
        async (tx) => {
          await this.invitations.markAccepted(tx, id)
          const place = { role, groups }
          const existing = await tx.db.membership.findFirst({ where: { userId: user.id } })
          if (!existing) await this.#join(tx, tenantId, user, place)
          tx.audit({
            action: 'tenancy.acceptInvitation',
            resource: { kind: 'member', id: existing?.id ?? id, name: user.email },
            before: null,
            after: existing ? { role: existing.role } : place,
          })
        },
        actor,
      )
    }
  }

  /**
   * Makes memberships what the groups say. Only those that groups made are changed or ended: what a person gave, a person takes.
   * `groups` null = the provider did not tell, and everything stays.
   */
  async followGroups(
    call: Call,
    user: User,
    provider: IdentityProvider,
    groups: readonly string[] | null,
  ): Promise<void> {
    if (provider.groupsClaim === null || groups === null) return
    const wanted = new Map<string, Role>()
    for (const { group, tenant, role } of mappingsOf(provider)) {
      if (groups.includes(group) && !wanted.has(tenant)) wanted.set(tenant, role)
    }
    const tenants = await this.database.platform.tenant.findMany({
      where: {
        OR: [
          { name: { in: [...wanted.keys()] } },
          { memberships: { some: { userId: user.id, providerId: provider.id } } },
        ],
      },
      include: { memberships: { where: { userId: user.id } } },
      orderBy: { id: 'asc' },
    })
    for (const tenant of tenants) {
      const [membership] = tenant.memberships
      const role = wanted.get(tenant.name)
      if (membership ? membership.providerId !== provider.id || membership.role === role : role === undefined)
        continue
      await this.#follow(call, { user, provider, tenant, role }).catch((error: unknown) => {
        if (!(error instanceof Refusal && error.code === 'last_owner')) throw error
        this.logger.warn(
          { tenant: tenant.name, user: user.id },
          'Groups take the last owner of a tenant away; they stay until it has another one',
        )
      })
    }
  }

  async #follow(
    call: Call,
    {
      user,
      provider,
      tenant,
      role,
    }: { user: User; provider: IdentityProvider; tenant: Tenant; role: Role | undefined },
  ): Promise<void> {
    const actor: Actor = { kind: 'system', id: provider.id, name: `${provider.title} (groups)` }
    await this.changes.forTenant(
      call,
      tenant,
      async (tx) => {
        await tx.everything.$queryRaw`
          SELECT id FROM membership WHERE tenant_id = ${tenant.id} AND user_id = ${user.id} FOR UPDATE`
        const before = await tx.db.membership.findFirst({ where: { userId: user.id } })
        if (before && role !== 'owner') await refuseWithoutOwner(tx, before)
        const after = before
          ? role === undefined
            ? await this.#leave(tx, { ...call, actor }, tenant, user, before)
            : await this.#change(tx, { ...call, actor }, tenant, user, before, role)
          : await this.#join(tx, tenant.id, user, {
              role: role ?? 'developer',
              groups: [],
              providerId: provider.id,
            })
        tx.audit({
          action: 'tenancy.followGroups',
          resource: { kind: 'member', id: before?.id ?? after?.id ?? '', name: user.email },
          before: before && { role: before.role },
          after: after && { role: after.role, provider: provider.name },
        })
      },
      actor,
    )
  }

  #join(
    tx: TenantTransaction,
    tenantId: string,
    user: User,
    place: { role: Role; groups: string[]; providerId?: string },
  ): Promise<Membership> {
    return tx.db.membership.create({
      data: { id: createId('mem'), tenantId, userId: user.id, ...place, createdAt: this.clock.now() },
    })
  }

  /** In a role that owns no applications nobody answers for those that they have: what these can do ends. */
  async #change(
    tx: TenantTransaction,
    call: Call,
    tenant: Tenant,
    user: User,
    membership: Membership,
    role: Role,
  ): Promise<Membership> {
    if (!roleAllows(role, 'application:own')) await this.leavers.endAccess(tx, inside(call, tx, tenant), user)
    return tx.db.membership.update({
      where: { id: membership.id },
      data: { role, version: { increment: 1 } },
    })
  }

  async #leave(
    tx: TenantTransaction,
    call: Call,
    tenant: Tenant,
    user: User,
    membership: Membership,
  ): Promise<null> {
    await this.leavers.endAccess(tx, inside(call, tx, tenant), user)
    await this.tokens.end(tx.platform, user.id, { onlyTenantId: tenant.id })
    await tx.db.membership.delete({ where: { id: membership.id } })
    return null
  }
}

const inside = (call: Call, tx: TenantTransaction, tenant: Tenant): TenantCall => ({
  ...call,
  db: tx.db,
  tenant: { ...tenant, role: null, groups: [], permissions: new Set() },
})
