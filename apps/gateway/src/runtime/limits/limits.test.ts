// Limits: each algorithm keeps its promise on a clock of ours, and leases of many workers keep it on a real one.
import { setTimeout as delay } from 'node:timers/promises'
import type { Limiter, LimitRule } from '@gatewright/shared/policies/policy'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCounters } from '../counters.ts'
import { createLeasedLimiter } from './leased.ts'
import { createMemoryStore } from './memory-store.ts'
import { createRemoteStore } from './remote-store.ts'
import type { CounterStore } from './store.ts'
import { createStrictLimiter } from './strict.ts'

const rule = (window: LimitRule['window'], mode: LimitRule['mode'] = 'strict'): LimitRule => ({
  id: 'pol_1',
  tenantId: 'ten_1',
  environment: 'prod',
  mode,
  whenUnavailable: 'refuse',
  window,
})

function createClock() {
  let now = Date.UTC(2026, 10, 21)
  return { now: () => now, pass: (ms: number) => (now += ms) }
}

async function admits(limiter: Limiter, key = 'k'): Promise<boolean> {
  return (await limiter.take(key, 1, 0)).kind === 'taken'
}

describe('B1: a fixed window', () => {
  it('admits its limit, and again when it ends; refused calls do not prolong it', async () => {
    const clock = createClock()
    const limiter = createStrictLimiter(
      rule({ kind: 'fixed', limit: 3, windowMs: 1_000 }),
      createMemoryStore(clock.now),
    )
    const results: boolean[] = []
    for (let i = 0; i < 10; i++) {
      results.push(await admits(limiter))
      clock.pass(150)
    }
    expect(results).toEqual([true, true, true, false, false, false, false, true, true, true])
  })

  it('says what is left and when to come back', async () => {
    const clock = createClock()
    const limiter = createStrictLimiter(
      rule({ kind: 'fixed', limit: 2, windowMs: 1_000 }),
      createMemoryStore(clock.now),
    )
    expect(await limiter.take('k', 1, 0)).toEqual({
      kind: 'taken',
      remaining: 1,
      resetMs: 1_000,
      retryMs: 0,
      ticket: String(clock.now()),
    })
    clock.pass(400)
    await limiter.take('k', 1, 0)
    expect(await limiter.take('k', 1, 0)).toEqual({
      kind: 'refused',
      remaining: 0,
      resetMs: 600,
      retryMs: 600,
      ticket: expect.any(String),
    })
    // A look takes nothing.
    expect((await limiter.take('other', 0, 0)).kind).toBe('taken')
    expect(await limiter.take('other', 1, 0)).toMatchObject({ remaining: 1 })
  })
})

describe('B2: a sliding window log', () => {
  it('in no rolling window of a ten minutes’ replay do more than the limit pass', async () => {
    const arrivals = fc.array(
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 8_000 })),
      {
        minLength: 50,
        maxLength: 400,
      },
    )
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 20 }), async (gaps, limit) => {
        const clock = createClock()
        const window = { kind: 'sliding-log', limit, windowMs: 60_000 } as const
        const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
        const start = clock.now()
        const passed: number[] = []
        for (const gap of gaps) {
          clock.pass(gap)
          if (clock.now() - start > 600_000) break
          if (await admits(limiter)) passed.push(clock.now())
        }
        for (let i = limit; i < passed.length; i++) {
          expect((passed[i] ?? 0) - (passed[i - limit] ?? 0)).toBeGreaterThanOrEqual(60_000)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('its retry time is when the next call passes', async () => {
    const clock = createClock()
    const window = { kind: 'sliding-log', limit: 2, windowMs: 10_000 } as const
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    await admits(limiter)
    clock.pass(3_000)
    await admits(limiter)
    clock.pass(1_000)
    const refused = await limiter.take('k', 1, 0)
    if (refused.kind !== 'refused') throw new Error(refused.kind)
    clock.pass(refused.retryMs - 1)
    expect(await admits(limiter)).toBe(false)
    clock.pass(1)
    expect(await admits(limiter)).toBe(true)
  })
})

