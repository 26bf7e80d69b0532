// One blocklist, that of a tenant or that of the platform: what is written, lifted and shown is the same for both.

import { createId } from '@gatewright/shared/ids'
import { type Block, type BlockTarget, blockChange, canonicalTarget } from '@gatewright/shared/model/block'
import type { Actor } from '../call.ts'
import type { Prisma, Block as Row } from '../generated/prisma/client.ts'
import { containing, type Order, paged } from '../infra/page.ts'
import type { Transaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'

export type Table = Prisma.TransactionClient['block']

/** Whose list it is. */
export interface Owner {
  readonly tenantId: string | null
  /** For people and for the audit log. */
  readonly title: string
  readonly mostBlocks: number
}

interface Verdict extends BlockTarget {
  readonly reason: string
  readonly expiresAt: string | null
}

interface Scope {
  readonly table: Table
  readonly owner: Owner
}

interface Writing extends Scope {
  readonly source: string
  readonly now: Date
}

const order: Order = [
  ['createdAt', 'desc'],
  ['id', 'desc'],
]

interface ListInput {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly kind?: Row['kind'] | undefined
  readonly state: 'active' | 'expired' | 'all'
  readonly search?: string | undefined
}

export function listBlocks({ table, owner }: Scope, { kind, state, search, ...page }: ListInput, now: Date) {
  const isActive = { OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
  const ofState = { active: isActive, expired: { expiresAt: { lte: now } }, all: {} }[state]
  const wanted = { ...(kind === undefined ? {} : { kind }) }
  const texts = containing(search, 'value', 'reason', 'source', 'actorName')
  return paged(
    page,
    order,
    ({ where, ...query }) =>
      table.findMany({
        ...query,
        where: { tenantId: owner.tenantId, AND: [where, wanted, ofState, texts] },
      }),
    (row) => show(row, now),
  )
}

/** What of the batch says something new. Refuses targets that stand in it twice, and ends that are past. */
export async function readBatch({ table, owner, source, now }: Writing, blocks: readonly Verdict[]) {
  const verdicts = blocks.map(({ reason, expiresAt, ...target }, i) => {
    if (expiresAt !== null && new Date(expiresAt) <= now)
      refuseField('invalid_input', `/blocks/${i}/expiresAt`, 'This time is past')
    return { ...canonicalTarget(target), reason, expiresAt: expiresAt === null ? null : new Date(expiresAt) }
  })
  const seen = new Map<string, number>()
  for (const [i, verdict] of verdicts.entries()) {
    const first = seen.get(keyOf(verdict))
    if (first !== undefined)
      refuseField('invalid_input', `/blocks/${i}/value`, `It stands at /blocks/${first} as well`)
    seen.set(keyOf(verdict), i)
  }
  const rows = await findTargets({ table, owner }, source, verdicts)
  const known = new Map(rows.map((row) => [keyOf(row), row]))
  const created = verdicts.filter((verdict) => !known.has(keyOf(verdict)))
  const changed = verdicts.flatMap((verdict) => {
    const before = known.get(keyOf(verdict))
    const isSame =
      before?.reason === verdict.reason && before.expiresAt?.getTime() === verdict.expiresAt?.getTime()
    return before === undefined || isSame ? [] : [{ before, verdict }]
  })
  return { created, changed, unchanged: verdicts.length - created.length - changed.length }
}

type Batch = Awaited<ReturnType<typeof readBatch>>

/** Two who change one list come one after the other, so that neither counts, finds or lifts what the other is about to write. */
export async function lockList(tx: Transaction, { tenantId }: Owner): Promise<void> {
  await tx.everything
    .$executeRaw`SELECT pg_advisory_xact_lock(hashtext('blocklist'), hashtext(${tenantId ?? ''}))`
}

export async function writeBatch(
  tx: Transaction,
  { table, owner, source, now }: Writing,
  { created, changed }: Batch,
  actor: Actor,
): Promise<void> {
  const by = { actorId: actor.id, actorName: actor.name, updatedAt: now }
  const touched: string[] = []
  const sweep = async (before: Date, most: number) => {
    const over = await table.findMany({
      // Never what this batch is about to say anew.
      where: {
        tenantId: owner.tenantId,
        expiresAt: { lt: before },
        id: { notIn: changed.map(({ before: { id } }) => id) },
      },
      orderBy: [{ expiresAt: 'asc' }, { id: 'asc' }],
      select: { id: true },
      take: most,
    })
    const ids = over.map(({ id }) => id)
    await table.deleteMany({ where: { tenantId: owner.tenantId, id: { in: ids } } })
    touched.push(...ids)
  }
  const count = () => table.count({ where: { tenantId: owner.tenantId } })
  await sweep(new Date(now.getTime() - keepMs), sweepMost)
  const needed = (await count()) + created.length - owner.mostBlocks
  // What is over is kept for those who ask, as long as nobody needs its room.
  if (needed > 0) await sweep(now, needed)
  const held = await count()
  if (held + created.length > owner.mostBlocks)
    refuse(
      'limit_reached',
      `The blocklist of ${owner.title} holds at most ${owner.mostBlocks} entries and has ${held}; lift some, or block ranges`,
    )
  const rows = created.map((verdict) => ({
    ...verdict,
    ...by,
    id: createId('blk'),
    tenantId: owner.tenantId,
    source,
    createdAt: now,
  }))
  await table.createMany({ data: rows })
  touched.push(...rows.map(({ id }) => id))

  // Verdicts of one batch mostly end together and for one reason.
  const alike = Map.groupBy(changed, ({ verdict }) => JSON.stringify([verdict.reason, verdict.expiresAt]))
  for (const group of alike.values()) {
    const [one] = group
    const ids = group.map(({ before }) => before.id)
    await table.updateMany({
      where: { tenantId: owner.tenantId, id: { in: ids } },
      data: { reason: one?.verdict.reason ?? '', expiresAt: one?.verdict.expiresAt ?? null, ...by },
    })
    touched.push(...ids)
  }
  await announce(tx, touched)
  tx.audit({
    action: `${nounOf(owner)}.write`,
    resource: named(owner),
    before: changed.length === 0 ? null : { source, blocks: changed.map(({ before }) => facts(before)) },
    after: { source, blocks: [...created, ...changed.map(({ verdict }) => verdict)].map(facts) },
  })
}

/** The rows of these targets, under one source. */
export async function findTargets({ table, owner }: Scope, source: string, targets: readonly BlockTarget[]) {
  const ofKinds = [...Map.groupBy(targets, ({ kind }) => kind)].map(([kind, them]) => ({
    kind,
    value: { in: them.map((target) => canonicalTarget(target).value) },
  }))
  return table.findMany({ where: { tenantId: owner.tenantId, source, OR: ofKinds } })
}

/** Lifts what stands under these targets, of one source; answers how many there were. */
export async function liftTargets(
  tx: Transaction,
  scope: Scope,
  source: string,
  targets: readonly BlockTarget[],
): Promise<number> {
  await lockList(tx, scope.owner)
  const rows = await findTargets(scope, source, targets)
  await liftRows(tx, scope, rows, 'lift')
  return rows.length
}

/** The list has to be locked. */
export async function liftRows(
  tx: Transaction,
  { table, owner }: Scope,
  rows: readonly Row[],
  operation: 'lift' | 'remove',
): Promise<void> {
  const ids = rows.map(({ id }) => id)
  await table.deleteMany({ where: { tenantId: owner.tenantId, id: { in: ids } } })
  await announce(tx, ids)
  tx.audit({
    action: `${nounOf(owner)}.${operation}`,
    resource: named(owner),
    before: { blocks: rows.map((row) => ({ source: row.source, ...facts(row) })) },
    after: null,
  })
}

/** Gateways of every environment are told in the order of access revisions, like of revoked credentials. */
async function announce(tx: Transaction, ids: readonly string[]): Promise<void> {
  const environments = await tx.platform.environment.findMany({ select: { id: true } })
  for (const { id } of environments) tx.access(id, ids.map(blockChange))
}

/** Whoever asks why somebody could not call yesterday finds it, where there is room. */
const keepMs = 7 * 86_400_000
const sweepMost = 5_000

const nounOf = ({ tenantId }: Owner) => (tenantId === null ? 'platformBlocks' : 'blocks')
const named = ({ tenantId, title }: Owner) => ({ kind: 'blocklist', id: tenantId ?? 'platform', name: title })
const keyOf = ({ kind, value }: Pick<Row, 'kind' | 'value'>) => `${kind} ${value}`

function facts({ kind, value, reason, expiresAt }: Pick<Row, 'kind' | 'value' | 'reason' | 'expiresAt'>) {
  return { kind, value, reason, expiresAt: expiresAt?.toISOString() ?? null }
}

function show(row: Row, now: Date): Block {
  const { id, actorId, actorName, createdAt, updatedAt, source, ...rest } = row
  return {
    id: id as Block['id'],
    ...facts(rest),
    source,
    isOver: row.expiresAt !== null && row.expiresAt <= now,
    by: { id: actorId, name: actorName },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
