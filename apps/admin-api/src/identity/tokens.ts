// Personal access tokens: how the CLI and pipelines act as a person.
import { Injectable } from '@nestjs/common'
import type { CallUser } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { hashSecret, newSecret } from './secrets.ts'

const touchEverySeconds = 60

/** `gwp_` lets secret scanners recognise a leaked one. */
export function newToken(): { token: string; hash: string; prefix: string; last4: string } {
  const token = `gwp_${newSecret()}`
  return { token, hash: hashSecret(token), prefix: token.slice(0, 10), last4: token.slice(-4) }
}

@Injectable()
export class Tokens {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Who a living token acts for, or null. */
  async find(token: string): Promise<{ name: string; user: CallUser } | null> {
    const found = await this.database.platform.personalAccessToken.findUnique({
      where: { tokenHash: hashSecret(token) },
      include: { user: true },
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
    const { id, email, name, platformAdmin } = found.user
    return { name: found.name, user: { id, email, name, platformAdmin } }
  }
}
