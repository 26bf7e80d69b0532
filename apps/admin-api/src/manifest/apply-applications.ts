// The consumer half of applying a manifest: applications, their subscriptions and the hashes of their keys.
import { createId } from '@gatewright/shared/ids'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { oauthClientKey } from '@gatewright/shared/manifest-faults'
import type { SubscriptionState } from '@gatewright/shared/model/access'
import { Injectable } from '@nestjs/common'
import { holdOwner } from '../access/application-view.ts'
import { OauthClientsService } from '../access/oauth-clients.service.ts'
import { recordSteps, type SubscriptionStep } from '../access/subscription-history.ts'
import { refuseSuspended } from '../access/subscription-view.ts'
import { touchCredentials } from '../access/touch.ts'
import { signedIn, type TenantCall } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse } from '../refusal.ts'

type ManifestApplication = WholeManifest['applications'][number]

@Injectable()
export class ApplicationsApplier {
  constructor(
    private readonly clock: Clock,
    private readonly oauthClients: OauthClientsService,
  ) {}

  async removeGone(
    tx: TenantTransaction,
    call: TenantCall,
    current: WholeManifest,
    target: WholeManifest,
  ): Promise<void> {
    for (const { name } of current.applications) {
      if (target.applications.some((application) => application.name === name)) continue
      await refuseSuspendedElsewhere(tx, call, name)
      await touchCredentials(tx, { application: { name } })
      await tx.db.application.deleteMany({ where: { name } })
    }
  }

  async apply(tx: TenantTransaction, call: TenantCall, target: WholeManifest): Promise<void> {
    for (const application of target.applications) {
      const id = await this.#writeApplication(tx, call, application)
      await this.#writeSubscriptions(tx, call, id, application)
      await this.#writeKeys(tx, call, id, application)
      await this.#writeOauthClients(tx, call, id, application)
      await touchCredentials(tx, { applicationId: id })
    }
  }

