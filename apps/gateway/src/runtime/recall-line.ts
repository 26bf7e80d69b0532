// A worker's line to the supervisor's known keys.
import type { FromWorker } from '../messages.ts'
import type { KnownKeys } from './redis-credentials.ts'

export interface RecallLine extends KnownKeys {
  recalled(id: number, text: string | null): void
}

export function createRecallLine(say: (message: FromWorker) => void): RecallLine {
  const waiting = new Map<number, (text: string | null) => void>()
  let nextId = 1
  return {
    recall(sha256) {
      return new Promise((resolve) => {
        const id = nextId++
        waiting.set(id, resolve)
        say({ kind: 'recall', id, sha256 })
      })
    },
    saw: (sha256, text) => say({ kind: 'saw', sha256, text }),
    recalled(id, text) {
      waiting.get(id)?.(text)
      waiting.delete(id)
    },
  }
}
