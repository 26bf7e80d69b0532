// The blocklist of a tenant: whom its APIs turn away.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Changes } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import {
  findTargets,
  liftRows,
  liftTargets,
  listBlocks,
  lockList,
  type Owner,
  readBatch,
  writeBatch,
} from './block-list.ts'

type Noun = typeof contract.blocks

const ownerOf = ({ tenant }: TenantCall): Owner => ({
  tenantId: tenant.id,
  title: tenant.title,
  mostBlocks: 10_000,
})

@Injectable()
export class BlocksService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  list(call: TenantCall, { tenant: _, ...input }: InputOf<Noun['list']>) {
    return listBlocks({ table: call.db.block, owner: ownerOf(call) }, input, this.clock.now())
  }

  async write(call: TenantCall, { source, blocks }: InputOf<Noun['write']>) {
    const writing = { owner: ownerOf(call), source, now: this.clock.now() }
    const asked = await readBatch({ table: call.db.block, ...writing }, blocks)
    // Systems say the same again and again: what changes nothing is no write.
    if (asked.unchanged === blocks.length) return { ...countsOf(asked), revisions: [] }
    const batch = await this.changes.inTenant(call, async (tx) => {
      await lockList(tx, writing.owner)
      const scope = { table: tx.db.block, ...writing }
      const batch = await readBatch(scope, blocks)
      await writeBatch(tx, scope, batch, call.actor)
      return batch
    })
    return { ...countsOf(batch), revisions: causedRevisions(call) }
  }

  async lift(call: TenantCall, { source, targets }: InputOf<Noun['lift']>) {
    const owner = ownerOf(call)
    const found = await findTargets({ table: call.db.block, owner }, source, targets)
    if (found.length === 0) return { lifted: 0, revisions: [] }
    const lifted = await this.changes.inTenant(call, (tx) =>
      liftTargets(tx, { table: tx.db.block, owner }, source, targets),
    )
    return { lifted, revisions: causedRevisions(call) }
  }

  async remove(call: TenantCall, { block }: InputOf<Noun['remove']>) {
    const owner = ownerOf(call)
    await this.changes.inTenant(call, async (tx) => {
      await lockList(tx, owner)
      const found = await tx.db.block.findUnique({ where: { id: block } })
      if (!found) refuse('not_found', `There is no block ${block}`)
      await liftRows(tx, { table: tx.db.block, owner }, [found], 'remove')
    })
    return { revisions: causedRevisions(call) }
  }
}

/** For answers. */
export const countsOf = ({
  created,
  changed,
  unchanged,
}: {
  created: readonly unknown[]
  changed: readonly unknown[]
  unchanged: number
}) => ({ created: created.length, changed: changed.length, unchanged })
