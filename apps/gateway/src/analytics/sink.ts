// The supervisor's end of the events: on to the Redis stream, to disk while Redis is away, and counted when neither can be.
import { eventStream } from '@gatewright/shared/channels'
import type { Redis } from 'ioredis'
import { dropIfSilent, isReady } from '../runtime/redis.ts'
import { collectYoungGeneration } from '../runtime/young-generation.ts'
import type { EventBatch } from './buffer.ts'
import type { Spool } from './spool.ts'

interface EventCounts {
  /** In the stream, since this gateway started. */
  readonly sent: number
  /** On disk now. */
  readonly spooled: number
  /** Lost, since this gateway started. */
  readonly dropped: number
}

export interface EventSink {
  /** Resolves when the batch is in the stream, on disk, or given up. */
  accept(batch: EventBatch): Promise<void>
  countDropped(events: number): void
  readonly counts: EventCounts
  /** Nothing more comes; resolves when nothing is under way. */
  close(): Promise<void>
}

const sendsInFlightMax = 32
const replayEveryMs = 500
/**
 * The bytes of a batch lie outside of the heap, under small objects that die young in a heap where little else is made. Left
 * alone, V8 would see them grow to 32 MB and then mark all that is alive: tens of milliseconds, every few seconds.
 */
const collectAfterBytes = 4 * 1024 * 1024

/**
 * A batch whose fate is unknown (no answer in time) is sent again: readers take each event once, by its id.
 * `redis` null: a standalone gateway, which has nobody to tell; events then are only counted.
 */
export function createEventSink(redis: Redis | null, spool: Spool): EventSink {
  let sent = 0
  let dropped = 0
  let inFlight = 0
  let bytesSinceCollected = 0
  /** Batches of the oldest segment that arrived. */
  let replayed = 0
  let replaying: Promise<void> | null = null
  let isClosed = false

  async function send(batch: EventBatch): Promise<boolean> {
    if (redis === null || !isReady(redis)) return false
    inFlight++
    try {
      const { buffer, byteOffset, byteLength } = batch.json
      await redis.xadd(eventStream, '*', 'events', Buffer.from(buffer, byteOffset, byteLength))
      sent += batch.count
      bytesSinceCollected += byteLength
      if (bytesSinceCollected > collectAfterBytes) {
        bytesSinceCollected = 0
        collectYoungGeneration()
      }
      return true
    } catch (error) {
      dropIfSilent(redis, error)
      return false
    } finally {
      inFlight--
    }
  }

  async function replay(): Promise<void> {
    while (!isClosed && !spool.isEmpty && redis !== null && isReady(redis)) {
      const segment = spool.oldest()
      if (!segment) return
      // After a crash the whole segment is sent once more; the ids of its events make that harmless.
      while (replayed < segment.batches.length) {
        const batch = segment.batches[replayed]
        if (isClosed || !batch || !(await send(batch))) return
        replayed++
      }
      segment.remove()
      replayed = 0
    }
  }

  function replaySoon() {
    if (replaying !== null || spool.isEmpty || isClosed) return
    replaying = replay().finally(() => {
      replaying = null
    })
  }

  const timer = setInterval(replaySoon, replayEveryMs)
  redis?.on('ready', replaySoon)

  return {
    async accept(batch) {
      if (redis === null) return
      // Behind what waits on disk, so that the stream stays nearly in order.
      if (spool.isEmpty && inFlight < sendsInFlightMax && (await send(batch))) return
      if (!spool.append(batch)) dropped += batch.count
      else replaySoon()
    },
    countDropped(events) {
      dropped += events
    },
    get counts() {
      return { sent, spooled: spool.events, dropped }
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      await replaying
      spool.close()
    },
  }
}