describe('B3: a token bucket', () => {
  it('passes a burst of 20 at once and then 10 a second, over 60 s to 2 %', async () => {
    const clock = createClock()
    const window = { kind: 'token-bucket', burst: 20, perSecond: 10 } as const
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    let burst = 0
    while (await admits(limiter)) burst++
    expect(burst).toBe(20)
    let paced = 0
    for (let ms = 0; ms < 60_000; ms += 7) {
      clock.pass(7)
      if (await admits(limiter)) paced++
    }
    expect(Math.abs(paced - 600)).toBeLessThanOrEqual(12)
  })
})

describe('a spike arrest', () => {
  const window = { kind: 'paced', perSecond: 10 } as const

  it('passes one call and the next when its turn comes, however many are tried', async () => {
    const clock = createClock()
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    const passed: number[] = []
    for (let ms = 0; ms < 1_000; ms += 5) {
      if (await admits(limiter)) passed.push(ms)
      clock.pass(5)
    }
    expect(passed).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900])
  })

  it('a call that costs five waits for its turn like others, and takes five', async () => {
    const clock = createClock()
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    expect((await limiter.take('k', 5, 0)).kind).toBe('taken')
    expect(await limiter.take('k', 1, 0)).toMatchObject({ kind: 'refused', remaining: 0, retryMs: 500 })
    clock.pass(499)
    expect(await admits(limiter)).toBe(false)
    clock.pass(1)
    expect(await admits(limiter)).toBe(true)
  })
})

describe('what is given back never counted', () => {
  const windows: readonly LimitRule['window'][] = [
    { kind: 'fixed', limit: 5, windowMs: 60_000 },
    { kind: 'sliding-log', limit: 5, windowMs: 60_000 },
    { kind: 'token-bucket', burst: 5, perSecond: 0.01 },
    { kind: 'paced', perSecond: 0.01 },
    { kind: 'calendar', limit: 5, period: 'day', timeZone: 'UTC' },
  ]

  it.each(windows)('strict, $kind: as if the calls had not come', async (window) => {
    const clock = createClock()
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    const size = window.kind === 'paced' ? 1 : 5
    let admitted = 0
    for (let i = 0; i < 40; i++) {
      const taken = await limiter.take('k', 1, 0)
      if (taken.kind === 'taken' && i % 4 === 3) admitted++
      else limiter.giveBack('k', 1, taken)
    }
    expect(admitted).toBe(size)
    expect(await admits(limiter)).toBe(false)
  })

  it('a window that only such calls opened is not open', async () => {
    const clock = createClock()
    const window = { kind: 'fixed', limit: 1, windowMs: 1_000 } as const
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    limiter.giveBack('k', 1, await limiter.take('k', 1, 0))
    clock.pass(900)
    expect(await limiter.take('k', 1, 0)).toMatchObject({ kind: 'taken', resetMs: 1_000 })
  })

  it('of a window that is over, nothing is given to the next one', async () => {
    const clock = createClock()
    const window = { kind: 'fixed', limit: 2, windowMs: 1_000 } as const
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    const late = await limiter.take('k', 1, 0)
    clock.pass(1_000)
    expect([await admits(limiter), await admits(limiter)]).toEqual([true, true])
    limiter.giveBack('k', 1, late)
    expect(await admits(limiter)).toBe(false)
  })

  it.each(windows.slice(0, 3))(
    'leased, $kind: exactly the limit passes, from slices that many workers hold',
    async (window) => {
      const store = createMemoryStore()
      // A leased bucket is smaller by what refills while a slice is held.
      const size = window.kind === 'token-bucket' ? 4 : 5
      const limiters = [0, 1, 2].map(() => createLeasedLimiter(rule(window, 'leased'), farStore(store)))
      let admitted = 0
      for (let i = 0; i < 60 || admitted < size; i++) {
        const limiter = limiters[i % 3] as Limiter
        const taken = await limiter.take('k', 1, 0)
        if (taken.kind === 'taken' && i % 4 === 3) admitted++
        else limiter.giveBack('k', 1, taken)
        if (i % 20 === 19) {
          await delay(1)
          for (const it of limiters) if ('close' in it) it.close()
        }
      }
      expect(admitted).toBe(size)
      for (const limiter of limiters) expect(await admits(limiter)).toBe(false)
    },
  )

  it('goes back to where it came from while Redis is away', async () => {
    const window = { kind: 'fixed', limit: 1, windowMs: 60_000 } as const
    const away: CounterStore = {
      take: () => Promise.resolve(null),
      giveBack: () => {
        throw new Error('not from here')
      },
      nowMs: Date.now,
    }
    const counters = createCounters({ shared: away, own: createMemoryStore(), ownIsHere: true })
    const limiter = counters.limiter({ ...rule(window), whenUnavailable: 'allow-local' })
    for (let i = 0; i < 3; i++) {
      const taken = await limiter.take('k', 1, 0)
      expect(taken.kind).toBe('taken')
      limiter.giveBack('k', 1, taken)
    }
  })
})

