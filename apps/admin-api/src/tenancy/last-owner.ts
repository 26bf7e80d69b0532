// A tenant always keeps an owner, whoever takes a membership away.
import type { Membership } from '../generated/prisma/client.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'

/** Refuses to take the last owner away. Locks the owners, so two owners cannot remove each other at once. */
export async function refuseWithoutOwner(tx: TenantTransaction, leaving: Membership): Promise<void> {
  if (leaving.role !== 'owner') return
  const owners = await tx.everything.$queryRaw<{ id: string }[]>`
    SELECT id FROM membership WHERE tenant_id = ${leaving.tenantId} AND role = 'owner' ORDER BY id FOR UPDATE`
  if (owners.every(({ id }) => id === leaving.id)) refuse('last_owner')
}
