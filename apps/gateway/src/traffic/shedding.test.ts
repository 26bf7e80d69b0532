// Who is turned away, seen from outside: priorities as they are compiled, refusals as callers get them, and what is given back.
import { policies } from '@gatewright/shared/policies/index'
import { afterEach, describe, expect, it } from 'vitest'
import { createDeps } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import { plan, policy, snapshotOf, version } from '../../test/documents.ts'
import { compileSnapshot } from '../config/compile.ts'
import type { Chain, CompiledRoute } from '../config/generation.ts'
import { partsOf } from '../config/parts.ts'
import { createInFlight } from '../runtime/in-flight.ts'
import { emptyChain, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import { createUpstreamPools } from '../upstream/pools.ts'
import { createGuards } from './guards.ts'
import { MirrorCounts } from './mirror.ts'
import { type Admission, rankOf } from './overload.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})
async function open(options: RigOptions): Promise<Rig> {
  const rig = await startRig(options)
  rigs.push(rig)
  return rig
}

/** Refuses everything below a rank, and writes down what it was asked. */
function refusingBelow(rank: number): Admission & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    admits(best) {
      asked.push(`best ${best}`)
      return best <= rank
    },
    stillAdmits(own, before) {
      asked.push(`own ${own} of ${before}`)
      return own <= rank
    },
  }
}

async function routeOf(
  { global = [], versions = [], plans = [], routes = [] }: Record<string, string[]>,
  admission: Admission | null = null,
): Promise<CompiledRoute> {
  const priority = (value: string, i: number) => policy('priority', { priority: value }, `p${i}-${value}`)
  const snapshot = snapshotOf(
    [
      version({
        upstreamUrls: ['http://127.0.0.1:1'],
        policies: [policy('api-key'), ...versions.map(priority)],
        routes: [{ method: 'GET', path: '/a', policies: routes.map(priority) }],
      }),
    ],
    {
      policies: global.map(priority),
      plans: plans.map((value) =>
        plan(value, ['ver_echo'], [policy('priority', { priority: value }, value)]),
      ),
    },
  )
  const generation = await compileSnapshot(
    { revision: 1, hash: 'h' },
    partsOf(snapshot),
    {
      policies: createDeps(),
      certificates: null,
      secrets: () => ({ open: (text) => ({ text, key: text }) }),
      upstreams: createUpstreamPools(),
      guards: createGuards(() => undefined),
      mirrors: new MirrorCounts(),
      admission,
      always: [],
      group: 'default',
      pause: () => undefined,
    },
    null,
  )
  const match = generation.router.match('any.test', '/echo/a', 'GET', { query: '', header: () => undefined })
  if (match?.kind !== 'route') throw new Error('no route')
  generation.retire()
  return match
}

describe('what a request is worth', () => {
  it.each([
    [{}, 'normal'],
    [{ versions: ['low'] }, 'low'],
    [{ versions: ['low'], routes: ['high'] }, 'high'],
    [{ versions: ['critical'], routes: ['low'] }, 'low'],
    [{ global: ['high'], routes: ['critical'] }, 'high'],
    [{ global: ['high'], routes: ['low'] }, 'low'],
    [{ global: ['low'] }, 'low'],
  ] as const)('%o is %s: the innermost holds, below what the operator allows', async (attached, expected) => {
    const route = await routeOf(attached as Record<string, string[]>)
    expect([route.chain.priority, route.priority]).toEqual([rankOf(expected), rankOf(expected)])
  })

  it('depends on the plan; until it is known a request may be worth the most', async () => {
    const route = await routeOf({ versions: ['low'], plans: ['critical', 'high'] })
    expect(route.priority).toBe(rankOf('critical'))
    expect(route.chain.priority).toBe(rankOf('low'))
    expect(route.plans?.get('pln_high')?.priority).toBe(rankOf('high'))
  })

  it('is looked at again behind the credential, where it can have become less', async () => {
    const admission = refusingBelow(rankOf('critical'))
    const route = await routeOf({ plans: ['critical', 'high'] }, admission)
    const stepsOf = (chain: Chain | undefined) => chain?.requestSteps.map((step) => step.type)
    expect(stepsOf(route.plans?.get('pln_critical'))).toEqual(['api-key'])
    expect(stepsOf(route.plans?.get('pln_high'))).toEqual(['api-key', 'overload'])
    expect(stepsOf(route.chain)).toEqual(['api-key', 'overload'])
    const look = route.plans?.get('pln_high')?.request[1]
    expect(look?.({ cost: 1 } as Parameters<NonNullable<typeof look>>[0])).toMatchObject({
      code: 'overloaded',
    })
    // A request that is only explained is no load.
    expect(look?.({ cost: 0 } as Parameters<NonNullable<typeof look>>[0])).toBeUndefined()
    expect(admission.asked).toEqual(['own 1 of 0'])
  })
})

