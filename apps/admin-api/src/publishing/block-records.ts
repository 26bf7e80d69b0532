// What stands in Redis of each block, as gateways need it.
import type { BlockRecord } from '@gatewright/shared/model/block'
import type { Block, Prisma } from '../generated/prisma/client.ts'

const pageSize = 5_000

/** Records by id. An id that is not in the answer blocks nobody any more. */
export async function readBlockRecords(
  tx: Prisma.TransactionClient,
  ids: readonly string[],
): Promise<Map<string, BlockRecord>> {
  const rows = await tx.block.findMany({ where: { id: { in: [...ids] } } })
  return new Map(rows.map((row) => [row.id, toRecord(row)]))
}

/** Every block, a page at a time. */
export async function* allBlockRecords(tx: Prisma.TransactionClient): AsyncGenerator<BlockRecord[]> {
  let after = ''
  for (;;) {
    const rows = await tx.block.findMany({
      where: { id: { gt: after } },
      orderBy: { id: 'asc' },
      take: pageSize,
    })
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(toRecord)
    after = last.id
  }
}

function toRecord({ id, tenantId, kind, value, source, expiresAt }: Block): BlockRecord {
  return { id, tenantId, kind, value, source, expiresAt: expiresAt?.getTime() ?? null }
}
