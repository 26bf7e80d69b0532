// What is written of a role of a tenant's own, by the operations and by manifests: never more than the writer may themselves (ADR 77).
import { createId } from '@gatewright/shared/ids'
import {
  isBuiltInRole,
  type Permission,
  permissionNames,
  permissionsFault,
} from '@gatewright/shared/model/role'
import { Injectable } from '@nestjs/common'
import { Leavers } from '../access/leavers.ts'
import { expectVersion, type TenantCall } from '../call.ts'
import type { CustomRole } from '../generated/prisma/client.ts'
import { Clock } from '../infra/clock.ts'
import { given } from '../infra/given.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { type HeldRole, ownRole, refuseBeyond } from './held-role.ts'
import { countUses, openInvitations, type RoleUses } from './role-uses.ts'

interface RoleSettings {
  readonly title: string
  readonly description: string
  readonly permissions: readonly Permission[]
}

/** Bounds the columns of the role matrix, too. */
const mostRoles = 50

@Injectable()
export class RoleWrites {
  constructor(
    private readonly clock: Clock,
    private readonly leavers: Leavers,
  ) {}

  /** A role that the caller may change, as they have seen it, and that nobody else gives or changes until the end of `tx`. */
  async changeable(tx: TenantTransaction, call: TenantCall, reference: string): Promise<CustomRole> {
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

  async create(
    tx: TenantTransaction,
    call: TenantCall,
    { name, ...settings }: RoleSettings & { readonly name: string },
  ): Promise<CustomRole> {
    await lockRoles(tx, call)
    const permissions = wholePermissions(settings.permissions)
    refuseBeyond(call, { name, permissions })
    refuseReserved('/name', name)
    const others = await tx.db.customRole.findMany()
    if (others.some((other) => other.name === name))
      refuseField('already_exists', '/name', `There is a role "${name}"`)
    refuseTitle(others, settings.title)
    if (others.length >= mostRoles)
      refuse('limit_reached', `There are ${mostRoles} roles, which is the most`, {
        extensions: { limit: mostRoles },
      })
    const ids = { id: createId('rol'), tenantId: call.tenant.id, createdAt: this.clock.now() }
    const row = await tx.db.customRole.create({ data: { ...ids, name, ...settings, permissions } })
    tx.audit({ action: 'roles.create', resource: named(row), before: null, after: told(row) })
    return row
  }

  /** `before` is what `changeable` answered. */
  async update(
    tx: TenantTransaction,
    call: TenantCall,
    before: CustomRole,
    change: { readonly [Setting in keyof RoleSettings]?: RoleSettings[Setting] | undefined },
  ): Promise<CustomRole> {
    const permissions = change.permissions && wholePermissions(change.permissions)
    const wanted = { name: before.name, permissions: permissions ?? ownRole(before).permissions }
    refuseBeyond(call, wanted)
    if (change.title !== undefined) {
      const others = await tx.db.customRole.findMany({ where: { id: { not: before.id } } })
      refuseTitle(others, change.title)
    }
    await this.refuseOwnersLost(tx, before, wanted)
    const after = await tx.db.customRole.update({
      where: { id: before.id, version: before.version },
      data: { ...given({ ...change, permissions }), version: { increment: 1 } },
    })
    tx.audit({ action: 'roles.update', resource: named(after), before: told(before), after: told(after) })
    return after
  }

  /** Deletes a role that nobody has. `before` is what `changeable` answered. */
  async remove(tx: TenantTransaction, call: TenantCall, before: CustomRole): Promise<void> {
    const uses = await countUses(tx, call.tenant.name, this.clock.now())
    refuseUsed(before, uses(before.name, before.id))
    // What was accepted, withdrawn or is too old gives nothing any more; the audit log keeps it.
    await tx.db.invitation.deleteMany({
      where: { customRoleId: before.id, NOT: openInvitations(this.clock.now()) },
    })
    await tx.db.customRole.delete({ where: { id: before.id, version: before.version } })
    tx.audit({ action: 'roles.remove', resource: named(before), before: told(before), after: null })
  }

  /** As for one member whose role changes: nobody would answer for keys of who may own no applications any more. */
  async refuseOwnersLost(tx: TenantTransaction, before: CustomRole, wanted: HeldRole): Promise<void> {
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
  const fault = permissionsFault(wanted)
  if (fault) refuseField('invalid_input', '/permissions', fault)
  return permissionNames.filter((permission) => wanted.includes(permission))
}

/** Compared as people see them: one that looks like a built-in role would be trusted like one. */
const seen = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ')

function refuseReserved(pointer: string, text: string): void {
  const name = seen(text).replaceAll(/[\s_]/g, '-')
  if (isBuiltInRole(name) || name === 'platform-admin')
    refuseField('already_exists', pointer, `"${text}" is the name of a built-in role`)
}

function refuseTitle(others: readonly CustomRole[], title: string): void {
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

export const referred = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })

export const named = ({ id, name }: CustomRole) => ({ kind: 'role', id, name })

/** As the audit log keeps it. */
export const told = ({ name, title, description, permissions }: CustomRole) => ({
  name,
  title,
  description,
  permissions,
})
