// The offer half of applying a manifest: products with their versions, plans with their policies.
import { createId } from '@gatewright/shared/ids'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { Injectable } from '@nestjs/common'
import { touchSubscribers } from '../access/touch.ts'
import type { TenantCall } from '../call.ts'
import { setChain } from '../catalog/drafts.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'

type ManifestProduct = WholeManifest['products'][number]

@Injectable()
export class ProductsApplier {
  constructor(private readonly clock: Clock) {}

  async removeGone(
    tx: TenantTransaction,
    call: TenantCall,
    current: WholeManifest,
    target: WholeManifest,
  ): Promise<void> {
    for (const product of current.products) {
      const kept = target.products.find(({ name }) => name === product.name)
      for (const plan of product.plans) {
        if (kept?.plans.some(({ name }) => name === plan.name)) continue
        await this.#removePlan(tx, call, product.name, plan.name)
      }
      if (!kept) await tx.db.product.deleteMany({ where: { name: product.name } })
    }
  }

  async #removePlan(tx: TenantTransaction, call: TenantCall, product: string, name: string): Promise<void> {
    const where = { name, product: { name: product } }
    // Of another team's plan of this name its own applications may have subscriptions, too (ADR 97).
    const ofPlan = { providerId: call.tenant.id, plan: where }
    const used = await tx.db.subscription.count({
      where: { ...ofPlan, state: { in: ['pending', 'active', 'suspended'] } },
    })
    if (used > 0)
      refuse('in_use', `The plan ${product}/${name} has ${used} subscriptions: archive it instead`)
    // Ended subscriptions go with the plan; the audit log keeps their story.
    await tx.db.subscription.deleteMany({ where: ofPlan })
    await tx.db.plan.deleteMany({ where })
  }

  async apply(tx: TenantTransaction, call: TenantCall, target: WholeManifest): Promise<void> {
    const versions = await tx.db.apiVersion.findMany({
      select: { id: true, name: true, api: { select: { name: true } } },
    })
    const versionIds = new Map(versions.map(({ id, name, api }) => [`${api.name}/${name}`, id]))
    for (const product of target.products) {
      const id = await this.#writeProduct(tx, call, product)
      await this.#setVersions(
        tx,
        call,
        id,
        product.versions.map((at) => versionIds.get(at) ?? ''),
      )
      await this.#writePlans(tx, call, id, product)
    }
  }

  async #writeProduct(tx: TenantTransaction, call: TenantCall, product: ManifestProduct): Promise<string> {
    const { name, title, description, archived } = product
    const existing = await tx.db.product.findFirst({ where: { name } })
    const archivedAt = archived ? (existing?.archivedAt ?? this.clock.now()) : null
    if (existing) {
      await tx.db.product.update({
        where: { id: existing.id },
        data: { title, description, archivedAt, version: { increment: 1 } },
      })
      return existing.id
    }
    const id = createId('prd')
    await tx.db.product.create({
      data: {
        id,
        tenantId: call.tenant.id,
        name,
        title,
        description,
        archivedAt,
        createdAt: this.clock.now(),
      },
    })
    return id
  }

  async #setVersions(
    tx: TenantTransaction,
    { tenant }: TenantCall,
    productId: string,
    versionIds: readonly string[],
  ): Promise<void> {
    const { count: removed } = await tx.db.productVersion.deleteMany({
      where: { productId, versionId: { notIn: [...versionIds] } },
    })
    const { count: added } = await tx.db.productVersion.createMany({
      data: versionIds.map((versionId) => ({ tenantId: tenant.id, productId, versionId })),
      skipDuplicates: true,
    })
    // What a key may call is part of its record.
    if (removed + added > 0) await touchSubscribers(tx, productId)
  }

  async #writePlans(
    tx: TenantTransaction,
    { tenant }: TenantCall,
    productId: string,
    { plans }: ManifestProduct,
  ): Promise<void> {
    for (const [position, { policies, archived, serviceLevel, ...columns }] of plans.entries()) {
      const existing = await tx.db.plan.findFirst({ where: { productId, name: columns.name } })
      const id = existing?.id ?? createId('pln')
      const archivedAt = archived ? (existing?.archivedAt ?? this.clock.now()) : null
      const { p95Ms: sloP95Ms, availability: sloAvailability } = serviceLevel
      const data = { ...columns, sloP95Ms, sloAvailability, archivedAt, position }
      if (existing) await tx.db.plan.update({ where: { id }, data: { ...data, version: { increment: 1 } } })
      else {
        await tx.db.plan.create({
          data: { id, tenantId: tenant.id, productId, ...data, createdAt: this.clock.now() },
        })
      }
      await setChain(tx.db, { scope: 'plan', tenantId: tenant.id, planId: id }, policies)
    }
  }
}