describe('B6: a calendar quota', () => {
  it('starts anew at midnight of its time zone', async () => {
    const clock = createClock()
    const window = { kind: 'calendar', limit: 1, period: 'day', timeZone: 'Asia/Kolkata' } as const
    const limiter = createStrictLimiter(rule(window), createMemoryStore(clock.now))
    expect(await admits(limiter)).toBe(true)
    // 00:00 UTC is 05:30 in India; its day ends 18.5 hours later.
    clock.pass(18.5 * 3_600_000 - 1)
    expect(await admits(limiter)).toBe(false)
    clock.pass(1)
    expect(await admits(limiter)).toBe(true)
  })
})

/** A store at the other end of a wire: answers come later, and not at once. */
function farStore(store: ReturnType<typeof createMemoryStore>): CounterStore {
  return {
    async take(bucket, ask) {
      await delay(Math.random() * 4)
      const grant = store.take(bucket, ask)
      await delay(Math.random() * 4)
      return grant
    },
    giveBack: (bucket, ticket, amount) => store.giveBack(bucket, ticket, amount),
    nowMs: store.nowMs,
  }
}

/** When calls passed, while so many workers with a lease each are asked as fast as they answer: so long, and until so many passed. */
async function hammer(
  window: LimitRule['window'],
  { workers, forMs, atLeast }: { workers: number; forMs: number; atLeast: number },
): Promise<number[]> {
  const store = createMemoryStore()
  const limiters = Array.from({ length: workers }, () =>
    createLeasedLimiter(rule(window, 'leased'), farStore(store)),
  )
  const passed: number[] = []
  const until = performance.now() + forMs
  const sweeper = setInterval(() => {
    for (const limiter of limiters) if ('sweep' in limiter) limiter.sweep()
  }, 100)
  await Promise.all(
    limiters.map(async (limiter, i) => {
      while (performance.now() < until || passed.length < atLeast) {
        if (await admits(limiter)) passed.push(performance.now())
        await delay(i % 2 ? 1 : Math.random() * 10)
      }
    }),
  )
  clearInterval(sweeper)
  return passed.sort((a, b) => a - b)
}

