// How people prove who they are: passport strategies, run without Express. Today: email and password.
import { Injectable } from '@nestjs/common'
import type { Strategy } from 'passport'
import { Strategy as LocalStrategy } from 'passport-local'
import type { User } from '../generated/prisma/client.ts'
import { Database } from '../infra/database.ts'
import { refuse } from '../refusal.ts'
import { Passwords } from './passwords.ts'
import { SignInThrottle } from './sign-in-throttle.ts'

@Injectable()
export class SignIn {
  readonly #local: Strategy

  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly throttle: SignInThrottle,
  ) {
    this.#local = new LocalStrategy({ usernameField: 'email', session: false }, (email, password, done) => {
      this.#check(email, password).then(
        (user) => done(null, user ?? false),
        (error: unknown) => done(error),
      )
    })
  }

  /** The user of an address and password; refuses anything else in the same words and after the same time. */
  async withPassword(email: string, password: string, address: string): Promise<User> {
    await this.throttle.attempt(email, address)
    const user = await authenticate<User>(this.#local, { body: { email, password } })
    if (!user) return refuse('sign_in_failed')
    await this.throttle.succeeded(email, address)
    return user
  }

  async #check(email: string, password: string): Promise<User | null> {
    const user = await this.database.platform.user.findUnique({ where: { email } })
    const matches = await this.passwords.verify(user?.passwordHash, password)
    return user && matches && !user.disabledAt ? user : null
  }
}

/** Runs one passport strategy on a request and answers its user, or null when it fails. */
function authenticate<T>(strategy: Strategy, request: object): Promise<T | null> {
  return new Promise((resolve, reject) => {
    // What passport itself does for each request: a copy of the strategy that knows where to answer.
    const attempt = Object.assign(Object.create(strategy) as object, {
      success: (user: unknown) => resolve(user as T),
      fail: () => resolve(null),
      error: reject,
    }) as unknown as { authenticate(request: object): void }
    attempt.authenticate(request)
  })
}
