// What the machine itself takes away: two programs that do nothing but look at the clock, one on each core.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { otherCore, proxyCore } from './load.ts'
import { round } from './statistics.ts'

/** What a program that never waits was kept from. */
export interface Stalls {
  /** The longest that it did not run, milliseconds. */
  readonly longestMs: number
  /** Of the time, what it did not run for half a millisecond or more; 0 to 1. */
  readonly share: number
}

const watch = (seconds: number) => `
const end = performance.now() + ${seconds * 1_000}
let last = performance.now(), longest = 0, lost = 0
while (last < end) {
  const now = performance.now(), gap = now - last
  if (gap > longest) longest = gap
  if (gap >= 0.5) lost += gap
  last = now
}
console.log(JSON.stringify([longest, lost]))`

/**
 * The stalls of the proxy's core while both cores are busy. A virtual machine has its processor taken away, and
 * nobody who runs on it can answer meanwhile: tails of latency below the longest stall are the machine's, not a program's.
 */
export async function measureStalls(seconds: number): Promise<Stalls> {
  const [own] = await Promise.all([stalls(proxyCore, seconds), stalls(otherCore, seconds)])
  return own
}

async function stalls(core: string, seconds: number): Promise<Stalls> {
  const args = ['-c', core, process.execPath, '-e', watch(seconds)]
  const { stdout } = await promisify(execFile)('taskset', args)
  const [longest, lost] = JSON.parse(stdout) as [number, number]
  return { longestMs: round(longest, 1), share: round(lost / (seconds * 1_000), 4) }
}
