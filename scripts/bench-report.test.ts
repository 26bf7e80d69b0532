// What a reader of the bench gets; the bench itself is no test, since machines differ.
import { expect, it } from 'vitest'
import type { Tally } from '../bench/play.ts'
import { asText, rowsOf, rowsTable } from '../bench/report.ts'

const tally = (name: string, factor: number): Tally => {
  const paced = { requests: 1_000, rps: 5_000 * factor, p50Ms: 7, p99Ms: 4 / factor, longestMs: 9 }
  const few = { ...paced, p50Ms: 1 / factor, p99Ms: 70 }
  return {
    name,
    what: name,
    rps: [9_000, 10_000, 11_000].map((rps) => rps * factor),
    replyRps: [],
    bodyRps: [],
    cpuUs: [50, 51, 52],
    paced: [paced, paced, paced],
    direct: [],
    few: [few, few, few],
    fewDirect: [],
    peakMb: 90,
  }
}

it('I22 the bench says requests per second, p50, p99 and memory of each, on the machine it ran on', () => {
  const tallies = [tally('nginx', 1), tally('gateway-plain', 0.5)]
  const rows = rowsOf(tallies)
  expect(rows).toEqual([
    { name: 'nginx', rps: 10_000, ofNginx: 1, p50Ms: 1, p99Ms: 4, peakMb: 90 },
    { name: 'gateway-plain', rps: 5_000, ofNginx: 0.5, p50Ms: 2, p99Ms: 8, peakMb: 90 },
  ])
  const [head, ...lines] = asText(rowsTable(rows, tallies)).split('\n')
  for (const column of ['requests/s', 'of nginx', 'p50 ms', 'p99 ms', 'peak MB'])
    expect(head).toContain(column)
  expect(lines[1]).toMatch(/^gateway-plain +5000 +0\.50 +2\.00 +8\.00 +90 /)
})