describe('leased', () => {
  it('never admits more than a fixed window allows, whatever the workers do', async () => {
    // One window that does not end meanwhile. What idle workers hold goes back, so that all of it is used.
    const window = { kind: 'fixed', limit: 60, windowMs: 60_000 } as const
    expect(await hammer(window, { workers: 6, forMs: 900, atLeast: 60 })).toHaveLength(60)
  })

  it('never admits more than a rolling window allows', async () => {
    const limit = 60
    const passed = await hammer(
      { kind: 'sliding-log', limit, windowMs: 1_000 },
      { workers: 4, forMs: 2_000, atLeast: limit * 2 + 1 },
    )
    for (let i = limit; i < passed.length; i++) {
      expect((passed[i] ?? 0) - (passed[i - limit] ?? 0)).toBeGreaterThanOrEqual(1_000)
    }
  })

  it('never admits more than a bucket has had', async () => {
    const [burst, perSecond] = [40, 50]
    const atLeast = burst + perSecond + 1
    const passed = await hammer(
      { kind: 'token-bucket', burst, perSecond },
      { workers: 4, forMs: 2_000, atLeast },
    )
    for (let i = 0; i < passed.length; i++) {
      for (let j = i; j < passed.length; j += 7) {
        const seconds = ((passed[j] ?? 0) - (passed[i] ?? 0)) / 1_000
        expect(j - i + 1).toBeLessThanOrEqual(burst + perSecond * seconds + 1)
      }
    }
  })

  it('gives back what it does not use, so that another worker can have all of it', async () => {
    const store = createMemoryStore()
    const window = { kind: 'fixed', limit: 100, windowMs: 60_000 } as const
    const [one, two] = [0, 1].map(() => createLeasedLimiter(rule(window, 'leased'), farStore(store)))
    if (!one || !two || !('close' in one)) throw new Error('two leased limiters')
    for (let i = 0; i < 10; i++) await admits(one)
    one.close()
    // A slice that is still on its way arrives, and goes back as well.
    let others = 0
    while (others < 90) {
      if (await admits(two)) others++
      else await delay(1)
    }
    expect(await admits(two)).toBe(false)
  })

  it('refuses nobody of a bucket that is far from empty, however they come and pause', async () => {
    const store = createMemoryStore()
    const window = { kind: 'token-bucket', burst: 10_000, perSecond: 100 } as const
    const limiter = createLeasedLimiter(rule(window, 'leased'), farStore(store))
    for (let burst = 0; burst < 4; burst++) {
      for (let i = 0; i < 20; i++) {
        expect(await admits(limiter)).toBe(true)
        await delay(3)
      }
      // Longer than a slice is held, and shorter than one that lies idle.
      await delay(300)
    }
    const { remaining } = (await limiter.take('k', 0, 0)) as { remaining: number }
    expect(remaining).toBeGreaterThan(9_500)
  })

  it('calls of a rolling window that cost more than one are let in and refused, and never wait for ever', async () => {
    const store = createMemoryStore()
    const window = { kind: 'sliding-log', limit: 10, windowMs: 60_000 } as const
    const limiters = [0, 1].map(() => createLeasedLimiter(rule(window, 'leased'), farStore(store)))
    for (const limiter of limiters) expect(await admits(limiter)).toBe(true)
    const kinds: string[] = []
    for (let i = 0; i < 6; i++) {
      const taken = await limiters[i % 2]?.take('k', 3, 0)
      kinds.push(taken?.kind ?? '')
    }
    expect(kinds).toEqual(['taken', 'taken', 'refused', 'refused', 'refused', 'refused'])
  })

  it('mostly waits for nobody', async () => {
    const window = { kind: 'fixed', limit: 1_000_000, windowMs: 60_000 } as const
    const limiter = createLeasedLimiter(rule(window, 'leased'), farStore(createMemoryStore()))
    let waited = 0
    for (let i = 0; i < 5_000; i++) {
      const taken = limiter.take('k', 1, 0)
      if (taken instanceof Promise) waited++
      await taken
      if (i % 50 === 0) await delay(1)
    }
    expect(waited).toBeLessThan(250)
  })

  it('of a store that is away is unavailable, and what was leased before goes on', async () => {
    let isAway = false
    const store = farStore(createMemoryStore())
    const flaky: CounterStore = {
      ...store,
      take: (bucket, ask) => (isAway ? Promise.resolve(null) : store.take(bucket, ask)),
    }
    const window = { kind: 'fixed', limit: 1_000, windowMs: 60_000 } as const
    const limiter = createLeasedLimiter(rule(window, 'leased'), flaky)
    for (let i = 0; i < 50; i++) await admits(limiter)
    isAway = true
    let afterwards = 0
    for (;;) {
      const { kind } = await limiter.take('k', 1, 0)
      if (kind === 'unavailable') break
      afterwards++
    }
    expect(afterwards).toBeGreaterThan(0)
    expect(await limiter.take('new', 1, 0)).toEqual({ kind: 'unavailable' })
    isAway = false
    expect(await admits(limiter)).toBe(true)
  })
})

