// Events of one worker on their way to the supervisor: a bounded queue, sent in batches, counted when it overflows.
import type { RequestEvent } from '@gatewright/shared/event'

export interface EventBatch {
  /** JSON array of events in UTF-8; bytes, because they change threads without a copy. */
  readonly json: Uint8Array<ArrayBuffer>
  readonly count: number
}

export interface EventBuffer {
  push(event: RequestEvent): void
  /** The receiver has taken a batch: sent it on, or written it down. */
  acknowledge(): void
  /** Sends what is there and resolves when all of it is acknowledged. */
  drain(): Promise<void>
  /** Events lost because nobody took them in time. */
  readonly dropped: number
  readonly length: number
}

const encoder = new TextEncoder()
const eventsPerBatch = 500
const flushAfterMs = 100
// Batches that may be under way: about a second of a busy worker.
const batchesInFlightMax = 16

export function createEventBuffer(send: (batch: EventBatch) => void, capacity = 20_000): EventBuffer {
  let events: RequestEvent[] = []
  let dropped = 0
  let inFlight = 0
  let timer: NodeJS.Timeout | null = null
  let onEmpty: (() => void) | null = null

  function flush() {
    timer = null
    while (events.length > 0 && inFlight < batchesInFlightMax) {
      const batch = events.length <= eventsPerBatch ? events : events.slice(0, eventsPerBatch)
      events = events.length <= eventsPerBatch ? [] : events.slice(eventsPerBatch)
      inFlight++
      send({ json: encoder.encode(JSON.stringify(batch)), count: batch.length })
    }
    if (events.length === 0 && inFlight === 0) onEmpty?.()
  }

  return {
    push(event) {
      if (events.length >= capacity) {
        dropped++
        return
      }
      events.push(event)
      if (events.length >= eventsPerBatch && inFlight < batchesInFlightMax) {
        if (timer) clearTimeout(timer)
        flush()
      } else timer ??= setTimeout(flush, flushAfterMs)
    },
    acknowledge() {
      inFlight--
      if (events.length >= eventsPerBatch || (events.length > 0 && !timer) || onEmpty) flush()
    },
    drain() {
      return new Promise((resolve) => {
        onEmpty = resolve
        flush()
      })
    },
    get dropped() {
      return dropped
    },
    get length() {
      return events.length
    },
  }
}
