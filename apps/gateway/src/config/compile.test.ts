// Compile: order of policies, chains of plans, what is shared and kept, and refusals that leave nothing behind.
import type { Snapshot } from '@gatewright/shared/snapshot'
import { describe, expect, it } from 'vitest'
import { createContext } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import { plan, policy, snapshotOf, version } from '../../test/documents.ts'
import { createCompileDeps, unusedUpstream } from '../testing/compile.fixture.ts'
import { type CompiledGeneration, compileSnapshot } from './compile.ts'
import type { CompiledRoute } from './generation.ts'
import { packSnapshot, partsOf, unpackSnapshot } from './parts.ts'

const upstream = 'http://127.0.0.1:1'
const limit = (name: string) => policy('rate-limit', { limit: 5 }, name)

function createWorld() {
  const open = new Set<string>()
  const deps = createCompileDeps({
    upstreams: {
      acquire(document) {
        const name = `${document.id} ${open.size}`
        open.add(name)
        return { upstream: { ...unusedUpstream }, release: () => void open.delete(name) }
      },
    },
  })
  return {
    open,
    compile: (snapshot: Snapshot, previous: CompiledGeneration | null = null, revision = 1) =>
      compileSnapshot({ revision, hash: `hash ${revision}` }, partsOf(snapshot), deps, previous),
  }
}

function routeAt(generation: CompiledGeneration, path: string, method = 'GET'): CompiledRoute {
  const match = generation.router.match('any.test', path, method, { query: '', header: () => undefined })
  if (match?.kind !== 'route') throw new Error(`no route at ${path}`)
  return match
}

const names = (route: CompiledRoute) => route.chain.requestSteps.map((step) => `${step.scope} ${step.policy}`)

describe('order', () => {
  it('by stage, then from the outermost scope inwards, then as the user put them', async () => {
    const snapshot = snapshotOf(
      [
        version({
          upstreamUrls: [upstream],
          policies: [limit('v2'), limit('v1'), policy('api-key')],
          routes: [
            {
              method: 'GET',
              path: '/a',
              policies: [limit('r'), policy('ip-filter', { deny: ['10.0.0.1'] })],
            },
          ],
        }),
      ],
      {
        policies: [policy('body-limit', {}, 'g')],
        tenants: [{ id: 'ten_1', name: 'acme', timeZone: 'UTC', policies: [limit('t')] }],
      },
    )
    const route = routeAt(await createWorld().compile(snapshot), '/echo/a')
    expect(names(route)).toEqual([
      'route ip-filter',
      'version api-key',
      'tenant t',
      'version v2',
      'version v1',
      'route r',
      'global g',
    ])
    expect([route.edgeCount, route.identifiedAt]).toEqual([1, 2])
  })

  it('response phases run in reverse', async () => {
    const edit = (name: string) => policy('headers', { response: { set: [{ name, value: '1' }] } }, name)
    const snapshot = snapshotOf([
      version({ isPublic: true, upstreamUrls: [upstream], policies: [edit('A'), edit('B')] }),
    ])
    const { chain } = routeAt(await createWorld().compile(snapshot), '/echo/things')
    expect(chain.responseSteps.map((step) => step.policy)).toEqual(['B', 'A'])
  })

  it('a plan’s policies come after the caller is known, and every chain begins the same', async () => {
    const filter = policy('ip-filter', { deny: ['10.0.0.1'] }, 'partner-net')
    const snapshot = snapshotOf(
      [version({ upstreamUrls: [upstream], policies: [policy('api-key'), limit('v')] })],
      {
        plans: [
          plan('gold', ['ver_echo'], [limit('gold'), filter]),
          plan('plain', ['ver_echo']),
          plan('other', []),
        ],
      },
    )
    const route = routeAt(await createWorld().compile(snapshot), '/echo/things')
    expect([...(route.plans?.keys() ?? [])]).toEqual(['pln_gold', 'pln_plain'])
    const gold = route.plans?.get('pln_gold')
    expect(gold?.requestSteps.map((step) => step.policy)).toEqual(['api-key', 'partner-net', 'v', 'gold'])
    expect(gold?.request.slice(0, route.identifiedAt)).toHaveLength(1)
    expect(route.plans?.get('pln_plain')).toBe(route.chain)
  })

  it('the root of an API answers with and without its final slash', async () => {
    const snapshot = snapshotOf([version({ isPublic: true, upstreamUrls: [upstream], routes: ['GET /'] })])
    const generation = await createWorld().compile(snapshot)
    expect(routeAt(generation, '/echo')).toBe(routeAt(generation, '/echo/'))
  })
})

describe('what is shared', () => {
  it('routes without policies of their own share one chain; instances survive a swap while nothing about them changed', async () => {
    const world = createWorld()
    const api = (path: string) =>
      version({
        isPublic: true,
        upstreamUrls: [upstream],
        policies: [limit('v')],
        routes: ['GET /a', `GET ${path}`],
      })
    const first = await world.compile(snapshotOf([api('/b')]))
    expect(routeAt(first, '/echo/a').chain).toBe(routeAt(first, '/echo/b').chain)
    const second = await world.compile(snapshotOf([api('/c')]), first, 2)
    expect([...second.instances.values()]).toEqual([...first.instances.values()])
    expect([...second.instances.values()][0]).toBe([...first.instances.values()][0])
    const changed = version({
      isPublic: true,
      upstreamUrls: [upstream],
      policies: [policy('rate-limit', { limit: 6 }, 'v')],
    })
    const third = await world.compile(snapshotOf([changed]), second, 3)
    expect([...third.instances.values()][0]).not.toBe([...first.instances.values()][0])
  })

  it('upstreams are released when the generation is retired and its last request is done', async () => {
    const world = createWorld()
    const generation = await world.compile(
      snapshotOf([version({ isPublic: true, upstreamUrls: [upstream] })]),
    )
    generation.acquire()
    generation.retire()
    expect(world.open.size).toBe(1)
    generation.release()
    expect(world.open.size).toBe(0)
  })
})

