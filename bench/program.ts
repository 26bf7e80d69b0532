// What every contestant is: a program on the proxy's core, asked over a port, watched by its process id.
import type { RunningProgram } from '../scripts/stack/process.ts'
import type { Target } from './load.ts'

/** What all contestants are asked for, by path; the upstream has the same. */
export const paths = {
  /** 462 bytes; a body posted to it is read and forgotten. */
  small: '/bench',
  /** 10 kB. */
  medium: '/ten-kilobytes',
  /** A gigabyte each way. */
  large: '/gigabyte',
} as const

export interface Contestant {
  readonly name: string
  /** One sentence for the reader of the table. */
  readonly what: string
  readonly origin: string
  readonly headers: readonly string[]
  readonly pids: readonly number[]
}

/** Keeps a program until the bench ends, which stops it. */
export type Keep = <Program extends RunningProgram>(program: Promise<Program>) => Promise<Program>

export function targetOf(proxy: Contestant, path: string): Target {
  return { url: `${proxy.origin}${path}`, headers: proxy.headers }
}
