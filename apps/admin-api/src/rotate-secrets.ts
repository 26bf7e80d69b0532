// `node apps/admin-api/dist/rotate-secrets.js`: after a new key was put first, seals every stored secret under it.
import { createId } from '@gatewright/shared/ids'
import { parseEnv } from './env.ts'
import type { Prisma } from './generated/prisma/client.ts'
import { Database } from './infra/database.ts'
import { createLogger } from './infra/logger.ts'
import { resealAll } from './infra/sealed-columns.ts'
import { Sealer } from './infra/sealer.ts'
import { appendAudit } from './publishing/audit-chain.ts'

interface Saying {
  log(line: string): void
  error(line: string): void
}

/** Answers the exit code: 1 when a secret could not be opened. */
export async function rotateSecrets(
  source: Record<string, string | undefined>,
  say: Saying,
): Promise<number> {
  const env = parseEnv(source)
  const sealer = new Sealer(env)
  if (sealer.keyId === null)
    throw new Error('Set SECRETS_KEY or SECRETS_KEY_FILE: the new key first, the old ones behind it')
  const database = new Database(env, createLogger(env))
  try {
    const { resealed, current, failed, isDone } = await resealAll(database.pool, sealer)
    if (resealed > 0) {
      const id = sealer.keyId
      await database.everything.$transaction(async (tx) => {
        const now = new Date()
        await republishAll(tx, now)
        await appendAudit(
          tx,
          {
            tenantId: null,
            actor,
            requestId: createId('req'),
            address: '',
            at: now,
          },
          [
            {
              action: 'secrets.rotate',
              resource: { kind: 'key', id, name: id },
              before: null,
              after: { resealed, failed: failed.length },
            },
          ],
        )
      })
    }
    say.log(`Sealed ${resealed} secrets anew under the key ${sealer.keyId}; ${current} were already.`)
    for (const reason of failed) say.error(`Left as it was: ${reason}`)
    if (!isDone)
      say.error('Something goes on sealing under another key: restart every process with the new key first.')
    if (failed.length === 0 && isDone)
      say.log('Keys behind the first one are not needed any more, once all gateways run the newest revision.')
    return failed.length === 0 && isDone ? 0 : 1
  } finally {
    await database.onApplicationShutdown()
  }
}

const actor = { kind: 'system', id: 'rotate-secrets', name: 'Rotation of keys' } as const

/** Gateways hold sealed secrets of policies and signing keys, too: new revisions of each environment bring them what was sealed anew. */
async function republishAll(tx: Prisma.TransactionClient, createdAt: Date): Promise<void> {
  const environments = await tx.environment.findMany({ orderBy: { id: 'asc' }, select: { id: true } })
  for (const { id } of environments) {
    const sealed = await tx.credential.findMany({
      where: { environmentId: id, secret: { not: null } },
      select: { hash: true },
    })
    const { revision, accessRevision } = await tx.environment.update({
      where: { id },
      data: { revision: { increment: 1 }, accessRevision: { increment: sealed.length } },
    })
    await tx.accessChange.createMany({
      data: sealed.map(({ hash }, i) => ({
        environmentId: id,
        accessRevision: accessRevision - sealed.length + 1 + i,
        hash,
      })),
    })
    await tx.revision.create({
      data: {
        environmentId: id,
        number: revision,
        actorId: actor.id,
        actorName: actor.name,
        action: 'secrets.rotate',
        reason: 'Secrets sealed under a new key',
        changes: [],
        deployments: [],
        policies: [],
        createdAt,
      },
    })
  }
}

if (import.meta.main) {
  try {
    process.exitCode = await rotateSecrets(process.env, console)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
