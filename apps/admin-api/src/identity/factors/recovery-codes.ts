// Codes for the day the phone is gone: shown once, kept as hashes, good once each.
import { createHash, randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { PlatformDb } from '../../infra/database.ts'

const perPerson = 10
// Crockford's base32: no letter that reads like another.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

@Injectable()
export class RecoveryCodes {
  /** Ten new codes of 80 random bits; those that were there are void. */
  async renew(db: PlatformDb, userId: string): Promise<string[]> {
    const codes = Array.from({ length: perPerson }, newCode)
    await db.recoveryCode.deleteMany({ where: { userId } })
    await db.recoveryCode.createMany({
      data: codes.map((code) => ({ userId, codeHash: hashOf(userId, code) })),
    })
    return codes
  }

  /** Whether it was one of theirs; it is none any more. */
  async use(db: PlatformDb, userId: string, code: string): Promise<boolean> {
    const { count } = await db.recoveryCode.deleteMany({ where: { userId, codeHash: hashOf(userId, code) } })
    return count === 1
  }
}

function newCode(): string {
  const letters = [...randomBytes(16)].map((byte) => alphabet.charAt(byte & 31)).join('')
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}

/** As people type it: any case, with or without hyphens. 80 random bits need no slow hash. */
const hashOf = (userId: string, code: string) =>
  createHash('sha256')
    .update(`${userId}:${code.toLowerCase().replaceAll(/[\s-]/g, '')}`)
    .digest('hex')