describe('an overloaded gateway', () => {
  const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

  it('refuses before any policy, says when to come back, and lets through what is worth more', async () => {
    let isAsked = false
    const chain = {
      ...emptyChain,
      request: [
        () => {
          isAsked = true
          return undefined
        },
      ],
      requestSteps: [{ policy: 'costly', type: 'costly', scope: 'route', stage: 'admit' }],
      response: [(ctx) => ctx.replyHeaders.set('x-cors', '1')],
    } satisfies Chain
    const admission = refusingBelow(rankOf('high'))
    const rig = await open({ admission, route: { chain, priority: rankOf('normal') } })
    const reply = await rig.raw(get)
    expect(reply).toMatch(/^HTTP\/1\.1 503 /)
    expect(reply).toMatch(/"code":"overloaded"/)
    expect(reply).toMatch(/^retry-after: 1\r$/im)
    // A browser reads it too.
    expect(reply).toMatch(/^x-cors: 1\r$/im)
    expect(isAsked).toBe(false)
    const [outcome] = await rig.over(1)
    expect(outcome).toMatchObject({ status: 503, reason: 'overloaded' })

    const better = await open({ admission, route: { chain, priority: rankOf('high') } })
    expect(await better.raw(get)).toMatch(/^HTTP\/1\.1 200 /)
    expect(admission.asked).toEqual(['best 2', 'best 1'])
  })
})

describe('concurrency-limit on a gateway', () => {
  function limited(limit: number, more: Partial<Chain> = {}) {
    const inFlight = createInFlight()
    const phases = policies
      .get('concurrency-limit')
      ?.create({ limit, by: 'route' }, { ...createDeps(), inFlight }, attachment)
    if (!phases?.request || !phases.done) throw new Error('no policy')
    const step = { policy: 'it', type: 'concurrency-limit', scope: 'route', stage: 'admit' }
    const { request = [], done = [] } = more
    return {
      ...emptyChain,
      request: [phases.request, ...request],
      requestSteps: [step, ...request.map(() => step)],
      done: [...done, phases.done],
    }
  }
  const attachment = { id: 'pol_1', name: 'it', scope: 'route', tenantId: 'ten_1', timeZone: 'UTC' } as const
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

  it('counts from arrival to the last byte', async () => {
    const held: (() => void)[] = []
    let arrived = Promise.withResolvers<void>()
    const rig = await open({
      route: { chain: limited(1) },
      upstream: (_, response) => {
        held.push(() => response.end('done'))
        arrived.resolve()
      },
    })
    const first = rig.raw(get)
    await arrived.promise
    expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 429 [\s\S]*"code":"concurrency_limited"/)
    held[0]?.()
    expect(await first).toMatch(/ 200 /)
    await rig.over(2)
    arrived = Promise.withResolvers<void>()
    const third = rig.raw(get)
    await arrived.promise
    held[1]?.()
    expect(await third).toMatch(/ 200 /)
  })

  it('a request that crashes in a later policy gives its place back', async () => {
    const rig = await open({
      route: {
        chain: limited(1, {
          request: [
            () => {
              throw new Error('a bug')
            },
          ],
        }),
      },
    })
    for (let i = 0; i < 3; i++) {
      expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 500 /)
      await rig.over(i + 1)
    }
  })

  it('so does one whose end another policy makes a mess of', async () => {
    const broken = () => {
      throw new Error('a bug')
    }
    const rig = await open({ route: { chain: limited(1, { done: [broken] }) } })
    for (let i = 0; i < 3; i++) {
      expect(await rig.raw(get)).toMatch(/^HTTP\/1\.1 200 /)
      await rig.over(i + 1)
    }
    expect(rig.logged).toHaveLength(3)
  })
})
