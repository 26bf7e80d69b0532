// Invitations: a secret link that makes whoever holds it, with the invited address, a member.
import { Injectable } from '@nestjs/common'
import type { Invitation } from '../generated/prisma/client.ts'
import { hashSecret } from '../identity/secrets.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { type HasRole, withRole } from './held-role.ts'

export const invitationSeconds = 14 * 24 * 3600

@Injectable()
export class Invitations {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The open invitation of a secret. It names its tenant, which the caller need not know yet. */
  async open(secret: string): Promise<Invitation> {
    const hash = hashSecret(secret)
    const found = await this.database.everything.invitation.findFirst({
      where: { OR: [{ tokenHash: hash }, { mailedTokenHash: hash }] },
    })
    const open = found && !found.acceptedAt && !found.revokedAt && found.expiresAt > this.clock.now()
    return open ? found : refuse('not_found', 'The invitation was used, withdrawn or has expired')
  }

  /** Whether it is the secret that went to the address alone: who has it has proved that the address is theirs. */
  wasMailed({ mailedTokenHash }: Invitation, secret: string): boolean {
    return mailedTokenHash === hashSecret(secret)
  }

  /** Answers what it gives now: its role may have been replaced since it was read. */
  async markAccepted(tx: TenantTransaction, id: string): Promise<Invitation & HasRole> {
    // The role first, as those who replace one: in another order each could wait for the other.
    await tx.everything.$queryRaw`
      SELECT id FROM custom_role WHERE id = (SELECT custom_role_id FROM invitation WHERE id = ${id}) FOR SHARE`
    const { count } = await tx.db.invitation.updateMany({
      where: { id, acceptedAt: null, revokedAt: null },
      data: { acceptedAt: this.clock.now() },
    })
    if (count === 0) refuse('state_conflict', 'The invitation was used at the same moment')
    return tx.db.invitation.findFirstOrThrow({ where: { id }, include: withRole })
  }
}
