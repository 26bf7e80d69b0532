// What Linux says of the processes under test: CPU time used and the most memory ever held.
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** A process and all below it. */
function family(pid: number): number[] {
  const children: number[] = []
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
    if (list !== '') children.push(...list.split(' ').map(Number))
  }
  return [pid, ...children.flatMap(family)]
}

export const machine = {
  /** CPU time of the processes and their children, in user and kernel, milliseconds. */
  cpuMs(pids: readonly number[]): number {
    let ticks = 0
    for (const pid of pids.flatMap(family)) {
      // After the name in parentheses: state is field 3, utime and stime are fields 14 and 15 (proc(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')
      ticks += Number(fields[11]) + Number(fields[12])
    }
    return (ticks * 1_000) / ticksPerSecond
  },

  /** Sum of the peaks of resident memory. */
  peakMb(pids: readonly number[]): number {
    let kilobytes = 0
    for (const pid of pids.flatMap(family)) {
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      kilobytes += Number(peak?.[1] ?? 0)
    }
    return kilobytes / 1_024
  },
}
