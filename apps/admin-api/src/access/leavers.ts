// What becomes of a member's applications when they go: another member takes them over, or their access ends (ADR 6).
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { applicationNamed } from './application-view.ts'
import { recordSteps } from './subscription-history.ts'
import { tellOther } from './subscription-view.ts'
import { touchCredentials } from './touch.ts'

interface Person {
  readonly id: string
  readonly email: string
}

@Injectable()
export class Leavers {
  constructor(private readonly clock: Clock) {}

  /** Makes `to` the owner of every application of `from`; keys and subscriptions stay as they are. Answers how many. */
  async handOver(tx: TenantTransaction, from: Person, to: Person): Promise<number> {
    const applications = await applicationsOf(tx, from)
    await tx.db.application.updateMany({
      where: { ownerId: from.id },
      data: { ownerId: to.id, version: { increment: 1 } },
    })
    for (const application of applications) {
      tx.audit({
        action: 'applications.handOver',
        resource: applicationNamed(application),
        before: { owner: from.email },
        after: { owner: to.email },
      })
    }
    return applications.length
  }

  /**
   * Refuses when keys of a person's applications work: in a role that owns no applications nobody would answer for them.
   * The caller holds the membership (`FOR UPDATE`), so no key is issued meanwhile (`holdOwner`).
   */
  async refuseWhileInUse(tx: TenantTransaction, owner: Person, role: string): Promise<void> {
    const used = await tx.db.application.findMany({
      where: { ownerId: owner.id, credentials: { some: { state: 'active', tryIt: false } } },
      select: { name: true },
      orderBy: { name: 'asc' },
      take: 10,
    })
    if (used.length === 0) return
    const names = used.map(({ name }) => name).join(', ')
    refuse(
      'state_conflict',
      `As ${role}, ${owner.email} could not own ${names}: hand them over first, or revoke their keys`,
    )
  }

  /**
   * Revokes every key and cancels every subscription of a person's applications. The applications stay, for those who look
   * back at their traffic. A suspended subscription stays suspended: its end would let them subscribe anew.
   * The caller holds the membership (`FOR UPDATE`), so no key is issued meanwhile (`holdOwner`).
   */
  async endAccess(
    tx: TenantTransaction,
    call: TenantCall,
    owner: Person,
    note = `${owner.email} left the tenant`,
  ): Promise<void> {
    const applications = await applicationsOf(tx, owner)
    if (applications.length === 0) return
    const ids = applications.map(({ id }) => id)
    const at = this.clock.now()
    // In one order with those who decide about subscriptions at the same moment.
    await tx.everything.$queryRaw`
      SELECT id FROM subscription WHERE tenant_id = ${call.tenant.id} AND application_id = ANY(${ids}) ORDER BY id FOR UPDATE`
    const keys = await tx.db.credential.findMany({
      where: { applicationId: { in: ids }, state: 'active' },
      select: { id: true, applicationId: true, prefix: true },
      orderBy: { id: 'asc' },
    })
    const subscriptions = await tx.db.subscription.findMany({
      where: { applicationId: { in: ids }, state: { in: ['pending', 'active'] } },
      select: {
        id: true,
        applicationId: true,
        state: true,
        tenantId: true,
        providerId: true,
        application: { select: { name: true } },
        plan: { select: { name: true } },
      },
      orderBy: { id: 'asc' },
    })
    await touchCredentials(tx, { applicationId: { in: ids } })
    await tx.db.credential.updateMany({
      where: { id: { in: keys.map(({ id }) => id) } },
      data: { state: 'revoked', revokedAt: at, version: { increment: 1 } },
    })
    await tx.db.subscription.updateMany({
      where: { id: { in: subscriptions.map(({ id }) => id) } },
      data: { state: 'cancelled', version: { increment: 1 } },
    })
    await recordSteps(
      tx,
      call,
      subscriptions.map(({ id, state }) => ({ subscriptionId: id, from: state, to: 'cancelled' })),
      { note, at },
    )
    for (const row of subscriptions) {
      tellOther(tx, call, row, {
        action: 'subscriptions.cancel',
        resource: { kind: 'subscription', id: row.id, name: `${row.application.name} → ${row.plan.name}` },
        before: { state: row.state },
        after: { state: 'cancelled' },
      })
    }
    for (const application of applications) {
      const held = keys.filter(({ applicationId }) => applicationId === application.id)
      const used = subscriptions.filter(({ applicationId }) => applicationId === application.id)
      if (held.length + used.length === 0) continue
      tx.audit({
        action: 'applications.endAccess',
        resource: applicationNamed(application),
        before: {
          keys: Object.fromEntries(held.map(({ prefix }) => [prefix, 'active'])),
          subscriptions: Object.fromEntries(used.map(({ id, state }) => [id, state])),
        },
        after: {
          keys: Object.fromEntries(held.map(({ prefix }) => [prefix, 'revoked'])),
          subscriptions: Object.fromEntries(used.map(({ id }) => [id, 'cancelled'])),
        },
        reason: note,
      })
    }
  }
}

const applicationsOf = (tx: TenantTransaction, { id }: Person) =>
  tx.db.application.findMany({
    where: { ownerId: id },
    select: { id: true, name: true },
    orderBy: { id: 'asc' },
  })
