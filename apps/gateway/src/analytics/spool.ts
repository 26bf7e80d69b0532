// Events on disk while Redis is away: append-only segments, read back in order, bounded, never the reason for a crash.
import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { EventBatch } from './buffer.ts'

export interface Spool {
  /** False: there is no room, or the disk refuses. Nothing of the batch was kept. */
  append(batch: EventBatch): boolean
  /** The oldest batches, whole segment at a time; null when there is nothing. */
  oldest(): Segment | null
  readonly isEmpty: boolean
  /** Events on disk. */
  readonly events: number
  readonly bytes: number
  close(): void
}

interface Segment {
  readonly batches: readonly EventBatch[]
  /** All of it has arrived: deletes the file. */
  remove(): void
}

interface SegmentFile {
  readonly path: string
  bytes: number
  events: number
}

const segmentBytes = 8 * 1024 * 1024
const syncEveryMs = 200
const lineEnd = Buffer.from('\n')

/** A line is `<count> <json>`. A last line without its end was cut by a crash; its worker never heard that it was kept. */
export function openSpool(dataDir: string, limitBytes: number, log: Logger): Spool {
  const folder = join(dataDir, 'spool')
  const segments: SegmentFile[] = []
  let file: number | null = null
  let bytes = 0
  let events = 0
  let syncTimer: NodeJS.Timeout | null = null
  let isRefusing = false
  let lastNumber = 0

  try {
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder).sort()) {
      const number = Number.parseInt(name, 10)
      if (!name.endsWith('.spool') || !Number.isInteger(number)) continue
      lastNumber = Math.max(lastNumber, number)
      const path = join(folder, name)
      const batches = batchesIn(path)
      if (batches === null) continue
      const count = batches.reduce((sum, batch) => sum + batch.count, 0)
      const size = statSync(path).size
      segments.push({ path, bytes: size, events: count })
      bytes += size
      events += count
    }
  } catch (error) {
    refuse(error)
  }

  function batchesIn(path: string): EventBatch[] | null {
    try {
      return readBatches(path)
    } catch (error) {
      log.error(
        { path, reason: (error as Error).message },
        'Spooled events cannot be read; they are left out',
      )
      return null
    }
  }

  function remove(path: string): void {
    try {
      rmSync(path, { force: true })
    } catch (error) {
      // It is sent once more after a restart; the ids of its events make that harmless.
      log.error({ path, reason: (error as Error).message }, 'Spooled events that were sent cannot be removed')
    }
    forgetOldest()
  }

  function forgetOldest(): void {
    const segment = segments.shift()
    bytes -= segment?.bytes ?? 0
    events -= segment?.events ?? 0
  }

  function refuse(error: unknown) {
    if (!isRefusing)
      log.error({ folder, reason: (error as Error).message }, 'Events cannot be spooled to disk')
    isRefusing = true
    if (file !== null) closeSync(file)
    file = null
  }

  function current(): SegmentFile {
    const last = segments.at(-1)
    if (file !== null && last && last.bytes < segmentBytes) return last
    if (file !== null) closeSync(file)
    file = null
    const path = join(folder, `${String(++lastNumber).padStart(10, '0')}.spool`)
    mkdirSync(folder, { recursive: true })
    file = openSync(path, 'ax', 0o600)
    const segment = { path, bytes: 0, events: 0 }
    segments.push(segment)
    return segment
  }

  // One sync for all that arrived meanwhile: a power cut may cost that much, a crash of the process nothing.
  function syncSoon() {
    syncTimer ??= setTimeout(() => {
      syncTimer = null
      if (file !== null) fdatasync(file, (error) => error && refuse(error))
    }, syncEveryMs)
  }

  function write(segment: SegmentFile, line: Buffer) {
    if (file === null) throw new Error('no segment is open')
    try {
      const written = writeSync(file, line)
      if (written < line.length) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })
    } catch (error) {
      // Half a line must not stand before the next one.
      ftruncateSync(file, segment.bytes)
      throw error
    }
  }

  return {
    append({ json, count }) {
      const line = Buffer.concat([Buffer.from(`${count} `), json, lineEnd])
      if (bytes + line.length > limitBytes) return false
      try {
        const segment = current()
        write(segment, line)
        segment.bytes += line.length
        segment.events += count
        bytes += line.length
        events += count
        if (isRefusing) log.info({ folder }, 'Events can be spooled again')
        isRefusing = false
        syncSoon()
        return true
      } catch (error) {
        refuse(error)
        return false
      }
    },
    oldest() {
      for (let [segment] = segments; segment; [segment] = segments) {
        const { path } = segment
        // The one being read is no longer written to.
        if (segments.length === 1 && file !== null) {
          closeSync(file)
          file = null
        }
        const batches = batchesIn(path)
        if (batches !== null) return { batches, remove: () => remove(path) }
        forgetOldest()
      }
      return null
    },
    get isEmpty() {
      return segments.length === 0
    },
    get events() {
      return events
    },
    get bytes() {
      return bytes
    },
    close() {
      if (syncTimer) clearTimeout(syncTimer)
      if (file !== null && fstatSync(file).size === 0) rmSync(segments.pop()?.path ?? '', { force: true })
      if (file !== null) closeSync(file)
      file = null
    },
  }
}

function readBatches(path: string): EventBatch[] {
  const batches: EventBatch[] = []
  const bytes = readFileSync(path)
  let from = 0
  for (let to = bytes.indexOf(10, from); to >= 0; to = bytes.indexOf(10, from)) {
    const space = bytes.indexOf(32, from)
    const count = Number(bytes.toString('latin1', from, space))
    if (space > from && Number.isInteger(count)) batches.push({ json: bytes.subarray(space + 1, to), count })
    from = to + 1
  }
  return batches
}
