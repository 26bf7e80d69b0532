// An application's right to use a plan, from request to end; each step is true on every gateway within two seconds.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { type SubscriptionState, subscriptionSteps } from '@gatewright/shared/model/access'
import { Injectable } from '@nestjs/common'
import { causedRevisions, may, signedIn, type TenantCall } from '../call.ts'
import { offeredPlans } from '../catalogue/visibility.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { paged } from '../infra/page.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { findOwnApplication, holdOwner, lockApplication } from './application-view.ts'
import { recordSteps } from './subscription-history.ts'
import {
  findSubscription,
  refuseSuspended,
  type SubscriptionRow,
  showSubscription,
  subscriptionNamed,
  subscriptionRows,
  tellOther,
  visibleSubscriptions,
} from './subscription-view.ts'
import { touchCredentials, touchParties } from './touch.ts'

type Noun = typeof contract.subscriptions

const decisions = { approve: 'active', reject: 'rejected', suspend: 'suspended', resume: 'active' } as const
type Decision = keyof typeof decisions

// `approve` and `resume` both end in active; each starts from its own state.
const decidable: Readonly<Record<Decision, SubscriptionState>> = {
  approve: 'pending',
  reject: 'pending',
  suspend: 'active',
  resume: 'suspended',
}

@Injectable()
export class SubscriptionsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const { state, application, plan, api, team } = input
    const search = input.search?.trim()
    const contains = { contains: search ?? '', mode: 'insensitive' as const }
    const either = (reference: string) => ({ OR: [{ id: reference }, { name: reference }] })
    return paged(
      input,
      [
        ['createdAt', 'desc'],
        ['id', 'desc'],
      ],
      ({ where, ...query }) =>
        call.db.subscription.findMany({
          ...query,
          where: {
            AND: [
              where,
              visibleSubscriptions(call),
              state ? { state } : {},
              application ? { application: either(application) } : {},
              plan ? { plan: either(plan) } : {},
              team ? { tenantId: { not: call.tenant.id }, application: { tenant: either(team) } } : {},
              api
                ? { plan: { product: { versions: { some: { apiVersion: { api: apiOf(call, api) } } } } } }
                : {},
              search
                ? {
                    OR: [
                      { application: { title: contains } },
                      { application: { name: contains } },
                      { application: { owner: { name: contains } } },
                      { application: { owner: { email: contains } } },
                      { plan: { title: contains } },
                      { plan: { product: { title: contains } } },
                    ],
                  }
                : {},
            ],
          },
          include: subscriptionRows,
        }),
      (row) => showSubscription(call, row),
    )
  }

  async get(call: TenantCall, { subscription }: InputOf<Noun['get']>) {
    return showSubscription(call, await findSubscription(call, call.db, subscription))
  }

  async create(call: TenantCall, { application: reference, plan: planId, note }: InputOf<Noun['create']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      const plan = await findOffered(call, tx, planId)
      await holdOwner(tx, application)
      // Only one of two requests at once finds no subscription yet.
      await lockApplication(tx, application)
      const held = await tx.db.subscription.findFirst({
        where: {
          applicationId: application.id,
          productId: plan.productId,
          state: { in: ['pending', 'active', 'suspended'] },
        },
      })
      if (held) {
        refuse(
          'already_exists',
          `${application.name} has a subscription to ${plan.product.name} already: ${held.state}`,
          {
            extensions: { subscription: held.id },
          },
        )
      }
      // Who owns an application is another team's own choice: there a suspension concerns the whole team.
      const suspended = plan.tenantId === call.tenant.id ? { ownerId: application.ownerId } : {}
      const waits = plan.approval === 'manual' || (await this.#mustAsk(call, tx, suspended, plan))
      const state = waits ? 'pending' : 'active'
      const id = createId('sub')
      await tx.db.subscription.create({
        data: {
          id,
          tenantId: call.tenant.id,
          providerId: plan.tenantId,
          applicationId: application.id,
          planId,
          productId: plan.productId,
          state,
          note: note || null,
          createdBy: signedIn(call).id,
          createdAt: this.clock.now(),
        },
      })
      await recordSteps(tx, call, [{ subscriptionId: id, from: null, to: state }], {
        note,
        at: this.clock.now(),
      })
      await touchCredentials(tx, { applicationId: application.id })
      const row = await findSubscription(call, tx.db, id)
      const entry = { action: 'subscriptions.create', resource: subscriptionNamed(row), reason: note }
      const shown = showSubscription(call, row)
      tx.audit({ ...entry, before: null, after: shown })
      tellOther(tx, call, row, { ...entry, before: null, after: { state: row.state } })
      return shown
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async decide(call: TenantCall, { subscriptions, decision, note }: InputOf<Noun['decide']>) {
    const ids = [...new Set(subscriptions)]
    const to = decisions[decision]
    const results = await this.changes.inTenant(call, async (tx) => {
      // Of two decisions at once the second one sees what the first has made of it.
      await tx.everything.$queryRaw`
        SELECT id FROM subscription WHERE provider_id = ${call.tenant.id} AND id = ANY(${ids}) ORDER BY id FOR UPDATE`
      const rows = await tx.db.subscription.findMany({
        // Who offers decides: about its own subscription to another team's product a team has no say.
        where: { id: { in: ids }, providerId: call.tenant.id },
        include: subscriptionRows,
      })
      const ready = rows.filter((row) => row.state === decidable[decision])
      if (ready.length === 0)
        refuse('state_conflict', whyNone(decision, ids, rows), { extensions: { results: [] } })
      await tx.db.subscription.updateMany({
        where: { id: { in: ready.map(({ id }) => id) }, state: decidable[decision] },
        data: { state: to, note: note || null, version: { increment: 1 } },
      })
      await recordSteps(
        tx,
        call,
        ready.map((row) => ({ subscriptionId: row.id, from: row.state, to })),
        { note, at: this.clock.now() },
      )
      for (const row of ready) {
        const entry = {
          action: `subscriptions.${decision}`,
          resource: subscriptionNamed(row),
          before: { state: row.state },
          after: { state: to },
          reason: note,
        }
        tx.audit(entry)
        tellOther(tx, call, row, entry)
      }
      await touchParties(
        tx,
        ready.map((row) => row.applicationId),
      )
      const done = new Set(ready.map(({ id }) => id))
      return ids.map((id) => {
        if (done.has(id)) return { subscription: id, state: to, problem: null }
        const row = rows.find((one) => one.id === id)
        return { subscription: id, state: row?.state ?? null, problem: whyNot(decision, row) }
      })
    })
    return { results, revisions: causedRevisions(call) }
  }

  async cancel(call: TenantCall, { subscription, note }: InputOf<Noun['cancel']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const before = await this.#changeable(call, tx, subscription)
      if (!subscriptionSteps[before.state].includes('cancelled')) {
        refuse('state_conflict', `The subscription is ${before.state}`)
      }
      if (!decidesAbout(call, before)) refuseSuspended([before])
      return this.#step(call, tx, before, { state: 'cancelled' }, note)
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async changePlan(call: TenantCall, { subscription, plan: planId, note }: InputOf<Noun['changePlan']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const before = await this.#changeable(call, tx, subscription)
      if (before.state !== 'active' && before.state !== 'pending') {
        refuse('state_conflict', `The subscription is ${before.state}`)
      }
      const isOffered = before.providerId === call.tenant.id ? { archivedAt: null } : offeredPlans(call)
      const plan = await tx.everything.plan.findFirst({
        where: { AND: [{ id: planId, productId: before.productId }, isOffered] },
      })
      if (!plan) return refuse('not_found', `The product ${before.plan.product.name} has no plan ${planId}`)
      if (plan.id === before.planId) refuse('state_conflict', `It is on ${plan.title} already`)
      const waits =
        (plan.approval === 'manual' && !decidesAbout(call, before)) ||
        (await this.#mustAsk(call, tx, { ownerId: before.application.ownerId }, plan))
      return this.#step(call, tx, before, { planId: plan.id, state: waits ? 'pending' : 'active' }, note)
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  /**
   * Whether a plan that approves by itself does not, this time: the subscription to its product is suspended on some of
   * these applications of the caller's team, and another application is no way around that.
   */
  async #mustAsk(
    call: TenantCall,
    tx: TenantTransaction,
    applications: { readonly ownerId?: string },
    { productId, tenantId }: { readonly productId: string; readonly tenantId: string },
  ): Promise<boolean> {
    if (decidesAbout(call, { providerId: tenantId })) return false
    const own = { tenantId: call.tenant.id, application: applications }
    const suspended = { ...own, productId, state: 'suspended' } as const
    return (await tx.db.subscription.count({ where: suspended })) > 0
  }

  /** A subscription of one's own application, or any for those who decide. */
  async #changeable(call: TenantCall, tx: TenantTransaction, id: string): Promise<SubscriptionRow> {
    const row = await findSubscription(call, tx.db, id)
    if (!decidesAbout(call, row)) await findOwnApplication(call, tx.db, row.applicationId)
    return row
  }

  async #step(
    call: TenantCall,
    tx: TenantTransaction,
    before: SubscriptionRow,
    next: { readonly state: SubscriptionState; readonly planId?: string },
    note: string,
  ) {
    await tx.db.subscription.update({
      where: { id: before.id, version: before.version },
      data: { ...next, note: note || null, version: { increment: 1 } },
    })
    await recordSteps(tx, call, [{ subscriptionId: before.id, from: before.state, to: next.state }], {
      note,
      at: this.clock.now(),
    })
    await touchParties(tx, [before.applicationId])
    const row = await findSubscription(call, tx.db, before.id)
    const action = next.planId === undefined ? 'subscriptions.cancel' : 'subscriptions.changePlan'
    const entry = { action, resource: subscriptionNamed(row), reason: note }
    const shown = showSubscription(call, row)
    tx.audit({ ...entry, before: showSubscription(call, before), after: shown })
    tellOther(tx, call, row, { ...entry, before: termsOf(before), after: termsOf(row) })
    return shown
  }
}

/** Names are the caller's own team's; what another one shares goes by its id. */
const apiOf = ({ tenant }: TenantCall, reference: string) => ({
  OR: [{ id: reference }, { name: reference, tenantId: tenant.id }],
})

/** A plan that the caller may subscribe to. One of another team stays on offer until the end of `tx`. */
async function findOffered(call: TenantCall, tx: TenantTransaction, planId: string) {
  const offered = { AND: [{ id: planId }, offeredPlans(call)] }
  const find = () => tx.everything.plan.findFirst({ where: offered, include: { product: true } })
  let plan = await find()
  if (plan && plan.tenantId !== call.tenant.id) {
    // A share that is ended at this moment must not miss the subscription that is made.
    await tx.everything.$queryRaw`
      SELECT id FROM api_share WHERE tenant_id = ${plan.tenantId} AND consumer_id = ${call.tenant.id} ORDER BY id FOR SHARE`
    plan = await find()
  }
  return plan ?? refuse('not_found', `There is no plan ${planId} that you can subscribe to`)
}

/** Deciding is for the team that offers; where an API is shared, that is not the caller's own. */
const decidesAbout = (call: TenantCall, { providerId }: Pick<SubscriptionRow, 'providerId'>) =>
  providerId === call.tenant.id && may(call, 'subscription:decide')

const termsOf = ({ state, plan }: SubscriptionRow) => ({ state, plan: plan.name })

function whyNot(decision: Decision, row: SubscriptionRow | undefined) {
  if (!row) return { code: 'not_found', detail: 'There is no such subscription' }
  return {
    code: 'state_conflict',
    detail: `It is ${row.state}; to ${decision} it must be ${decidable[decision]}`,
  }
}

function whyNone(decision: Decision, ids: readonly string[], rows: readonly SubscriptionRow[]): string {
  const reasons = new Set(
    ids.map(
      (id) =>
        whyNot(
          decision,
          rows.find((row) => row.id === id),
        ).detail,
    ),
  )
  return [...reasons].join('; ')
}
