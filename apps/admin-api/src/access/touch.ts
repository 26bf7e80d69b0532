// Which keys a change of access concerns: their records are written anew and every gateway forgets what it knew of them.
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantTransaction } from '../publishing/change.ts'

/** Gives an access revision to each active credential that `where` finds. */
export async function touchCredentials(
  tx: TenantTransaction,
  where: Prisma.CredentialWhereInput,
): Promise<void> {
  return touch(tx, tx.db, where)
}

/** Gives an access revision to each active credential of those who subscribed to a product, of other teams, too. */
export async function touchSubscribers(tx: TenantTransaction, productId: string): Promise<void> {
  return touch(tx, tx.everything, { application: { subscriptions: { some: { productId } } } })
}

/** The same of applications of any team, to whose subscriptions the caller's team is a party. */
export async function touchParties(tx: TenantTransaction, applicationIds: readonly string[]): Promise<void> {
  return touch(tx, tx.everything, { applicationId: { in: [...applicationIds] } })
}

async function touch(
  tx: TenantTransaction,
  db: Pick<TenantTransaction['db'], 'credential'>,
  where: Prisma.CredentialWhereInput,
): Promise<void> {
  const touched = await db.credential.findMany({
    where: { AND: [where, { state: 'active' }] },
    select: { hash: true, environmentId: true },
    orderBy: { id: 'asc' },
  })
  const byEnvironment = Map.groupBy(touched, (credential) => credential.environmentId)
  for (const [environmentId, credentials] of byEnvironment) {
    tx.access(
      environmentId,
      credentials.map(({ hash }) => hash),
    )
  }
}
