import type { GuardTrip } from '@gatewright/shared/model/guard'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { GuardRecord, KeptTrips, Trips } from './guard-record.ts'
import { createGuardWatch } from './guard-watch.ts'
import { GuardWindow } from './guard-window.ts'
import type { GuardReport } from './guards.ts'
import { bucketOf, latencyBuckets } from './latencies.ts'

const counts = (requests: number, errors = 0, slow = 0, ms = 5) => {
  const latencies = new Array<number>(latencyBuckets).fill(0)
  latencies[bucketOf(ms)] = requests
  return { requests, errors, slow, latencies }
}
const bounds = { errorPercent: 5, p95Ms: 100, minRequests: 20, windowMs: 10_000 }
const report = (...of: Parameters<typeof counts>): GuardReport => ({
  id: 'ver_1:a',
  versionId: 'ver_1',
  bounds,
  shares: [{ upstream: 'canary', ...counts(...of) }],
})

/** What gateways share, without a Redis: reads and writes take a turn of the event loop. */
function createStore() {
  const state = { trips: new Map<string, GuardTrip>(), isKept: false, isAway: false }
  const record: GuardRecord = {
    async read() {
      await Promise.resolve()
      return state.isAway ? null : { trips: new Map(state.trips), isKept: state.isKept }
    },
    async write(trips) {
      await Promise.resolve()
      state.isKept = true
      for (const [id, trip] of trips) if (!state.trips.has(id)) state.trips.set(id, trip)
    },
  }
  return Object.assign(state, { record })
}

function createDisk(): KeptTrips {
  let kept: Trips = new Map()
  return {
    load: () => kept,
    save(trips) {
      kept = trips
    },
  }
}

function open(store: ReturnType<typeof createStore> | null = createStore(), kept = createDisk()) {
  const world = { nowMs: 1_000_000, tripped: [] as readonly string[] }
  const watch = createGuardWatch({
    shared: store && { record: store.record, kept },
    announce: (ids) => {
      world.tripped = ids
    },
    nowMs: () => world.nowMs,
    log: pino({ level: 'silent' }),
  })
  return { ...watch, world, kept }
}

describe('I7: a guard trips', () => {
  it('on errors, from so many requests on, and says why', () => {
    const { hear, stateOf, world } = open()
    hear([report(19, 19)])
    expect(world.tripped).toEqual([])
    hear([report(29, 0)])
    expect(world.tripped).toEqual(['ver_1:a'])
    expect(stateOf('ver_1:a', ['canary'])).toMatchObject({
      state: 'tripped',
      reason: 'canary: 39.6 % errors of 48 requests',
      at: 1_000_000,
      upstreams: [{ name: 'canary', requests: 48, errors: 19 }],
    })
  })

  it('on a bound that is passed, not on one that is met', () => {
    const { hear, world } = open()
    hear([report(100, 5, 5)])
    expect(world.tripped).toEqual([])
    hear([report(1, 1, 0)])
    expect(world.tripped).toEqual(['ver_1:a'])
  })

  it('on slow answers', () => {
    const { hear, stateOf, world } = open()
    hear([report(20, 0, 2, 300)])
    expect(world.tripped).toEqual(['ver_1:a'])
    const { reason, upstreams } = stateOf('ver_1:a', ['canary'])
    expect(reason).toBe('canary: 10 % of 20 requests took longer than 100 ms')
    expect(upstreams[0]?.p95Ms).toBeGreaterThan(299)
  })

  it('on what all workers saw together, within its window', () => {
    const { hear, world } = open()
    hear([report(10, 10)])
    world.nowMs += 11_000
    hear([report(10, 10)])
    expect(world.tripped).toEqual([])
    world.nowMs += 5_000
    hear([report(5, 0), report(5, 0)])
    expect(world.tripped).toEqual(['ver_1:a'])
  })
})

describe('I7: gateways agree', () => {
  it('what one trips is tripped on the others, and a reset lets all watch from the start', async () => {
    const store = createStore()
    const [a, b] = [open(store), open(store)]
    a.hear([report(20, 20)])
    await a.sync()
    await b.sync()
    expect([a.world.tripped, b.world.tripped]).toEqual([['ver_1:a'], ['ver_1:a']])
    store.trips.delete('ver_1:a')
    await a.sync()
    await b.sync()
    expect([a.world.tripped, b.world.tripped]).toEqual([[], []])
    // What it saw before the reset does not count again.
    a.hear([report(19, 19)])
    expect(a.world.tripped).toEqual([])
    expect(a.stateOf('ver_1:a', ['canary']).upstreams).toMatchObject([{ requests: 19 }])
  })

  it('requests that were in flight at a trip do not count after the reset', async () => {
    const store = createStore()
    const { hear, sync, stateOf } = open(store)
    hear([report(20, 20)])
    hear([report(20, 20)])
    await sync()
    store.trips.clear()
    await sync()
    expect(stateOf('ver_1:a', ['canary']).upstreams).toMatchObject([{ requests: 0 }])
  })

  it('a trip while Redis is away holds, and is handed over when it is back', async () => {
    const store = createStore()
    store.isAway = true
    const { hear, sync, world } = open(store)
    hear([report(20, 20)])
    await sync()
    expect(world.tripped).toEqual(['ver_1:a'])
    store.isAway = false
    await sync()
    expect([...store.trips.keys()]).toEqual(['ver_1:a'])
    store.trips.clear()
    await sync()
    expect(world.tripped).toEqual([])
  })

  it('a Redis that lost its data is told again: nobody reset anything', async () => {
    const store = createStore()
    const { hear, sync, world } = open(store)
    hear([report(20, 20)])
    await sync()
    store.trips.clear()
    store.isKept = false
    await sync()
    expect([...store.trips.keys()]).toEqual(['ver_1:a'])
    expect(world.tripped).toEqual(['ver_1:a'])
  })

  it('a gateway that starts knows the trips, with Redis and without', async () => {
    const store = createStore()
    const first = open(store)
    first.hear([report(20, 20)])
    await first.sync()
    const other = open(store)
    await other.sync()
    expect(other.world.tripped).toEqual(['ver_1:a'])
    store.isAway = true
    expect(open(store, first.kept).world.tripped).toEqual(['ver_1:a'])
  })

  it('a standalone gateway decides alone', async () => {
    const { hear, sync, world } = open(null)
    hear([report(20, 20)])
    await sync()
    expect(world.tripped).toEqual(['ver_1:a'])
  })
})

it('a window forgets slot by slot', () => {
  const window = new GuardWindow(1_000)
  for (let ms = 0; ms < 2_000; ms += 100) window.add(counts(1), ms)
  expect(window.totals(1_950).requests).toBe(10)
  expect(window.totals(2_450).requests).toBe(5)
  expect(window.totals(10_000).requests).toBe(0)
})
