// Roles that a tenant makes for itself: who may make them, what they hold together, and that nobody loses theirs unasked (ADR 77).
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import {
  isBuiltInRole,
  knownPermissions,
  needsOf,
  type Permission,
  permissionNames,
  roleSchema,
} from '@gatewright/shared/model/role'
import { Injectable } from '@nestjs/common'
import { Leavers } from '../access/leavers.ts'
import { expectVersion, type TenantCall } from '../call.ts'
import type { CustomRole } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { mappingsOf } from '../identity/oidc/role-mappings.ts'
import { Clock } from '../infra/clock.ts'
import { given } from '../infra/given.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { chooseRole, type HeldRole, ownRole, refuseBeyond } from './held-role.ts'
import { countUses, mapsTo, openInvitations, type RoleUses } from './role-uses.ts'

type Noun = typeof contract.roles

/** Bounds the columns of the role matrix, too. */
const mostRoles = 50

@Injectable()
export class RolesService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly leavers: Leavers,
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
      await lockRoles(tx, call)
      const permissions = wholePermissions(input.permissions)
      refuseBeyond(call, { name: input.name, permissions })
      refuseReserved('/name', input.name)
      const held = await tx.db.customRole.findMany({ select: { id: true, name: true, title: true } })
      if (held.some(({ name }) => name === input.name))
        refuseField('already_exists', '/name', `There is a role "${input.name}"`)
      refuseTitle(held, input.title)
      if (held.length >= mostRoles)
        refuse('limit_reached', `There are ${mostRoles} roles, which is the most`, {
          extensions: { limit: mostRoles },
        })
      const row = await tx.db.customRole.create({
        data: {
          ...input,
          id: createId('rol'),
          tenantId: call.tenant.id,
          permissions,
          createdAt: this.clock.now(),
        },
      })
      tx.audit({ action: 'roles.create', resource: named(row), before: null, after: told(row) })
      return showRole(row, { members: 0, invitations: 0, mappings: 0 })
    })
  }

  async update(call: TenantCall, { tenant: _, role, ...change }: InputOf<Noun['update']>) {
    return this.changes.inTenant(call, async (tx) => {
      const before = await this.#changeable(tx, call, role)
      const permissions = change.permissions && wholePermissions(change.permissions)
      const wanted: HeldRole = { name: before.name, permissions: permissions ?? ownRole(before).permissions }
      refuseBeyond(call, wanted)
      if (change.title !== undefined) {
        const others = await tx.db.customRole.findMany({ where: { id: { not: before.id } } })
        refuseTitle(others, change.title)
      }
      await this.#refuseOwnersLost(tx, before, wanted)
      const after = await tx.db.customRole.update({
        where: { id: before.id, version: before.version },
        data: { ...given({ ...change, permissions }), version: { increment: 1 } },
      })
      tx.audit({
        action: 'roles.update',
        resource: named(after),
        before: told(before),
        after: told(after),
      })
      return showRole(after, (await this.#uses(tx, call))(after.name, after.id))
    })
  }

  async replace(call: TenantCall, { role, by }: InputOf<Noun['replace']>) {
    await this.changes.inTenant(call, async (tx) => {
      const before = await this.#changeable(tx, call, role)
      if (by === before.name) refuseField('invalid_input', '/by', 'Name another role')
      const heir = await chooseRole(tx, call, by, '/by')
      await this.#refuseOwnersLost(tx, before, heir)
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
      const before = await this.#changeable(tx, call, role)
      const uses = (await this.#uses(tx, call))(before.name, before.id)
      refuseUsed(before, uses)
      // What was accepted, withdrawn or is too old gives nothing any more; the audit log keeps it.
      await tx.db.invitation.deleteMany({
        where: { customRoleId: before.id, NOT: openInvitations(this.clock.now()) },
      })
      await tx.db.customRole.delete({ where: { id: before.id, version: before.version } })
      tx.audit({ action: 'roles.remove', resource: named(before), before: told(before), after: null })
    })
    return {}
  }

  #uses(from: Parameters<typeof countUses>[0], call: TenantCall) {
    return countUses(from, call.tenant.name, this.clock.now())
  }

  /** A role that the caller may change, as they have seen it, and that nobody else gives or changes until the end of `tx`. */
  async #changeable(tx: TenantTransaction, call: TenantCall, reference: string): Promise<CustomRole> {
    await lockRoles(tx, call)
    await tx.everything.$queryRaw`
      SELECT id FROM custom_role
      WHERE tenant_id = ${call.tenant.id} AND (id = ${reference} OR name = ${reference}) FOR UPDATE`
    const row = await tx.db.customRole.findFirst({ where: referred(reference) })
    if (!row) {
      if (isBuiltInRole(reference))
        refuse('state_conflict', `The role ${reference} is built in; copy it instead`)
      return refuse('not_found', `There is no role "${reference}" of ${call.tenant.name}’s own`)
    }
    expectVersion(call, row)
    refuseBeyond(call, ownRole(row))
    return row
  }

  /** As for one member whose role changes: nobody would answer for keys of who may own no applications any more. */
  async #refuseOwnersLost(tx: TenantTransaction, before: CustomRole, wanted: HeldRole): Promise<void> {
    if (wanted.permissions.includes('application:own')) return
    await tx.everything.$queryRaw`
      SELECT id FROM membership WHERE tenant_id = ${before.tenantId} AND custom_role_id = ${before.id} ORDER BY id FOR UPDATE`
    const members = await tx.db.membership.findMany({
      where: { customRoleId: before.id },
      include: { user: true },
      orderBy: { id: 'asc' },
    })
    for (const { user } of members) await this.leavers.refuseWhileInUse(tx, user, wanted.name)
  }
}

