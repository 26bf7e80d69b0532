// APIs in the catalogues of other teams: given, taken back, and what becomes of the subscriptions then (ADR 97).
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { recordSteps } from '../access/subscription-history.ts'
import { tellOther } from '../access/subscription-view.ts'
import { touchParties } from '../access/touch.ts'
import { causedRevisions, type TenantCall } from '../call.ts'
import { findApi } from '../catalog/api-view.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import type { TenantDb } from '../infra/database.ts'
import { paged } from '../infra/page.ts'
import { Changes, type TenantTransaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'

type Noun = typeof contract.shares

const standing = ['pending', 'active', 'suspended'] as const

const shareRows = {
  consumer: { select: { id: true, name: true, title: true } },
  api: { select: { id: true, name: true } },
} satisfies Prisma.ApiShareInclude
type ShareRow = Prisma.ApiShareGetPayload<{ include: typeof shareRows }>

@Injectable()
export class SharesService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  async list(call: TenantCall, input: InputOf<Noun['list']>) {
    const api = await findApi(call.db, input.api)
    const found = await paged(
      input,
      [
        ['createdAt', 'asc'],
        ['id', 'asc'],
      ],
      ({ where, ...query }) =>
        call.db.apiShare.findMany({
          ...query,
          where: { AND: [where, { apiId: api.id }] },
          include: shareRows,
        }),
      (row: ShareRow) => row,
    )
    const uses = await usesOf(call.db, found.data)
    return { ...found, data: found.data.map((row) => showShare(row, uses)) }
  }

  async create(call: TenantCall, { api: reference, team }: InputOf<Noun['create']>) {
    return this.changes.inTenant(call, async (tx) => {
      const api = await findApi(tx.db, reference)
      const consumer = await tx.platform.tenant.findFirst({ where: { OR: [{ id: team }, { name: team }] } })
      if (!consumer) return refuseField('not_found', '/team', `There is no team "${team}"`)
      if (consumer.id === call.tenant.id) refuseField('invalid_input', '/team', 'It is yours already')
      const terms = {
        state: 'active',
        sharedBy: call.actor.name,
        createdAt: this.clock.now(),
        endedAt: null,
      } as const
      const before = await lockShare(tx, { apiId: api.id, consumerId: consumer.id })
      if (before?.state === 'active')
        refuseField('already_exists', '/team', `It is shared with ${consumer.title}`)
      if (before)
        await tx.db.apiShare.update({
          where: { id: before.id },
          data: { ...terms, version: { increment: 1 } },
        })
      else {
        const id = createId('shr')
        const ids = { id, tenantId: call.tenant.id, apiId: api.id, consumerId: consumer.id }
        await tx.db.apiShare.create({ data: { ...ids, ...terms } })
      }
      const row = await tx.db.apiShare.findFirstOrThrow({
        where: { apiId: api.id, consumerId: consumer.id },
        include: shareRows,
      })
      // What ended with an earlier share, and was suspended then, may be resumed under this one.
      await touchParties(tx, await applicationsOf(tx, row))
      this.#note(tx, call, 'shares.create', row, before?.state ?? null)
      return showShare(row, await usesOf(tx.db, [row]))
    })
  }

  async end(call: TenantCall, { api: reference, share, subscriptions: choice }: InputOf<Noun['end']>) {
    const after = await this.changes.inTenant(call, async (tx) => {
      const api = await findApi(tx.db, reference)
      const before = await lockShare(tx, { apiId: api.id, id: share })
      if (!before) return refuse('not_found', `${api.name} has no share ${share}`)
      const stand = await standingOf(tx, before)
      const mayRun = stand.length > 0
      if (before.state === 'ended') refuse('state_conflict', 'The share has ended')
      if (mayRun && choice === undefined) {
        refuse('in_use', `${before.consumer.title} has ${stand.length} subscriptions: say keep or end`, {
          extensions: { subscriptions: stand.length },
        })
      }
      const state = mayRun && choice === 'keep' ? 'running_out' : 'ended'
      if (state === before.state) refuse('state_conflict', 'Their subscriptions are running out already')
      await tx.db.apiShare.update({
        where: { id: before.id },
        data: { state, endedAt: this.clock.now(), version: { increment: 1 } },
      })
      if (state === 'ended') await this.#cut(tx, call, before, stand)
      const row = await tx.db.apiShare.findFirstOrThrow({ where: { id: before.id }, include: shareRows })
      this.#note(tx, call, 'shares.end', row, before.state)
      return showShare(row, await usesOf(tx.db, [row]))
    })
    return { ...after, revisions: causedRevisions(call) }
  }

  /** Cancels what is left without any shared API; what covers another one that still is goes on with that alone. */
  async #cut(tx: TenantTransaction, call: TenantCall, share: ShareRow, stand: readonly Standing[]) {
    const others = await tx.db.productVersion.findMany({
      where: {
        productId: { in: stand.map(({ productId }) => productId) },
        apiVersion: { api: { shares: { some: { consumerId: share.consumerId, state: { not: 'ended' } } } } },
      },
      select: { productId: true },
    })
    const kept = new Set(others.map(({ productId }) => productId))
    // A suspension outlasts the share: with a new one it would be gone else.
    const ended = stand.filter(({ productId, state }) => !kept.has(productId) && state !== 'suspended')
    await tx.db.subscription.updateMany({
      where: { id: { in: ended.map(({ id }) => id) } },
      data: { state: 'cancelled', version: { increment: 1 } },
    })
    const note = `${share.api.name} is no longer shared`
    await recordSteps(
      tx,
      call,
      ended.map(({ id, state }) => ({ subscriptionId: id, from: state, to: 'cancelled' })),
      { note, at: this.clock.now() },
    )
    for (const row of ended) {
      const entry = {
        action: 'subscriptions.cancel',
        resource: { kind: 'subscription', id: row.id, name: `${row.application.name} → ${row.plan.name}` },
        before: { state: row.state },
        after: { state: 'cancelled' },
        reason: note,
      }
      tx.audit(entry)
      tellOther(tx, call, row, entry)
    }
    await touchParties(
      tx,
      stand.map(({ applicationId }) => applicationId),
    )
  }

  #note(tx: TenantTransaction, call: TenantCall, action: string, row: ShareRow, before: string | null): void {
    const resource = { kind: 'api', id: row.api.id, name: row.api.name }
    const between = (team: object) => ({
      action,
      resource,
      before: before === null ? null : { ...team, state: before },
      after: { ...team, state: row.state },
    })
    tx.audit(between({ sharedWith: row.consumer.name }))
    tx.auditFor(row.consumerId, between({ sharedBy: call.tenant.name }))
  }
}

