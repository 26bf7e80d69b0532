// Who signed up with an address that was never proved goes when its owner comes: by a provider, or by a link in a mail.
import { Injectable } from '@nestjs/common'
import { Leavers } from '../access/leavers.ts'
import type { Actor, Call } from '../call.ts'
import type { User } from '../generated/prisma/client.ts'
import { Database } from '../infra/database.ts'
import { Changes } from '../publishing/change.ts'
import { Factors } from './factors/factors.ts'
import { Sessions } from './sessions.ts'
import { Tokens } from './tokens.ts'

const actor: Actor = { kind: 'system', id: 'proof', name: 'Proof of an address' }

@Injectable()
export class Squatters {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
    private readonly factors: Factors,
    private readonly leavers: Leavers,
  ) {}

  /**
   * Ends every way into an account whose address nobody has proved, and then the keys and OAuth clients of its applications in each
   * tenant. Does nothing to one that was proved. Two steps that may be repeated: whoever proves the address does so after both,
   * and nobody can come in between (ADR 56).
   */
  async evict(call: Call, { id, email, emailVerifiedAt }: User, reason: string): Promise<void> {
    if (emailVerifiedAt !== null) return
    if (!(await this.#shut(call, id))) return
    const memberships = await this.database.everything.membership.findMany({
      where: { userId: id },
      include: { tenant: true },
      orderBy: { tenantId: 'asc' },
    })
    for (const { id: memberId, tenant } of memberships) {
      await this.changes.forTenant(
        call,
        tenant,
        async (tx) => {
          await tx.everything.$queryRaw`SELECT id FROM membership WHERE id = ${memberId} FOR UPDATE`
          const here = { ...tenant, role: null, groups: [], permissions: new Set<never>() }
          await this.leavers.endAccess(tx, { ...call, actor, db: tx.db, tenant: here }, { id, email }, reason)
          tx.audit({
            action: 'tenancy.endUnproved',
            resource: { kind: 'member', id: memberId, name: email },
            before: { address: 'not proved' },
            after: { address: 'proved' },
            reason,
          })
        },
        actor,
      )
    }
  }

  /** Whether there was anything to end: not when somebody proved the address at this very moment. */
  async #shut(call: Call, id: string): Promise<boolean> {
    const shut = this.changes.onPlatform(
      call,
      async (tx) => {
        // Before anything is looked at: what others are about to write waits, and then sees that they are not who they were.
        await tx.everything.$queryRaw`SELECT id FROM app_user WHERE id = ${id} FOR UPDATE`
        const user = await tx.platform.user.findUniqueOrThrow({ where: { id } })
        if (user.emailVerifiedAt !== null) throw new ProvedMeanwhile()
        await tx.platform.user.update({
          where: { id },
          data: { passwordHash: null, version: { increment: 1 } },
        })
        tx.audit({
          action: 'identity.evict',
          resource: { kind: 'user', id, name: user.email },
          before: null,
          after: {
            passwordRemoved: user.passwordHash !== null,
            sessionsEnded: await this.sessions.end(tx.platform, id, { allBut: null }),
            tokensEnded: await this.tokens.end(tx.platform, id),
            factorsRemoved: await this.factors.removeAll(tx.platform, id),
          },
        })
        return true
      },
      actor,
    )
    return shut.catch((error: unknown) => {
      if (error instanceof ProvedMeanwhile) return false
      throw error
    })
  }
}

class ProvedMeanwhile extends Error {}
