// Reading a snapshot: here or in a thread, it gives the same parts and the same refusals.
import { createHash } from 'node:crypto'
import type { SnapshotEnvelope } from '@gatewright/shared/snapshot'
import { describe, expect, it } from 'vitest'
import { snapshotOf, version } from '../../test/documents.ts'
import { SnapshotRefused, unpackSnapshot } from './parts.ts'
import { readHere, readSnapshot, threadAbove } from './read-snapshot.ts'

const large = snapshotOf(
  Array.from({ length: 10 }, (_, v) =>
    version({
      name: `api-${v}`,
      routes: Array.from({ length: 500 }, (_, r) => ({ method: 'GET', path: `/things-${r}/{id}` })),
    }),
  ),
)

function envelopeOf(document: string): SnapshotEnvelope {
  const hash = createHash('sha256').update(document).digest('hex')
  return { revision: 7, hash, publishedAt: 0, document }
}

describe('a large snapshot', () => {
  const envelope = envelopeOf(JSON.stringify(large))
  const task = { envelope, environmentName: large.environment.name }

  it('is read in a thread, and comes back as if it had been read here', async () => {
    expect(envelope.document.length).toBeGreaterThan(threadAbove)
    const reading = readSnapshot(task)
    expect(reading).toBeInstanceOf(Promise)
    const parcel = await reading
    expect(parcel).toMatchObject({ revision: 7, hash: envelope.hash })
    expect([...unpackSnapshot(parcel)]).toEqual([...unpackSnapshot(readHere(task))])
  })

  it('is refused by the thread with the reason that would be given here', async () => {
    const elsewhere = { envelope, environmentName: 'elsewhere' }
    const refusal = await Promise.resolve(readSnapshot(elsewhere)).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(SnapshotRefused)
    expect(() => readHere(elsewhere)).toThrow((refusal as Error).message)
  })
})

describe('a small snapshot', () => {
  it('is read at once', () => {
    const envelope = envelopeOf(JSON.stringify(snapshotOf([])))
    expect(readSnapshot({ envelope, environmentName: large.environment.name })).not.toBeInstanceOf(Promise)
  })
})
