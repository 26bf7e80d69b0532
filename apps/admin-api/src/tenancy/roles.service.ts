// Roles that a tenant makes for itself: who may make them, what they hold together, and that nobody loses theirs unasked (ADR 77).
import type { contract } from '@gatewright/shared/contract/index'
import { knownPermissions, roleSchema } from '@gatewright/shared/model/role'
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import type { CustomRole } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { mappingsOf } from '../identity/oidc/role-mappings.ts'
import { Clock } from '../infra/clock.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { chooseRole } from './held-role.ts'
import { countUses, mapsTo, type RoleUses } from './role-uses.ts'
import { named, RoleWrites, referred, told } from './role-writes.ts'

type Noun = typeof contract.roles

@Injectable()
export class RolesService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly writes: RoleWrites,
  ) {}

  async list(call: TenantCall) {
    const rows = await call.db.customRole.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })
    const usesOf = await this.#uses(call, call)
    return {
      data: rows.map((row) => showRole(row, usesOf(row.name, row.id))),
      builtIn: roleSchema.options.map((role) => ({ role, uses: usesOf(role, null) })),
    }
  }

  async get(call: TenantCall, { role }: InputOf<Noun['get']>) {
    const row = await call.db.customRole.findFirst({ where: referred(role) })
    if (!row) return refuse('not_found', `There is no role "${role}" of ${call.tenant.name}’s own`)
    return showRole(row, (await this.#uses(call, call))(row.name, row.id))
  }

  async create(call: TenantCall, { tenant: _, ...input }: InputOf<Noun['create']>) {
    return this.changes.inTenant(call, async (tx) => {
      const row = await this.writes.create(tx, call, input)
      return showRole(row, { members: 0, invitations: 0, mappings: 0 })
    })
  }

  async update(call: TenantCall, { tenant: _, role, ...change }: InputOf<Noun['update']>) {
    return this.changes.inTenant(call, async (tx) => {
      const before = await this.writes.changeable(tx, call, role)
      const after = await this.writes.update(tx, call, before, change)
      return showRole(after, (await this.#uses(tx, call))(after.name, after.id))
    })
  }

  async replace(call: TenantCall, { role, by }: InputOf<Noun['replace']>) {
    await this.changes.inTenant(call, async (tx) => {
      const before = await this.writes.changeable(tx, call, role)
      if (by === before.name) refuseField('invalid_input', '/by', 'Name another role')
      const heir = await chooseRole(tx, call, by, '/by')
      await this.writes.refuseOwnersLost(tx, before, heir)
      const held = await tx.db.membership.findMany({
        where: { customRoleId: before.id },
        include: { user: true },
        orderBy: { id: 'asc' },
      })
      const columns = { ...heir.columns }
      await tx.db.membership.updateMany({
        where: { customRoleId: before.id },
        data: { ...columns, version: { increment: 1 } },
      })
      await tx.db.invitation.updateMany({ where: { customRoleId: before.id }, data: columns })
      for (const { id, user } of held)
        tx.audit({
          action: 'tenancy.updateMember',
          resource: { kind: 'member', id, name: user.email },
          before: { role: before.name },
          after: { role: heir.name },
        })
      await remap(tx, call, before.name, heir.name)
      await tx.db.customRole.delete({ where: { id: before.id, version: before.version } })
      tx.audit({
        action: 'roles.replace',
        resource: named(before),
        before: told(before),
        after: { replacedBy: heir.name, members: held.length },
      })
    })
    return {}
  }

  async remove(call: TenantCall, { role }: InputOf<Noun['remove']>) {
    await this.changes.inTenant(call, async (tx) => {
      await this.writes.remove(tx, call, await this.writes.changeable(tx, call, role))
    })
    return {}
  }

  #uses(from: Parameters<typeof countUses>[0], call: TenantCall) {
    return countUses(from, call.tenant.name, this.clock.now())
  }
}

/** Groups that gave the one role give the other one from now on. */
async function remap(tx: TenantTransaction, call: TenantCall, from: string, to: string): Promise<void> {
  await tx.everything.$queryRaw`SELECT id FROM identity_provider ORDER BY id FOR UPDATE`
  const providers = await tx.platform.identityProvider.findMany({ orderBy: { id: 'asc' } })
  for (const provider of providers) {
    const before = mapsTo(provider, call.tenant.name, from)
    if (before.length === 0) continue
    const roleMappings = mappingsOf(provider).map((line) =>
      line.tenant === call.tenant.name && line.role === from ? { ...line, role: to } : line,
    )
    await tx.platform.identityProvider.update({
      where: { id: provider.id },
      data: { roleMappings, version: { increment: 1 } },
    })
    tx.auditFor(null, {
      action: 'identityProviders.update',
      resource: { kind: 'identityProvider', id: provider.id, name: provider.name },
      before: { roleMappings: before },
      after: { roleMappings: before.map((line) => ({ ...line, role: to })) },
    })
  }
}

function showRole(row: CustomRole, uses: RoleUses) {
  return {
    id: row.id,
    name: row.name,
    title: row.title,
    description: row.description,
    permissions: knownPermissions(row.permissions),
    uses,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
  }
}
