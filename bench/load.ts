// The load: wrk on the other core, as fast as it can or paced to about a rate.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { requireProgram } from '../scripts/stack/program.ts'

const connections = 64
/** The core of what is under test. */
export const proxyCore = '0'
/** The core of everything else. */
export const otherCore = '1'

export interface Target {
  readonly url: string
  readonly headers: readonly string[]
}

export interface Load {
  readonly requests: number
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function requireLoadGenerator(): string {
  return requireProgram(
    { title: 'wrk', names: ['wrk'], aptPackage: 'wrk', alternative: 'The bench needs it to make load.' },
    (line) => process.stdout.write(`${line}\n`),
  )
}

export function measureSaturated(target: Target, seconds: number): Load {
  return run(target, seconds, [], {})
}

/** The pause that makes 64 connections give about `rps`; one trial finds out how long a request itself takes. */
export function measurePaced(target: Target, rps: number, seconds: number): Load {
  const script = ['-s', join(import.meta.dirname, 'pace.lua')]
  const wantedMs = (connections / rps) * 1_000
  const trial = run(target, 1, script, { PACE_MS: String(wantedMs) })
  const takenMs = (connections / trial.rps) * 1_000 - wantedMs
  return run(target, seconds, script, { PACE_MS: String(Math.max(0, wantedMs - takenMs)) })
}

function run(
  { url, headers }: Target,
  seconds: number,
  extra: readonly string[],
  environment: Readonly<Record<string, string>>,
): Load {
  const { status, stdout, stderr } = spawnSync(
    'taskset',
    [
      '-c',
      otherCore,
      requireLoadGenerator(),
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--latency',
      ...headers.flatMap((header) => ['-H', header]),
      ...extra,
      url,
    ],
    { encoding: 'utf8', env: { ...process.env, ...environment } },
  )
  if (status !== 0) throw new Error(`wrk failed:\n${stdout}${stderr}`)
  // A contestant that refuses fast must not win.
  const wrong = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout)
  if (wrong !== null) throw new Error(`${url}: ${wrong[0]}`)
  return {
    requests: Number(found(/(\d+) requests in/, stdout)),
    rps: Number(found(/Requests\/sec:\s+([\d.]+)/, stdout)),
    p50Ms: milliseconds(found(/^\s+50%\s+(\S+)/m, stdout)),
    p99Ms: milliseconds(found(/^\s+99%\s+(\S+)/m, stdout)),
  }
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
