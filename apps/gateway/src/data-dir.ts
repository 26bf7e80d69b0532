// The gateway's own folder: its name, what it served last, the keys it knows, events that wait. One gateway, one folder.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createId } from '@gatewright/shared/ids'
import type { Logger } from 'pino'
import { UsageError } from './env.ts'

export interface DataDir {
  readonly gatewayId: string
  release(): void
}

/** Throws `UsageError` when another gateway that lives uses the folder. An unwritable one is only complained about. */
export function openDataDir(path: string, givenId: string | undefined, log: Logger): DataDir {
  const lock = join(path, 'gateway.pid')
  try {
    mkdirSync(path, { recursive: true })
    claim(lock, path)
  } catch (error) {
    if (error instanceof UsageError) throw error
    log.error(
      { path, reason: (error as Error).message },
      'DATA_DIR cannot be written: nothing survives a restart of this gateway',
    )
    return { gatewayId: givenId ?? createId('gtw'), release: () => undefined }
  }
  return {
    gatewayId: givenId ?? rememberedId(join(path, 'gateway-id')),
    release: () => rmSync(lock, { force: true }),
  }
}

function claim(lock: string, path: string) {
  const self = `${process.pid} ${startOf(process.pid)}`
  try {
    writeFileSync(lock, self, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const [owner = '', start = ''] = readFileSync(lock, 'utf8').split(' ')
    // In containers every gateway is process 1: its own number there is a leftover of the run before.
    if (Number(owner) !== process.pid && startOf(Number(owner)) === start) {
      throw new UsageError(
        `DATA_DIR ${path} is used by the process ${owner}: give each gateway a folder of its own`,
      )
    }
    writeFileSync(lock, self)
  }
}

/**
 * When a process that lives was started, in the kernel's ticks; null when it does not live. Numbers of processes are
 * given again, so a number alone would lock the folder for whoever got it next. Where /proc is missing it is all there is.
 */
function startOf(pid: number): string | null {
  try {
    // proc(5): fields from the 3rd on; the 2nd is the name in parentheses, which may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Killed, and nobody has asked how it ended (a container whose first process does not): a zombie uses nothing.
    const isZombie = fields[0] === 'Z'
    return isZombie ? null : (fields[19] ?? '')
  } catch {
    return isAlive(pid) && !existsSync('/proc/self/stat') ? '' : null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function rememberedId(path: string): string {
  try {
    const id = readFileSync(path, 'utf8').trim()
    if (/^gtw_[0-9a-z]{22}$/.test(id)) return id
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const id = createId('gtw')
  writeFileSync(path, `${id}\n`)
  return id
}
