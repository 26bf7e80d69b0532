// The folder of everything a stack keeps: held by one stack at a time, with its secrets and the logs of two runs.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive } from './process.ts'

export type Secrets = { adminEmail: string; adminPassword: string }

/** Made once and kept: sign-ins must survive a restart, and no two installations share them. */
export function readSecrets(dataDir: string): Secrets {
  const path = join(dataDir, 'secrets.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const secrets = {
    adminEmail: 'admin@gatewright.example',
    adminPassword: `gatewright-${crypto.randomUUID().slice(0, 8)}`,
  }
  writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}

export function holdFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, 'stack.pid')
  const holder = existsSync(path) ? readMark(path) : undefined
  if (holder && holder.pid !== process.pid && stillRuns(holder))
    throw new Error(
      `Gatewright is already running on ${dataDir} (process ${holder.pid}): stop it with Ctrl-C, or use another folder with GATEWRIGHT_DATA.`,
    )
  writeMark(path, process.pid)
}

export function releaseFolder(dataDir: string): void {
  rmSync(join(dataDir, 'stack.pid'), { force: true })
}

/** Remembers a program, so that the next stack can end it should this one be killed. Answers how to forget it. */
export function rememberProgram(dataDir: string, id: string, pid: number): () => void {
  const path = join(dataDir, 'programs', id)
  mkdirSync(dirname(path), { recursive: true })
  writeMark(path, pid)
  return () => rmSync(path, { force: true })
}

/** Ends what a killed stack left behind: it would hold ports and folders. */
export async function endLeftovers(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'programs')
  if (!existsSync(folder)) return
  for (const id of readdirSync(folder)) {
    const mark = readMark(join(folder, id))
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!stillRuns(mark)) break
      process.kill(mark.pid, signal)
      const deadline = Date.now() + 10_000
      while (stillRuns(mark) && Date.now() < deadline) await delay(50)
    }
    rmSync(join(folder, id))
  }
}

// A process number is used again, after a reboot at the latest: the command line tells who it was.
type Mark = { pid: number; command: string }

const stillRuns = ({ pid, command }: Mark) => isAlive(pid) && commandOf(pid) === command

function writeMark(path: string, pid: number): void {
  writeFileSync(path, JSON.stringify({ pid, command: commandOf(pid) }))
}

function readMark(path: string): Mark {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

export function keepPreviousLogs(dataDir: string): void {
  const logs = join(dataDir, 'logs')
  if (!existsSync(logs)) return
  rmSync(`${logs}.previous`, { recursive: true, force: true })
  renameSync(logs, `${logs}.previous`)
}
