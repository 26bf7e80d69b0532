// Passwords: argon2id with the parameters of RFC 9106's second choice; a check costs the same when there is no account.

import { Injectable } from '@nestjs/common'
import { hash, verify } from '@node-rs/argon2'

/** RFC 9106 4, second recommended option (64 MiB) lowered to OWASP's 19 MiB, 2 passes: one check takes about 30 ms. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

@Injectable()
export class Passwords {
  readonly #decoy = hash('no account has this password', parameters)

  hash(password: string): Promise<string> {
    return hash(password.normalize('NFKC'), parameters)
  }

  /** Whether it is the password; an absent account takes as long to refuse as a wrong password. */
  async verify(stored: string | null | undefined, password: string): Promise<boolean> {
    const matches = await verify(stored ?? (await this.#decoy), password.normalize('NFKC'))
    return stored ? matches : false
  }
}
