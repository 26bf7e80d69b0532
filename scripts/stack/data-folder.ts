// The folder of everything a stack keeps: held by one stack at a time, with its secrets and the logs of two runs.
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { markOf, parseMark, stillRuns } from './process-mark.ts'

export type Secrets = { adminEmail: string; adminPassword: string; secretsKey: string }

/** Made once and kept: sign-ins must survive a restart, and no two installations share them. */
export function readSecrets(dataDir: string): Secrets {
  const path = join(dataDir, 'secrets.json')
  const kept: Partial<Secrets> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const secrets = {
    adminEmail: 'admin@gatewright.example',
    adminPassword: `gatewright-${crypto.randomUUID().slice(0, 8)}`,
    secretsKey: randomBytes(32).toString('base64'),
    ...kept,
  }
  // A folder of an older version has not all of them.
  if (Object.keys(kept).length < Object.keys(secrets).length) writeWhole(path, JSON.stringify(secrets))
  return secrets
}

/** Readable by its owner only; written beside and renamed, so that a power cut leaves the old one or the new one. */
export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Throws when another stack that runs holds the folder. What a killed one left is taken over. */
export function holdFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, 'stack.pid')
  while (!createOnce(path, JSON.stringify(markOf(process.pid)))) {
    const text = readOrNothing(path)
    const holder = parseMark(text)
    if (holder && holder.pid !== process.pid && stillRuns(holder))
      throw new Error(
        `Gatewright is already running on ${dataDir} (process ${holder.pid}): stop it with Ctrl-C, or use another folder with GATEWRIGHT_DATA.`,
      )
    removeIfStill(path, text)
  }
}

/** Whole and at once, or not at all: false when the file is there already. */
function createOnce(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

// Two that start at once both find the same leftover: the second must not take away what the first put there meanwhile.
function removeIfStill(path: string, text: string): void {
  const aside = `${path}.${process.pid}.old`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readOrNothing(aside) === text) rmSync(aside)
  else renameSync(aside, path)
}

export function releaseFolder(dataDir: string): void {
  rmSync(join(dataDir, 'stack.pid'), { force: true })
}

/** Remembers a program, so that the next stack can end it should this one be killed. Answers how to forget it. */
export function rememberProgram(dataDir: string, id: string, pid: number): () => void {
  const path = join(dataDir, 'programs', id)
  mkdirSync(dirname(path), { recursive: true })
  writeWhole(path, JSON.stringify(markOf(pid)))
  return () => rmSync(path, { force: true })
}

/** Ends what a killed stack left behind: it would hold ports and folders. Throws when it does not end. */
export async function endLeftovers(dataDir: string): Promise<void> {
  const folder = join(dataDir, 'programs')
  if (!existsSync(folder)) return
  for (const id of readdirSync(folder)) {
    const path = join(folder, id)
    const mark = parseMark(readOrNothing(path))
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (!mark || !stillRuns(mark)) break
      process.kill(mark.pid, signal)
      const deadline = Date.now() + 10_000
      while (stillRuns(mark) && Date.now() < deadline) await delay(50)
    }
    if (mark && stillRuns(mark))
      throw new Error(`${id} of a run before (process ${mark.pid}) does not end: end that process.`)
    rmSync(path, { force: true })
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
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
