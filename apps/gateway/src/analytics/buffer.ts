// Events of one worker on their way to the supervisor: a bounded queue, sent in batches, counted when it overflows.
import type { RequestEvent } from '@gatewright/shared/event'
import { EventPacker } from '@gatewright/shared/event-batch'

export interface EventBatch {
  /** Packed events (`shared/event-batch`) in UTF-8; bytes, because they change threads without a copy. */
  readonly json: Uint8Array<ArrayBuffer>
  readonly count: number
}

export interface EventBuffer {
  push(event: RequestEvent): void
  /** What is no event and goes the same way: one batch by itself. */
  pushReport(text: string): void
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
// While nobody takes anything, reports are not what memory is for.
const waitingReportsMax = 1_000

export function createEventBuffer(send: (batch: EventBatch) => void, capacity = 20_000): EventBuffer {
  const packer = new EventPacker()
  /** Full batches for which there is no room under way. */
  const waiting: EventBatch[] = []
  let waitingEvents = 0
  let dropped = 0
  let inFlight = 0
  let timer: NodeJS.Timeout | null = null
  let onEmpty: (() => void) | null = null

  const length = () => packer.count + waitingEvents

  function pack() {
    const { count } = packer
    waiting.push({ json: encoder.encode(packer.take()), count })
    waitingEvents += count
  }

  function flush() {
    if (timer) clearTimeout(timer)
    timer = null
    const hasRoom = inFlight + waiting.length < batchesInFlightMax
    if (packer.count >= eventsPerBatch || (packer.count > 0 && hasRoom)) pack()
    while (inFlight < batchesInFlightMax) {
      const batch = waiting.shift()
      if (batch === undefined) break
      waitingEvents -= batch.count
      inFlight++
      send(batch)
    }
    if (length() === 0 && inFlight === 0) onEmpty?.()
  }

  return {
    push(event) {
      if (length() >= capacity) {
        dropped++
        return
      }
      packer.add(event)
      if (packer.count >= eventsPerBatch) flush()
      else timer ??= setTimeout(flush, flushAfterMs)
    },
    pushReport(text) {
      if (waiting.length >= waitingReportsMax) return
      waiting.push({ json: encoder.encode(text), count: 0 })
      flush()
    },
    acknowledge() {
      inFlight--
      if (waiting.length > 0 || (packer.count > 0 && !timer) || onEmpty) flush()
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
      return length()
    },
  }
}
