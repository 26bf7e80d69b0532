// npm run bench: nginx, this gateway plain and with everything on, and its peers, side by side on one core in one run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, startContestants } from './contestants.ts'
import { type Load, measurePaced, measureSaturated, requireLoadGenerator } from './load.ts'
import { machine } from './machine.ts'

const root = join(import.meta.dirname, '..')

interface Row {
  readonly name: string
  readonly rps: number
  readonly ofNginx: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakMb: number
}

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
})
const rounds = flags.quick ? 2 : 5
const pacedRounds = flags.quick ? 1 : 3
const seconds = flags.quick ? 2 : 5
const warmUpSeconds = 4

/** What one contestant did in each round. */
interface Tally {
  readonly rps: number[]
  readonly cpuUs: number[]
  readonly latencies: Load[]
}

await main()

async function main(): Promise<void> {
  if (availableParallelism() < 2)
    throw new Error('The bench needs two cores: one for the proxy, one for all else.')
  requireLoadGenerator()
  buildGateway()
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-bench-'))
  const stage = await startContestants(folder, {
    profileFolder: flags['cpu-prof'],
    // A minute is too short for all.
    withPeers: !flags.quick,
  })
  try {
    const tallies = await play(stage.contestants)
    const rows = rowsOf(stage.contestants, tallies)
    print(rows, stage.contestants, tallies)
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ rows }, null, 2)}\n`)
    if (!flags.quick) keepResult(rows, tallies)
  } finally {
    await stage.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All that was measured, for whoever wants to look behind the medians. */
function keepResult(rows: readonly Row[], tallies: ReadonlyMap<string, Tally>): void {
  const results = join(root, 'bench/results')
  mkdirSync(results, { recursive: true })
  const path = join(results, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
  const result = {
    processor: cpus()[0]?.model,
    node: process.version,
    rows,
    raw: Object.fromEntries(tallies),
  }
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`)
  say(`\nEach round is in ${path}.`)
}

function buildGateway(): void {
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'apps/gateway'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The gateway does not build:\n${stdout}`)
}

/** Rounds alternate, so that a slow minute of the machine hits every contestant alike. */
async function play(contestants: readonly Contestant[]): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Tally>()
  for (const contestant of contestants) {
    tallies.set(contestant.name, { rps: [], cpuUs: [], latencies: [] })
    // The first round of a compiler that learns on the job is not what it does all day.
    measureSaturated(contestant.target, warmUpSeconds)
    await contestant.rest()
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of contestants) {
      const tally = tallies.get(contestant.name) as Tally
      const before = machine.cpuMs(contestant.pids)
      const load = measureSaturated(contestant.target, seconds)
      tally.rps.push(load.rps)
      tally.cpuUs.push(((machine.cpuMs(contestant.pids) - before) * 1_000) / load.requests)
      await contestant.rest()
    }
    say(`round ${round + 1} of ${rounds}`)
  }
  for (let round = 0; round < pacedRounds; round++) {
    for (const contestant of contestants) {
      const tally = tallies.get(contestant.name) as Tally
      tally.latencies.push(measurePaced(contestant.target, median(tally.rps) / 2, seconds))
      await contestant.rest()
    }
  }
  return tallies
}

function rowsOf(contestants: readonly Contestant[], tallies: ReadonlyMap<string, Tally>): Row[] {
  const nginxRps = median(tallies.get('nginx')?.rps ?? [])
  return contestants.map(({ name, pids }) => {
    const { rps, latencies } = tallies.get(name) as Tally
    return {
      name,
      rps: Math.round(median(rps)),
      ofNginx: round(median(rps) / nginxRps, 3),
      p50Ms: round(median(latencies.map((it) => it.p50Ms)), 2),
      p99Ms: round(median(latencies.map((it) => it.p99Ms)), 2),
      peakMb: Math.round(machine.peakMb(pids)),
    }
  })
}

function print(
  rows: readonly Row[],
  contestants: readonly Contestant[],
  tallies: ReadonlyMap<string, Tally>,
): void {
  say('')
  say(`${'name'.padEnd(20)} requests/s  of nginx  p50 ms  p99 ms  peak MB  CPU µs/request  spread`)
  for (const row of rows) {
    const { rps, cpuUs } = tallies.get(row.name) as Tally
    const spread = (Math.max(...rps) - Math.min(...rps)) / median(rps)
    say(
      [
        row.name.padEnd(20),
        String(row.rps).padStart(10),
        row.ofNginx.toFixed(2).padStart(9),
        row.p50Ms.toFixed(2).padStart(7),
        row.p99Ms.toFixed(2).padStart(7),
        String(row.peakMb).padStart(8),
        median(cpuUs).toFixed(1).padStart(15),
        `${(spread * 100).toFixed(0)} %`.padStart(7),
      ].join(' '),
    )
  }
  say('')
  for (const { name, what } of contestants) say(`${name}: ${what}`)
  say(
    [
      '',
      `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}.`,
      `Median of ${rounds} alternating rounds of ${seconds} s; 64 connections kept alive; a reply of 462 bytes.`,
      'Each contestant alone on core 0; load generator (wrk), upstream (nginx) and Redis share core 1.',
      'p50 and p99 at about half of the own saturation: wrk has no rate control, so each of its 64 connections',
      'waits between two requests for as long as gives that rate. A connection that waits for a late reply sends',
      'nothing meanwhile, so very long stalls count once. "spread" is (fastest - slowest round) / median: above',
      '15 % something else was using the machine, and CPU µs/request is then the better figure.',
    ].join('\n'),
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
