// The sign-in rules of the platform, as platform admins set them: none that would refuse whoever sets it.
import { createAddressSet } from '@gatewright/shared/cidr'
import type { contract } from '@gatewright/shared/contract/index'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../../app.tokens.ts'
import { type Call, expectVersion } from '../../call.ts'
import type { Env } from '../../env.ts'
import type { Platform } from '../../generated/prisma/client.ts'
import type { InputOf, Service } from '../../http/serve.ts'
import { Database } from '../../infra/database.ts'
import { given } from '../../infra/given.ts'
import { Outbox } from '../../mail/outbox.ts'
import { Changes } from '../../publishing/change.ts'
import { refuseField } from '../../refusal.ts'
import { Factors } from '../factors/factors.ts'
import { Sessions } from '../sessions.ts'
import { SignInRules } from './sign-in-rules.ts'

type Noun = typeof contract.signInRules

@Injectable()
export class SignInRulesService implements Service<Noun> {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly rules: SignInRules,
    private readonly factors: Factors,
    private readonly sessions: Sessions,
    private readonly outbox: Outbox,
  ) {}

  async get(call: Call) {
    return this.#show(call, await this.database.platform.platform.findUniqueOrThrow({ where: { id: 1 } }))
  }

  async update(call: Call, { secondFactor, adminNetworks }: InputOf<Noun['update']>) {
    if (
      adminNetworks?.length &&
      !this.env.ADMIN_NETWORKS_IGNORED &&
      !createAddressSet(adminNetworks).has(call.address)
    )
      refuseField('locked_out', '/adminNetworks', `You come from ${call.address}, which is in none of them`)
    if (secondFactor !== undefined && secondFactor !== 'optional' && call.method === 'password')
      refuseField(
        'locked_out',
        '/secondFactor',
        'You are signed in without a second factor: set one up first',
      )
    const changed = await this.changes.onPlatform(call, async (tx) => {
      await tx.everything.$queryRaw`SELECT id FROM platform WHERE id = 1 FOR UPDATE`
      const before = await tx.platform.platform.findUniqueOrThrow({ where: { id: 1 } })
      expectVersion(call, { version: before.signInRulesVersion })
      const after = await tx.platform.platform.update({
        where: { id: 1 },
        data: { ...given({ secondFactor, adminNetworks }), signInRulesVersion: { increment: 1 } },
      })
      tx.audit({
        action: 'signInRules.update',
        resource: { kind: 'platform', id: 'sign-in-rules', name: 'Sign-in rules of the platform' },
        before: rulesOf(before),
        after: rulesOf(after),
      })
      return after
    })
    this.rules.forget()
    return this.#show(call, changed)
  }

  async resetFactors(call: Call, { email }: InputOf<Noun['resetFactors']>) {
    const user = await this.database.platform.user.findUnique({ where: { email } })
    if (!user) return refuseField('not_found', '/email', 'There is no account with this email address')
    if (user.id === call.user?.id)
      refuseField('invalid_input', '/email', 'Your own second factors are managed in your account')
    const removed = await this.changes.onPlatform(call, async (tx) => {
      // Sign-ins with a passkey hold the account too: they come before this, and their session ends, or after and fail.
      await tx.everything.$queryRaw`SELECT id FROM app_user WHERE id = ${user.id} FOR UPDATE`
      const count = await this.factors.removeAll(tx.platform, user.id)
      tx.audit({
        action: 'signInRules.resetFactors',
        resource: { kind: 'user', id: user.id, name: user.email },
        before: { factors: count },
        after: { factors: 0, sessionsEnded: await this.sessions.end(tx.platform, user.id, { allBut: null }) },
      })
      return count
    })
    await this.outbox.tell(user.id, 'factorsReset')
    return { removed }
  }

  #show(call: Call, platform: Platform) {
    return {
      ...rulesOf(platform),
      mail: this.outbox.isReady,
      yourAddress: call.address,
      version: platform.signInRulesVersion,
    }
  }
}

const rulesOf = ({ secondFactor, adminNetworks }: Platform) => ({ secondFactor, adminNetworks })
