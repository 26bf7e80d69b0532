// One program of the stack: started with its output in a log file, ready when it says so, stopped politely.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './program.ts'

export type ProgramSpec = {
  name: string
  command: string
  args: string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  logPath: string
  /** Written to its standard input, which is then closed. */
  input?: string
  /** As whom to run it, where that is not who we are. */
  user?: { uid: number; gid: number }
  /** The signal that asks it to stop; SIGKILL follows after 15 s. */
  stopSignal?: NodeJS.Signals
  /** Resolves true when the program can be used. Asked again and again until it is, or the program ends. */
  isReady: () => Promise<boolean>
  readyTimeoutMs?: number
}

export type RunningProgram = {
  name: string
  pid: number
  logPath: string
  /** Resolves when the program ended, with what it ended of. */
  exited: Promise<string>
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Starts a program and waits until it is ready; what it said last is in the error when it does not get there. */
export async function startProgram(spec: ProgramSpec): Promise<RunningProgram> {
  mkdirSync(dirname(spec.logPath), { recursive: true })
  const log = openSync(spec.logPath, 'a')
  const options: SpawnOptions = {
    env: spec.env ?? process.env,
    stdio: [spec.input === undefined ? 'ignore' : 'pipe', log, log],
    // A group of its own: Ctrl-C is for us, and we stop the programs in the right order.
    detached: true,
    ...(spec.cwd !== undefined && { cwd: spec.cwd }),
    ...spec.user,
  }
  const [command = spec.command, ...args] = [...guard(spec), spec.command, ...spec.args]
  const child = spawn(command, args, options)
  closeSync(log)
  if (spec.input !== undefined) child.stdin?.end(spec.input)
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
  })
  const program = createHandle(child, spec, exited)
  await waitUntilReady(program, spec)
  return program
}

// Where the system offers it (Linux), a program ends with us even when we are killed and cannot stop it.
function guard({ stopSignal = 'SIGTERM' }: ProgramSpec): string[] {
  const setpriv = findProgram(['setpriv'])
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', stopSignal.slice(3), '--']
}

function createHandle(child: ChildProcess, spec: ProgramSpec, exited: Promise<string>): RunningProgram {
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const ended = await Promise.race([exited, delay(15_000, undefined, { ref: false })])
    if (ended === undefined) {
      child.kill('SIGKILL')
      await exited
    }
  }
  return {
    name: spec.name,
    pid: child.pid ?? -1,
    logPath: spec.logPath,
    exited,
    stop: () => end(spec.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

async function waitUntilReady(program: RunningProgram, spec: ProgramSpec): Promise<void> {
  const timeoutMs = spec.readyTimeoutMs ?? 60_000
  const deadline = Date.now() + timeoutMs
  let ended: string | undefined
  void program.exited.then((reason) => {
    ended = reason
  })
  while (ended === undefined && Date.now() < deadline) {
    if (await spec.isReady()) return
    await Promise.race([program.exited, delay(30)])
  }
  const what = ended === undefined ? `was not ready after ${timeoutMs / 1_000} s` : `ended at once (${ended})`
  if (ended === undefined) await program.stop()
  throw new Error(`${spec.name} ${what}. The end of ${spec.logPath}:\n${logTail(spec.logPath)}`)
}

export function logTail(path: string, lines = 15): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return '(no log)'
  }
}

/** True once the URL answers 2xx. */
export async function answersOk(url: string): Promise<boolean> {
  return (await statusOf(url))?.ok === true
}

/** True once the URL answers anything: a gateway without configuration serves, and says 503. */
export async function answersAnything(url: string): Promise<boolean> {
  return (await statusOf(url)) !== undefined
}

async function statusOf(url: string): Promise<Response | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response
  } catch {
    return undefined
  }
}
