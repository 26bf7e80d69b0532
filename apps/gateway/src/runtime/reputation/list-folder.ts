// The lists of addresses in a folder of this machine: read once for all workers, and again when a file is another one.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { slug } from '@gatewright/shared/ids'
import { packTable, type TableBytes } from './address-table.ts'
import { readListText } from './list-text.ts'

export type NamedTables = readonly (readonly [name: string, table: TableBytes])[]

interface Log {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

const lookEveryMs = 2_000
const bytesMax = 64 * 1024 * 1024
const extension = /\.(?:txt|netset|ipset|list|json)$/

interface Kept {
  readonly stamp: string
  readonly table: TableBytes | null
}

/**
 * Tells `changed` of all lists, once before it resolves and whenever one is another. A file that cannot be read leaves the list as it
 * was; one that is gone does too, until the gateway starts anew: a list that fails to arrive must not let anybody in.
 */
export async function followListFolder(
  folder: string,
  changed: (lists: NamedTables) => void,
  log: Log,
  everyMs = lookEveryMs,
): Promise<{ close(): void }> {
  const kept = new Map<string, Kept>()
  const told = new Set<string>()
  let isLooking = false

  async function look(isFirst: boolean): Promise<void> {
    if (isLooking) return
    isLooking = true
    let isNew = isFirst
    for (const file of await filesIn()) if (await read(file)) isNew = true
    isLooking = false
    if (isNew)
      changed([...kept].flatMap(([name, { table }]) => (table === null ? [] : [[name, table] as const])))
  }

  async function filesIn(): Promise<string[]> {
    try {
      const files = (await readdir(folder)).filter(
        (file) => extension.test(file) && slug.safeParse(nameOf(file)).success,
      )
      return [...Map.groupBy(files.sort(), nameOf)].map(([name, [first = '', ...others]]) => {
        for (const other of others) tellTwo(name, first, other)
        return first
      })
    } catch (error) {
      if (kept.size === 0)
        log.error({ folder, reason: (error as Error).message }, 'ADDRESS_LISTS cannot be read')
      return []
    }
  }

  function tellTwo(list: string, first: string, second: string): void {
    if (told.has(second)) return
    told.add(second)
    log.error(
      { list, folder, files: [first, second] },
      'Two files are one list by their name: the second is not read',
    )
  }

  /** Whether the list is another one now. */
  async function read(file: string): Promise<boolean> {
    const path = join(folder, file)
    const name = nameOf(file)
    const before = kept.get(name)
    let stamp = 'unread'
    try {
      stamp = await stampOf(path)
      if (stamp === before?.stamp) return false
      const ranges = readListText(await readFile(path, 'utf8'))
      if (ranges.length === 0 && before?.table) throw new Error('no address stands in it')
      // Somebody is still writing it: the next look sees the end.
      if ((await stampOf(path)) !== stamp) return false
      kept.set(name, { stamp, table: packTable(ranges) })
      log.info({ list: name, ranges: ranges.length }, 'A list of addresses is read')
      return true
    } catch (error) {
      if (before?.stamp !== stamp)
        log.error(
          { list: name, path, reason: (error as Error).message },
          'A list of addresses cannot be used; one before still is',
        )
      kept.set(name, { stamp, table: before?.table ?? null })
      return false
    }
  }

  await look(true)
  const timer = setInterval(() => void look(false), everyMs).unref()
  return { close: () => clearInterval(timer) }
}

const nameOf = (file: string) => file.replace(extension, '')

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path)
  if (size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`)
  return `${path} ${mtimeMs} ${size} ${ino}`
}
