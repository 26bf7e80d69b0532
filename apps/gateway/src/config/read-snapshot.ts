// A snapshot is proved, checked and cut into parts before a worker sees it: a large one in a thread of its own, so that nobody
// waits for it meanwhile, and what reading it allocated goes when the thread does.
import { Worker } from 'node:worker_threads'
import type { SnapshotEnvelope } from '@gatewright/shared/snapshot'
import { openEnvelope, packSnapshot, type SnapshotParcel, SnapshotRefused } from './parts.ts'

/** What a reading thread is born with. */
export interface ReadingTask {
  readonly envelope: SnapshotEnvelope
  readonly environmentName: string
}

/** What it answers, once. */
export type Reading =
  | { readonly kind: 'read'; readonly parcel: SnapshotParcel }
  | { readonly kind: 'refused'; readonly reason: string }

/** Characters from which on a thread, which takes a tenth of a second to start, is worth it. */
export const threadAbove = 512 * 1024

const fromSource = import.meta.url.endsWith('.ts')
const threadUrl = new URL(fromSource ? './reading-thread.ts' : './reading-thread.js', import.meta.url)
const execArgv = fromSource ? ['--conditions=source'] : []

/** Throws, or rejects with, `SnapshotRefused`. */
export function readSnapshot(task: ReadingTask): SnapshotParcel | Promise<SnapshotParcel> {
  return task.envelope.document.length > threadAbove ? readInThread(task) : readHere(task)
}

export function readHere({ envelope, environmentName }: ReadingTask): SnapshotParcel {
  const { revision, hash } = envelope
  return packSnapshot(openEnvelope(envelope, environmentName), revision, hash)
}

function readInThread(task: ReadingTask): Promise<SnapshotParcel> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(threadUrl, { workerData: task, name: 'gateway-reading', execArgv })
    thread.once('message', (reading: Reading) => {
      if (reading.kind === 'read') resolve(reading.parcel)
      else reject(new SnapshotRefused(reading.reason))
    })
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('The thread that reads a snapshot ended without an answer')))
  })
}
