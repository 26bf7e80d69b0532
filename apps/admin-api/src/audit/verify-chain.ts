// Proof of a chain: every event from the first to the head, each against its own hash and the one before it.
import type { AuditHead } from '@gatewright/shared/model/audit'
import type { Prisma } from '../generated/prisma/client.ts'
import { auditHash, chainStart } from '../publishing/audit-chain.ts'

/** Events verified at a time, so that a long chain does not fill the memory. */
const batch = 1000

export interface ChainProof {
  readonly valid: boolean
  readonly events: number
  /** Sequence of the first event that does not fit; null when all do. */
  readonly brokenAt: number | null
  /** The last event that fits. */
  readonly head: AuditHead
}

/** Where a chain is read: through a tenant's client, or the one of the platform. */
interface Reader extends Pick<Prisma.TransactionClient, 'auditHead'> {
  readonly auditEvent: Pick<Prisma.TransactionClient['auditEvent'], 'findMany'>
}

/** Verifies a chain that may grow meanwhile; `noted` is a head of it that was kept elsewhere. */
export async function verifyChain(
  { auditEvent, auditHead }: Reader,
  chain: string,
  noted?: AuditHead,
): Promise<ChainProof> {
  let [sequence, hash] = [0, chainStart]
  const proof = (brokenAt: number | null): ChainProof => ({
    valid: brokenAt === null,
    events: sequence,
    brokenAt,
    head: { sequence, hash },
  })
  for (;;) {
    // Before the events: what the head counts is then there to be read, or was cut off.
    const head = await auditHead.findUnique({ where: { chain } })
    const rows = await auditEvent.findMany({
      where: { chain, seq: { gt: sequence } },
      orderBy: { seq: 'asc' },
      take: batch,
    })
    for (const row of rows) {
      const fits = row.seq === sequence + 1 && row.prevHash === hash && auditHash(row) === row.hash
      if (!fits || (noted?.sequence === row.seq && noted.hash !== row.hash)) return proof(row.seq)
      sequence = row.seq
      hash = row.hash
    }
    if (rows.length > 0) continue
    const isWhole = (head?.seq ?? 0) === sequence && (head?.hash ?? chainStart) === hash
    const reachesNoted = (noted?.sequence ?? 0) <= sequence
    return proof(isWhole && reachesNoted ? null : sequence + 1)
  }
}
