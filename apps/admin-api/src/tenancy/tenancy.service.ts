// Teams: tenants, their members and roles, and how people get in. A tenant always keeps an owner.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { Leavers } from '../access/leavers.ts'
import { type Call, causedRevisions, expectVersion, signedIn, type TenantCall } from '../call.ts'
import type { CustomRole, Invitation, Membership, Tenant, User } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { hashSecret, newSecret } from '../identity/secrets.ts'
import { Tokens } from '../identity/tokens.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { containing, paged } from '../infra/page.ts'
import { Outbox } from '../mail/outbox.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { AccessFacts } from './access-facts.ts'
import { explainAccess } from './explain-access.ts'
import { chooseRole, type HasRole, heldRole, refuseBeyond, withRole } from './held-role.ts'
import { Invitations, invitationSeconds } from './invitations.ts'
import { refuseWithoutOwner } from './last-owner.ts'
import { openInvitations } from './role-uses.ts'
import { refuseUnknownTimeZone } from './time-zone.ts'

type Noun = typeof contract.tenancy
type Member = Membership & { user: User; customRole: CustomRole | null }

const memberRows = { user: true, ...withRole } as const

@Injectable()
export class TenancyService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly links: Invitations,
    private readonly leavers: Leavers,
    private readonly tokens: Tokens,
    private readonly outbox: Outbox,
    private readonly facts: AccessFacts,
  ) {}

  async list(call: Call, input: InputOf<Noun['list']>) {
    const user = signedIn(call)
    const only = call.token?.tenant ? { id: call.token.tenant.id } : {}
    const mine = user.platformAdmin ? {} : { ...only, memberships: { some: { userId: user.id } } }
    return paged(
      input,
      [
        ['name', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        this.database.platform.tenant.findMany({
          ...query,
          where: { AND: [where, mine, containing(input.search, 'name', 'title')] },
        }),
      showTenant,
    )
  }

  async create(call: Call, input: InputOf<Noun['create']>) {
    refuseUnknownTimeZone(input.timeZone)
    const id = createId('ten')
    return this.changes.forTenant(call, { id }, async (tx) => {
      const tenant = await tx.platform.tenant.create({ data: { id, ...input, createdAt: this.clock.now() } })
      tx.audit({ action: 'tenancy.create', resource: named(tenant), before: null, after: showTenant(tenant) })
      return showTenant(tenant)
    })
  }

  async get(call: TenantCall) {
    return showTenant(
      await this.database.platform.tenant.findUniqueOrThrow({ where: { id: call.tenant.id } }),
    )
  }

  async update(call: TenantCall, { tenant: _, ...change }: InputOf<Noun['update']>) {
    if (change.timeZone !== undefined) refuseUnknownTimeZone(change.timeZone)
    return this.changes.inTenant(call, async (tx) => {
      const before = await tx.platform.tenant.findUniqueOrThrow({ where: { id: call.tenant.id } })
      expectVersion(call, before)
      const after = await tx.platform.tenant.update({
        where: { id: before.id, version: before.version },
        data: { ...given(change), version: { increment: 1 } },
      })
      tx.audit({
        action: 'tenancy.update',
        resource: named(after),
        before: showTenant(before),
        after: showTenant(after),
      })
      // Gateways reset calendar quotas at the tenant's midnight.
      if (after.timeZone !== before.timeZone) tx.config('all', { reason: 'Time zone of the tenant' })
      return showTenant(after)
    })
  }

  async members(call: TenantCall, input: InputOf<Noun['members']>) {
    return paged(
      input,
      [
        ['createdAt', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        call.db.membership.findMany({
          ...query,
          where: { AND: [where, { user: containing(input.search, 'name', 'email') }] },
          include: memberRows,
        }),
      showMember,
    )
  }

  async explainAccess(call: TenantCall, input: InputOf<Noun['explainAccess']>) {
    return explainAccess(input.permission, await this.facts.of(call, input))
  }

  async updateMember(call: TenantCall, input: InputOf<Noun['updateMember']>) {
    return this.changes.inTenant(call, async (tx) => {
      const role = input.role === undefined ? null : await chooseRole(tx, call, input.role)
      const before = await findMember(tx, input.member)
      refuseBeyond(call, heldRole(before))
      expectVersion(call, before)
      if (role && role.name !== 'owner') await refuseWithoutOwner(tx, before)
      if (role && !role.permissions.includes('application:own')) {
        await tx.everything.$queryRaw`SELECT id FROM membership WHERE id = ${before.id} FOR UPDATE`
        await this.leavers.refuseWhileInUse(tx, before.user, role.name)
      }
      const after = await tx.db.membership.update({
        where: { id: before.id, version: before.version },
        data: {
          ...given({ groups: input.groups }),
          // What a person gives is no longer what the groups of a provider say.
          ...(role && { ...role.columns, providerId: null }),
          version: { increment: 1 },
        },
        include: memberRows,
      })
      tx.audit({
        action: 'tenancy.updateMember',
        resource: { kind: 'member', id: after.id, name: after.user.email },
        before: showMember(before),
        after: showMember(after),
      })
      return showMember(after)
    })
  }

  async removeMember(call: TenantCall, input: InputOf<Noun['removeMember']>) {
    await this.changes.inTenant(call, async (tx) => {
      const before = await findMember(tx, input.member)
      refuseBeyond(call, heldRole(before))
      expectVersion(call, before)
      await refuseWithoutOwner(tx, before)
      await tx.everything.$queryRaw`SELECT id FROM membership WHERE id = ${before.id} FOR UPDATE`
      await this.leavers.endAccess(tx, call, before.user)
      await this.tokens.end(tx.platform, before.userId, { onlyTenantId: call.tenant.id })
      // Who was made the last owner since they were read stays.
      await tx.db.membership.delete({ where: { id: before.id, version: before.version } })
      tx.audit({
        action: 'tenancy.removeMember',
        resource: { kind: 'member', id: before.id, name: before.user.email },
        before: showMember(before),
        after: null,
      })
    })
    return { revisions: causedRevisions(call) }
  }

  async handOver(call: TenantCall, { member, to }: InputOf<Noun['handOver']>) {
    return this.changes.inTenant(call, async (tx) => {
      const from = await findMember(tx, member)
      refuseBeyond(call, heldRole(from))
      // Who takes over stays a member until it is done: a removal at the same moment would miss what they are about to get.
      await tx.everything.$queryRaw`SELECT id FROM membership WHERE id = ${to} FOR SHARE`
      const heir = await findMember(tx, to)
      if (heir.id === from.id) refuseField('invalid_input', '/to', 'Name another member')
      const heirs = heldRole(heir)
      if (!heirs.permissions.includes('application:own')) {
        refuseField('invalid_input', '/to', `As ${heirs.name}, ${heir.user.name} cannot own applications`)
      }
      const applications = await this.leavers.handOver(tx, from.user, heir.user)
      tx.audit({
        action: 'tenancy.handOver',
        resource: { kind: 'member', id: from.id, name: from.user.email },
        before: { applications },
        after: { applications: 0, handedOverTo: heir.user.email },
      })
      return { applications }
    })
  }

  async invitations(call: TenantCall) {
    const open = await call.db.invitation.findMany({
      where: { acceptedAt: null, revokedAt: null, expiresAt: { gt: this.clock.now() } },
      include: withRole,
      orderBy: { createdAt: 'desc' },
    })
    return { data: open.map(showInvitation) }
  }

  async invite(call: TenantCall, { email, role: name, groups }: InputOf<Noun['invite']>) {
    const secret = newSecret()
    const invited = await this.changes.inTenant(call, async (tx) => {
      if (await tx.db.membership.findFirst({ where: { user: { email } } })) {
        refuseField('already_exists', '/email', `${email} is a member already`)
      }
      const role = await chooseRole(tx, call, name)
      const now = this.clock.now()
      const earlier = await tx.db.invitation.findMany({
        where: { email, ...openInvitations(now) },
        include: withRole,
      })
      for (const invitation of earlier) refuseBeyond(call, heldRole(invitation))
      // A second invitation replaces the first, so that a lost link can be sent anew.
      await tx.db.invitation.updateMany({
        where: { email, acceptedAt: null, revokedAt: null },
        data: { revokedAt: now },
      })
      const invitation = await tx.db.invitation.create({
        data: {
          id: createId('inv'),
          tenantId: call.tenant.id,
          email,
          ...role.columns,
          groups,
          tokenHash: hashSecret(secret),
          invitedBy: call.actor.name,
          createdAt: now,
          expiresAt: this.clock.in(invitationSeconds),
        },
        include: withRole,
      })
      tx.audit({
        action: 'tenancy.invite',
        resource: { kind: 'invitation', id: invitation.id, name: email },
        before: null,
        after: showInvitation(invitation),
      })
      return { ...showInvitation(invitation), secret }
    })
    return { ...invited, mailed: await this.outbox.offer({ kind: 'invitation', invitationId: invited.id }) }
  }

  async revokeInvitation(call: TenantCall, input: InputOf<Noun['revokeInvitation']>) {
    return this.changes.inTenant(call, async (tx) => {
      const open = await tx.db.invitation.findFirst({
        where: { id: input.invitation, acceptedAt: null, revokedAt: null },
        include: withRole,
      })
      if (!open) return refuse('not_found', 'There is no such open invitation')
      refuseBeyond(call, heldRole(open))
      await tx.db.invitation.update({ where: { id: open.id }, data: { revokedAt: this.clock.now() } })
      tx.audit({
        action: 'tenancy.revokeInvitation',
        resource: { kind: 'invitation', id: open.id, name: open.email },
        before: showInvitation(open),
        after: null,
      })
      return {}
    })
  }

  async acceptInvitation(call: Call, { secret }: InputOf<Noun['acceptInvitation']>) {
    const user = signedIn(call)
    const invitation = await this.links.open(secret)
    if (invitation.email !== user.email)
      refuse('permission_denied', 'The invitation is for another email address')
    return this.changes.forTenant(call, { id: invitation.tenantId }, async (tx) => {
      const { role, customRoleId, groups } = await this.links.markAccepted(tx, invitation.id)
      if (this.links.wasMailed(invitation, secret))
        await tx.platform.user.updateMany({
          where: { id: user.id, emailVerifiedAt: null },
          data: { emailVerifiedAt: this.clock.now() },
        })
      const member = await tx.db.membership.create({
        data: {
          id: createId('mem'),
          tenantId: invitation.tenantId,
          userId: user.id,
          role,
          customRoleId,
          groups,
          createdAt: this.clock.now(),
        },
        include: memberRows,
      })
      tx.audit({
        action: 'tenancy.acceptInvitation',
        resource: { kind: 'member', id: member.id, name: user.email },
        before: null,
        after: showMember(member),
      })
      const tenant = await tx.platform.tenant.findUniqueOrThrow({ where: { id: invitation.tenantId } })
      return { tenant: tenant.name }
    })
  }
}

async function findMember(tx: TenantTransaction, id: string): Promise<Member> {
  const member = await tx.db.membership.findFirst({ where: { id }, include: memberRows })
  return member ?? refuse('not_found', 'There is no such member')
}

const named = ({ id, name }: Tenant) => ({ kind: 'tenant', id, name })

function showTenant(tenant: Tenant) {
  const { id, name, title, selfSignUp, timeZone, version } = tenant
  return { id, name, title, selfSignUp, timeZone, version, createdAt: tenant.createdAt.toISOString() }
}

function showMember({ id, user, groups, version, createdAt, ...place }: Member) {
  return {
    id,
    user: { id: user.id, email: user.email, name: user.name },
    role: heldRole(place).name,
    groups,
    version,
    createdAt: createdAt.toISOString(),
  }
}

function showInvitation(invitation: Invitation & HasRole) {
  const { id, email, groups, invitedBy, expiresAt, createdAt } = invitation
  return {
    id,
    email,
    role: heldRole(invitation).name,
    groups,
    invitedBy,
    expiresAt: expiresAt.toISOString(),
    createdAt: createdAt.toISOString(),
  }
}
