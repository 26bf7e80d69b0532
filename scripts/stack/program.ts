// Finds a system program that npm cannot bring (Redis, Chromium), installing it where that is possible without asking.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

type Program = {
  /** What a person calls it, for the message when it is missing. */
  title: string
  /** Executables that will do, best first. */
  names: string[]
  aptPackage: string
  /** What to do instead of installing it, a whole sentence. */
  alternative: string
}

const aptEnvironment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }

/** The path of the program, or an error that says how to get it. */
export function requireProgram(program: Program, say: (line: string) => void): string {
  const found = findProgram(program.names)
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && findProgram(['apt-get']) !== undefined) {
    say(`Installing ${program.title} (apt-get install ${program.aptPackage}) …`)
    aptInstall(program)
    const installed = findProgram(program.names)
    if (installed !== undefined) return installed
  }
  throw new Error(
    `${program.title} is missing: none of ${program.names.join(', ')} is on PATH. Install it (on Debian: apt-get install ${program.aptPackage}). ${program.alternative}`,
  )
}

export function findProgram(names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin', '/usr/sbin']
  for (const name of names) {
    const path = folders.map((folder) => join(folder, name)).find(isExecutable)
    if (path !== undefined) return path
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function aptInstall({ title, aptPackage }: Program): void {
  const install = ['install', '-y', '-qq', '--no-install-recommends', aptPackage]
  // Package lists may be fresh already (or unreachable while the package is cached): update only when install needs it.
  if (spawnSync('apt-get', install, { env: aptEnvironment }).status === 0) return
  try {
    execFileSync('apt-get', ['update', '-qq'], { env: aptEnvironment, stdio: 'pipe' })
    execFileSync('apt-get', install, { env: aptEnvironment, stdio: 'pipe' })
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer }
    throw new Error(`${title} is missing and apt-get could not install ${aptPackage}:\n${stderr ?? error}`, {
      cause: error,
    })
  }
}
