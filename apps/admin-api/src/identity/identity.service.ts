// Ways in and what a person sees of themselves: sign-up, sign-in, sessions, personal access tokens.

import type { Me } from '@gatewright/shared/contract/identity'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import { type Actor, type Call, signedIn } from '../call.ts'
import type { Env } from '../env.ts'
import type { Prisma, Session, User } from '../generated/prisma/client.ts'
import type { InputOf, Relaxed, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { Outbox } from '../mail/outbox.ts'
import { Changes, type Transaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { Invitations } from '../tenancy/invitations.ts'
import { Factors } from './factors/factors.ts'
import { Passwords } from './passwords.ts'
import { Profiles } from './profiles.ts'
import { Sessions } from './sessions.ts'
import { SignIn } from './sign-in.ts'
import { SignInThrottle } from './sign-in-throttle.ts'
import { livingAt, newToken, Tokens } from './tokens.ts'

type Noun = typeof contract.identity
type SignUp = InputOf<Noun['signUp']>

const tokenRows = {
  onlyTenant: { select: { id: true, name: true, title: true } },
} satisfies Prisma.PersonalAccessTokenInclude
type TokenRow = Prisma.PersonalAccessTokenGetPayload<{ include: typeof tokenRows }>

// Bounds what one account can make; expired ones count no more, but are shown until they are revoked.
const tokensPerPerson = 100
const tokensShown = 500

@Injectable()
export class IdentityService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly sessionStore: Sessions,
    private readonly passwords: Passwords,
    private readonly signIns: SignIn,
    private readonly throttle: SignInThrottle,
    private readonly invitations: Invitations,
    private readonly accessTokens: Tokens,
    private readonly factors: Factors,
    private readonly profiles: Profiles,
    private readonly outbox: Outbox,
  ) {}

  async signUp(call: Call, input: SignUp): Promise<Relaxed<Me>> {
    await this.throttle.attempt(input.email, call.address)
    const place = await this.#placeOf(input)
    const passwordHash = await this.passwords.hash(input.password)
    const user = { id: createId('usr'), email: input.email, name: input.name }
    const actor: Actor = { kind: 'user', id: user.id, name: user.name }
    const join = async (tx: Transaction) => {
      if (await tx.platform.user.findUnique({ where: { email: input.email } })) {
        refuseField('already_exists', '/email', 'There is an account with this email address')
      }
      const now = this.clock.now()
      await tx.platform.user.create({
        data: {
          ...user,
          passwordHash,
          passwordChangedAt: now,
          emailVerifiedAt: place.provesAddress ? now : null,
        },
      })
      tx.audit({
        action: 'identity.signUp',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: null,
        after: { ...user, joins: place.tenantId },
      })
      return this.sessionStore.open(tx.platform, call, user.id, 'password')
    }
    const session =
      place.tenantId === null
        ? await this.changes.onPlatform(call, join, actor)
        : await this.changes.forTenant(
            call,
            { id: place.tenantId },
            async (tx) => {
              const opened = await join(tx)
              if (input.create) {
                await tx.platform.tenant.create({ data: { id: place.tenantId ?? '', ...input.create } })
              }
              const invited = place.invitationId
                ? await this.invitations.markAccepted(tx, place.invitationId)
                : null
              await tx.db.membership.create({
                data: {
                  id: createId('mem'),
                  tenantId: place.tenantId ?? '',
                  userId: user.id,
                  role: invited ? invited.role : place.role,
                  customRoleId: invited?.customRoleId ?? null,
                  groups: invited?.groups ?? [],
                },
              })
              return opened
            },
            actor,
          )
    await this.throttle.created(input.email)
    if (!place.provesAddress) await this.outbox.offer({ kind: 'verify', userId: user.id })
    return this.profiles.me(user.id, session)
  }

  /** Where a new account lands: a tenant it joins, one that invited it, one of its own, or none. */
  async #placeOf({ join, invitation, create, email }: SignUp) {
    const role = 'developer' as const
    if ([join, invitation, create].filter((way) => way !== undefined).length > 1) {
      refuseField('invalid_input', '/join', 'Use only one of join, invitation and create')
    }
    if (invitation !== undefined) {
      const open = await this.invitations.open(invitation)
      if (open.email !== email)
        refuseField('invalid_input', '/email', 'The invitation is for another email address')
      return {
        tenantId: open.tenantId,
        role,
        invitationId: open.id,
        provesAddress: this.invitations.wasMailed(open, invitation),
      }
    }
    if (join !== undefined) {
      const tenant = await this.database.platform.tenant.findUnique({ where: { name: join } })
      if (!tenant) return refuseField('not_found', '/join', `There is no tenant "${join}"`)
      if (!tenant.selfSignUp) refuse('sign_up_closed')
      return { tenantId: tenant.id, role, invitationId: null, provesAddress: false }
    }
    if (!this.env.TENANT_SIGN_UP) refuse('sign_up_closed')
    if (create === undefined) return { tenantId: null, role, invitationId: null, provesAddress: false }
    if (await this.database.platform.tenant.findUnique({ where: { name: create.name } })) {
      refuseField('already_exists', '/create/name', `There is a tenant "${create.name}"`)
    }
    return {
      tenantId: createId('ten'),
      role: 'owner' as const,
      invitationId: null,
      provesAddress: false,
    }
  }

  async signIn(call: Call, input: InputOf<Noun['signIn']>): Promise<Relaxed<Me>> {
    const user = await this.signIns.withPassword(input.email, input.password, call.address)
    const factor = await this.#secondFactor(user, input.code)
    const opened = await this.changes.onPlatform(
      call,
      async (tx) => {
        await holdPassword(tx, user)
        const method = factor === null ? 'password' : 'second_factor'
        const session = await this.sessionStore.open(tx.platform, call, user.id, method)
        tx.audit({
          action: 'identity.signIn',
          resource: { kind: 'session', id: session.id, name: user.email },
          before: null,
          after: { address: call.address, agent: call.agent, ...(factor === null ? {} : { factor }) },
        })
        return session
      },
      { kind: 'user', id: user.id, name: user.name },
    )
    if (factor === 'recovery') await this.outbox.tell(user.id, 'recoveryCodeUsed')
    return this.profiles.me(user.id, opened)
  }

  /** Which factor the code was of; null for those who have none. */
  async #secondFactor(user: User, code: string | undefined): Promise<'totp' | 'recovery' | null> {
    const kinds = await this.factors.kindsOf(user.id)
    if (kinds.length === 0) return null
    if (code === undefined) refuse('second_factor_required', undefined, { extensions: { factors: kinds } })
    return this.factors.take(user.id, code)
  }

  async signOut(call: Call): Promise<Record<string, never>> {
    await this.#endSession(call, call.sessionId ?? '', 'identity.signOut')
    this.sessionStore.forget(call)
    return {}
  }

  async me(call: Call): Promise<Relaxed<Me>> {
    return this.profiles.me(signedIn(call).id, call)
  }

  async updateMe(call: Call, { name }: InputOf<Noun['updateMe']>): Promise<Relaxed<Me>> {
    const user = signedIn(call)
    await this.changes.onPlatform(call, async (tx) => {
      await tx.platform.user.update({ where: { id: user.id }, data: { name, version: { increment: 1 } } })
      tx.audit({
        action: 'identity.updateMe',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: { name: user.name },
        after: { name },
      })
    })
    return this.profiles.me(user.id, call)
  }

  async changePassword(call: Call, input: InputOf<Noun['changePassword']>): Promise<Record<string, never>> {
    const user = signedIn(call)
    const verified = this.signIns.withPassword(user.email, input.current, call.address)
    const { passwordHash: current } = await verified.catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'sign_in_failed') {
        refuseField('invalid_input', '/current', 'This is not your password')
      }
      throw error
    })
    const passwordHash = await this.passwords.hash(input.next)
    await this.changes.onPlatform(call, async (tx) => {
      const now = this.clock.now()
      await tx.platform.user.update({
        // Not when it was changed, or taken away, since it was looked at.
        where: { id: user.id, passwordHash: current },
        data: { passwordHash, passwordChangedAt: now, version: { increment: 1 } },
      })
      const sessionsEnded = await this.sessionStore.end(tx.platform, user.id, { allBut: call.sessionId })
      const tokensEnded = input.endTokens ? await this.accessTokens.end(tx.platform, user.id) : 0
      tx.audit({
        action: 'identity.changePassword',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: null,
        after: { passwordChangedAt: now.toISOString(), sessionsEnded, tokensEnded },
      })
    })
    await this.outbox.tell(user.id, 'passwordChanged')
    return {}
  }

  async sessions(call: Call) {
    const sessions = await this.sessionStore.living(signedIn(call).id)
    return { data: sessions.map((session) => showSession(session, call.sessionId)) }
  }

  async revokeSession(
    call: Call,
    { session }: InputOf<Noun['revokeSession']>,
  ): Promise<Record<string, never>> {
    return this.#endSession(call, session, 'identity.revokeSession')
  }

  async #endSession(call: Call, id: string, action: string): Promise<Record<string, never>> {
    const user = signedIn(call)
    await this.changes.onPlatform(call, async (tx) => {
      const ended = await this.sessionStore.end(tx.platform, user.id, { only: id })
      if (ended === 0) refuse('not_found', 'There is no such session')
      tx.audit({
        action,
        resource: { kind: 'session', id, name: user.email },
        before: { state: 'active' },
        after: { state: 'ended' },
      })
    })
    return {}
  }

  async revokeOtherSessions(call: Call) {
    const user = signedIn(call)
    return this.changes.onPlatform(call, async (tx) => {
      const ended = await this.sessionStore.end(tx.platform, user.id, { allBut: call.sessionId })
      tx.audit({
        action: 'identity.revokeOtherSessions',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: null,
        after: { sessionsEnded: ended },
      })
      return { ended }
    })
  }

  async tokens(call: Call) {
    const tokens = await this.database.platform.personalAccessToken.findMany({
      where: { userId: signedIn(call).id, revokedAt: null },
      include: tokenRows,
      orderBy: { createdAt: 'desc' },
      take: tokensShown,
    })
    return { data: tokens.map(showToken) }
  }

  async createToken(call: Call, { name, scope, tenant: reference, expiresAt }: InputOf<Noun['createToken']>) {
    const user = signedIn(call)
    const onlyTenantId = reference === null ? null : await this.#tenantOfMine(user.id, reference)
    if (expiresAt !== null && new Date(expiresAt) <= this.clock.now()) {
      refuseField('invalid_input', '/expiresAt', 'Use a time in the future')
    }
    const { token, hash, prefix, last4 } = newToken()
    const created = await this.changes.onPlatform(call, async (tx) => {
      await holdSession(tx, call)
      const living = { userId: user.id, ...livingAt(this.clock.now()) }
      if ((await tx.platform.personalAccessToken.count({ where: living })) >= tokensPerPerson) {
        refuse(
          'limit_reached',
          `You have ${tokensPerPerson} access tokens, which is the most; revoke one that nothing uses`,
        )
      }
      const row = await tx.platform.personalAccessToken.create({
        data: {
          id: createId('pat'),
          userId: user.id,
          name,
          tokenHash: hash,
          prefix,
          last4,
          scope,
          onlyTenantId,
          expiresAt: expiresAt === null ? null : new Date(expiresAt),
          createdAt: this.clock.now(),
        },
        include: tokenRows,
      })
      tx.audit({
        action: 'identity.createToken',
        resource: { kind: 'token', id: row.id, name },
        before: null,
        after: showToken(row),
      })
      return row
    })
    return { ...showToken(created), token }
  }

  async revokeToken(call: Call, { token }: InputOf<Noun['revokeToken']>): Promise<Record<string, never>> {
    const user = signedIn(call)
    await this.changes.onPlatform(call, async (tx) => {
      const row = await tx.platform.personalAccessToken.findFirst({
        where: { id: token, userId: user.id, revokedAt: null },
        include: tokenRows,
      })
      if (!row) return refuse('not_found', 'There is no such access token')
      await tx.platform.personalAccessToken.update({
        where: { id: token },
        data: { revokedAt: this.clock.now() },
      })
      tx.audit({
        action: 'identity.revokeToken',
        resource: { kind: 'token', id: token, name: row.name },
        before: showToken(row),
        after: null,
      })
    })
    return {}
  }

  /** The id of a tenant that the person is a member of; any other does not exist for them. */
  async #tenantOfMine(userId: string, reference: string): Promise<string> {
    const found = await this.database.platform.tenant.findFirst({
      where: { OR: [{ id: reference }, { name: reference }], memberships: { some: { userId } } },
    })
    return found?.id ?? refuseField('not_found', '/tenant', `You are no member of a tenant "${reference}"`)
  }
}

