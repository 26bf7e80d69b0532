// npm run bench: nginx, this gateway plain and with everything on, and its peers, side by side on one core in one run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Capacity, measureCapacity } from './capacity.ts'
import { startContestants } from './contestants.ts'
import { type LargeBodyFigures, measureLargeBodies } from './large-bodies.ts'
import { requireLoadGenerator } from './load.ts'
import { play, type Tally } from './play.ts'
import { measurePolicies, type PolicyCost } from './policies.ts'
import {
  asMarkdown,
  asText,
  type Figure,
  figuresOf,
  figuresTable,
  policiesTable,
  type Row,
  rowsOf,
  rowsTable,
} from './report.ts'
import { measureStalls, type Stalls } from './stalls.ts'

const root = join(import.meta.dirname, '..')

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    policies: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
  },
})
// A minute is too short for peers, for other sizes and for many routes.
const pace = flags.quick
  ? { rounds: 2, seconds: 2, warmUpSeconds: 1, stallSeconds: 1, whole: false }
  : { rounds: 5, seconds: 2, warmUpSeconds: 3, stallSeconds: 5, whole: true }

/** All that was measured, for whoever wants to look behind the medians. */
interface Result {
  readonly processor: string | undefined
  readonly node: string
  readonly rows: readonly Row[]
  readonly figures: readonly Figure[]
  readonly tallies: readonly Tally[]
  readonly capacity: Capacity | null
  readonly bodies: LargeBodyFigures | null
  readonly policies: readonly PolicyCost[]
  /** Of the machine alone, before the first round and after the last. */
  readonly stalls: readonly Stalls[]
}

await main()

async function main(): Promise<void> {
  if (availableParallelism() < 2)
    throw new Error('The bench needs two cores: one for the proxy, one for all else.')
  if (flags.save && (flags.quick || flags.policies))
    throw new Error('--save keeps whole runs: leave out --quick and --policies.')
  requireLoadGenerator()
  buildGateway()
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-bench-'))
  const stage = await startContestants({
    folder,
    profileFolder: flags['cpu-prof'],
    withPeers: pace.whole && !flags.policies,
  })
  try {
    if (flags.policies) {
      say(`\n${asText(policiesTable(await measurePolicies(stage, folder)))}`)
      return
    }
    const before = await measureStalls(pace.stallSeconds)
    const tallies = await play(stage, pace, say)
    const bodies = pace.whole ? await measureLargeBodies(stage.plain.origin, stage.plain.pid) : null
    const capacity = pace.whole ? await measureCapacity(stage, folder) : null
    const policies = pace.whole ? await measurePolicies(stage, folder) : []
    const stalls = [before, await measureStalls(pace.stallSeconds)]
    const rows = rowsOf(tallies)
    const figures = figuresOf(tallies, capacity, bodies, policies)
    const result = {
      processor: cpus()[0]?.model,
      node: process.version,
      rows,
      figures,
      tallies,
      capacity,
      bodies,
      policies,
      stalls,
    }
    print(result)
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ rows, figures }, null, 2)}\n`)
    if (pace.whole) keep(result)
  } finally {
    await stage.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each whole run leaves a file that git does not see; `--save` makes it the one that BENCH.md shows. */
function keep(result: Result): void {
  const now = new Date().toISOString()
  const results = join(root, 'bench/results')
  mkdirSync(results, { recursive: true })
  const text = `${JSON.stringify(result, null, 2)}\n`
  const name = flags.save ? now.slice(0, 10) : now.slice(0, 19).replaceAll(':', '-')
  const path = join(results, `${name}.json`)
  writeFileSync(path, text)
  say(`\nEach round is in ${path}.`)
  if (!flags.save) return
  const page = join(root, 'BENCH.md')
  const marks = /(<!-- saved run -->\n)[\s\S]*(<!-- end of saved run -->)/
  const shown = [
    `\n${machineLine(result)} ${stallsLine(result)} Every round is in [bench/results/${name}.json](bench/results/${name}.json).\n`,
    asMarkdown(figuresTable(result.figures)),
    '',
    asMarkdown(rowsTable(result.rows, result.tallies)),
    '',
    asMarkdown(policiesTable(result.policies)),
    '\n',
  ].join('\n')
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(marks, (_, start, end) => `${start}${shown}${end}`),
  )
  say(`${page} shows it.`)
}

function buildGateway(): void {
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'apps/gateway'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The gateway does not build:\n${stdout}`)
}

function print(result: Result): void {
  const { rows, figures, tallies, capacity, policies } = result
  say(`\n${asText(rowsTable(rows, tallies))}\n`)
  for (const { name, what } of tallies) say(`${name}: ${what}`)
  say(`\n${asText(figuresTable(figures))}\n`)
  if (policies.length > 0) say(`${asText(policiesTable(policies))}\n`)
  if (capacity !== null) {
    const listed = capacity.longestInSwapMs.map((ms) => ms.toFixed(1)).join(', ')
    say(`With all 10,000 routes called by turns: ${capacity.allCalledOfTen.toFixed(2)} of ten routes.`)
    say(
      `Longest waits: ${listed} ms in the swaps, ${capacity.longestWithoutSwapMs.toFixed(1)} ms without one. The whole process with 10,000 routes: ${capacity.processAtStartMb.toFixed(0)} MB at its start, ${capacity.processMb.toFixed(0)} MB with all keys, ${capacity.processAfterSwapsMb.toFixed(0)} MB after the swaps.\n`,
    )
  }
  say(`${machineLine(result)} ${stallsLine(result)}`)
  say(
    [
      `Medians of ${pace.rounds} alternating rounds; ratios are taken within each round. 64 connections kept alive.`,
      'Each contestant alone on core 0; load generator (wrk), upstream (nginx) and Redis share core 1.',
      'p99 at about half of the own saturation: wrk has no rate control, so each of its 64 connections waits',
      'between two requests for as long as gives that rate. A connection that waits for a late reply sends nothing',
      'meanwhile, so very long stalls count once. p50 with the fewest connections that bring at least half of it',
      'without pauses: wrk counts pauses in whole milliseconds, so paced requests come in heaps, and half of them',
      'would wait for the others of their heap. "spread" is (fastest - slowest round) / median: above',
      '15 % something else was using the machine, and CPU µs/request is then the better figure.',
    ].join('\n'),
  )
}

function machineLine({ processor, node }: Result): string {
  return `${processor ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${node}.`
}

function stallsLine({ stalls }: Result): string {
  const longest = Math.max(...stalls.map(({ longestMs }) => longestMs)).toFixed(1)
  const share = (Math.max(...stalls.map((it) => it.share)) * 100).toFixed(1)
  return `The machine kept a program that only looked at the clock from running for ${share} % of the time, ${longest} ms at the longest.`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
