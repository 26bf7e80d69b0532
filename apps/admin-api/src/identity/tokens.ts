// Personal access tokens: how the CLI and pipelines act as a person.
import { Injectable } from '@nestjs/common'
import type { CallToken, CallUser } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import { Database, type PlatformDb } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { hashSecret, newSecret } from './secrets.ts'

const touchEverySeconds = 60

/** `gwp_` lets secret scanners recognise a leaked one. */
export function newToken(): { token: string; hash: string; prefix: string; last4: string } {
  const token = `gwp_${newSecret()}`
  return { token, hash: hashSecret(token), prefix: token.slice(0, 10), last4: token.slice(-4) }
}

/** Prisma's words for tokens that still work. */
export const livingAt = (now: Date) => ({
  revokedAt: null,
  OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
})

@Injectable()
export class Tokens {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Who a living token acts for and what it may do, or null. */
  async find(token: string): Promise<{ name: string; user: CallUser; token: CallToken } | null> {
    const found = await this.database.platform.personalAccessToken.findUnique({
      where: { tokenHash: hashSecret(token) },
      include: { user: true, onlyTenant: { select: { id: true, name: true } } },
    })
    const now = this.clock.now()
    if (!found || found.revokedAt || found.user.disabledAt) return null
    if (found.expiresAt && found.expiresAt <= now) return null
    if (!found.lastUsedAt || found.lastUsedAt < this.clock.in(-touchEverySeconds)) {
      await this.database.platform.personalAccessToken.update({
        where: { id: found.id },
        data: { lastUsedAt: now },
      })
    }
    const { id, email, name } = found.user
    // One tenant's token must not act on what belongs to all of them.
    const platformAdmin = found.user.platformAdmin && found.onlyTenant === null
    return {
      name: found.name,
      user: { id, email, name, platformAdmin },
      token: { scope: found.scope, tenant: found.onlyTenant },
    }
  }

  /** Ends living tokens of a user: all of them, or those that act in one tenant alone. Answers how many. */
  async end(
    db: PlatformDb,
    userId: string,
    { onlyTenantId }: { onlyTenantId?: string } = {},
  ): Promise<number> {
    const now = this.clock.now()
    const { count } = await db.personalAccessToken.updateMany({
      where: { userId, ...given({ onlyTenantId }), ...livingAt(now) },
      data: { revokedAt: now },
    })
    return count
  }
}