/** Makes those who make and change roles of one tenant wait for each other; members come and go meanwhile. */
async function lockRoles(tx: TenantTransaction, { tenant }: TenantCall): Promise<void> {
  await tx.everything.$queryRaw`SELECT id FROM tenant WHERE id = ${tenant.id} FOR NO KEY UPDATE`
}

/** In the order of the table, each once; refused when one lacks what it needs. */
function wholePermissions(wanted: readonly Permission[]): Permission[] {
  for (const permission of ['tenant:read', ...wanted] as const) {
    const missing = [...needsOf(permission)].filter((need) => !wanted.includes(need))
    if (missing.length > 0)
      refuseField('invalid_input', '/permissions', `${permission} needs ${missing.join(', ')}, too`)
  }
  if (!wanted.includes('tenant:read'))
    refuseField('invalid_input', '/permissions', 'Every role has tenant:read: without it there is no way in')
  return permissionNames.filter((permission) => wanted.includes(permission))
}

/** Compared as people see them: one that looks like a built-in role would be trusted like one. */
const seen = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ')

function refuseReserved(pointer: string, text: string): void {
  const name = seen(text).replaceAll(/[\s_]/g, '-')
  if (isBuiltInRole(name) || name === 'platform-admin')
    refuseField('already_exists', pointer, `"${text}" is the name of a built-in role`)
}

function refuseTitle(others: readonly { readonly title: string }[], title: string): void {
  refuseReserved('/title', title)
  if (others.some((other) => seen(other.title) === seen(title)))
    refuseField('already_exists', '/title', `There is a role "${title}"`)
}

function refuseUsed({ name }: CustomRole, uses: RoleUses): void {
  if (uses.members + uses.invitations + uses.mappings === 0) return
  refuse(
    'in_use',
    `The role ${name} is that of ${counted(uses.members, 'member')}, ` +
      `${counted(uses.invitations, 'open invitation')} and ` +
      `${counted(uses.mappings, 'group')} of identity providers: replace it by another one`,
    { extensions: { ...uses } },
  )
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

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

const referred = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })

const named = ({ id, name }: CustomRole) => ({ kind: 'role', id, name })

const told = ({ name, title, description, permissions }: CustomRole) => ({
  name,
  title,
  description,
  permissions,
})

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
