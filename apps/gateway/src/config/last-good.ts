// The newest snapshot that compiled, on disk: what a gateway serves when it starts and Redis is away.
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { SnapshotEnvelope } from '@gatewright/shared/snapshot'
import type { Logger } from 'pino'
import { parseEnvelope } from './parts.ts'

export interface LastGood {
  /** null when there is none, or it cannot be read; the log says why. */
  load(): Promise<SnapshotEnvelope | null>
  /** Never throws: a gateway without a disk serves all the same, and says so. */
  save(envelopeText: string): Promise<void>
  /** Saves that failed since the start, for metrics. */
  readonly failures: number
}

export function createLastGood(dataDir: string, log: Logger): LastGood {
  const path = join(dataDir, 'snapshot.json')
  let failures = 0
  return {
    async load() {
      try {
        return parseEnvelope(await readFile(path, 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
          log.error({ path, reason: (error as Error).message }, 'The last good snapshot cannot be read')
        }
        return null
      }
    },
    async save(envelopeText) {
      try {
        await writeAtomically(path, envelopeText)
      } catch (error) {
        failures++
        log.error(
          { path, reason: (error as Error).message },
          'The snapshot cannot be kept on disk: a start without Redis would serve an older one or none',
        )
      }
    },
    get failures() {
      return failures
    },
  }
}

/** Either the old content or the new one, whole, whenever the power goes. */
async function writeAtomically(path: string, content: string): Promise<void> {
  const next = `${path}.next`
  const file = await open(next, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(next, path)
}
