// What a link in a mail is good for: a new password, or the proof of an address. Each is good once.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import { type Actor, type Call, signedIn } from '../call.ts'
import type { MailedLink, User } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { Outbox } from '../mail/outbox.ts'
import { Changes } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { Passwords } from './passwords.ts'
import { hashSecret } from './secrets.ts'
import { Sessions } from './sessions.ts'
import { SignInThrottle } from './sign-in-throttle.ts'
import { Squatters } from './squatters.ts'
import { Tokens } from './tokens.ts'

type Noun = typeof contract.mailedLinks

@Injectable()
export class MailedLinksService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly outbox: Outbox,
    private readonly throttle: SignInThrottle,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
    private readonly squatters: Squatters,
  ) {}

  /** Looks at no account: whoever sends the mail finds out whether there is one. */
  async requestReset(call: Call, { email }: InputOf<Noun['requestReset']>): Promise<Record<string, never>> {
    await this.throttle.attemptMail(email, call.address)
    const actor: Actor = { kind: 'system', id: 'visitor', name: 'Visitor' }
    await this.outbox.put({ kind: 'reset', email })
    await this.changes.onPlatform(
      call,
      async (tx) =>
        tx.audit({
          action: 'mailedLinks.requestReset',
          resource: { kind: 'email', id: email, name: email },
          before: null,
          after: { address: call.address },
        }),
      actor,
    )
    return {}
  }

  async reset(
    call: Call,
    { token, password, endTokens }: InputOf<Noun['reset']>,
  ): Promise<Record<string, never>> {
    await this.throttle.attemptFrom(call.address)
    const link = await this.#find(token, 'password_reset')
    const passwordHash = await this.passwords.hash(password)
    // Who has the link has the mailbox. Whoever used the account without that is out before its owner is in.
    await this.squatters.evict(call, link.user, `${link.email} was proved by a link`)
    const actor: Actor = { kind: 'user', id: link.user.id, name: link.user.name }
    await this.changes.onPlatform(
      call,
      async (tx) => {
        await tx.everything.$queryRaw`SELECT id FROM app_user WHERE id = ${link.userId} FOR UPDATE`
        const { count } = await tx.platform.mailedLink.deleteMany({ where: { id: link.id } })
        if (count === 0) refuse('link_invalid')
        const now = this.clock.now()
        const user = await tx.platform.user.findUniqueOrThrow({ where: { id: link.userId } })
        await tx.platform.user.update({
          where: { id: user.id },
          data: {
            passwordHash,
            passwordChangedAt: now,
            emailVerifiedAt: user.emailVerifiedAt ?? now,
            version: { increment: 1 },
          },
        })
        tx.audit({
          action: 'mailedLinks.reset',
          resource: { kind: 'user', id: user.id, name: user.email },
          before: null,
          after: {
            passwordChangedAt: now.toISOString(),
            sessionsEnded: await this.sessions.end(tx.platform, user.id, { allBut: null }),
            tokensEnded: endTokens ? await this.tokens.end(tx.platform, user.id) : 0,
          },
        })
      },
      actor,
    )
    await this.throttle.succeeded(link.email, call.address)
    await this.outbox.tell(link.userId, 'passwordChanged')
    return {}
  }

  async requestVerification(call: Call): Promise<Record<string, never>> {
    const user = signedIn(call)
    const row = await this.database.platform.user.findUniqueOrThrow({ where: { id: user.id } })
    if (row.emailVerifiedAt) refuse('state_conflict', 'You have proved this address already')
    await this.throttle.attemptMail(user.email, call.address)
    await this.outbox.put({ kind: 'verify', userId: user.id })
    await this.changes.onPlatform(call, async (tx) =>
      tx.audit({
        action: 'mailedLinks.requestVerification',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: null,
        after: { address: call.address },
      }),
    )
    return {}
  }

  /**
   * Only for the account that is signed in: else the owner of an address who opens a link would prove it for
   * whoever made an account with it.
   */
  async verify(call: Call, { token }: InputOf<Noun['verify']>): Promise<Record<string, never>> {
    const user = signedIn(call)
    await this.throttle.attemptFrom(call.address)
    const link = await this.#find(token, 'email_verification')
    if (link.userId !== user.id) refuse('link_invalid')
    await this.changes.onPlatform(call, async (tx) => {
      const { count } = await tx.platform.mailedLink.deleteMany({ where: { id: link.id } })
      if (count === 0) refuse('link_invalid')
      await tx.platform.user.update({
        where: { id: user.id },
        data: { emailVerifiedAt: this.clock.now(), version: { increment: 1 } },
      })
      tx.audit({
        action: 'mailedLinks.verify',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: { emailVerified: false },
        after: { emailVerified: true },
      })
    })
    await this.throttle.giveBack(call.address)
    return {}
  }

  async #find(token: string, purpose: MailedLink['purpose']): Promise<MailedLink & { user: User }> {
    const link = await this.database.platform.mailedLink.findUnique({
      where: { tokenHash: hashSecret(token) },
      include: { user: true },
    })
    const isGood =
      link &&
      link.purpose === purpose &&
      link.expiresAt > this.clock.now() &&
      link.email === link.user.email &&
      !link.user.disabledAt
    return isGood ? link : refuse('link_invalid')
  }
}