/** A share, with nobody ending it or subscribing under it until the end of `tx`. */
async function lockShare(
  tx: TenantTransaction,
  which: { readonly apiId: string } & ({ readonly id: string } | { readonly consumerId: string }),
): Promise<ShareRow | null> {
  const found = await tx.db.apiShare.findFirst({ where: which, select: { id: true } })
  if (!found) return null
  await tx.everything.$queryRaw`SELECT id FROM api_share WHERE id = ${found.id} FOR UPDATE`
  return tx.db.apiShare.findFirst({ where: { id: found.id }, include: shareRows })
}

const underShare = ({ apiId, consumerId }: Pick<ShareRow, 'apiId' | 'consumerId'>) =>
  ({
    tenantId: consumerId,
    plan: { product: { versions: { some: { apiVersion: { apiId } } } } },
  }) satisfies Prisma.SubscriptionWhereInput

type Standing = Awaited<ReturnType<typeof standingOf>>[number]

/** Subscriptions that stand under a share, with nobody deciding about them until the end of `tx`. */
async function standingOf(tx: TenantTransaction, share: ShareRow) {
  const where = { ...underShare(share), state: { in: [...standing] } }
  const ids = (await tx.db.subscription.findMany({ where, select: { id: true } })).map(({ id }) => id)
  await tx.everything.$queryRaw`SELECT id FROM subscription WHERE id = ANY(${ids}) ORDER BY id FOR UPDATE`
  return tx.db.subscription.findMany({
    where: { AND: [{ id: { in: ids } }, where] },
    include: { application: { select: { name: true } }, plan: { select: { name: true } } },
    orderBy: { id: 'asc' },
  })
}

async function applicationsOf(tx: TenantTransaction, share: ShareRow): Promise<string[]> {
  const where = { ...underShare(share), state: { in: [...standing] } }
  const rows = await tx.db.subscription.findMany({ where, select: { applicationId: true } })
  return rows.map(({ applicationId }) => applicationId)
}

/** Subscriptions by team and state, of shares of one API. */
async function usesOf(db: TenantDb, shares: readonly ShareRow[]) {
  const [{ apiId } = { apiId: '' }] = shares
  const counts = await db.subscription.groupBy({
    by: ['tenantId', 'state'],
    where: {
      ...underShare({ apiId, consumerId: '' }),
      tenantId: { in: shares.map(({ consumerId }) => consumerId) },
    },
    _count: true,
  })
  return (consumerId: string, state: (typeof standing)[number]) =>
    counts.find((one) => one.tenantId === consumerId && one.state === state)?._count ?? 0
}

function showShare(row: ShareRow, uses: Awaited<ReturnType<typeof usesOf>>) {
  const count = (state: (typeof standing)[number]) => uses(row.consumerId, state)
  return {
    id: row.id,
    team: { name: row.consumer.name, title: row.consumer.title },
    state: row.state,
    subscriptions: {
      pending: count('pending'),
      active: count('active'),
      suspended: count('suspended'),
    },
    sharedBy: row.sharedBy,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    version: row.version,
  }
}
