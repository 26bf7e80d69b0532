// What Linux says of the processes under test: CPU time used, memory held and the most ever held.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

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

/** Sum of a line of /proc/<pid>/status that is given in kB, megabytes. */
function megabytes(pids: readonly number[], line: 'VmHWM' | 'VmRSS'): number {
  let kilobytes = 0
  for (const pid of pids.flatMap(family)) {
    const found = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    kilobytes += Number(found?.[1] ?? 0)
  }
  return kilobytes / 1_024
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

  /** Resident memory. */
  memoryMb: (pids: readonly number[]) => megabytes(pids, 'VmRSS'),

  /** Sum of the peaks of resident memory, since the start or the last `forgetPeak`. */
  peakMb: (pids: readonly number[]) => megabytes(pids, 'VmHWM'),

  /** From now on the peak is that of what comes (proc(5), clear_refs). */
  forgetPeak(pids: readonly number[]): void {
    for (const pid of pids.flatMap(family)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
  },
}
