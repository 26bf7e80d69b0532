// Policy chains: the list that hangs on a tenant, a version, a plan, a route or everything, and what is inherited.
import type { contract } from '@gatewright/shared/contract/index'
import type { Permission } from '@gatewright/shared/model/role'
import type { Scope } from '@gatewright/shared/policies/policy'
import { type PolicyInput, policySpec } from '@gatewright/shared/policies/specs'
import { Injectable } from '@nestjs/common'
import { type Call, causedRevisions, expectVersion, may, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Database, type TenantDb } from '../infra/database.ts'
import { Changes, type TenantTransaction, type Transaction } from '../publishing/change.ts'
import { recountUnpublished } from '../publishing/draft.ts'
import { assertServable } from '../publishing/servable.ts'
import { refuse } from '../refusal.ts'
import { type ChainPlace, readChain, setChain, showPolicy } from './drafts.ts'
import { policyFaults } from './policy-faults.ts'
import { PolicySecrets } from './policy-secrets.ts'

type Noun = typeof contract.policies
type Input = InputOf<Noun['get']>

/** What a chain hangs on: its place, its version, and the chains that run before it. */
interface Holder {
  readonly place: ChainPlace
  readonly id: string | null
  readonly name: string
  readonly version: number
  readonly outer: readonly ChainPlace[]
}

const globalPlace: ChainPlace = { scope: 'global', tenantId: null }

@Injectable()
export class PoliciesService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly secrets: PolicySecrets,
  ) {}

  async get(call: TenantCall, input: Input) {
    refuseWithout(call, input.scope === 'plan' ? 'product:read' : 'api:read')
    return this.#show(this.database.everything, await findHolder(call, call.db, input))
  }

  async set(call: TenantCall, input: InputOf<Noun['set']>) {
    refuseWithout(call, input.scope === 'plan' ? 'product:write' : 'api:write')
    refuseUnfit(input.scope, input.policies)
    const chain = await this.changes.inTenant(call, async (tx) => {
      const holder = await findHolder(call, tx.db, input)
      expectVersion(call, holder)
      const before = await this.#show(tx.everything, holder)
      const policies = await this.secrets.keep(tx.db, call, call.tenant.id, {
        pointer: '/policies',
        policies: input.policies,
        before: before.policies,
      })
      await setChain(tx.db, holder.place, policies)
      await raiseVersion(tx, call, holder)
      const { versionId } = holder.place
      if (versionId === undefined) {
        tx.config('all', { reason: `Policies of ${holder.name}` })
        await assertServableEverywhere(tx, call.tenant.id)
      } else {
        await recountUnpublished(tx.db, versionId)
      }
      const after = await this.#show(tx.everything, { ...holder, version: holder.version + 1 })
      tx.audit({
        action: 'policies.set',
        resource: { kind: `${input.scope} policies`, id: holder.id ?? '', name: holder.name },
        before: { policies: before.policies },
        after: { policies: after.policies },
      })
      return after
    })
    return { ...chain, revisions: causedRevisions(call) }
  }

  async getGlobal(_: Call) {
    return this.#show(this.database.everything, await globalHolder(this.database.everything))
  }

  async setGlobal(call: Call, { policies }: InputOf<Noun['setGlobal']>) {
    refuseUnfit('global', policies)
    const chain = await this.changes.onPlatform(call, async (tx) => {
      const holder = await globalHolder(tx.everything)
      expectVersion(call, holder)
      const before = await this.#show(tx.everything, holder)
      const kept = await this.secrets.keep(tx.everything, call, null, {
        pointer: '/policies',
        policies,
        before: before.policies,
      })
      await setChain(tx.everything, globalPlace, kept)
      await tx.platform.platform.update({
        where: { id: 1, version: holder.version },
        data: { version: { increment: 1 } },
      })
      tx.config('all', { reason: 'Global policies' })
      await assertServableEverywhere(tx, null)
      const after = await this.#show(tx.everything, { ...holder, version: holder.version + 1 })
      tx.audit({
        action: 'policies.setGlobal',
        resource: { kind: 'global policies', id: 'global', name: 'global' },
        before: { policies: before.policies },
        after: { policies: after.policies },
      })
      return after
    })
    return { ...chain, revisions: causedRevisions(call) }
  }

  // Global policies belong to no tenant, so chains are read past the tenant's view; each place names its tenant itself.
  async #show(db: Prisma.TransactionClient, { place, id, version, outer }: Holder) {
    const inherited: { from: Scope; name: string; policy: PolicyInput }[] = []
    for (const outerPlace of outer) {
      for (const row of await readChain(db, outerPlace)) {
        inherited.push({ from: outerPlace.scope, name: row.name, policy: showPolicy(row) })
      }
    }
    const policies = (await readChain(db, place)).map(showPolicy)
    return { scope: place.scope, scopeId: id, policies, inherited, version }
  }
}

