// What is offered: products and their plans. Saving them is live: gateways get the new terms with the next revision.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { touchSubscribers } from '../access/touch.ts'
import { causedRevisions, expectVersion, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { given } from '../infra/given.ts'
import { containing, paged } from '../infra/page.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse, refuseField } from '../refusal.ts'
import { setPlanLimits } from './plan-limits.ts'
import {
  type PlanRow,
  type ProductRow,
  planRows,
  productRows,
  showPlan,
  showProduct,
} from './product-view.ts'

type Noun = typeof contract.products
/** A quarter. */
const serviceLevelDays = 92

const promised = ({ p95Ms, availability }: InputOf<Noun['createPlan']>['serviceLevel']) => ({
  sloP95Ms: p95Ms,
  sloAvailability: availability,
})

type ProductReader = Pick<TenantTransaction, 'db'>

@Injectable()
export class ProductsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    return paged(
      input,
      [
        ['name', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        call.db.product.findMany({
          ...query,
          where: { AND: [where, containing(input.search, 'name', 'title')] },
          include: productRows,
        }),
      showProduct,
    )
  }

  async get(call: TenantCall, { product }: InputOf<Noun['get']>) {
    return showProduct(await findProduct(call, product))
  }

  async create(call: TenantCall, { name, title, description, versions }: InputOf<Noun['create']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const id = createId('prd')
      await tx.db.product.create({
        data: { id, tenantId: call.tenant.id, name, title, description, createdAt: this.clock.now() },
      })
      await setVersions(tx, call.tenant.id, id, versions)
      const after = showProduct(await findProduct(tx, id))
      tx.audit({ action: 'products.create', resource: productNamed(after), before: null, after })
      tx.config('all', { reason: `New product ${name}` })
      return after
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async update(call: TenantCall, { product, ...change }: InputOf<Noun['update']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const row = await findProduct(tx, product)
      expectVersion(call, row)
      const before = showProduct(row)
      const { title, description, archived, versions } = change
      await tx.db.product.update({
        where: { id: row.id, version: row.version },
        data: {
          ...given({ title, description }),
          ...this.#archive(archived, row),
          version: { increment: 1 },
        },
      })
      if (versions !== undefined) {
        await setVersions(tx, call.tenant.id, row.id, versions)
        // What a key may call is part of its record.
        await touchSubscribers(tx, row.id)
      }
      const after = showProduct(await findProduct(tx, row.id))
      tx.audit({ action: 'products.update', resource: productNamed(after), before, after })
      tx.config('all', { reason: `Product ${after.name}` })
      return after
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async createPlan(call: TenantCall, { product, rate, quota, ...input }: InputOf<Noun['createPlan']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const row = await findProduct(tx, product)
      const id = createId('pln')
      const { name, title, description, approval, price, serviceLevel } = input
      if (row.plans.some((plan) => plan.name === name)) {
        refuseField('already_exists', '/name', `${row.name} has a plan "${name}" already`)
      }
      await tx.db.plan.create({
        data: {
          id,
          tenantId: call.tenant.id,
          productId: row.id,
          name,
          title,
          description,
          approval,
          price,
          ...promised(serviceLevel),
          position: row.plans.length,
          createdAt: this.clock.now(),
        },
      })
      await setPlanLimits(tx, call.tenant.id, id, { rate, quota })
      const after = showPlan(await findPlan(tx, row, id))
      tx.audit({ action: 'products.createPlan', resource: planNamed(row, after), before: null, after })
      tx.config('all', { reason: `New plan ${row.name}/${name}` })
      return after
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async updatePlan(
    call: TenantCall,
    { product, plan, rate, quota, archived, ...change }: InputOf<Noun['updatePlan']>,
  ) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const owner = await findProduct(tx, product)
      const row = await findPlan(tx, owner, plan)
      expectVersion(call, row)
      const before = showPlan(row)
      const { title, description, approval, price, serviceLevel } = change
      await tx.db.plan.update({
        where: { id: row.id, version: row.version },
        data: {
          ...given({ title, description, approval, price }),
          ...(serviceLevel && promised(serviceLevel)),
          ...this.#archive(archived, row),
          version: { increment: 1 },
        },
      })
      await setPlanLimits(tx, call.tenant.id, row.id, { rate, quota })
      const after = showPlan(await findPlan(tx, owner, row.id))
      tx.audit({ action: 'products.updatePlan', resource: planNamed(owner, after), before, after })
      tx.config('all', { reason: `Plan ${owner.name}/${after.name}` })
      return after
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  async serviceLevel(call: TenantCall, { product, plan, environment }: InputOf<Noun['serviceLevel']>) {
    const { id: planId } = await findPlan(call, await findProduct(call, product), plan)
    const { id: environmentId } = await findEnvironment(call.platform, environment)
    const days = await call.db.serviceLevelDay.findMany({
      where: { planId, environmentId },
      orderBy: { day: 'desc' },
      take: serviceLevelDays,
    })
    return {
      data: days.map((row) => ({
        day: row.day.toISOString().slice(0, 10),
        requests: Number(row.requests),
        p95Ms: row.p95Ms,
        availability: row.availability,
        promised: { p95Ms: row.p95TargetMs, availability: row.availabilityTarget },
        isMet: row.isMet,
      })),
    }
  }

  /** Archived things take no new subscriptions; the ones they have keep working. */
  #archive(archived: boolean | undefined, row: { archivedAt: Date | null }) {
    if (archived === undefined || archived === (row.archivedAt !== null)) return {}
    return { archivedAt: archived ? this.clock.now() : null }
  }
}

export async function findProduct({ db }: ProductReader, reference: string): Promise<ProductRow> {
  const where = { OR: [{ id: reference }, { name: reference }] }
  const row = await db.product.findFirst({ where, include: productRows })
  return row ?? refuse('not_found', `There is no product "${reference}"`)
}

async function findPlan({ db }: ProductReader, product: ProductRow, reference: string): Promise<PlanRow> {
  const where = { productId: product.id, OR: [{ id: reference }, { name: reference }] }
  const row = await db.plan.findFirst({ where, include: planRows })
  return row ?? refuse('not_found', `The product ${product.name} has no plan "${reference}"`)
}

async function setVersions(
  tx: TenantTransaction,
  tenantId: string,
  productId: string,
  versionIds: readonly string[],
) {
  const wanted = new Set(versionIds)
  const known = await tx.db.apiVersion.findMany({ where: { id: { in: [...wanted] } }, select: { id: true } })
  const unknown = [...wanted].find((id) => !known.some((version) => version.id === id))
  if (unknown) refuseField('not_found', '/versions', `There is no API version ${unknown}`)
  await tx.db.productVersion.deleteMany({ where: { productId, versionId: { notIn: [...wanted] } } })
  await tx.db.productVersion.createMany({
    data: [...wanted].map((versionId) => ({ tenantId, productId, versionId })),
    skipDuplicates: true,
  })
}

const productNamed = ({ id, name }: { id: string; name: string }) => ({ kind: 'product', id, name })
const planNamed = (product: { name: string }, { id, name }: { id: string; name: string }) => ({
  kind: 'plan',
  id,
  name: `${product.name}/${name}`,
})
