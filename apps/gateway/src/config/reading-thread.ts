// A thread of one snapshot: reads it, answers and ends. Started by read-snapshot.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { SnapshotRefused } from './parts.ts'
import { type Reading, type ReadingTask, readHere } from './read-snapshot.ts'

function read(): Reading {
  try {
    return { kind: 'read', parcel: readHere(workerData as ReadingTask) }
  } catch (error) {
    if (error instanceof SnapshotRefused) return { kind: 'refused', reason: error.message }
    throw error
  }
}

parentPort?.postMessage(read())