describe('counters', () => {
  const window = { kind: 'fixed', limit: 2, windowMs: 60_000 } as const
  const away: CounterStore = { take: () => Promise.resolve(null), giveBack: () => undefined, nowMs: Date.now }

  it('whenUnavailable decides what a call gets while the shared store is away', async () => {
    const counters = createCounters({ shared: away, own: createMemoryStore(), ownIsHere: true })
    for (const mode of ['strict', 'leased'] as const) {
      const closed = counters.limiter({ ...rule(window, mode), id: `closed ${mode}` })
      expect(await closed.take('k', 1, 0)).toEqual({ kind: 'unavailable' })
      const open = counters.limiter({
        ...rule(window, mode),
        id: `open ${mode}`,
        whenUnavailable: 'allow-local',
      })
      expect([await admits(open), await admits(open), await admits(open)]).toEqual([true, true, false])
    }
  })

  it('local counts in the gateway, for all its workers together', async () => {
    const store = createMemoryStore()
    const workers = [0, 1, 2].map(() => {
      const remote = createRemoteStore({
        ask: ({ id, items }) =>
          setImmediate(() =>
            remote.answer(
              id,
              items.map(({ bucket, ask }) => store.take(bucket, ask)),
            ),
          ),
        giveBack: (bucket, ticket, amount) => store.giveBack(bucket, ticket, amount),
      })
      return createCounters({ shared: away, own: remote, ownIsHere: false }).limiter(rule(window, 'local'))
    })
    const results = await Promise.all(workers.map((limiter) => admits(limiter)))
    expect(results.filter(Boolean)).toHaveLength(2)
  })

  it('environments count for themselves', async () => {
    const counters = createCounters({
      shared: createMemoryStore(),
      own: createMemoryStore(),
      ownIsHere: true,
    })
    const [prod, test] = ['prod', 'test'].map((environment) =>
      counters.limiter({ ...rule(window), environment }),
    )
    if (!prod || !test) throw new Error('two limiters')
    expect([await admits(test), await admits(test), await admits(test)]).toEqual([true, true, false])
    expect(await admits(prod)).toBe(true)
  })

  it('two attachments with equal names never share a counter', async () => {
    const counters = createCounters({ shared: null, own: createMemoryStore(), ownIsHere: true })
    const [a, b] = ['pol_a', 'pol_b'].map((id) => counters.limiter({ ...rule(window), id }))
    if (!a || !b) throw new Error('two limiters')
    expect([await admits(a), await admits(a), await admits(a)]).toEqual([true, true, false])
    expect(await admits(b)).toBe(true)
  })
})

it('a flood of names does not fill the memory: what ran out is swept', async () => {
  const clock = createClock()
  const store = createMemoryStore(clock.now)
  const limiter = createStrictLimiter(rule({ kind: 'fixed', limit: 1, windowMs: 1_000 }), store)
  for (let i = 0; i < 1_000; i++) await admits(limiter, `address:${i}`)
  expect(store.size).toBe(1_000)
  clock.pass(1_001)
  store.sweep()
  expect(store.size).toBe(0)
})
