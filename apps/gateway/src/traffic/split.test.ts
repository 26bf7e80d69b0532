// Which upstream answers, as callers see it: a real gateway in front of an upstream that is called by two names.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { plainTraffic, traffic as trafficSchema } from '@gatewright/shared/model/traffic'
import type { Principal } from '@gatewright/shared/policies/policy'
import { afterEach, describe, expect, it } from 'vitest'
import type { Chain, RequestPhase, TrafficSplit } from '../config/generation.ts'
import { emptyChain, type Rig, type RigOptions, startRig } from '../testing/gateway.fixture.ts'
import type { Upstream } from '../upstream/call.ts'
import type { Guard } from './guards.ts'
import { MirrorCounts } from './mirror.ts'
import { createTrafficSplit } from './split.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

/** The same service under another name. */
function called(name: string, upstream: Upstream): Upstream {
  const { hostHeader, timeouts, plan } = upstream
  return {
    name,
    hostHeader,
    timeouts,
    plan,
    pick: (caller) => upstream.pick(caller),
    state: () => upstream.state(),
  }
}

/** Counted per share, as a guard would. */
function recordingGuard() {
  const counted: [share: number, isError: boolean][] = []
  const latencies: number[] = []
  const guard = {
    facts: { id: 'g', upstreams: ['canary'] },
    isTripped: false as boolean,
    count(share: number, isError: boolean, ms: number) {
      counted.push([share, isError])
      latencies.push(ms)
    },
  } satisfies Guard
  return { guard, counted, latencies }
}