function showSession(session: Session, currentId: string | null) {
  return {
    id: session.id,
    current: session.id === currentId,
    address: session.address,
    agent: session.agent,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }
}

function showToken(token: TokenRow) {
  return {
    id: token.id,
    name: token.name,
    prefix: token.prefix,
    scope: token.scope,
    tenant: token.onlyTenant,
    expiresAt: token.expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    createdAt: token.createdAt.toISOString(),
  }
}

/**
 * The password that was looked at is still theirs, and stays so until the transaction ends: whoever is put out of an account at this
 * moment (ADR 56) leaves no session behind.
 */
async function holdPassword(tx: Transaction, { id, passwordHash }: User): Promise<void> {
  const held = await tx.everything.$queryRaw<unknown[]>`
    SELECT id FROM app_user WHERE id = ${id} AND password_hash = ${passwordHash} AND disabled_at IS NULL FOR SHARE`
  if (held.length === 0) refuse('sign_in_failed')
}

/** The same of the session that calls. The user first, as everybody does who ends sessions, or the two would wait for each other. */
async function holdSession(tx: Transaction, { sessionId, user }: Call): Promise<void> {
  await tx.everything.$queryRaw`SELECT id FROM app_user WHERE id = ${user?.id ?? ''} FOR KEY SHARE`
  const held = await tx.everything.$queryRaw<unknown[]>`
    SELECT id FROM session WHERE id = ${sessionId} AND revoked_at IS NULL FOR SHARE`
  if (held.length === 0) refuse('not_signed_in')
}