  async #writeApplication(
    tx: TenantTransaction,
    call: TenantCall,
    application: ManifestApplication,
  ): Promise<string> {
    const { name, title, description } = application
    const groups = [...new Set(application.groups)].sort()
    const existing = await tx.db.application.findFirst({
      where: { name },
      select: { id: true, ownerId: true, owner: { select: { email: true } } },
    })
    const stays = existing && (application.owner === null || application.owner === existing.owner.email)
    const ownerId = stays
      ? existing.ownerId
      : application.owner === null
        ? signedIn(call).id
        : await ownerOf(tx, name, application.owner)
    const opens =
      application.keys.length > 0 ||
      application.oauthClients.length > 0 ||
      application.subscriptions.some(({ state }) => state !== 'suspended')
    if (opens) await holdOwner(tx, { name, ownerId, tenantId: call.tenant.id })
    const data = { title, description, ownerId, groups }
    if (existing) {
      await tx.db.application.update({
        where: { id: existing.id },
        data: { ...data, version: { increment: 1 } },
      })
      return existing.id
    }
    const id = createId('app')
    await tx.db.application.create({
      data: { id, tenantId: call.tenant.id, name, ...data, createdAt: this.clock.now() },
    })
    return id
  }

  async #writeSubscriptions(
    tx: TenantTransaction,
    call: TenantCall,
    applicationId: string,
    { subscriptions }: ManifestApplication,
  ): Promise<void> {
    const held = await tx.db.subscription.findMany({
      where: { applicationId, providerId: call.tenant.id, state: { in: ['pending', 'active', 'suspended'] } },
      include: { plan: { include: { product: true } } },
    })
    const wanted = new Set(subscriptions.map(({ product }) => product))
    for (const row of held) {
      if (!wanted.has(row.plan.product.name))
        await this.#step(tx, call, row, { state: 'cancelled', planId: row.planId })
    }
    for (const { product, plan: name, state } of subscriptions) {
      const plan = await tx.db.plan.findFirstOrThrow({ where: { name, product: { name: product } } })
      const row = held.find(({ productId }) => productId === plan.productId)
      if (row) {
        if (row.planId !== plan.id || row.state !== state)
          await this.#step(tx, call, row, { state, planId: plan.id })
        continue
      }
      const id = createId('sub')
      await tx.db.subscription.create({
        data: {
          id,
          tenantId: call.tenant.id,
          providerId: call.tenant.id,
          applicationId,
          planId: plan.id,
          productId: plan.productId,
          state,
          createdBy: signedIn(call).id,
          createdAt: this.clock.now(),
        },
      })
      await this.#record(tx, call, { subscriptionId: id, from: null, to: state })
    }
  }

  async #step(
    tx: TenantTransaction,
    call: TenantCall,
    row: { readonly id: string; readonly state: State },
    data: { readonly state: State; readonly planId: string },
  ): Promise<void> {
    await tx.db.subscription.update({ where: { id: row.id }, data: { ...data, version: { increment: 1 } } })
    await this.#record(tx, call, { subscriptionId: row.id, from: row.state, to: data.state })
  }

  #record(tx: TenantTransaction, call: TenantCall, step: SubscriptionStep): Promise<void> {
    return recordSteps(tx, call, [step], { note: 'By a manifest', at: this.clock.now() })
  }

  async #writeKeys(
    tx: TenantTransaction,
    call: TenantCall,
    applicationId: string,
    { name: application, keys }: ManifestApplication,
  ): Promise<void> {
    const now = this.clock.now()
    const held = await tx.db.credential.findMany({
      where: { applicationId, kind: 'key', state: 'active', tryIt: false },
    })
    for (const row of held) {
      if (keys.some(({ sha256 }) => sha256 === row.hash)) continue
      await tx.db.credential.update({
        where: { id: row.id },
        data: { state: 'revoked', revokedAt: now, version: { increment: 1 } },
      })
      tx.access(row.environmentId, [row.hash])
    }
    for (const { name, environment, sha256, prefix, last4, expiresAt } of keys) {
      const stage = await findEnvironment(tx.platform, environment)
      const data = { name, prefix, last4, expiresAt: expiresAt === null ? null : new Date(expiresAt) }
      const row = held.find(({ hash }) => hash === sha256)
      if (row) {
        await tx.db.credential.update({ where: { id: row.id }, data: { ...data, version: { increment: 1 } } })
        continue
      }
      if (await tx.everything.credential.findUnique({ where: { hash: sha256 } })) {
        refuse(
          'manifest_refused',
          `applications/${application}/keys: the key ${prefix || sha256} is in use or was revoked`,
        )
      }
      await tx.db.credential.create({
        data: {
          id: createId('key'),
          tenantId: call.tenant.id,
          applicationId,
          environmentId: stage.id,
          hash: sha256,
          ...data,
          createdBy: signedIn(call).id,
          createdAt: now,
        },
      })
    }
  }

  async #writeOauthClients(
    tx: TenantTransaction,
    call: TenantCall,
    applicationId: string,
    { oauthClients }: ManifestApplication,
  ): Promise<void> {
    const held = await tx.db.credential.findMany({
      where: { applicationId, kind: 'oauth_client', state: 'active' },
      include: { environment: { select: { name: true } } },
    })
    const keyOf = ({ environment, issuer, clientId }: (typeof held)[number]) =>
      oauthClientKey({ environment: environment.name, issuer: issuer ?? '', clientId: clientId ?? '' })
    const wanted = new Set(oauthClients.map(oauthClientKey))
    for (const row of held) {
      if (wanted.has(keyOf(row))) continue
      await tx.db.credential.update({
        where: { id: row.id },
        data: { state: 'revoked', revokedAt: this.clock.now(), version: { increment: 1 } },
      })
      tx.access(row.environmentId, [row.hash])
    }
    const application = await tx.db.application.findFirstOrThrow({ where: { id: applicationId } })
    for (const { environment, name, issuer, clientId, expiresAt } of oauthClients) {
      const stage = await findEnvironment(tx.platform, environment)
      const data = { name, expiresAt: expiresAt === null ? null : new Date(expiresAt) }
      const row = held.find(
        (it) => keyOf(it) === oauthClientKey({ environment: stage.name, issuer, clientId }),
      )
      if (row)
        await tx.db.credential.update({ where: { id: row.id }, data: { ...data, version: { increment: 1 } } })
      else await this.oauthClients.add(call, tx, application, stage, { ...data, issuer, clientId })
    }
  }
}

type State = WholeManifest['applications'][number]['subscriptions'][number]['state']

/** A suspension by another team would go with the application: it waits for a decision that is just being taken there. */
async function refuseSuspendedElsewhere(
  tx: TenantTransaction,
  { tenant }: TenantCall,
  name: string,
): Promise<void> {
  const held = await tx.everything.$queryRaw<{ state: SubscriptionState }[]>`
    SELECT subscription.state::text FROM subscription JOIN application ON application.id = application_id
    WHERE application.tenant_id = ${tenant.id} AND application.name = ${name} AND provider_id <> ${tenant.id}
    ORDER BY subscription.id FOR UPDATE OF subscription`
  refuseSuspended(held)
}

// Only members can own: a manifest must not tell who has an account elsewhere, nor hand anything to strangers.
async function ownerOf(tx: TenantTransaction, application: string, email: string): Promise<string> {
  const member = await tx.db.membership.findFirst({ where: { user: { email } } })
  return (
    member?.userId ??
    refuse(
      'manifest_refused',
      `applications/${application}/owner: ${email} is no member; invite them, or leave owner out`,
    )
  )
}
