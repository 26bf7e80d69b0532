// Which tenants somebody is in after a sign-in: those that invited them, and those that their provider's groups mean.
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { Leavers } from '../../access/leavers.ts'
import type { Actor, Call, TenantCall } from '../../call.ts'
import type { IdentityProvider, Membership, Tenant, User } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { LOGGER, type Logger } from '../../infra/logger.ts'
import { Changes, type TenantTransaction } from '../../publishing/change.ts'
import { Refusal, refuse } from '../../refusal.ts'
import { type HeldRole, heldRole, lockRole, type RoleColumns, withRole } from '../../tenancy/held-role.ts'
import { Invitations } from '../../tenancy/invitations.ts'
import { refuseWithoutOwner } from '../../tenancy/last-owner.ts'
import { Tokens } from '../tokens.ts'
import { mappingsOf } from './role-mappings.ts'

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
    for (const { id, tenantId } of open) {
      await this.changes.forTenant(
        call,
        { id: tenantId },
        async (tx) => {
          const invitation = await this.invitations.markAccepted(tx, id)
          const { role, customRoleId, groups } = invitation
          const existing = await tx.db.membership.findFirst({ where: { userId: user.id }, include: withRole })
          if (!existing) await this.#join(tx, tenantId, user, { role, customRoleId, groups })
          tx.audit({
            action: 'tenancy.acceptInvitation',
            resource: { kind: 'member', id: existing?.id ?? id, name: user.email },
            before: null,
            after: existing ? { role: heldRole(existing).name } : { role: heldRole(invitation).name, groups },
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
    const wanted = new Map<string, string>()
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
      include: { memberships: { where: { userId: user.id }, include: withRole } },
      orderBy: { id: 'asc' },
    })
    for (const tenant of tenants) {
      const [membership] = tenant.memberships
      const role = wanted.get(tenant.name)
      const stays = membership
        ? membership.providerId !== provider.id || heldRole(membership).name === role
        : role === undefined
      if (stays) continue
      await this.#follow(call, { user, provider, tenant, role }).catch((error: unknown) => {
        if (!(error instanceof Refusal && ['last_owner', 'not_found'].includes(error.code))) throw error
        this.logger.warn(
          { tenant: tenant.name, user: user.id, reason: error.detail },
          'What groups say was not done: a tenant keeps its last owner, and a role that is gone gives nothing',
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
    }: { user: User; provider: IdentityProvider; tenant: Tenant; role: string | undefined },
  ): Promise<void> {
    const actor: Actor = { kind: 'system', id: provider.id, name: `${provider.title} (groups)` }
    await this.changes.forTenant(
      call,
      tenant,
      async (tx) => {
        const given = role === undefined ? null : await lockRole(tx, tenant.id, role)
        // Replaced since the mappings were read: the next sign-in follows what they say now.
        if (role !== undefined && given === null) refuse('not_found', `There is no role "${role}"`)
        await tx.everything.$queryRaw`
          SELECT id FROM membership WHERE tenant_id = ${tenant.id} AND user_id = ${user.id} FOR UPDATE`
        const before = await tx.db.membership.findFirst({ where: { userId: user.id }, include: withRole })
        if (before && role !== 'owner') await refuseWithoutOwner(tx, before)
        const place = given && { ...given.columns, groups: [], providerId: provider.id }
        const member = before ?? (place && (await this.#join(tx, tenant.id, user, place)))
        if (before && given) await this.#change(tx, { ...call, actor }, tenant, user, before, given)
        if (before && !given) await this.#leave(tx, { ...call, actor }, tenant, user, before)
        tx.audit({
          action: 'tenancy.followGroups',
          resource: { kind: 'member', id: member?.id ?? '', name: user.email },
          before: before && { role: heldRole(before).name },
          after: given && { role: given.name, provider: provider.name },
        })
      },
      actor,
    )
  }

  #join(
    tx: TenantTransaction,
    tenantId: string,
    user: User,
    place: RoleColumns & { groups: string[]; providerId?: string },
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
    role: HeldRole & { readonly columns: RoleColumns },
  ): Promise<void> {
    if (!role.permissions.includes('application:own'))
      await this.leavers.endAccess(tx, inside(call, tx, tenant), user)
    await tx.db.membership.update({
      where: { id: membership.id },
      data: { ...role.columns, version: { increment: 1 } },
    })
  }

  async #leave(
    tx: TenantTransaction,
    call: Call,
    tenant: Tenant,
    user: User,
    membership: Membership,
  ): Promise<void> {
    await this.leavers.endAccess(tx, inside(call, tx, tenant), user)
    await this.tokens.end(tx.platform, user.id, { onlyTenantId: tenant.id })
    await tx.db.membership.delete({ where: { id: membership.id } })
  }
}

const inside = (call: Call, tx: TenantTransaction, tenant: Tenant): TenantCall => ({
  ...call,
  db: tx.db,
  tenant: { ...tenant, role: null, groups: [], permissions: new Set() },
})
