// Second factors as people manage them, passkeys that sign in by themselves, and the proof that some acts ask for.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { type Call, signedIn } from '../../call.ts'
import type { Passkey } from '../../generated/prisma/client.ts'
import type { InputOf, Service } from '../../http/serve.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { Outbox } from '../../mail/outbox.ts'
import { Changes, type Transaction } from '../../publishing/change.ts'
import { Refusal, refuse, refuseField } from '../../refusal.ts'
import { Profiles } from '../profiles.ts'
import { Sessions } from '../sessions.ts'
import { SignIn } from '../sign-in.ts'
import { SignInRules } from '../sign-in-rules/sign-in-rules.ts'
import { SignInThrottle } from '../sign-in-throttle.ts'
import { Factors } from './factors.ts'
import { Passkeys } from './passkeys.ts'
import { RecoveryCodes } from './recovery-codes.ts'
import { TotpCodes } from './totp.ts'

type Noun = typeof contract.secondFactors

@Injectable()
export class SecondFactorsService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly factors: Factors,
    private readonly codes: TotpCodes,
    private readonly passkeys: Passkeys,
    private readonly recovery: RecoveryCodes,
    private readonly rules: SignInRules,
    private readonly sessions: Sessions,
    private readonly profiles: Profiles,
    private readonly signIns: SignIn,
    private readonly throttle: SignInThrottle,
    private readonly outbox: Outbox,
  ) {}

  async list(call: Call) {
    const user = signedIn(call)
    const { platform } = this.database
    const where = { userId: user.id }
    const app = await platform.totp.findFirst({ where: { ...where, confirmedAt: { not: null } } })
    const passkeys = await platform.passkey.findMany({ where, orderBy: { createdAt: 'asc' } })
    return {
      app: app && { createdAt: app.createdAt.toISOString() },
      passkeys: passkeys.map(showPasskey),
      recoveryCodesLeft: await platform.recoveryCode.count({ where }),
      required: await this.rules.requiresFactor(user),
    }
  }

  async beginApp(call: Call) {
    const user = signedIn(call)
    return this.changes.onPlatform(call, async (tx) => {
      const { secret, uri } = await this.codes.begin(tx.platform, user)
      audit(tx, 'beginApp', user, { app: 'not confirmed yet' })
      return { secret, uri }
    })
  }

  async confirmApp(call: Call, { code }: InputOf<Noun['confirmApp']>) {
    const user = signedIn(call)
    await this.throttle.attemptFactor(user.id)
    const recoveryCodes = await this.changes.onPlatform(call, async (tx) => {
      await this.codes.confirm(tx.platform, user.id, code.replaceAll(/\s/g, ''))
      audit(tx, 'confirmApp', user, { app: 'added' })
      return this.#added(tx, call, user.id)
    })
    await this.throttle.factorSucceeded(user.id)
    await this.outbox.tell(user.id, 'factorAdded')
    return { recoveryCodes }
  }

  async removeApp(call: Call) {
    const user = signedIn(call)
    await this.changes.onPlatform(call, async (tx) => {
      const { count } = await tx.platform.totp.deleteMany({ where: { userId: user.id } })
      if (count === 0) refuse('not_found', 'You have no authenticator app')
      audit(tx, 'removeApp', user, { app: 'removed' })
      await this.#removed(tx, user)
    })
    await this.outbox.tell(user.id, 'factorRemoved')
    return {}
  }

  async passkeyOptions(call: Call) {
    const user = signedIn(call)
    return { ...(await this.passkeys.registrationOptions(this.database.platform, user)) }
  }

  async addPasskey(call: Call, { name, answer }: InputOf<Noun['addPasskey']>) {
    const user = signedIn(call)
    const added = await this.changes.onPlatform(call, async (tx) => {
      const passkey = await this.passkeys.register(
        tx.platform,
        user,
        name,
        answer as RegistrationResponseJSON,
      )
      audit(tx, 'addPasskey', user, showPasskey(passkey))
      return { passkey: showPasskey(passkey), recoveryCodes: await this.#added(tx, call, user.id) }
    })
    await this.outbox.tell(user.id, 'factorAdded')
    return added
  }

  async removePasskey(call: Call, { passkey: id }: InputOf<Noun['removePasskey']>) {
    const user = signedIn(call)
    await this.changes.onPlatform(call, async (tx) => {
      const { count } = await tx.platform.passkey.deleteMany({ where: { id, userId: user.id } })
      if (count === 0) refuse('not_found', 'There is no such passkey')
      audit(tx, 'removePasskey', user, { passkey: id })
      await this.#removed(tx, user)
    })
    await this.outbox.tell(user.id, 'factorRemoved')
    return {}
  }

  async renewRecoveryCodes(call: Call) {
    const user = signedIn(call)
    return this.changes.onPlatform(call, async (tx) => {
      if (!(await hasFactor(tx, user.id)))
        refuse('state_conflict', 'Recovery codes stand in for a second factor, and you have none')
      audit(tx, 'renewRecoveryCodes', user, { recoveryCodes: 'new ones' })
      return { recoveryCodes: await this.recovery.renew(tx.platform, user.id) }
    })
  }

  async signInOptions(call: Call) {
    // Each is a row: who asks for many without ever signing in has to wait.
    await this.throttle.attemptFrom(call.address)
    return { ...(await this.passkeys.authenticationOptions('signIn', null)) }
  }

  async signIn(call: Call, { answer }: InputOf<Noun['signIn']>) {
    const user = await this.passkeys.authenticate(answer as AuthenticationResponseJSON, 'signIn', null)
    const opened = await this.changes.onPlatform(
      call,
      async (tx) => {
        // Still theirs, and until this commits: an admin may be resetting it at this moment.
        const held = await tx.everything.$queryRaw<unknown[]>`
          SELECT p.id FROM passkey p JOIN app_user u ON u.id = p.user_id
          WHERE p.credential_id = ${answer.id} AND u.disabled_at IS NULL FOR SHARE OF u, p`
        if (held.length === 0) refuse('passkey_failed')
        const session = await this.sessions.open(tx.platform, call, user.id, 'passkey')
        tx.audit({
          action: 'identity.signIn',
          resource: { kind: 'session', id: session.id, name: user.email },
          before: null,
          after: { address: call.address, agent: call.agent, factor: 'passkey' },
        })
        return session
      },
      { kind: 'user', id: user.id, name: user.name },
    )
    await this.throttle.giveBack(call.address)
    return this.profiles.me(user.id, opened)
  }

  async proofOptions(call: Call) {
    return { ...(await this.passkeys.authenticationOptions('prove', signedIn(call).id)) }
  }

  async prove(call: Call, { password, code, answer }: InputOf<Noun['prove']>) {
    const user = signedIn(call)
    const by = [password, code, answer].filter((one) => one !== undefined)
    if (by.length !== 1) refuseField('invalid_input', '/password', 'Give one of password, code and answer')
    if (answer !== undefined)
      await this.passkeys.authenticate(answer as AuthenticationResponseJSON, 'prove', user.id)
    else if (code !== undefined) await this.factors.take(user.id, code)
    else await this.#provePassword(call, user, password ?? '')
    await this.changes.onPlatform(call, async (tx) => {
      await tx.platform.session.update({
        where: { id: call.sessionId ?? '' },
        data: { provedAt: this.clock.now() },
      })
      tx.audit({
        action: 'secondFactors.prove',
        resource: { kind: 'session', id: call.sessionId ?? '', name: user.email },
        before: null,
        after: { by: answer !== undefined ? 'passkey' : code !== undefined ? 'code' : 'password' },
      })
    })
    return {}
  }

  /** Whoever has a second factor gives that: a password that was looked over a shoulder must not take it off. */
  async #provePassword(call: Call, user: { id: string; email: string }, password: string): Promise<void> {
    const kinds = await this.factors.kindsOf(user.id)
    if (kinds.length > 0) refuse('second_factor_required', undefined, { extensions: { factors: kinds } })
    await this.signIns.withPassword(user.email, password, call.address).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'sign_in_failed')
        refuseField('invalid_input', '/password', 'This is not your password')
      throw error
    })
  }

  /** A factor was just shown: this session has two. The first one brings recovery codes along. */
  async #added(tx: Transaction, call: Call, userId: string): Promise<string[] | null> {
    await tx.platform.session.updateMany({
      where: { id: call.sessionId ?? '', method: 'password' },
      data: { method: 'second_factor' },
    })
    if ((await tx.platform.recoveryCode.count({ where: { userId } })) > 0) return null
    return this.recovery.renew(tx.platform, userId)
  }

  /** The last one goes only where none is asked for, and its recovery codes with it. */
  async #removed(tx: Transaction, user: { id: string; platformAdmin: boolean }): Promise<void> {
    // Two that are removed at once are removed one after the other.
    await tx.everything.$queryRaw`SELECT id FROM app_user WHERE id = ${user.id} FOR UPDATE`
    if (await hasFactor(tx, user.id)) return
    if (await this.rules.requiresFactor(user))
      refuse('locked_out', 'The platform asks you for a second factor: add another one first')
    await tx.platform.recoveryCode.deleteMany({ where: { userId: user.id } })
  }
}

async function hasFactor({ platform }: Transaction, userId: string): Promise<boolean> {
  const apps = await platform.totp.count({ where: { userId, confirmedAt: { not: null } } })
  return apps + (await platform.passkey.count({ where: { userId } })) > 0
}

function audit(tx: Transaction, act: string, user: { id: string; email: string }, after: unknown): void {
  tx.audit({
    action: `secondFactors.${act}`,
    resource: { kind: 'user', id: user.id, name: user.email },
    before: null,
    after,
  })
}

const showPasskey = ({ id, name, backedUp, createdAt, lastUsedAt }: Passkey) => ({
  id,
  name,
  backedUp,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})
