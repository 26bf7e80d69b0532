// The rounds: every contestant in turn, again and again, so that a slow minute of the machine hits all alike.
import type { Stage } from './contestants.ts'
import {
  fewestFor,
  type Load,
  measureFew,
  measurePaced,
  measureSaturated,
  paceFor,
  type Target,
} from './load.ts'
import { machine } from './machine.ts'
import { type Contestant, paths, targetOf } from './program.ts'
import { median } from './statistics.ts'

/** What one contestant did, round by round. */
export interface Tally {
  readonly name: string
  readonly what: string
  readonly rps: number[]
  /** CPU time per request, user and kernel, all its processes. */
  readonly cpuUs: number[]
  /** Requests/s with replies of 10 kB, and with bodies of 10 kB. */
  readonly replyRps: number[]
  readonly bodyRps: number[]
  /** At half of its own saturation, and of the upstream alone at the same rate. */
  readonly paced: Load[]
  readonly direct: Load[]
  /** With as many connections, without pauses, as bring at least half of it; and of the upstream alone with as many. */
  readonly few: Load[]
  readonly fewDirect: Load[]
  peakMb: number
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Replies and bodies of 10 kB too, and the upstream alone at our rates. */
  readonly whole: boolean
}

const postedBytes = 10_000
const fewRounds = 3
/** Strict limits ask Redis before they let a call go on: that is not latency of the gateway. */
const withDirect: readonly string[] = ['gateway-plain', 'gateway-full']

export async function play(stage: Stage, pace: Pace, say: (line: string) => void): Promise<Tally[]> {
  const players = stage.contestants.map((proxy) => ({ proxy, tally: tallyOf(proxy) }))
  for (const { proxy } of players) {
    // The first round of a compiler that learns on the job is not what it does all day.
    await measureSaturated(targetOf(proxy, paths.small), pace.warmUpSeconds)
    await stage.rest()
  }
  for (let round = 0; round < pace.rounds; round++) {
    for (const { proxy, tally } of players) {
      const before = machine.cpuMs(proxy.pids)
      const load = await measureSaturated(targetOf(proxy, paths.small), pace.seconds)
      tally.rps.push(load.rps)
      tally.cpuUs.push(((machine.cpuMs(proxy.pids) - before) * 1_000) / load.requests)
      await stage.rest()
    }
    say(`462 bytes: round ${round + 1} of ${pace.rounds}`)
  }
  if (pace.whole) {
    await playSaturated(players, 'replyRps', (proxy) => targetOf(proxy, paths.medium))
    await playSaturated(players, 'bodyRps', (proxy) => ({
      ...targetOf(proxy, paths.small),
      bodyBytes: postedBytes,
    }))
  }
  await playPaced(players)
  await playFew(players)
  for (const { proxy, tally } of players) tally.peakMb = machine.peakMb(proxy.pids)
  return players.map(({ tally }) => tally)

  async function playSaturated(
    all: typeof players,
    into: 'replyRps' | 'bodyRps',
    targetFor: (proxy: Contestant) => Target,
  ) {
    for (let round = 0; round < pace.rounds; round++) {
      for (const { proxy, tally } of all) {
        tally[into].push((await measureSaturated(targetFor(proxy), 1)).rps)
        await stage.rest()
      }
    }
    say(`${into === 'replyRps' ? 'replies' : 'bodies'} of 10 kB: ${pace.rounds} rounds`)
  }

  async function playPaced(all: typeof players) {
    const direct = targetOf(stage.direct, paths.small)
    const paces = new Map<Contestant, { own: number; direct: number | null }>()
    for (const { proxy, tally } of all) {
      const rps = median(tally.rps) / 2
      const own = await paceFor(targetOf(proxy, paths.small), rps)
      const compared = pace.whole && withDirect.includes(proxy.name)
      paces.set(proxy, { own, direct: compared ? await paceFor(direct, rps) : null })
      await stage.rest()
    }
    const rounds = pace.whole ? pace.rounds : 1
    for (let round = 0; round < rounds; round++) {
      for (const { proxy, tally } of all) {
        const found = paces.get(proxy)
        if (found === undefined) continue
        tally.paced.push(await measurePaced(targetOf(proxy, paths.small), found.own, 1))
        if (found.direct !== null) tally.direct.push(await measurePaced(direct, found.direct, 1))
        await stage.rest()
      }
    }
    say(`at half of each one's saturation: ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`)
  }

  async function playFew(all: typeof players) {
    const direct = targetOf(stage.direct, paths.small)
    const counts = new Map<Contestant, number>()
    for (const { proxy, tally } of all) {
      counts.set(proxy, await fewestFor(targetOf(proxy, paths.small), median(tally.rps) / 2))
      await stage.rest()
    }
    for (let round = 0; round < (pace.whole ? fewRounds : 1); round++) {
      for (const { proxy, tally } of all) {
        const connections = counts.get(proxy) ?? 1
        tally.few.push(await measureFew(targetOf(proxy, paths.small), connections, 1))
        if (pace.whole && withDirect.includes(proxy.name))
          tally.fewDirect.push(await measureFew(direct, connections, 1))
        await stage.rest()
      }
    }
    say('with the fewest connections that bring half of it')
  }
}

function tallyOf({ name, what }: Contestant): Tally {
  const loads = { paced: [], direct: [], few: [], fewDirect: [] }
  return { name, what, rps: [], cpuUs: [], replyRps: [], bodyRps: [], ...loads, peakMb: 0 }
}
