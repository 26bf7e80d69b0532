// Against guessing: failed sign-ins are counted per account and per address, and slow the next attempt down.
import { callerNetwork } from '@gatewright/shared/cidr'
import { Injectable } from '@nestjs/common'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { refuse } from '../refusal.ts'

const windowSeconds = 15 * 60

/** Attempts in a window before an account, or everything from one address, has to wait. */
const allowed = { account: 5, address: 100, factor: 5, mail: 3, mailFrom: 20 } as const

/** No longer than this, or an attacker could lock an owner out for good. */
const longestBlockSeconds = 3600

@Injectable()
export class SignInThrottle {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Takes one attempt before the password is looked at, so parallel guesses are counted too. Fails closed with Postgres. */
  async attempt(email: string, address: string): Promise<void> {
    // The address first: who is blocked already neither blocks further accounts nor fills the table with their names.
    await this.attemptFrom(address)
    await this.#take(`account:${email}`, allowed.account)
  }

  /** Takes one attempt of an address, where it is not known yet who wants to come in. */
  async attemptFrom(address: string): Promise<void> {
    await this.#take(`address:${callerNetwork(address)}`, allowed.address)
  }

  /** Takes one attempt at a second factor: whoever tries has given the password, so the account's own count says nothing. */
  async attemptFactor(userId: string): Promise<void> {
    await this.#take(`factor:${userId}`, allowed.factor)
  }

  async factorSucceeded(userId: string): Promise<void> {
    await this.database.platform.signInThrottle.deleteMany({ where: { subject: `factor:${userId}` } })
  }

  /** Takes one mail that somebody asks to be sent to an address, whether anybody is there or not. */
  async attemptMail(email: string, address: string): Promise<void> {
    await this.#take(`mail-from:${callerNetwork(address)}`, allowed.mailFrom)
    await this.#take(`mail:${email}`, allowed.mail)
  }

  async #take(subject: string, limit: number): Promise<void> {
    const waitSeconds = await this.#count(subject, limit)
    if (waitSeconds === 0) return
    refuse('sign_in_throttled', `Try again in ${Math.ceil(waitSeconds)} seconds`, {
      retryAfterSeconds: waitSeconds,
    })
  }

  /** A success clears the account. The address only gets its attempt back, for it may go on guessing other accounts. */
  async succeeded(email: string, address: string): Promise<void> {
    await this.created(email)
    await this.giveBack(address)
  }

  async giveBack(address: string): Promise<void> {
    await this.database.platform.signInThrottle.updateMany({
      where: { subject: `address:${callerNetwork(address)}`, failures: { gt: 0 } },
      data: { failures: { decrement: 1 } },
    })
  }

  /** A new account begins with a clean slate. Its address does not get the attempt back: accounts are not made without end. */
  async created(email: string): Promise<void> {
    await this.database.platform.signInThrottle.deleteMany({ where: { subject: `account:${email}` } })
  }

  /** Seconds to wait, 0 when the attempt is free. Each attempt past the limit doubles the wait. */
  async #count(subject: string, limit: number): Promise<number> {
    const now = this.clock.now()
    const [row] = await this.database.everything.$queryRaw<
      { failures: number; blocked_until: Date | null }[]
    >`
      INSERT INTO sign_in_throttle AS t (subject, failures, window_ends_at)
      VALUES (${subject}, 1, ${this.clock.in(windowSeconds)})
      ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN t.window_ends_at <= ${now} AND coalesce(t.blocked_until, ${now}) <= ${now} THEN 1
                        WHEN t.blocked_until > ${now} THEN t.failures
                        ELSE t.failures + 1 END,
        window_ends_at = CASE WHEN t.window_ends_at <= ${now} THEN excluded.window_ends_at ELSE t.window_ends_at END
      RETURNING failures, blocked_until`
    if (!row) return 0
    if (row.blocked_until && row.blocked_until > now)
      return (row.blocked_until.getTime() - now.getTime()) / 1000
    if (row.failures <= limit) return 0
    const seconds = Math.min(15 * 2 ** (row.failures - limit - 1), longestBlockSeconds)
    await this.database.platform.signInThrottle.update({
      where: { subject },
      data: { blockedUntil: this.clock.in(seconds) },
    })
    return seconds
  }
}