async function globalHolder(db: Prisma.TransactionClient): Promise<Holder> {
  const { version } = await db.platform.findUniqueOrThrow({ where: { id: 1 } })
  return { place: globalPlace, id: null, name: 'everything', version, outer: [] }
}

async function findHolder(call: TenantCall, db: TenantDb, { scope, scopeId }: Input): Promise<Holder> {
  const tenantId = call.tenant.id
  const tenantPlace: ChainPlace = { scope: 'tenant', tenantId }
  if (scope === 'tenant') {
    if (scopeId !== tenantId && scopeId !== call.tenant.name) return refuseUnknown(scope)
    const { version } = await call.platform.tenant.findUniqueOrThrow({ where: { id: tenantId } })
    return { place: tenantPlace, id: tenantId, name: call.tenant.name, version, outer: [globalPlace] }
  }
  if (scope === 'plan') {
    const plan = await db.plan.findFirst({ where: { id: scopeId }, include: { product: true } })
    if (!plan) return refuseUnknown(scope)
    const place: ChainPlace = { scope, tenantId, planId: plan.id }
    const name = `${plan.product.name}/${plan.name}`
    return { place, id: plan.id, name, version: plan.version, outer: [globalPlace, tenantPlace] }
  }
  if (scope === 'version') {
    const row = await db.apiVersion.findFirst({
      where: { id: scopeId },
      include: { api: true },
      omit: { spec: true },
    })
    if (!row) return refuseUnknown(scope)
    const place: ChainPlace = { scope, tenantId, versionId: row.id }
    const name = `${row.api.name}/${row.name}`
    return { place, id: row.id, name, version: row.version, outer: [globalPlace, tenantPlace] }
  }
  const route = await db.route.findFirst({
    where: { id: scopeId },
    include: { apiVersion: { include: { api: true }, omit: { spec: true } } },
  })
  if (!route) return refuseUnknown(scope)
  const { id, version, versionId, apiVersion } = route
  const place: ChainPlace = { scope, tenantId, versionId, routeId: id }
  const name = `${apiVersion.api.name}/${apiVersion.name} ${route.method} ${route.path}`
  const versionPlace: ChainPlace = { scope: 'version', tenantId, versionId }
  return { place, id, name, version, outer: [globalPlace, tenantPlace, versionPlace] }
}

function refuseUnknown(scope: string): never {
  refuse('not_found', `There is no such ${scope}`)
}

/** The chain's version is that of what it hangs on; Prisma refuses when it moved meanwhile. */
async function raiseVersion(
  tx: TenantTransaction,
  call: TenantCall,
  { place, version }: Holder,
): Promise<void> {
  const data = { version: { increment: 1 } }
  if (place.routeId) await tx.db.route.update({ where: { id: place.routeId, version }, data })
  else if (place.versionId) await tx.db.apiVersion.update({ where: { id: place.versionId, version }, data })
  else if (place.planId) await tx.db.plan.update({ where: { id: place.planId, version }, data })
  else await tx.platform.tenant.update({ where: { id: call.tenant.id, version }, data })
}

async function assertServableEverywhere(tx: Transaction, tenantId: string | null): Promise<void> {
  for (const { id } of await tx.platform.environment.findMany({ select: { id: true } })) {
    await assertServable(tx.everything, id, tenantId)
  }
}

function refuseWithout(call: TenantCall, permission: Permission): void {
  if (!may(call, permission))
    refuse('permission_denied', `Your role in ${call.tenant.name} lacks ${permission}`)
}

/** A policy where its type cannot be attached, or two of one name, would be refused by every gateway. */
function refuseUnfit(scope: Scope, policies: readonly PolicyInput[]): void {
  const names = new Set<string>()
  const errors = policies.flatMap(({ type, name, config }, i) => {
    const unfit = policySpec(type)?.scopes.includes(scope) === false
    const twin = names.has(name)
    names.add(name)
    return [
      ...(unfit
        ? [
            {
              pointer: `/policies/${i}/type`,
              code: 'wrong_scope',
              detail: `${type} cannot be attached to a ${scope}`,
            },
          ]
        : []),
      ...(twin
        ? [{ pointer: `/policies/${i}/name`, code: 'duplicate', detail: `Two policies are named "${name}"` }]
        : []),
      ...policyFaults(type, config).map(({ member, code, detail }) => ({
        pointer: `/policies/${i}/config/${member}`,
        code,
        detail,
      })),
    ]
  })
  if (errors[0]) refuse('invalid_input', `${errors[0].pointer}: ${errors[0].detail}`, { errors })
}
