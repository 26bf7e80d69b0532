// Codes of an authenticator app (RFC 6238): the secret is sealed at rest, and no code is good twice.
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { Secret, TOTP } from 'otpauth'
import { Clock } from '../../infra/clock.ts'
import type { PlatformDb } from '../../infra/database.ts'
import { Sealer } from '../../infra/sealer.ts'
import { refuse, refuseField } from '../../refusal.ts'

const periodSeconds = 30
// RFC 6238 5.2: one step for clocks that are slow or fast, and for people who type.
const window = 1

@Injectable()
export class TotpCodes {
  constructor(
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  /** A new secret for an app; good for nothing until a code of it was given back. Replaces one that was never confirmed. */
  async begin(
    db: PlatformDb,
    user: { id: string; email: string },
  ): Promise<{ id: string; secret: string; uri: string }> {
    const existing = await db.totp.findUnique({ where: { userId: user.id } })
    if (existing?.confirmedAt)
      refuse('state_conflict', 'You have an authenticator app already; remove it first')
    if (existing) await db.totp.delete({ where: { id: existing.id } })
    const id = createId('otp')
    // RFC 4226 4: 160 bits.
    const secret = new Secret({ size: 20 })
    await db.totp.create({
      data: { id, userId: user.id, secret: this.#seal(secret.base32, id), createdAt: this.clock.now() },
    })
    return { id, secret: secret.base32, uri: appOf(secret.base32, user.email).toString() }
  }

  /** Takes a first code, which shows that the app has the secret. */
  async confirm(db: PlatformDb, userId: string, code: string): Promise<void> {
    const row = await db.totp.findUnique({ where: { userId } })
    if (!row || row.confirmedAt) return refuse('state_conflict', 'Begin to set up an authenticator app first')
    if (!(await this.#take(db, row, code)))
      return refuseField(
        'invalid_input',
        '/code',
        'This is not the code of now: check that the clock of the device is right',
      )
    await db.totp.update({ where: { id: row.id }, data: { confirmedAt: this.clock.now() } })
  }

  /** Whether it is a code of now that nobody has used. */
  async use(db: PlatformDb, userId: string, code: string): Promise<boolean> {
    const row = await db.totp.findUnique({ where: { userId } })
    return row?.confirmedAt ? this.#take(db, row, code) : false
  }

  async #take(
    db: PlatformDb,
    { id, secret }: { id: string; secret: string },
    code: string,
  ): Promise<boolean> {
    const timestamp = this.clock.now().getTime()
    const delta = appOf(this.#open(secret, id)).validate({ token: code, timestamp, window })
    if (delta === null) return false
    const step = Math.floor(timestamp / 1000 / periodSeconds) + delta
    // In one statement: of two requests with the same code, one finds the step taken.
    const { count } = await db.totp.updateMany({
      where: { id, lastStep: { lt: step } },
      data: { lastStep: step },
    })
    return count === 1
  }

  #seal(secret: string, id: string): string {
    return this.sealer.seal(secret, { table: 'totp', column: 'secret', id })
  }

  #open(sealed: string, id: string): string {
    return this.sealer.open(sealed, { table: 'totp', column: 'secret', id })
  }
}

// What every app knows: SHA-1, six digits, 30 s. Others are ignored by some of them, silently.
const appOf = (secret: string, label = '') =>
  new TOTP({
    issuer: 'Gatewright',
    label,
    algorithm: 'SHA1',
    digits: 6,
    period: periodSeconds,
    secret: Secret.fromBase32(secret),
  })
