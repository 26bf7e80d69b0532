// Which keys a change of access concerns: their records are written anew and every gateway forgets what it knew of them.
import type { Prisma } from '../generated/prisma/client.ts'
import type { TenantTransaction } from '../publishing/change.ts'

/** Gives an access revision to each active credential that `where` finds. */
export async function touchCredentials(
  tx: TenantTransaction,
  where: Prisma.CredentialWhereInput,
): Promise<void> {
  const touched = await tx.db.credential.findMany({
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
