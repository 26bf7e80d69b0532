// Who somebody is that a provider vouches for: a person is one user, however many providers know them (ADR 56).
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import type { Call } from '../../call.ts'
import type { IdentityProvider, User } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { Changes, type Transaction } from '../../publishing/change.ts'
import { Refusal, refuse } from '../../refusal.ts'
import { Squatters } from '../squatters.ts'
import type { Statement } from './claims.ts'
import { mappingsOf } from './role-mappings.ts'

@Injectable()
export class Arrivals {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly squatters: Squatters,
  ) {}

  /** The user that a statement is about: known by its subject, else by a verified address, else new if they may come in. */
  async userOf(call: Call, provider: IdentityProvider, statement: Statement): Promise<User> {
    refuseForeignAddress(provider, statement)
    const known = await this.database.platform.userIdentity.findUnique({
      where: { providerId_subject: { providerId: provider.id, subject: statement.subject } },
      include: { user: true },
    })
    if (known) {
      if (known.user.disabledAt) refuse('sign_in_denied')
      refuseUntrusted(provider, known.user)
      await this.database.platform.userIdentity.update({
        where: { id: known.id },
        data: { lastSignInAt: this.clock.now() },
      })
      return known.user
    }
    if (statement.email === null) refuse('email_unverified')
    const address = { ...statement, email: statement.email }
    return this.#meet(call, provider, address).catch((error: unknown) => {
      // Two tabs came back at once, and the other one has made what this one wanted to make.
      if (error instanceof Refusal && error.code === 'already_exists')
        return this.userOf(call, provider, statement)
      throw error
    })
  }

  async #meet(
    call: Call,
    provider: IdentityProvider,
    statement: Statement & { email: string },
  ): Promise<User> {
    const existing = await this.database.platform.user.findUnique({ where: { email: statement.email } })
    if (existing?.disabledAt) refuse('sign_in_denied')
    if (existing) {
      refuseUntrusted(provider, existing)
      await this.squatters.evict(call, existing, `${existing.email} came by ${provider.title}`)
    }
    if (!existing) await this.#refuseUninvited(provider, statement)
    const id = existing?.id ?? createId('usr')
    const name = existing?.name ?? statement.name ?? statement.email.split('@', 1)[0] ?? statement.email
    const actor = { kind: 'user', id, name } as const
    return this.changes.onPlatform(
      call,
      async (tx) => {
        const user = existing
          ? await this.#link(tx, existing, provider)
          : await this.#create(tx, { id, name, email: statement.email }, provider)
        const now = this.clock.now()
        await tx.platform.userIdentity.create({
          data: {
            id: createId('uid'),
            userId: id,
            providerId: provider.id,
            subject: statement.subject,
            createdAt: now,
            lastSignInAt: now,
          },
        })
        return user
      },
      actor,
    )
  }

  async #create(
    tx: Transaction,
    user: { id: string; name: string; email: string },
    provider: IdentityProvider,
  ): Promise<User> {
    const now = this.clock.now()
    tx.audit({
      action: 'identity.signUpWithProvider',
      resource: { kind: 'user', id: user.id, name: user.email },
      before: null,
      after: { ...user, provider: provider.name },
    })
    return tx.platform.user.create({ data: { ...user, emailVerifiedAt: now, createdAt: now } })
  }

  /** The address is now known to be theirs; whoever used it without proof is out already. */
  async #link(tx: Transaction, { id }: User, provider: IdentityProvider): Promise<User> {
    const user = await tx.platform.user.update({
      where: { id },
      data: { emailVerifiedAt: this.clock.now() },
    })
    tx.audit({
      action: 'identity.linkProvider',
      resource: { kind: 'user', id: user.id, name: user.email },
      before: null,
      after: { provider: provider.name },
    })
    return user
  }

  async #refuseUninvited(
    provider: IdentityProvider,
    { email, groups }: Statement & { email: string },
  ): Promise<void> {
    if (provider.admission === 'anyone') return
    const isMapped = mappingsOf(provider).some(({ group }) => groups?.includes(group))
    if (provider.admission === 'mapped' && isMapped) return
    const invitation = await this.database.everything.invitation.findFirst({
      where: { email, acceptedAt: null, revokedAt: null, expiresAt: { gt: this.clock.now() } },
    })
    if (!invitation) refuse('invitation_required')
  }
}

/** A provider of one company must not say who somebody of another one is. */
function refuseForeignAddress({ emailDomains }: IdentityProvider, { email }: Statement): void {
  if (emailDomains.length === 0) return
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  if (domain === undefined || !emailDomains.includes(domain)) refuse('email_unverified')
}

/** Whoever runs a provider that may speak for everybody could say that it met a platform admin. */
function refuseUntrusted({ emailDomains, title }: IdentityProvider, { platformAdmin }: User): void {
  if (!platformAdmin || emailDomains.length > 0) return
  refuse('provider_untrusted', `${title} may speak for everybody, and so it signs in no platform admin`)
}
