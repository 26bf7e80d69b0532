// The blocklist of the platform: addresses that the APIs of every tenant turn away.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import { type Call, causedRevisions } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
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
import { countsOf } from './blocks.service.ts'

type Noun = typeof contract.platformBlocks

const owner: Owner = { tenantId: null, title: 'the platform', mostBlocks: 50_000 }

@Injectable()
export class PlatformBlocksService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  list(_: Call, input: InputOf<Noun['list']>) {
    return listBlocks({ table: this.database.everything.block, owner }, input, this.clock.now())
  }

  async write(call: Call, { source, blocks }: InputOf<Noun['write']>) {
    const writing = { owner, source, now: this.clock.now() }
    const asked = await readBatch({ table: this.database.everything.block, ...writing }, blocks)
    if (asked.unchanged === blocks.length) return { ...countsOf(asked), revisions: [] }
    const batch = await this.changes.onPlatform(call, async (tx) => {
      await lockList(tx, owner)
      const scope = { table: tx.everything.block, ...writing }
      const batch = await readBatch(scope, blocks)
      await writeBatch(tx, scope, batch, call.actor)
      return batch
    })
    return { ...countsOf(batch), revisions: causedRevisions(call) }
  }

  async lift(call: Call, { source, targets }: InputOf<Noun['lift']>) {
    const found = await findTargets({ table: this.database.everything.block, owner }, source, targets)
    if (found.length === 0) return { lifted: 0, revisions: [] }
    const lifted = await this.changes.onPlatform(call, (tx) =>
      liftTargets(tx, { table: tx.everything.block, owner }, source, targets),
    )
    return { lifted, revisions: causedRevisions(call) }
  }

  async remove(call: Call, { block }: InputOf<Noun['remove']>) {
    await this.changes.onPlatform(call, async (tx) => {
      await lockList(tx, owner)
      const found = await tx.everything.block.findUnique({ where: { id: block, tenantId: null } })
      if (!found) refuse('not_found', `There is no block ${block} of the platform`)
      await liftRows(tx, { table: tx.everything.block, owner }, [found], 'remove')
    })
    return { revisions: causedRevisions(call) }
  }
}
