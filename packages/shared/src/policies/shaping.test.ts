// priority, concurrency-limit, fault-injection: what they say of a request, how many they let in, which they spoil.
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy as concurrencyLimit } from './concurrency-limit.ts'
import { policy as faultInjection } from './fault-injection.ts'
import type { InFlight, Phases, Principal, Verdict } from './policy.ts'
import { policy as priority } from './priority.ts'

const at = { id: 'pol_1', name: 'it', scope: 'plan', tenantId: 'ten_1', timeZone: 'UTC' } as const
const callerOf = (applicationId: string) => createContext({ principal: { applicationId } as Principal })

it('priority says what its requests are worth, and does nothing to them', () => {
  expect(priority.create({ priority: 'critical' }, createDeps(), at)).toEqual({ priority: 'critical' })
})

describe('concurrency-limit', () => {
  const open = (inFlight: InFlight, limit = 2) =>
    concurrencyLimit.create({ limit, by: 'application' }, { ...createDeps(), inFlight }, at)
  const codeOf = (verdict: Verdict) => (verdict?.kind === 'refusal' ? verdict.code : 'passed')

  function counter() {
    const counts = new Map<string, number>()
    return {
      counts,
      enter(key: string, max: number) {
        const count = counts.get(key) ?? 0
        if (count >= max) return false
        counts.set(key, count + 1)
        return true
      },
      leave: (key: string) => void counts.set(key, (counts.get(key) ?? 0) - 1),
    }
  }

  it('admits so many at a time of each caller, and the next when one is over', () => {
    const phases = open(counter())
    const [a, b, c] = [callerOf('app_1'), callerOf('app_1'), callerOf('app_1')]
    const enter = (ctx: typeof a) => codeOf(phases.request?.(ctx) as Verdict)
    expect([enter(a), enter(b), enter(c), enter(callerOf('app_2'))]).toEqual([
      'passed',
      'passed',
      'concurrency_limited',
      'passed',
    ])
    // The end of one that was refused frees nothing.
    phases.done?.(c)
    expect(enter(callerOf('app_1'))).toBe('concurrency_limited')
    phases.done?.(a)
    phases.done?.(a)
    expect([enter(callerOf('app_1')), enter(callerOf('app_1'))]).toEqual(['passed', 'concurrency_limited'])
  })

  it('a caller who leaves before the answer comes takes no place', async () => {
    const store = counter()
    const phases = open({ ...store, enter: async (key, max) => store.enter(key, max) })
    const ctx = callerOf('app_1')
    const verdict = phases.request?.(ctx)
    phases.done?.(ctx)
    expect(codeOf((await verdict) as Verdict)).toBe('passed')
    expect([...store.counts.values()]).toEqual([0])
  })

  it('a place that was asked for is given back once the request is over', async () => {
    const store = counter()
    const phases = open({ ...store, enter: async (key, max) => store.enter(key, max) }, 1)
    const [a, b] = [callerOf('app_1'), callerOf('app_1')]
    expect(codeOf((await phases.request?.(a)) as Verdict)).toBe('passed')
    expect(codeOf((await phases.request?.(b)) as Verdict)).toBe('concurrency_limited')
    phases.done?.(b)
    phases.done?.(a)
    expect([...store.counts.values()]).toEqual([0])
  })

  it('an explained request takes no place', () => {
    const store = counter()
    expect(open(store).request?.({ ...callerOf('app_1'), cost: 0 })).toBeUndefined()
    expect(store.counts.size).toBe(0)
  })
})

describe('fault-injection', () => {
  const create = (config: object): Phases =>
    faultInjection.create(faultInjection.spec.config.parse(config), createDeps(), at)

  it.each([1, 12.5, 33.3, 50, 100])('aborts %s per cent, spread evenly', (percent) => {
    const phases = create({ abort: { status: 500, percent } })
    const statuses = Array.from({ length: 1_000 }, () => phases.request?.(createContext()) as Verdict)
    const aborted = statuses.filter((verdict) => verdict?.kind === 'reply' && verdict.status === 500)
    expect(aborted.length).toBe(percent * 10)
    const early = statuses.slice(0, 100).filter((verdict) => verdict !== undefined)
    expect(Math.abs(early.length - percent)).toBeLessThan(1)
  })

  it('delays, and aborts late when both are drawn', async () => {
    const phases = create({ delay: { ms: 20 }, abort: { status: 504 } })
    const started = performance.now()
    expect(await phases.request?.(createContext())).toMatchObject({ kind: 'reply', status: 504 })
    expect(performance.now() - started).toBeGreaterThan(15)
  })

  it('leaves requests alone that do not ask for it, and explained ones', () => {
    const phases = create({ abort: {}, onlyWith: 'x-fault' })
    expect(phases.request?.(createContext())).toBeUndefined()
    expect(phases.request?.(createContext({ header: { 'x-fault': '' } }))).toMatchObject({ status: 503 })
    expect(phases.request?.({ ...createContext({ header: { 'x-fault': '1' } }), cost: 0 })).toBeUndefined()
  })

  it('a fault that does nothing is a mistake', () =>
    expect(faultInjection.spec.config.safeParse({}).success).toBe(false))
})
