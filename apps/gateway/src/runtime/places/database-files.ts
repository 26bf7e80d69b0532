// The database files of the gateway's settings: read once for all workers, and again when they are others.
import { open, stat } from 'node:fs/promises'
import { openPlaceDatabase } from './place-database.ts'

/** A database in memory that threads share, or why there is none. */
export type DatabaseState =
  | { readonly kind: 'open'; readonly bytes: SharedArrayBuffer }
  | { readonly kind: 'missing'; readonly reason: string }

export interface DatabaseStates {
  readonly countries: DatabaseState
  readonly networks: DatabaseState
}

interface Paths {
  readonly countries: string | null
  readonly networks: string | null
}

interface Log {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

const lookEveryMs = 2_000
const bytesMax = 1024 * 1024 * 1024
/** So much is read at a time, beside the event loop. */
const pieceBytes = 4 * 1024 * 1024

const variables = { countries: 'COUNTRY_DATABASE', networks: 'NETWORK_DATABASE' } as const

/**
 * Tells `changed` of both databases, once before it resolves and whenever a file is another one. A file that cannot be used is logged,
 * and what was read before is kept.
 */
export async function followDatabaseFiles(
  paths: Paths,
  changed: (states: DatabaseStates) => void,
  log: Log,
  everyMs = lookEveryMs,
): Promise<{ close(): void }> {
  const files = {
    countries: createFile(paths.countries, variables.countries, log),
    networks: createFile(paths.networks, variables.networks, log),
  }
  let isLooking = false
  async function look(isFirst: boolean) {
    if (isLooking) return
    isLooking = true
    const [countries, networks] = [await files.countries.look(), await files.networks.look()]
    isLooking = false
    if (isFirst || countries || networks)
      changed({ countries: files.countries.state, networks: files.networks.state })
  }
  await look(true)
  if (paths.countries === null && paths.networks === null) return { close: () => undefined }
  const timer = setInterval(() => void look(false), everyMs).unref()
  return { close: () => clearInterval(timer) }
}

function createFile(path: string | null, variable: string, log: Log) {
  let stamp: string | null = null
  const file = {
    state: {
      kind: 'missing',
      reason: `${variable} is not set: name a database in MaxMind’s format (.mmdb) in the settings of the gateway`,
    } as DatabaseState,
    /** Whether it is another one now. */
    async look(): Promise<boolean> {
      if (path === null) return false
      try {
        const before = await stampOf(path)
        if (before === stamp) return false
        const bytes = await readShared(path)
        // Somebody is still writing it: the next look sees the end.
        if ((await stampOf(path)) !== before) return false
        stamp = before
        openPlaceDatabase(bytes)
        file.state = { kind: 'open', bytes }
        log.info({ file: path, bytes: bytes.byteLength }, `${variable} is read`)
        return true
      } catch (error) {
        const reason = `${variable} (${path}) cannot be used: ${(error as Error).message}`
        if (file.state.kind === 'missing') {
          if (file.state.reason !== reason) log.error({ reason }, 'A database of places cannot be used')
          file.state = { kind: 'missing', reason }
        } else if ((error as NodeJS.ErrnoException).code === undefined) {
          log.error({ reason }, 'A database of places cannot be used; the one before still is')
        }
        return false
      }
    },
  }
  return file
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path)
  if (size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`)
  return `${mtimeMs} ${size} ${ino}`
}

async function readShared(path: string): Promise<SharedArrayBuffer> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const bytes = new SharedArrayBuffer(size)
    const view = new Uint8Array(bytes)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(view, at, Math.min(pieceBytes, size - at), at)
      if (bytesRead === 0) throw new Error('it became shorter while it was read')
      at += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}
