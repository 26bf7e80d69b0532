// What a gateway with 10,000 routes and 100,000 keys costs: requests per second, the stalls of a swap, memory.
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { answers, asContestant, type Stage } from './contestants.ts'
import { live, type Managed } from './gateways.ts'
import { measurePaced, measureSaturated, type Target } from './load.ts'
import { machine } from './machine.ts'
import { targetOf } from './program.ts'
import { median, medianRatio } from './statistics.ts'

const versions = 100
const routesPerVersion = 100
const keyCount = 100_000
const rounds = 5
const swaps = 5
/** The pause of each connection while snapshots are swapped: a load that leaves room for both. */
const swapPaceMs = 20

export interface Capacity {
  readonly tenRoutesRps: readonly number[]
  readonly manyRoutesRps: readonly number[]
  /** Requests/s with 10,000 routes of those with ten, the same paths called by turns. */
  readonly manyRoutesOfTen: number
  /** Requests/s when all of the 10,000 are called by turns, of those with ten: each event then tells of another route. */
  readonly allCalledRps: readonly number[]
  readonly allCalledOfTen: number
  /** The longest that a request waited, without a swap and in each of the swaps. */
  readonly longestWithoutSwapMs: number
  readonly longestInSwapMs: readonly number[]
  readonly longestInSwapMedianMs: number
  /** What the worker holds by itself when it has seen all keys. */
  readonly workerMb: number
  /** Resident memory of the whole process, one worker and the supervisor: at its start, with all keys, after the swaps. */
  readonly processAtStartMb: number
  readonly processMb: number
  readonly processAfterSwapsMb: number
}

export async function measureCapacity(stage: Stage, folder: string): Promise<Capacity> {
  const large = await stage.startLarge('large', versions, routesPerVersion)
  await answers(asContestant('large', '', large))
  const pids = [large.gateway.pid]
  const processAtStartMb = machine.memoryMb(pids)

  // Before the load: it leaves thousands of connections to upstreams open, which are neither routes nor keys.
  await callWithEach(await large.makeKeys(keyCount), large.gateway.origin)
  await stage.rest()
  const workerMb = await large.gateway.workersMb()
  const processMb = machine.memoryMb(pids)

  const { routePaths } = stage.full
  const ten = targetOfRoutes(stage.full, routePaths, join(folder, 'ten-routes.txt'))
  const many = targetOfRoutes(large, routePaths, join(folder, 'ten-routes.txt'))
  const all = targetOfRoutes(large, large.routePaths, join(folder, 'all-routes.txt'))
  await measureSaturated(all, 3)
  await stage.rest()
  const tenRoutesRps: number[] = []
  const manyRoutesRps: number[] = []
  const allCalledRps: number[] = []
  for (let round = 0; round < rounds; round++) {
    tenRoutesRps.push((await measureSaturated(ten, 2)).rps)
    await stage.rest()
    manyRoutesRps.push((await measureSaturated(many, 2)).rps)
    await stage.rest()
    allCalledRps.push((await measureSaturated(all, 1)).rps)
    await stage.rest()
  }

  const swapTarget = targetOf(asContestant('large', '', large), '/bench')
  const quiet = [await measurePaced(swapTarget, swapPaceMs, 2), await measurePaced(swapTarget, swapPaceMs, 2)]
  const longestInSwapMs: number[] = []
  for (let edition = 1; edition <= swaps; edition++)
    longestInSwapMs.push(await swap(large, swapTarget, edition))
  const processAfterSwapsMb = machine.memoryMb(pids)

  return {
    tenRoutesRps,
    manyRoutesRps,
    manyRoutesOfTen: medianRatio(manyRoutesRps, tenRoutesRps),
    allCalledRps,
    allCalledOfTen: medianRatio(allCalledRps, tenRoutesRps),
    longestWithoutSwapMs: median(quiet.map(({ longestMs }) => longestMs)),
    longestInSwapMs,
    longestInSwapMedianMs: median(longestInSwapMs),
    workerMb,
    processAtStartMb,
    processMb,
    processAfterSwapsMb,
  }
}

function targetOfRoutes(managed: Managed, paths: readonly string[], pathsFile: string): Target {
  writeFileSync(pathsFile, `${paths.join('\n')}\n`)
  return { ...targetOf(asContestant('', '', managed), '/'), pathsFile }
}

/** The longest that a request waited while a new edition of all routes went live under load. */
async function swap(managed: Managed, target: Target, edition: number): Promise<number> {
  const load = measurePaced(target, swapPaceMs, 3)
  await live(managed.gateway, await managed.publish(edition))
  return (await load).longestMs
}

/** One call with each key, 64 at a time. */
async function callWithEach(keys: readonly string[], origin: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const waiting = keys[Symbol.iterator]()
  async function callInTurn() {
    for (const key of waiting) {
      const status = await call(`${origin}/bench`, key, agent)
      if (status !== 200) throw new Error(`A key that exists was answered with ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 64 }, callInTurn))
  agent.destroy()
}

function call(url: string, key: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers: { 'X-API-Key': key } }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    asked.on('error', reject)
    asked.end()
  })
}
