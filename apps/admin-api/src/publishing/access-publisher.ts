// Outbox → gateways: carries changed credentials and blocks to Redis in the order of their revisions, and restores all of them after a loss.
import {
  accessStream,
  blocksDraftKey,
  blocksKey,
  credentialsDraftKey,
  credentialsKey,
  headKey,
  wakeChannel,
} from '@gatewright/shared/channels'
import { changedBlock } from '@gatewright/shared/model/block'
import type { Redis as Client } from 'ioredis'
import type { Prisma, PrismaClient } from '../generated/prisma/client.ts'
import { allBlockRecords, readBlockRecords } from './block-records.ts'
import { allCredentialRecords, readCredentialRecords } from './credential-records.ts'
import { runScript } from './head-scripts.ts'

/** Changes that stay readable for gateways that were away, in the stream and in the outbox alike. */
export const accessHistory = 10_000

const changesPerWrite = 500

interface EnvironmentName {
  readonly id: string
  readonly name: string
}

/**
 * Brings Redis to the access revision of Postgres. The position it is at stands in the credentials hash itself (field
 * `revision`), so data and position are lost together or not at all. A writer that was overtaken reads anew.
 */
export async function publishAccess(
  client: Client,
  prisma: PrismaClient,
  environment: EnvironmentName,
): Promise<void> {
  for (;;) {
    const position = await client.hget(credentialsKey(environment.name), 'revision')
    const step = await prisma.$transaction(
      async (tx): Promise<'done' | 'again'> => {
        const { accessRevision } = await tx.environment.findUniqueOrThrow({ where: { id: environment.id } })
        if (position === String(accessRevision)) return 'done'
        const changes = await tx.accessChange.findMany({
          where: { environmentId: environment.id, accessRevision: { gt: Number(position ?? 0) } },
          orderBy: { accessRevision: 'asc' },
          take: changesPerWrite,
        })
        // Behind by what the outbox still has: carry it over. Anything else, also a Postgres that went back in time: all anew.
        const connected = position !== null && changes[0]?.accessRevision === Number(position) + 1
        if (connected) await applyChanges(client, tx, environment, position, changes)
        else await replaceAll(client, tx, environment, position, accessRevision)
        return 'again'
      },
      // The records are at least as new as the changes they go with, because one view of the database gives both.
      { isolationLevel: 'RepeatableRead', timeout: 120_000 },
    )
    if (step === 'done') return
  }
}

interface Change {
  readonly accessRevision: number
  readonly hash: string
}

async function applyChanges(
  client: Client,
  tx: Prisma.TransactionClient,
  { id, name }: EnvironmentName,
  position: string,
  changes: readonly Change[],
): Promise<void> {
  const names = [...new Set(changes.map((change) => change.hash))]
  const blockIds = names.flatMap((name) => changedBlock(name) ?? [])
  const blocks = await readBlockRecords(tx, blockIds)
  const credentials = await readCredentialRecords(
    tx,
    id,
    names.filter((name) => changedBlock(name) === null),
  )
  const newest = changes.at(-1)?.accessRevision ?? 0
  await runScript(
    client,
    'applyAccess',
    [headKey(name), credentialsKey(name), accessStream(name), blocksKey(name)],
    [
      position,
      newest,
      wakeChannel(name),
      accessHistory,
      changes.length,
      ...changes.flatMap(({ accessRevision, hash }) => {
        const block = changedBlock(hash)
        const record = block === null ? credentials.get(hash) : blocks.get(block)
        // Field of the hash of blocks; empty for a credential, whose field is its own hash.
        return [accessRevision, hash, block ?? '', toJson(record)]
      }),
    ],
  )
}

async function replaceAll(
  client: Client,
  tx: Prisma.TransactionClient,
  { id, name }: EnvironmentName,
  position: string | null,
  accessRevision: number,
): Promise<void> {
  const writer = crypto.randomUUID()
  const draft = credentialsDraftKey(name, writer)
  const blocksDraft = blocksDraftKey(name, writer)
  for await (const records of allCredentialRecords(tx, id)) {
    const fields = [...records].flatMap(([hash, record]) => [hash, toJson(record)])
    await client
      .multi()
      .hset(draft, ...fields)
      .expire(draft, 300)
      .exec()
  }
  for await (const records of allBlockRecords(tx)) {
    const fields = records.flatMap((record) => [record.id, toJson(record)])
    await client
      .multi()
      .hset(blocksDraft, ...fields)
      .expire(blocksDraft, 300)
      .exec()
  }
  const changes = await tx.accessChange.findMany({
    where: { environmentId: id, accessRevision: { lte: accessRevision } },
    orderBy: { accessRevision: 'desc' },
    take: accessHistory,
  })
  await runScript(
    client,
    'replaceAccess',
    [headKey(name), credentialsKey(name), accessStream(name), draft, blocksKey(name), blocksDraft],
    [
      position ?? '',
      accessRevision,
      wakeChannel(name),
      accessHistory,
      changes.length,
      ...changes.reverse().flatMap((change) => [change.accessRevision, change.hash]),
    ],
  )
}

const toJson = (record: object | undefined) => (record ? JSON.stringify(record) : '')
