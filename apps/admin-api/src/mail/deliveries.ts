// From a job to a letter. Links are made here, at the moment of sending: no secret waits in the queue, and who asked learns nothing
// from how long it takes.
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import type { LinkPurpose, User } from '../generated/prisma/client.ts'
import { hashSecret, newSecret } from '../identity/secrets.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { heldRole } from '../tenancy/held-role.ts'
import {
  invitationLetter,
  type Letter,
  type Notice,
  noticeLetter,
  providerLetter,
  resetLetter,
  verificationLetter,
} from './letters.ts'
import { Mailer } from './mailer.ts'

export type MailJob =
  | { readonly kind: 'reset'; readonly email: string }
  | { readonly kind: 'verify'; readonly userId: string }
  | { readonly kind: 'invitation'; readonly invitationId: string }
  | { readonly kind: 'notice'; readonly userId: string; readonly notice: Notice }

export const linkSeconds = {
  password_reset: 30 * 60,
  email_verification: 24 * 3600,
} as const satisfies Record<LinkPurpose, number>

@Injectable()
export class Deliveries {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly mailer: Mailer,
  ) {}

  /** Sends what a job means now; nothing when it has become pointless. A repetition makes a new link, and the former one is void. */
  async deliver(job: MailJob): Promise<void> {
    if (job.kind === 'invitation') return this.#invite(job.invitationId)
    const where = job.kind === 'reset' ? { email: job.email } : { id: job.userId }
    const user = await this.database.platform.user.findUnique({ where })
    if (!user || user.disabledAt) return
    const letter = await this.#letter(job, user)
    if (letter) await this.mailer.send(user.email, letter)
  }

  async #letter(job: Exclude<MailJob, { kind: 'invitation' }>, user: User): Promise<Letter | null> {
    if (job.kind === 'notice') return noticeLetter(job.notice, this.#url('/account'))
    if (job.kind === 'verify') {
      if (user.emailVerifiedAt) return null
      return verificationLetter(await this.#link(user, 'email_verification', '/verify-email'))
    }
    const provider = await this.#providerOf(user)
    if (provider) return providerLetter(provider, this.#url('/sign-in'))
    const provesAddress = user.emailVerifiedAt === null
    return resetLetter(await this.#link(user, 'password_reset', '/reset-password'), { provesAddress })
  }

  /** The company's provider that somebody without a password comes by: a mailbox alone must be no way around it. */
  async #providerOf({ email, passwordHash }: User): Promise<string | null> {
    if (passwordHash !== null) return null
    const domain = email.slice(email.lastIndexOf('@') + 1)
    const provider = await this.database.platform.identityProvider.findFirst({
      where: { enabled: true, emailDomains: { has: domain } },
    })
    return provider?.title ?? null
  }

  async #link({ id, email }: User, purpose: LinkPurpose, path: string): Promise<string> {
    const secret = newSecret()
    const { mailedLink } = this.database.platform
    await mailedLink.deleteMany({ where: { userId: id, purpose } })
    await mailedLink.create({
      data: {
        id: createId('mlk'),
        userId: id,
        purpose,
        tokenHash: hashSecret(secret),
        email,
        expiresAt: this.clock.in(linkSeconds[purpose]),
        createdAt: this.clock.now(),
      },
    })
    // Behind the hash sign: browsers send it to no server, and to no other site as where they came from.
    return `${this.#url(path)}#${secret}`
  }

  async #invite(id: string): Promise<void> {
    const { invitation } = this.database.everything
    const open = await invitation.findFirst({
      where: { id, acceptedAt: null, revokedAt: null, expiresAt: { gt: this.clock.now() } },
      include: { tenant: true, customRole: true },
    })
    if (!open) return
    const secret = newSecret()
    await invitation.update({ where: { id }, data: { mailedTokenHash: hashSecret(secret) } })
    await this.mailer.send(
      open.email,
      invitationLetter({
        by: open.invitedBy,
        tenant: open.tenant.title,
        role: open.customRole?.title ?? heldRole(open).name,
        url: `${this.#url('/sign-up')}?invitation=${secret}`,
      }),
    )
  }

  #url(path: string): string {
    return new URL(path, this.env.PUBLIC_URL).href
  }
}
