// Who a process is, told in a file to whoever starts next: its number, and when it was started, because numbers are used again.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'

export type ProcessMark = { pid: number; start: string }

/** Of a process that runs; an empty `start`, which no process has, when it does not. */
export function markOf(pid: number): ProcessMark {
  return { pid, start: startOf(pid) ?? '' }
}

/** Undefined for what is no mark: a file that a power cut left half written, or one of another program. */
export function parseMark(text: string): ProcessMark | undefined {
  try {
    const { pid, start } = JSON.parse(text)
    return Number.isInteger(pid) && typeof start === 'string' ? { pid, start } : undefined
  } catch {
    return undefined
  }
}

export function stillRuns({ pid, start }: ProcessMark): boolean {
  return startOf(pid) === start
}

/** Whether the process still does something: one that ended and that nobody asked about (a zombie) does not. */
export function isAlive(pid: number): boolean {
  return startOf(pid) !== undefined
}

/** Whether it is a process of that folder's, as databases are, which go to live in theirs; true where nobody can tell. */
export function livesIn(folder: string, pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder)
  } catch {
    return !hasProc
  }
}

const hasProc = existsSync('/proc/self/stat')

/** Tells two processes of one number apart; undefined when there is none, or only what is left of one. */
function startOf(pid: number): string | undefined {
  if (!hasProc) return startByPs(pid)
  try {
    // proc(5): the 2nd field is a name in parentheses that may hold anything; the 3rd is the state, the 22nd the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot} ${fields[19]}`
  } catch {
    return undefined
  }
}

function startByPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [, state, start] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? []
  return state === undefined || state.startsWith('Z') ? undefined : start
}
