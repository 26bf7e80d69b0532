// The load: wrk on the other core, as fast as it can or paced to about a rate.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { requireProgram } from '../scripts/stack/program.ts'

const allConnections = 64
/** The core of what is under test. */
export const proxyCore = '0'
/** The core of everything else. */
export const otherCore = '1'

export interface Target {
  readonly url: string
  readonly headers: readonly string[]
  /** Bytes of the body that is posted; none: GET. */
  readonly bodyBytes?: number
  /** A file whose content is posted. */
  readonly bodyFile?: string
  /** A file of access tokens that are brought by turns. */
  readonly tokensFile?: string
  /** A file of paths that are called by turns instead of the one in `url`. */
  readonly pathsFile?: string
}

export interface Load {
  readonly requests: number
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
}

export function requireLoadGenerator(): string {
  return requireProgram(
    { title: 'wrk', names: ['wrk'], aptPackage: 'wrk', alternative: 'The bench needs it to make load.' },
    (line) => process.stdout.write(`${line}\n`),
  )
}

export function measureSaturated(target: Target, seconds: number): Promise<Load> {
  return run(target, seconds)
}

/** The pause between two requests of each of 64 connections that gives about `rps`, milliseconds; a trial finds out. */
export async function paceFor(target: Target, rps: number): Promise<number> {
  const wantedMs = (allConnections / rps) * 1_000
  const trial = await run(target, 1, { paceMs: wantedMs })
  const takenMs = (allConnections / trial.rps) * 1_000 - wantedMs
  return Math.max(0, wantedMs - takenMs)
}

export function measurePaced(target: Target, paceMs: number, seconds: number): Promise<Load> {
  return run(target, seconds, { paceMs })
}

/** The fewest connections that, without pauses, bring at least `rps`. */
export async function fewestFor(target: Target, rps: number): Promise<number> {
  for (const connections of [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]) {
    if ((await run(target, 1, { connections })).rps >= rps) return connections
  }
  return allConnections
}

export function measureFew(target: Target, connections: number, seconds: number): Promise<Load> {
  return run(target, seconds, { connections })
}

interface Manner {
  /** The pause of each connection between two requests; none: at full speed. */
  readonly paceMs?: number
  readonly connections?: number
}

async function run(
  target: Target,
  seconds: number,
  { paceMs, connections = allConnections }: Manner = {},
): Promise<Load> {
  const { url, headers, bodyBytes, bodyFile, tokensFile, pathsFile } = target
  const settings = {
    ...(paceMs !== undefined && { PACE_MS: String(paceMs) }),
    ...(bodyBytes !== undefined && { BODY_BYTES: String(bodyBytes) }),
    ...(bodyFile !== undefined && { BODY_FILE: bodyFile }),
    ...(tokensFile !== undefined && { TOKENS_FILE: tokensFile }),
    ...(pathsFile !== undefined && { PATHS_FILE: pathsFile }),
  }
  const script = Object.keys(settings).length > 0 ? ['-s', join(import.meta.dirname, 'request.lua')] : []
  const fields = headers.flatMap((header) => ['-H', header])
  const amount = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency']
  const text = await output(
    ['taskset', '-c', otherCore, requireLoadGenerator(), ...amount, ...fields, ...script, url],
    settings,
  )
  // A contestant that refuses fast must not win.
  const wrong = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(text)
  if (wrong !== null) throw new Error(`${url}: ${wrong[0]}`)
  return {
    requests: Number(found(/(\d+) requests in/, text)),
    rps: Number(found(/Requests\/sec:\s+([\d.]+)/, text)),
    p50Ms: milliseconds(found(/^\s+50%\s+(\S+)/m, text)),
    p99Ms: milliseconds(found(/^\s+99%\s+(\S+)/m, text)),
    longestMs: milliseconds(found(/^\s+Latency\s+\S+\s+\S+\s+(\S+)/m, text)),
  }
}

function output(
  [command = '', ...args]: readonly string[],
  settings: Record<string, string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...settings } })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk
    })
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`wrk failed:\n${text}`))))
  })
}

function found(pattern: RegExp, text: string): string {
  const value = pattern.exec(text)?.[1]
  if (value === undefined) throw new Error(`wrk said nothing of ${pattern}:\n${text}`)
  return value
}

function milliseconds(text: string): number {
  const value = Number.parseFloat(text)
  if (text.endsWith('us')) return value / 1_000
  return text.endsWith('ms') ? value : value * 1_000
}
