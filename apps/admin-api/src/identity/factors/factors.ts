// Second factors of a person, together: what there is, one answer of any kind, and the end of all of them.
import { Injectable } from '@nestjs/common'
import { Database, type PlatformDb } from '../../infra/database.ts'
import { refuse } from '../../refusal.ts'
import { SignInThrottle } from '../sign-in-throttle.ts'
import { RecoveryCodes } from './recovery-codes.ts'
import { TotpCodes } from './totp.ts'

export const factorKinds = ['totp', 'passkey', 'recovery'] as const
export type FactorKind = (typeof factorKinds)[number]

@Injectable()
export class Factors {
  constructor(
    private readonly database: Database,
    private readonly codes: TotpCodes,
    private readonly recovery: RecoveryCodes,
    private readonly throttle: SignInThrottle,
  ) {}

  /** The kinds that somebody has; recovery codes alone are none. */
  async kindsOf(userId: string): Promise<FactorKind[]> {
    const { platform } = this.database
    const [totp, passkeys, codes] = await Promise.all([
      platform.totp.count({ where: { userId, confirmedAt: { not: null } } }),
      platform.passkey.count({ where: { userId } }),
      platform.recoveryCode.count({ where: { userId } }),
    ])
    if (totp + passkeys === 0) return []
    const has = { totp: totp > 0, passkey: passkeys > 0, recovery: codes > 0 }
    return factorKinds.filter((kind) => has[kind])
  }

  /** Takes a code of an app or a recovery code, and says which it was. Counted apart from passwords: who knows one gets no more guesses. */
  async take(userId: string, code: string): Promise<'totp' | 'recovery'> {
    await this.throttle.attemptFactor(userId)
    const kind = await this.#kindOf(userId, code.trim())
    if (!kind) return refuse('second_factor_failed')
    await this.throttle.factorSucceeded(userId)
    return kind
  }

  async #kindOf(userId: string, code: string): Promise<'totp' | 'recovery' | null> {
    const { platform } = this.database
    const digits = code.replaceAll(/\s/g, '')
    if (/^\d{6}$/.test(digits)) return (await this.codes.use(platform, userId, digits)) ? 'totp' : null
    return (await this.recovery.use(platform, userId, code)) ? 'recovery' : null
  }

  /** Ends them all; answers how many there were. */
  async removeAll(db: PlatformDb, userId: string): Promise<number> {
    const where = { userId }
    const apps = await db.totp.deleteMany({ where })
    const passkeys = await db.passkey.deleteMany({ where })
    await db.recoveryCode.deleteMany({ where })
    return apps.count + passkeys.count
  }
}