async function open(
  traffic: object,
  { guard = null, route: more, ...options }: RigOptions & { guard?: Guard | null } = {},
) {
  const chosen: string[] = []
  let split: TrafficSplit | null = null
  const rig = await startRig({
    ...options,
    match: (_host, _path, _method, route) => {
      split ??= build(route.upstream as Upstream)
      return { ...route, ...more, traffic: split }
    },
  })
  rigs.push(rig)

  function build(upstream: Upstream): TrafficSplit {
    const made = createTrafficSplit({
      versionId: 'ver_1',
      basePath: '/books',
      traffic: trafficSchema.parse({ ...plainTraffic, ...traffic }),
      upstreams: new Map(['default', 'stable', 'canary'].map((name) => [name, called(name, upstream)])),
      guard,
      mirrors: new MirrorCounts(),
      start: 0,
    })
    return {
      choose(ctx) {
        const upstream = made.choose(ctx)
        chosen.push(upstream?.name ?? 'none')
        return upstream
      },
      started: (ctx, route) => made.started(ctx, route),
      done: (ctx) => made.done(ctx),
      explain: (ctx) => made.explain(ctx),
    }
  }
  const get = (lines = '', path = '/a') => rig.raw(`GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)
  return { rig, chosen, get }
}

const shares = (canary: number) => [
  { upstream: 'stable', weight: 100 - canary },
  { upstream: 'canary', weight: canary },
]
const readingAll: RigOptions['upstream'] = (request, response) =>
  void request.resume().on('end', () => response.end())
const limitTo3: RequestPhase = (ctx) => {
  ctx.limitBody(3)
  return undefined
}
const identify = (name: string): Partial<{ chain: Chain }> => {
  const principal = { applicationId: `app_${name}`, applicationName: name } as Principal
  return {
    chain: {
      ...emptyChain,
      request: [
        (ctx) => {
          ctx.principal = principal
        },
      ],
      requestSteps: [{ policy: 'key', type: 'key', scope: 'version', stage: 'identify' }],
    },
  }
}

describe('I7: rules', () => {
  it('come before shares, and the first that holds decides', async () => {
    const { chosen, get } = await open({
      rules: [
        { when: { on: 'header', name: 'x-release', values: ['next', 'beta'] }, upstream: 'canary' },
        { when: { on: 'cookie', name: 'release', values: ['next'] }, upstream: 'canary' },
        { when: { on: 'query', name: 'release', values: ['a b'] }, upstream: 'canary' },
        { when: { on: 'header', name: 'x-release', values: ['old'] }, upstream: 'default' },
      ],
      shares: shares(0),
    })
    for (const [lines, path] of [
      ['X-Release: beta\r\n'],
      ['X-Release: betas\r\n'],
      ['Cookie: a=1; release=next\r\n'],
      ['', '/a?release=a%20b'],
      ['X-Release: old\r\n'],
      ['X-Release: old\r\nCookie: release=next\r\n'],
      [''],
    ] as const) {
      await get(lines, path)
    }
    expect(chosen).toEqual(['canary', 'stable', 'canary', 'canary', 'default', 'canary', 'stable'])
  })

  it('know the application that an identify policy found', async () => {
    const rules = [{ when: { on: 'application', values: ['pilot'] }, upstream: 'canary' }]
    const pilot = await open({ rules }, { route: identify('pilot') })
    await pilot.get()
    const other = await open({ rules }, { route: identify('other') })
    await other.get()
    expect([...pilot.chosen, ...other.chosen]).toEqual(['canary', 'default'])
  })
})

describe('I7: callers stay', () => {
  it.each([
    [{ by: 'header', name: 'x-user' }, (i: number) => `X-User: user-${i}\r\n`],
    [{ by: 'address' }, (i: number) => `X-Forwarded-For: 192.0.2.${i}\r\n`],
  ] as const)('by %o, and move towards the canary only', async (stickiness, lines) => {
    const steps: string[][] = []
    for (const percent of [0, 5, 25, 50, 100]) {
      const { chosen, get } = await open(
        { shares: shares(percent), stickiness },
        { trustedProxies: ['127.0.0.1'] },
      )
      for (let i = 0; i < 40; i++) {
        await get(lines(i))
        await get(lines(i))
      }
      const releases = chosen.filter((_, i) => i % 2 === 0)
      expect(chosen.filter((_, i) => i % 2 === 1)).toEqual(releases)
      steps.push(releases)
    }
    for (let i = 0; i < 40; i++) {
      const releases = steps.map((step) => step[i])
      expect(releases).toEqual([...releases].sort().reverse())
    }
  })

  it('by application, whatever its address', async () => {
    const { chosen, get } = await open(
      { shares: shares(50), stickiness: { by: 'application' } },
      { trustedProxies: ['127.0.0.1'], route: identify('shop') },
    )
    for (let i = 0; i < 20; i++) await get(`X-Forwarded-For: 192.0.2.${i}\r\n`)
    expect(new Set(chosen).size).toBe(1)
  })

  it('by a cookie that the gateway sets once, for the path of the API, and keeps from the upstream', async () => {
    const { rig, chosen, get } = await open({
      shares: shares(50),
      stickiness: { by: 'cookie', name: 'release' },
    })
    for (let i = 0; i < 20; i++) {
      const first = await get()
      const cookie = /^set-cookie: (release=\d{1,3}); Path=\/books; HttpOnly; SameSite=Lax\r$/im.exec(
        first,
      )?.[1]
      expect(cookie).toBeDefined()
      const again = await get(`Cookie: a=1; ${cookie}; b=2\r\n`)
      expect(again).not.toMatch(/set-cookie/i)
      expect(chosen.at(-1)).toBe(chosen.at(-2))
    }
    expect(chosen.filter((name) => name === 'canary').length).toBe(20)
    const sent = rig.seen.map(({ headers }) =>
      headers.filter((_, i) => headers[i - 1]?.toLowerCase() === 'cookie'),
    )
    expect(sent).toEqual(Array.from({ length: 20 }, () => [[], ['a=1; b=2']]).flat())
  })

  it('a cookie is Secure on https, and one that is made up is replaced', async () => {
    const { rig, get } = await open(
      { shares: shares(50), stickiness: { by: 'cookie', name: 'release' } },
      { trustedProxies: ['127.0.0.1'] },
    )
    expect(await get('X-Forwarded-Proto: https\r\nCookie: release=1000\r\n')).toMatch(
      /set-cookie: release=\d+; Path=\/books; HttpOnly; SameSite=Lax; Secure/i,
    )
    expect(await get('Cookie: release=__proto__\r\n')).toMatch(/set-cookie: release=\d+;/i)
    expect(rig.seen.flatMap(({ headers }) => headers).join()).not.toContain('release=')
  })
})

describe('I7: the guard', () => {
  it('counts what upstreams do, of drawn requests and not of the first share', async () => {
    const { guard, counted } = recordingGuard()
    const answers = [200, 404, 503]
    const { rig, get } = await open(
      {
        shares: shares(100),
        rules: [{ when: { on: 'header', name: 'x-test', values: ['1'] }, upstream: 'canary' }],
      },
      { guard, upstream: (_, response) => response.writeHead(answers.shift() ?? 500).end() },
    )
    for (let i = 0; i < 3; i++) await get()
    await get('X-Test: 1\r\n')
    await rig.over(4)
    expect(counted).toEqual([
      [1, false],
      [1, false],
      [1, true],
    ])
    const first = recordingGuard()
    const stable = await open({ shares: shares(0) }, { guard: first.guard })
    await stable.get()
    await stable.rig.over(1)
    expect(first.counted).toEqual([])
  })

  it('counts a broken connection as an error, and our own refusals not at all', async () => {
    const { guard, counted } = recordingGuard()
    const { rig, get } = await open(
      { shares: shares(100) },
      { guard, upstream: (request) => request.socket.destroy() },
    )
    expect(await get()).toMatch(/^HTTP\/1\.1 502/)
    await rig.over(1)
    const limited = await open(
      { shares: shares(100) },
      { guard, route: { chain: { ...emptyChain, request: [limitTo3], requestSteps: [] } } },
    )
    expect(await limited.rig.raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello')).toMatch(
      / 413 /,
    )
    await limited.rig.over(1)
    expect(counted).toEqual([[1, true]])
  })

  it('measures until the answer begins, not until a slow client has read it', async () => {
    const { guard, latencies } = recordingGuard()
    const { rig, get } = await open(
      { shares: shares(100) },
      {
        guard,
        upstream(_, response) {
          response.writeHead(200).write('begun')
          setTimeout(() => response.end(), 300)
        },
      },
    )
    await get()
    const [outcome] = await rig.over(1)
    expect(latencies[0]).toBeGreaterThan(0)
    expect(latencies[0]).toBeLessThan((outcome?.durationMs ?? 0) - 200)
  })

  it('measures from the end of a body, and leaves out clients that never come to it', async () => {
    const { guard, counted, latencies } = recordingGuard()
    const { rig } = await open({ shares: shares(100) }, { guard, upstream: readingAll })
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n'
    const send = async (rest: string) => {
      const client = connect(rig.port, '127.0.0.1')
      client.write(`${post}he`)
      await delay(200)
      client.end(rest)
      client.resume()
      await once(client, 'close')
    }
    await send('llo')
    await send('')
    await rig.over(2)
    expect(counted).toEqual([[1, false]])
    expect(latencies[0]).toBeLessThan(150)
  })

  it('a client that sends too slowly for the whole exchange is told so, and counts against nobody', async () => {
    const { guard, counted } = recordingGuard()
    const { rig } = await open(
      { shares: shares(100) },
      { guard, upstream: readingAll, document: { totalTimeoutMs: 100 } },
    )
    const answer = await rig.raw('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    await rig.over(1)
    expect(counted).toEqual([])
  })

  it('that tripped sends every drawn request to the first share, and callers keep their place', async () => {
    const { guard } = recordingGuard()
    const { chosen, get } = await open(
      { shares: shares(100), stickiness: { by: 'cookie', name: 'r' } },
      { guard },
    )
    const cookie = /r=\d+/.exec(await get())?.[0]
    guard.isTripped = true
    await get(`Cookie: ${cookie}\r\n`)
    guard.isTripped = false
    await get(`Cookie: ${cookie}\r\n`)
    expect(chosen).toEqual(['canary', 'stable', 'canary'])
  })
})

it('an upstream that is not there refuses the snapshot', () => {
  const traffic = trafficSchema.parse({ shares: [{ upstream: 'gone', weight: 100 }] })
  expect(() =>
    createTrafficSplit({
      versionId: 'v',
      basePath: '',
      traffic,
      upstreams: new Map(),
      guard: null,
      mirrors: new MirrorCounts(),
    }),
  ).toThrow('traffic: the version has no upstream "gone"')
})
