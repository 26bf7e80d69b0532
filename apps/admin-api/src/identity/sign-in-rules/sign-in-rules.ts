// The rules for signing in to the platform, as every request asks them: read once in two seconds.
import { type AddressSet, createAddressSet } from '@gatewright/shared/cidr'
import type { OperationMeta } from '@gatewright/shared/contract/operation'
import { beyond, type Permission, rolePermissions } from '@gatewright/shared/model/role'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../../app.tokens.ts'
import type { CallTenant, CallUser } from '../../call.ts'
import type { Env } from '../../env.ts'
import type { SecondFactorRule, SignInMethod } from '../../generated/prisma/client.ts'
import { Clock } from '../../infra/clock.ts'
import { Database } from '../../infra/database.ts'
import { refuse } from '../../refusal.ts'

/** Another process' change is seen this late at most. */
const keepSeconds = 2

/** How long a proof of who somebody is serves for what asks for one. */
export const proofSeconds = 15 * 60

interface Rules {
  readonly secondFactor: SecondFactorRule
  /** null = admins may come from anywhere. */
  readonly adminNetworks: AddressSet | null
}

/** Who wants in. */
export interface Comer {
  readonly user: CallUser | null
  readonly sessionId: string | null
  readonly method: SignInMethod | null
  readonly provedAt: Date | null
}

@Injectable()
export class SignInRules {
  #rules: Promise<Rules> | undefined
  #readAt = new Date(0)

  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Refuses whoever does not meet the rules for this operation. Fails closed with Postgres. */
  async check(
    { beforeSignInRules, proof }: OperationMeta,
    comer: Comer,
    tenant: CallTenant | null,
    address: string,
  ): Promise<void> {
    const { user, sessionId, method, provedAt } = comer
    if (!user) return
    const rules = await this.#current()
    if (!beforeSignInRules) {
      if (isAdmin(user, tenant)) refuseFrom(rules.adminNetworks, address)
      if (lacks(rules, user, method))
        refuse('second_factor_missing', 'Set up a second factor in your account, and go on')
    }
    if (proof && sessionId !== null && (provedAt === null || provedAt < this.clock.in(-proofSeconds)))
      refuse('proof_required')
  }

  /** Whether somebody has yet to set up the second factor that the platform asks for. */
  async lacksFactor(user: Pick<CallUser, 'platformAdmin'>, method: SignInMethod | null): Promise<boolean> {
    return lacks(await this.#current(), user, method)
  }

  async requiresFactor(user: Pick<CallUser, 'platformAdmin'>): Promise<boolean> {
    return covers(await this.#current(), user)
  }

  /** After a change made here: the next request sees it. */
  forget(): void {
    this.#rules = undefined
  }

  #current(): Promise<Rules> {
    const now = this.clock.now()
    if (this.#rules && this.#readAt > this.clock.in(-keepSeconds)) return this.#rules
    this.#readAt = now
    const reading = this.#read()
    this.#rules = reading
    // What could not be read is asked for again, by the next request.
    reading.catch(() => {
      if (this.#rules === reading) this.#rules = undefined
    })
    return reading
  }

  async #read(): Promise<Rules> {
    const row = await this.database.platform.platform.findUniqueOrThrow({ where: { id: 1 } })
    const limits = row.adminNetworks.length > 0 && !this.env.ADMIN_NETWORKS_IGNORED
    return {
      secondFactor: row.secondFactor,
      adminNetworks: limits ? createAddressSet(row.adminNetworks) : null,
    }
  }
}

const ofCallers: ReadonlySet<Permission> = new Set(rolePermissions.developer)

/** Platform admins everywhere, and members who may do more than people who only call. */
const isAdmin = ({ platformAdmin }: CallUser, tenant: CallTenant | null) =>
  platformAdmin ||
  (tenant !== null && tenant.role !== null && beyond(tenant.permissions, ofCallers).length > 0)

function refuseFrom(networks: AddressSet | null, address: string): void {
  if (networks && !networks.has(address))
    refuse(
      'admin_address_refused',
      `Admins may not come from ${address}; the platform names the networks that they may`,
    )
}

const covers = ({ secondFactor }: Rules, { platformAdmin }: Pick<CallUser, 'platformAdmin'>) =>
  secondFactor === 'everyone' || (secondFactor === 'platform_admins' && platformAdmin)

/** Providers ask for factors of their own, and tokens were made by who had met the rule. */
const lacks = (rules: Rules, user: Pick<CallUser, 'platformAdmin'>, method: SignInMethod | null) =>
  method === 'password' && covers(rules, user)
