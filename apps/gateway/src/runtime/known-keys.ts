// Keys this gateway has seen, on disk: while Redis is away they keep working, also after a restart.
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { dropOldest } from './oldest.ts'

export interface KnownKeyStore {
  recall(sha256: string): string | null
  saw(sha256: string, text: string): void
  drop(hashes: readonly string[]): void
  /** Forgets everything: what changed meanwhile cannot be told. */
  clear(): void
  /** Access revision that the file is true for. */
  position: number
  readonly size: number
  close(): void
}

interface Place {
  readonly offset: number
  readonly length: number
}

const compactAboveBytes = 16 * 1024 * 1024
const chunkBytes = 1024 * 1024
const lineEnd = Buffer.from('\n')

/**
 * A log of lines `+<sha256> <record>`, `-<sha256>`, `@<position>`; memory holds only where each record stands. The hash of a
 * key proves nothing to anyone who reads it, but the file is for its owner alone all the same.
 */
export function openKnownKeys(dataDir: string, log: Logger, keysMax = 200_000): KnownKeyStore {
  const path = join(dataDir, 'known-keys.log')
  const places = new Map<string, Place>()
  let position = 0
  let end = 0
  let compactAt = compactAboveBytes
  let file: number | null = null

  function failed(error: unknown) {
    log.error({ path, reason: (error as Error).message }, 'Known keys cannot be kept on disk')
    if (file !== null) closeSync(file)
    file = null
    places.clear()
  }

  function load() {
    try {
      file = openSync(path, 'a+', 0o600)
      for (const { line, offset } of linesOf(file)) {
        const mark = line.toString('latin1', 0, 1)
        const sha256 = hashIn(line)
        if (mark === '+') places.set(sha256, { offset: offset + 66, length: line.length - 66 })
        else if (mark === '-') places.delete(sha256)
        else if (mark === '@') position = Number(line.toString('latin1', 1)) || 0
        end = offset + line.length + 1
      }
      // A crash may have cut the last line; what is appended next must not grow out of it.
      ftruncateSync(file, end)
    } catch (error) {
      failed(error)
    }
  }

  function append(line: string): number {
    if (file === null) return -1
    try {
      if (end > compactAt) compact()
      const at = end
      end += writeSync(file, `${line}\n`)
      return at
    } catch (error) {
      failed(error)
      return -1
    }
  }

  function compact() {
    if (file === null) return
    const next = `${path}.next`
    const target = openSync(next, 'w', 0o600)
    const kept = new Map<string, Place>()
    let pieces: Buffer[] = []
    let waiting = 0
    let written = 0
    function flush() {
      if (writeSync(target, Buffer.concat(pieces)) < waiting) throw new Error('the disk is full')
      pieces = []
      written += waiting
      waiting = 0
    }
    for (const { line, offset } of linesOf(file)) {
      const sha256 = hashIn(line)
      const place = places.get(sha256)
      if (place?.offset !== offset + 66) continue
      kept.set(sha256, { offset: written + waiting + 66, length: place.length })
      pieces.push(line, lineEnd)
      waiting += line.length + 1
      if (waiting > chunkBytes) flush()
    }
    pieces.push(Buffer.from(`@${position}\n`))
    waiting += pieces.at(-1)?.length ?? 0
    flush()
    fsyncSync(target)
    closeSync(target)
    renameSync(next, path)
    closeSync(file)
    file = openSync(path, 'a+', 0o600)
    end = written
    places.clear()
    for (const [sha256, place] of kept) places.set(sha256, place)
    compactAt = Math.max(compactAboveBytes, end * 2)
  }

  function read(sha256: string): string | null {
    const place = places.get(sha256)
    if (!place || file === null) return null
    const bytes = Buffer.alloc(place.length)
    readSync(file, bytes, 0, place.length, place.offset)
    return bytes.toString()
  }

  function recall(sha256: string): string | null {
    try {
      return read(sha256)
    } catch (error) {
      failed(error)
      return null
    }
  }

  function forget(sha256: string) {
    if (places.delete(sha256)) append(`-${sha256}`)
  }

  load()
  return {
    recall,
    saw(sha256, text) {
      if (recall(sha256) === text) return
      // Written down too: a key that is only forgotten here would be known again after a restart, whatever became of it.
      if (places.size >= keysMax && !places.has(sha256))
        dropOldest(places, (_, pushedOut) => append(`-${pushedOut}`))
      const at = append(`+${sha256} ${text}`)
      if (at >= 0 && file !== null && end > at)
        places.set(sha256, { offset: at + 66, length: Buffer.byteLength(text) })
    },
    drop(hashes) {
      for (const sha256 of hashes) forget(sha256)
    },
    clear() {
      places.clear()
      if (file !== null) closeSync(file)
      file = null
      try {
        rmSync(path, { force: true })
        file = openSync(path, 'a+', 0o600)
        end = 0
        append(`@${position}`)
      } catch (error) {
        failed(error)
      }
    },
    get position() {
      return position
    },
    set position(value) {
      if (value === position) return
      position = value
      append(`@${value}`)
    },
    get size() {
      return places.size
    },
    close() {
      if (file !== null) closeSync(file)
      file = null
    },
  }
}

/** Read from the bytes: cut out of the text of the line, it would hold all of that for as long as it lives. */
function hashIn(line: Buffer): string {
  return line.toString('latin1', 1, 65)
}

/** Whole lines with the byte at which each begins; a last line without its end was cut by a crash and does not count. */
function* linesOf(file: number): Generator<{ line: Buffer; offset: number }> {
  const chunk = Buffer.alloc(chunkBytes)
  let rest = Buffer.alloc(0)
  let offset = 0
  for (;;) {
    const read = readSync(file, chunk, 0, chunk.length, offset + rest.length)
    if (read === 0) return
    rest = Buffer.concat([rest, chunk.subarray(0, read)])
    let from = 0
    for (let to = rest.indexOf(10, from); to >= 0; to = rest.indexOf(10, from)) {
      yield { line: rest.subarray(from, to), offset: offset + from }
      from = to + 1
    }
    offset += from
    rest = rest.subarray(from)
  }
}
