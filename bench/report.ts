// What a run found: rows and figures as JSON, as a table for the terminal, and as tables for BENCH.md.
import type { Capacity } from './capacity.ts'
import type { LargeBodyFigures } from './large-bodies.ts'
import type { Load } from './load.ts'
import { nodePeers } from './node-peers.ts'
import type { Tally } from './play.ts'
import type { PolicyCost } from './policies.ts'
import { median, medianRatio, round, spread } from './statistics.ts'

export interface Row {
  readonly name: string
  readonly rps: number
  readonly ofNginx: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly peakMb: number
}

/** A promise of the project and what became of it. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** `least`: the value should not be below these, `most`: not above. */
  readonly bound: 'least' | 'most'
  readonly must: number
  readonly aim: number
}

export function rowsOf(tallies: readonly Tally[]): Row[] {
  const nginx = tallyOf(tallies, 'nginx')
  return tallies.map(({ name, rps, paced, few, peakMb }) => ({
    name,
    rps: Math.round(median(rps)),
    ofNginx: round(medianRatio(rps, nginx.rps), 3),
    p50Ms: round(median(few.map((it) => it.p50Ms)), 3),
    p99Ms: round(median(paced.map((it) => it.p99Ms)), 2),
    peakMb: Math.round(peakMb),
  }))
}

export function figuresOf(
  tallies: readonly Tally[],
  capacity: Capacity | null,
  bodies: LargeBodyFigures | null,
  policies: readonly PolicyCost[],
): Figure[] {
  const nginx = tallyOf(tallies, 'nginx')
  const full = tallyOf(tallies, 'gateway-full')
  const ofNginx = (name: string) => medianRatio(tallyOf(tallies, name).rps, nginx.rps)
  const least = (name: string, value: number, unit: string, must: number, aim: number): Figure => ({
    name,
    value: round(value, 3),
    unit,
    bound: 'least',
    must,
    aim,
  })
  const most = (...given: Parameters<typeof least>): Figure => ({ ...least(...given), bound: 'most' })

  const figures = [
    least('plain proxy, requests/s', ofNginx('gateway-plain'), 'of nginx', 0.5, 0.65),
    least('everything on, limits leased, requests/s', ofNginx('gateway-full'), 'of nginx', 0.42, 0.55),
    least('everything on, limits strict, requests/s', ofNginx('gateway-full-strict'), 'of nginx', 0.2, 0.3),
  ]
  const inNode = tallies.filter(({ name }) => nodePeers.some((peer) => peer.name === name))
  const fastest = inNode.toSorted((a, b) => median(b.rps) - median(a.rps))[0]
  if (fastest !== undefined)
    figures.push(
      least('everything on, requests/s', medianRatio(full.rps, fastest.rps), `of ${fastest.name}`, 2, 3),
    )
  for (const { name, paced, direct, few, fewDirect } of tallies) {
    if (direct.length === 0) continue
    const added = (own: readonly number[], alone: readonly number[]) =>
      median(own.map((ms, i) => ms - (alone[i] ?? 0)))
    const p50 = added(middles(few), middles(fewDirect))
    const p99 = added(tails(paced), tails(direct))
    figures.push(
      most(`latency added to the upstream's, half load, p50, ${name}`, p50, 'ms', 0.3, 0.15),
      most(`latency added to the upstream's, half load, p99, ${name}`, p99, 'ms', 2, 1),
    )
  }
  if (capacity !== null)
    figures.push(
      least('10,000 routes, requests/s', capacity.manyRoutesOfTen, 'of ten routes', 0.95, 0.99),
      most('longest wait while 10,000 routes are swapped', capacity.longestInSwapMedianMs, 'ms', 20, 5),
      most('memory of one worker, 10,000 routes and 100,000 keys seen', capacity.workerMb, 'MB', 200, 120),
    )
  if (bodies !== null)
    figures.push(
      most('memory that a reply of 1 GB takes', bodies.downloadExtraMb, 'MB', 20, 5),
      most('memory that a body of 1 GB takes', bodies.uploadExtraMb, 'MB', 20, 5),
    )
  for (const { name, ofBeside, addedUs } of policies) {
    if (name === 'jwt-warm' && ofBeside !== null)
      figures.push(least('a token that was seen before, requests/s', ofBeside, 'of a key', 0.95, 1))
    if (name === 'validate-request' && addedUs !== null)
      figures.push(most('a body of 10 kB held against its schema, CPU', addedUs, 'µs', 40, 20))
  }
  return figures
}

