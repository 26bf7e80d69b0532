// Who may see and change which application, and how it looks in answers.
import { may, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantDb } from '../infra/database.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { heldRole, withRole } from '../tenancy/held-role.ts'

const holding = { state: { in: ['pending', 'active', 'suspended'] } } satisfies Prisma.SubscriptionWhereInput

export const applicationRows = {
  owner: { select: { id: true, name: true, email: true } },
  _count: {
    select: {
      subscriptions: { where: holding },
      credentials: { where: { kind: 'key', state: 'active', tryIt: false } },
    },
  },
} satisfies Prisma.ApplicationInclude

export type ApplicationRow = Prisma.ApplicationGetPayload<{ include: typeof applicationRows }>

export function showApplication(application: ApplicationRow) {
  return {
    id: application.id,
    name: application.name,
    title: application.title,
    description: application.description,
    owner: application.owner,
    groups: application.groups,
    credentialCount: application._count.credentials,
    subscriptionCount: application._count.subscriptions,
    version: application.version,
    createdAt: application.createdAt.toISOString(),
  }
}

/** Applications that the caller may see: every one, or one's own. */
export function visibleApplications(call: TenantCall): Prisma.ApplicationWhereInput {
  return may(call, 'application:read') ? {} : { ownerId: signedIn(call).id }
}

/** An application that the caller may see. One of somebody else is as absent as one that never was. */
export async function findApplication(
  call: TenantCall,
  db: TenantDb,
  reference: string,
): Promise<ApplicationRow> {
  const where = { AND: [visibleApplications(call), { OR: [{ id: reference }, { name: reference }] }] }
  const row = await db.application.findFirst({ where, include: applicationRows })
  return row ?? refuse('not_found', `There is no application "${reference}"`)
}

/** An application that the caller may change: one's own, or any for an owner of the tenant. */
export async function findOwnApplication(
  call: TenantCall,
  db: TenantDb,
  reference: string,
): Promise<ApplicationRow> {
  const row = await findApplication(call, db, reference)
  if (row.ownerId !== signedIn(call).id && !may(call, 'tenant:write')) {
    refuse('permission_denied', `The application ${row.name} belongs to ${row.owner.name}`)
  }
  return row
}

/** An application that the caller decides about, whosever it is. */
export async function findGrantable(
  call: TenantCall,
  db: TenantDb,
  reference: string,
): Promise<ApplicationRow> {
  const row = await db.application.findFirst({
    where: { OR: [{ id: reference }, { name: reference }] },
    include: applicationRows,
  })
  return row ?? refuse('not_found', `There is no application "${reference}" in ${call.tenant.name}`)
}

/** Makes changes to what hangs on an application wait for each other: what is read next stays true until the end of `tx`. */
export async function lockApplication(tx: TenantTransaction, { id }: { readonly id: string }): Promise<void> {
  await tx.everything.$queryRaw`SELECT id FROM application WHERE id = ${id} FOR UPDATE`
}

/**
 * Refuses what would give an application a way in when its owner has left the tenant, and keeps the owner from leaving
 * until the end of `tx`: a key that is issued while its owner is removed must not survive them.
 */
export async function holdOwner(
  tx: TenantTransaction,
  { name, ownerId, tenantId }: Pick<ApplicationRow, 'name' | 'ownerId' | 'tenantId'>,
): Promise<void> {
  await tx.everything
    .$queryRaw`SELECT id FROM membership WHERE tenant_id = ${tenantId} AND user_id = ${ownerId} FOR SHARE`
  // Asked behind the lock: a role that was narrowed meanwhile is seen as it is now.
  const member = await tx.everything.membership.findFirst({
    where: { tenantId, userId: ownerId },
    include: withRole,
  })
  const held = member && heldRole(member)
  if (held?.permissions.includes('application:own')) return
  // Platform admins own applications in tenants that they are no members of.
  if (await tx.platform.user.findFirst({ where: { id: ownerId, platformAdmin: true } })) return
  const why = held ? `is ${held.name} now` : 'has left'
  refuse('state_conflict', `The owner of ${name} ${why}; hand the application over to a member first`)
}

export const applicationNamed = ({ id, name }: { id: string; name: string }) => ({
  kind: 'application',
  id,
  name,
})