describe('F5: the end of a deprecated version', () => {
  const sunsetAt = Date.UTC(2027, 0, 1)
  const lifecycle = { state: 'deprecated' as const, deprecatedAt: 0, sunsetAt, successorPath: null }
  const guarded = (
    isPublic: boolean,
    policies = [policy('ip-filter', { deny: ['10.0.0.1'] }), policy('api-key')],
  ) => snapshotOf([version({ isPublic, upstreamUrls: [upstream], policies, more: { lifecycle } })])

  it('at its sunset it answers 410 before it asks for a key, with the generation it was served by until then', async () => {
    const route = routeAt(await createWorld().compile(guarded(false)), '/echo/things')
    expect(names(route)).toEqual(['version ip-filter', 'version lifecycle', 'version api-key'])
    expect([route.edgeCount, route.identifiedAt]).toEqual([1, 3])
    const at = (receivedAtMs: number) => route.chain.request[1]?.({ ...createContext(), receivedAtMs })
    expect(at(sunsetAt - 1)).toBeUndefined()
    expect(at(sunsetAt)).toMatchObject({
      code: 'api_retired',
      detail: 'echo v1 is retired since 2027-01-01.',
    })
  })

  it('C11: is no answer to the question who is calling', async () => {
    await expect(createWorld().compile(guarded(false, []))).rejects.toThrow('nothing asks who is calling')
    const open = routeAt(await createWorld().compile(guarded(true, [])), '/echo/things')
    expect(names(open)).toEqual(['version lifecycle'])
  })
})

describe('refusal', () => {
  it.each([
    [
      'C11: a route that nobody guards',
      snapshotOf([version({ upstreamUrls: [upstream] })]),
      'tenant acme, API echo v1, route GET /things: nothing asks who is calling',
    ],
    [
      'a policy where it cannot be attached',
      snapshotOf([version({ isPublic: true })], { plans: [plan('p', [], [policy('mock')])] }),
      'tenant acme, plan p, policy mock: mock cannot be attached to a plan, only to version, route',
    ],
    [
      'a tenant that is not there',
      snapshotOf([version({ isPublic: true })], { tenants: [] }),
      'API echo v1: its tenant ten_1 is not in the snapshot',
    ],
    [
      'a time zone that is none',
      snapshotOf([], { tenants: [{ id: 'ten_1', name: 'acme', timeZone: 'Mars/Base', policies: [] }] }),
      'tenant acme: "Mars/Base" is not a time zone',
    ],
    [
      'A6: a rewrite that asks for a parameter that its route does not have',
      snapshotOf([
        version({
          isPublic: true,
          routes: [{ method: 'GET', path: '/a/{id}', policies: [policy('rewrite', { path: '/{name}' })] }],
        }),
      ]),
      'tenant acme, API echo v1, route GET /a/{id}, policy rewrite: {name} is no parameter of /echo/a/{id}, which has {id}',
    ],
    [
      'two versions at one place',
      snapshotOf([
        version({ isPublic: true, upstreamUrls: [upstream] }),
        version({ name: 'b', basePath: '/echo', isPublic: true }),
      ]),
      'GET /echo/things of b v1 answers the same requests as GET /echo/things of echo v1',
    ],
  ])('%s, and nothing of it stays open', async (_, snapshot, reason) => {
    const world = createWorld()
    await expect(world.compile(snapshot)).rejects.toThrow(reason)
    expect(world.open.size).toBe(0)
  })

  it('a version of another group is not even looked at', async () => {
    const generation = await createWorld().compile(snapshotOf([version({ more: { groups: ['internal'] } })]))
    expect(generation.routeCount).toBe(0)
  })
})

describe('10 000 routes', () => {
  const big = snapshotOf(
    Array.from({ length: 20 }, (_, v) =>
      version({
        name: `api-${v}`,
        upstreamUrls: [upstream],
        policies: [policy('api-key')],
        routes: Array.from({ length: 500 }, (_, r) => ({
          method: 'GET',
          path: `/things-${r}/{id}`,
          policies: r % 2 ? [limit(`l-${v}-${r}`)] : [],
        })),
      }),
    ),
  )

  it('travel in parts that no single one of stalls a worker, and arrive as they were', async () => {
    const parcel = packSnapshot(big, 1, 'h')
    expect([...unpackSnapshot(parcel)]).toEqual([...partsOf(big)])
    const world = createWorld()
    let pauses = 0
    const generation = await compileSnapshot(
      { revision: 1, hash: 'h' },
      unpackSnapshot(parcel),
      createCompileDeps({
        pause() {
          pauses++
          return undefined
        },
      }),
      null,
    )
    expect(generation.routeCount).toBe(10_000)
    // A worker may serve between any two parts, and no part is more than a small piece of the whole.
    const parts = [...partsOf(big)]
    expect(pauses).toBe(parts.length)
    expect(
      Math.max(...parts.map((part) => (part.kind === 'routes' ? part.routes.length : 0))),
    ).toBeLessThanOrEqual(10_000 / 50)
    expect(world.open.size).toBe(0)
  })
})