/** What single policies cost; the added figures are beside the row that is named. */
export function policiesTable(policies: readonly PolicyCost[]): string[][] {
  return [
    ['a request with', 'requests/s', 'CPU µs/request', 'added µs', 'requests/s, of', 'beside', 'spread'],
    ...policies.map(({ name, what, beside, rps, cpuUs, addedUs, ofBeside }) => [
      `${name}: ${what}`,
      String(Math.round(median(rps))),
      median(cpuUs).toFixed(1),
      addedUs?.toFixed(1) ?? '',
      ofBeside?.toFixed(2) ?? '',
      beside ?? '',
      `${(spread(rps) * 100).toFixed(0)} %`,
    ]),
  ]
}

export function rowsTable(rows: readonly Row[], tallies: readonly Tally[]): string[][] {
  const nginx = tallyOf(tallies, 'nginx')
  const whole = nginx.replyRps.length > 0
  const head = ['name', 'requests/s', 'of nginx', ...(whole ? ['10 kB replies', '10 kB bodies'] : [])]
  return [
    [...head, 'p50 ms', 'p99 ms', 'peak MB', 'CPU µs/request', 'spread'],
    ...rows.map((row, i) => {
      const tally = tallies[i] as Tally
      return [
        row.name,
        String(row.rps),
        row.ofNginx.toFixed(2),
        ...(whole
          ? [
              medianRatio(tally.replyRps, nginx.replyRps).toFixed(2),
              medianRatio(tally.bodyRps, nginx.bodyRps).toFixed(2),
            ]
          : []),
        row.p50Ms.toFixed(2),
        row.p99Ms.toFixed(2),
        String(row.peakMb),
        median(tally.cpuUs).toFixed(1),
        `${(spread(tally.rps) * 100).toFixed(0)} %`,
      ]
    }),
  ]
}

export function figuresTable(figures: readonly Figure[]): string[][] {
  return [
    ['figure', 'measured', 'must', 'aim', ''],
    ...figures.map(({ name, value, unit, bound, must, aim }) => {
      const sign = bound === 'least' ? '≥' : '≤'
      const reaches = (mark: number) => (bound === 'least' ? value >= mark : value <= mark)
      return [
        name,
        `${value.toFixed(unit === 'MB' ? 0 : 2)} ${unit}`,
        `${sign} ${must}`,
        `${sign} ${aim}`,
        reaches(aim) ? 'better than aimed for' : reaches(must) ? 'reached' : 'missed',
      ]
    }),
  ]
}

export function asText(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((line) => (line[i] ?? '').length)))
  return table
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

export function asMarkdown(table: readonly (readonly string[])[]): string {
  const [head = [], ...lines] = table.map((line) => `| ${line.join(' | ')} |`)
  return [head, `|${(table[0] ?? []).map(() => '---').join('|')}|`, ...lines].join('\n')
}

const middles = (loads: readonly Load[]) => loads.map(({ p50Ms }) => p50Ms)
const tails = (loads: readonly Load[]) => loads.map(({ p99Ms }) => p99Ms)

function tallyOf(tallies: readonly Tally[], name: string): Tally {
  const found = tallies.find((tally) => tally.name === name)
  if (found === undefined) throw new Error(`${name} took no part`)
  return found
}
