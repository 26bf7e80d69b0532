// Browser sessions: a random cookie, its hash in Postgres, an absolute and an idle end.
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Call, CallUser } from '../call.ts'
import type { Env } from '../env.ts'
import type { Session, SignInMethod } from '../generated/prisma/client.ts'
import { expiredCookies, sessionCookies } from '../http/cookies.ts'
import { Clock } from '../infra/clock.ts'
import { Database, type PlatformDb } from '../infra/database.ts'
import { hashSecret, newSecret } from './secrets.ts'

/** A session is touched at most so often, so that reading a page is not a write. */
const touchEverySeconds = 60

interface LivingSession extends Pick<Session, 'id' | 'csrfToken' | 'method' | 'provedAt'> {
  readonly user: CallUser
}

@Injectable()
export class Sessions {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Opens a session and hands its cookies to the answer. */
  async open(
    db: PlatformDb,
    call: Call,
    userId: string,
    method: SignInMethod,
  ): Promise<{ id: string; csrfToken: string; method: SignInMethod }> {
    const [token, csrfToken] = [newSecret(), newSecret()]
    const seconds = this.env.SESSION_HOURS * 3600
    const now = this.clock.now()
    const { id } = await db.session.create({
      data: {
        id: createId('ses'),
        userId,
        tokenHash: hashSecret(token),
        csrfToken,
        address: call.address,
        agent: call.agent,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: this.clock.in(seconds),
        method,
        provedAt: now,
      },
    })
    call.cookies.push(...sessionCookies(this.env, token, csrfToken, seconds))
    return { id, csrfToken, method }
  }

  /** The living session of a cookie, or null. */
  async find(token: string): Promise<LivingSession | null> {
    const found = await this.database.platform.session.findUnique({
      where: { tokenHash: hashSecret(token) },
      include: { user: true },
    })
    if (!found || !this.isAlive(found) || found.user.disabledAt) return null
    const { id, csrfToken, method, provedAt, user } = found
    if (this.clock.in(-touchEverySeconds) > found.lastSeenAt) {
      await this.database.platform.session.update({ where: { id }, data: { lastSeenAt: this.clock.now() } })
    }
    return {
      id,
      csrfToken,
      method,
      provedAt,
      user: { id: user.id, email: user.email, name: user.name, platformAdmin: user.platformAdmin },
    }
  }

  isAlive(session: Session): boolean {
    const idleSince = this.clock.in(-this.env.SESSION_IDLE_HOURS * 3600)
    return !session.revokedAt && session.expiresAt > this.clock.now() && session.lastSeenAt > idleSince
  }

  /** The sessions of a user that still work. */
  async living(userId: string): Promise<Session[]> {
    const sessions = await this.database.platform.session.findMany({
      where: { userId, revokedAt: null, expiresAt: { gt: this.clock.now() } },
      orderBy: { lastSeenAt: 'desc' },
    })
    return sessions.filter((session) => this.isAlive(session))
  }

  /** Ends sessions of a user: one, or all but one. Answers how many. */
  async end(
    db: PlatformDb,
    userId: string,
    which: { only: string } | { allBut: string | null },
  ): Promise<number> {
    const id = 'only' in which ? which.only : { not: which.allBut ?? '' }
    const { count } = await db.session.updateMany({
      where: { userId, revokedAt: null, id },
      data: { revokedAt: this.clock.now() },
    })
    return count
  }

  forget(call: Call): void {
    call.cookies.push(...expiredCookies(this.env))
  }
}
