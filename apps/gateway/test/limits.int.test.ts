// Limits as callers meet them: three gateway processes behind a round-robin balancer, real Redis.
import { createKey } from '@gatewright/shared/key'
import { describe, expect, it, vi } from 'vitest'
import { credential, plan, policy, snapshotOf, tenantId, version } from './documents.ts'
import { balance, createRig, type Rig, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function threeGateways(rig: Rig) {
  const gateways = await Promise.all([rig.startGateway(), rig.startGateway(), rig.startGateway()])
  await rig.publisher.live(gateways)
  return gateways
}

/** Statuses of so many calls. */
async function flood(
  send: () => Promise<{ status: number }>,
  calls: number,
  concurrency = 60,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let left = calls
  async function runner() {
    while (left-- > 0) {
      const { status } = await send()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, runner))
  return statuses
}

const limitBy = (by: string, config: Record<string, unknown>) => policy('rate-limit', { by, ...config })

describe('three gateways', () => {
  it('B1: a strict fixed window of 100 admits exactly 100 of 300', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limit = limitBy('api', { limit: 100, windowMs: 60_000, mode: 'strict' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const statuses = await flood(() => send('/echo/things'), 300)
    expect(Object.fromEntries(statuses)).toEqual({ 200: 100, 429: 200 })
    expect(upstream.seen).toHaveLength(100)
  })

  it('B1: leased never admits more than 100, and leaves little unused', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limit = limitBy('api', { limit: 100, windowMs: 60_000, mode: 'leased' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const first = await flood(() => send('/echo/things'), 300)
    expect(first.get(200)).toBeLessThanOrEqual(100)
    expect(first.get(200)).toBeGreaterThanOrEqual(90)
    // What idle workers held goes back, so that callers get the rest of it, and not one more.
    let admitted = first.get(200) ?? 0
    while (admitted < 100) {
      admitted += (await flood(() => send('/echo/things'), 20)).get(200) ?? 0
    }
    expect(admitted).toBe(100)
    expect(upstream.seen).toHaveLength(100)
  })

  it('B1: a rejected call is not counted, so a busy client recovers when the window ends', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limit = limitBy('api', { limit: 10, windowMs: 2_000, mode: 'strict' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const startedAt = performance.now()
    let admitted = 0
    // Never silent for three windows: a limit that counted its refusals would admit only the first ten.
    while (performance.now() - startedAt < 6_500)
      admitted += (await send('/echo/things')).status === 200 ? 1 : 0
    expect(admitted).toBeGreaterThanOrEqual(30)
    expect(admitted).toBeLessThanOrEqual(40)
  })

  it('B2: in no rolling window do more than the limit pass', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limit = limitBy('api', {
      limit: 40,
      windowMs: 1_000,
      algorithm: 'sliding-window-log',
      mode: 'strict',
    })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const until = performance.now() + 6_000
    const admitted: { sentMs: number; answeredMs: number }[] = []
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (performance.now() < until) {
          const sentMs = performance.now()
          const { status } = await send('/echo/things')
          if (status === 200) admitted.push({ sentMs, answeredMs: performance.now() })
        }
      }),
    )
    // When a call was let in is known to lie between its way out and its answer: those that lie wholly in a window count.
    for (const { sentMs: beginMs } of admitted) {
      const within = admitted.filter((it) => it.sentMs >= beginMs && it.answeredMs <= beginMs + 1_000)
      expect(within.length).toBeLessThanOrEqual(40)
    }
    // Six windows: nearly all that the rule allows, so that it is the rule that was tested.
    expect(admitted.length).toBeGreaterThanOrEqual(200)
  })

  it('B3: a token bucket passes its burst at once and then its pace', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const perSecond = 20
    const limit = limitBy('api', {
      limit: perSecond,
      windowMs: 1_000,
      burst: 20,
      algorithm: 'token-bucket',
      mode: 'strict',
    })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const startedAt = performance.now()
    const secondsSince = () => (performance.now() - startedAt) / 1_000
    let admitted = 0
    let openedAt = Number.POSITIVE_INFINITY
    let emptyAt = 0
    async function once() {
      const sentAt = secondsSince()
      const { status } = await send('/echo/things')
      openedAt = Math.min(openedAt, secondsSince())
      if (status === 200) admitted++
      else emptyAt = Math.max(emptyAt, sentAt)
    }
    await Promise.all(Array.from({ length: 40 }, once))
    expect(admitted).toBeGreaterThanOrEqual(20)
    expect(admitted).toBeLessThanOrEqual(20 + Math.ceil(secondsSince() * perSecond))
    // Always more callers than tokens, so that what passes is what the bucket gives.
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        while (secondsSince() < 10) await once()
      }),
    )
    expect(admitted).toBeLessThanOrEqual(20 + perSecond * secondsSince())
    // A call that is refused found less than one token: all that came since the bucket was opened had been given away.
    expect(admitted).toBeGreaterThan(20 + perSecond * (emptyAt - openedAt) - 1)
    expect(emptyAt).toBeGreaterThan(5)
  })

  it('B4: two keys count apart; an address cannot be made up', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const byKey = policy('rate-limit', { limit: 5, by: 'principal', mode: 'strict' }, 'by-key')
    const byAddress = policy('rate-limit', { limit: 8, by: 'address', mode: 'strict' }, 'by-address')
    await rig.publisher.publish(
      snapshotOf(
        [
          version({ upstreamUrls: [upstream.url], policies: [policy('api-key'), byKey] }),
          version({ name: 'open', upstreamUrls: [upstream.url], isPublic: true, policies: [byAddress] }),
        ],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
    const [one, two] = [credential('one', ['ver_echo']), credential('two', ['ver_echo'])]
    for (const { hash, record } of [one, two]) await rig.publisher.setCredential(hash, record)
    const send = balance(await threeGateways(rig))
    const withKey = (key: string) => send('/echo/things', { headers: { 'X-API-Key': key } })
    const first = await flood(() => withKey(one.key), 20)
    const second = await flood(() => withKey(two.key), 20)
    expect([first.get(200), second.get(200)]).toEqual([5, 5])

    let made = 0
    const spoofed = await flood(
      () => send('/open/things', { headers: { 'X-Forwarded-For': `10.0.0.${made++}` } }),
      20,
    )
    expect(spoofed.get(200)).toBe(8)
  })

  it('B4: a trusted proxy says who is behind it', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(
      snapshotOf([
        version({
          upstreamUrls: [upstream.url],
          isPublic: true,
          policies: [limitBy('address', { limit: 2, mode: 'strict' })],
        }),
      ]),
    )
    const gateway = await rig.startGateway({ TRUSTED_PROXIES: '127.0.0.1' })
    await rig.publisher.live([gateway])
    const from = (address: string) =>
      gateway.call('/echo/things', { headers: { 'X-Forwarded-For': address } })
    const statuses = []
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'])
      statuses.push((await from(address)).status)
    expect(statuses).toEqual([200, 200, 429, 200])
  })

  it('B5: moving an application to another plan changes its limit in under 2 s, with the same key', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const perPlan = (name: string, limit: number) =>
      plan(name, ['ver_echo'], [policy('rate-limit', { limit, mode: 'strict' }, `${name}-limit`)])
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], policies: [policy('api-key')] })], {
        plans: [perPlan('free', 3), perPlan('premium', 50)],
      }),
    )
    const app = credential('app', ['ver_echo'], 'free')
    await rig.publisher.setCredential(app.hash, app.record)
    const gateways = await threeGateways(rig)
    const send = balance(gateways)
    const withKey = () => send('/echo/things', { headers: { 'X-API-Key': app.key } })
    expect((await flood(withKey, 10)).get(200)).toBe(3)

    const movedAt = performance.now()
    const premium = credential('app', ['ver_echo'], 'premium')
    await rig.publisher.setCredential(app.hash, premium.record)
    await rig.publisher.live(gateways)
    expect(performance.now() - movedAt).toBeLessThan(2_000)
    const after = await flood(withKey, 10)
    expect(after.get(200)).toBe(10)
    expect((await withKey()).headers['ratelimit-policy']).toContain('premium-limit')
  })

  it('B6: a quota survives the restart of gateway and Redis', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const quota = policy('quota', { limit: 10, period: 'month', by: 'api', mode: 'strict' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [quota] })]),
    )
    const before = await rig.startGateway()
    await rig.publisher.live([before])
    for (let i = 0; i < 7; i++) expect((await before.call('/echo/things')).status).toBe(200)
    await before.kill()
    await rig.redis.stop()
    await rig.redis.start()
    const after = await rig.startGateway()
    await rig.publisher.live([after])
    expect((await flood(() => after.call('/echo/things'), 10)).get(200)).toBe(3)
    const refused = await after.call('/echo/things')
    expect(refused.json()).toMatchObject({ code: 'quota_exceeded', status: 429 })
    // Retry-After leads to the first of next month, not to some rolling month.
    const now = new Date()
    const nextMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
    expect(Math.abs(Date.now() + Number(refused.headers['retry-after']) * 1_000 - nextMonth)).toBeLessThan(
      5_000,
    )
  })

  it('B6: a Redis that lost its memory is told by the gateways what was used', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const quota = policy('quota', { limit: 30, period: 'month', by: 'api', mode: 'strict' })
    const snapshot = snapshotOf([
      version({ upstreamUrls: [upstream.url], isPublic: true, policies: [quota] }),
    ])
    await rig.publisher.publish(snapshot)
    // One worker each, so that each of them is sure to be asked again.
    const settings = { WORKERS: '1' }
    const gateways = await Promise.all([1, 2, 3].map(() => rig.startGateway(settings)))
    await rig.publisher.live(gateways)
    const send = balance(gateways)
    for (let i = 0; i < 12; i++) expect((await send('/echo/things')).status).toBe(200)

    await rig.redis.stop()
    await rig.redis.start({ empty: true })
    expect(await rig.redis.client.dbsize()).toBe(0)
    await rig.publisher.publish(snapshot)
    await rig.publisher.live(gateways)
    let admitted = 0
    for (const gateway of gateways) {
      await until(async () => (await gateway.call('/echo/things')).status === 200, 'it counts again')
      admitted++
    }
    admitted += (await flood(() => send('/echo/things'), 40)).get(200) ?? 0
    expect(admitted).toBe(18)
    expect(upstream.seen).toHaveLength(30)
  })

  it('B8: limits of several scopes combine; the smallest decides, and the reply names it', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const named = (id: string, scope: string, config: Record<string, unknown>) => ({
      ...policy('rate-limit', { mode: 'strict', windowMs: 3_600_000, ...config }, 'rate'),
      id: `pol_${scope}_${id}`,
    })
    const limited = (
      name: string,
      limits: Record<'global' | 'version' | 'plan' | 'route' | 'key', number>,
    ) => ({
      version: version({
        name,
        upstreamUrls: [upstream.url],
        policies: [policy('api-key'), named(name, 'version', { limit: limits.version, by: 'everyone' })],
        routes: [
          {
            method: 'GET',
            path: '/things',
            policies: [named(name, 'route', { limit: limits.route, by: 'route', algorithm: 'token-bucket' })],
          },
        ],
      }),
      plan: plan(
        name,
        [`ver_${name}`],
        [
          named(name, 'plan', { limit: limits.plan, by: 'application', algorithm: 'sliding-window-log' }),
          { ...named(name, 'key', { limit: limits.key, by: 'principal' }), name: 'per-key' },
        ],
      ),
    })
    const large = { global: 1_000, version: 1_000, plan: 1_000, route: 1_000, key: 1_000 }
    const cases = [
      ['a', { ...large, version: 3 }, 'version', 'rate'],
      ['b', { ...large, plan: 3 }, 'plan', 'rate'],
      ['c', { ...large, route: 3 }, 'route', 'rate'],
      ['d', { ...large, key: 3 }, 'plan', 'per-key'],
    ] as const
    const all = cases.map(([name, limits]) => limited(name, limits))
    const global = {
      ...policy('rate-limit', { limit: 100, mode: 'strict', by: 'everyone', windowMs: 3_600_000 }),
      name: 'all-of-us',
    }
    await rig.publisher.publish(
      snapshotOf(
        all.map((it) => it.version),
        { policies: [global], plans: all.map((it) => it.plan) },
      ),
    )
    const keys = new Map<string, string>()
    for (const [name] of cases) {
      const { hash, record, key } = credential(`app-${name}`, [`ver_${name}`], name)
      keys.set(name, key)
      await rig.publisher.setCredential(hash, record)
    }
    const send = balance(await threeGateways(rig))
    for (const [name, , scope, limit] of cases) {
      const ask = () => send(`/${name}/things`, { headers: { 'X-API-Key': keys.get(name) ?? '' } })
      const statuses = await flood(ask, 12)
      expect([name, Object.fromEntries(statuses)]).toEqual([name, { 200: 3, 429: 9 }])
      const refused = await ask()
      expect(refused.json()).toMatchObject({ code: 'rate_limited', limit: { name: limit, scope } })
      expect(refused.json()).toMatchObject({
        detail: expect.stringMatching(`^${limit} \\(${scope}\\): 3 calls`),
      })
      // Names are unique where they are attached: of two equal ones each says of which scope it is.
      const told =
        scope === 'version' ? '"rate";r=0' : limit === 'per-key' ? '"per-key";r=0' : `"${scope}.rate";r=0`
      expect(refused.headers.ratelimit).toContain(told)
      expect(refused.headers['x-ratelimit-remaining']).toBe('0')
    }
    // 12 passed; what the others refused did not count against all of us, so exactly 88 are left.
    const counted = (await send('/a/things', { headers: { 'X-API-Key': keys.get('a') ?? '' } })).headers
      .ratelimit
    expect(counted).toContain('"all-of-us";r=88')
  })

  it('B7: a key of a plan gets 403 on what the plan does not include, and on another stage', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const served = (name: string) =>
      version({ name, upstreamUrls: [upstream.url], policies: [policy('api-key')] })
    await rig.publisher.publish(
      snapshotOf([served('bought'), served('other')], { plans: [plan('free', ['ver_bought'])] }),
    )
    const { key, hash, record } = credential('app', ['ver_bought'])
    await rig.publisher.setCredential(hash, record)
    const send = balance(await threeGateways(rig))
    const ask = (path: string, ofKey = key) => send(path, { headers: { 'X-API-Key': ofKey } })
    expect((await ask('/bought/things')).status).toBe(200)
    const refused = await ask('/other/things')
    expect(refused.json()).toMatchObject({ status: 403, code: 'subscription_missing' })
    // Keys say which stage they are for: these gateways serve `prod`.
    const elsewhere = await ask('/bought/things', createKey('test'))
    expect(elsewhere.json()).toMatchObject({ status: 403, code: 'credential_other_environment' })
    expect(upstream.seen).toHaveLength(1)
  })

  it('a call that is refused after all counts against nobody, whoever refuses it', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const counted = (name: string, config: Record<string, unknown>) =>
      policy('rate-limit', { limit: 20, windowMs: 3_600_000, by: 'everyone', ...config }, name)
    const limits = [
      counted('fixed', { mode: 'strict' }),
      counted('log', { mode: 'strict', algorithm: 'sliding-window-log' }),
      counted('bucket', { mode: 'strict', algorithm: 'token-bucket' }),
      policy('quota', { limit: 20, by: 'everyone', mode: 'strict' }, 'quota'),
    ]
    // What comes after them refuses: by its length before the upstream is asked, and by its media type in a policy.
    const size = policy('body-limit', { maxBytes: 10, mediaTypes: ['application/json'] })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [...limits, size] })]),
    )
    const send = balance(await threeGateways(rig))
    const post = (type: string, body: string) =>
      send('/echo/things', { method: 'POST', headers: { 'Content-Type': type }, body })
    // Never more than twenty at a time: a call that is being decided is counted.
    const [long, strange] = await Promise.all([
      flood(() => post('application/json', JSON.stringify('x'.repeat(50))), 60, 8),
      flood(() => post('text/csv', 'a,b'), 60, 8),
    ])
    expect([Object.fromEntries(long), Object.fromEntries(strange)]).toEqual([{ 413: 60 }, { 415: 60 }])
    let admitted = 0
    while (admitted < 20) admitted += (await flood(() => post('application/json', '1'), 20)).get(200) ?? 0
    expect(admitted).toBe(20)
    expect((await post('application/json', '1')).status).toBe(429)
    expect(upstream.seen).toHaveLength(20)
  })

  it('a dear operation counts as many calls, in every limit', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const quota = policy('quota', { limit: 100, by: 'everyone', mode: 'strict' })
    const route = (path: string, cost: number) => ({
      method: 'GET',
      path,
      policies: [policy('call-cost', { cost }, `cost-${cost}`)],
    })
    await rig.publisher.publish(
      snapshotOf([
        version({
          upstreamUrls: [upstream.url],
          isPublic: true,
          policies: [quota],
          routes: ['GET /things', route('/reports', 30), route('/exports', 101)],
        }),
      ]),
    )
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const left = async (path: string) => {
      const { status, headers } = await gateway.call(path)
      return [status, headers['x-ratelimit-remaining']]
    }
    expect(await left('/echo/things')).toEqual([200, '99'])
    expect(await left('/echo/reports')).toEqual([200, '69'])
    expect(await left('/echo/reports')).toEqual([200, '39'])
    expect(await left('/echo/reports')).toEqual([200, '9'])
    expect(await left('/echo/reports')).toEqual([429, '9'])
    expect(await left('/echo/exports')).toEqual([429, '9'])
    expect(await left('/echo/things')).toEqual([200, '8'])
  })

  it('a spike arrest spreads calls evenly over three gateways', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limit = limitBy('everyone', { limit: 600, windowMs: 60_000, algorithm: 'spike-arrest' })
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
    )
    const send = balance(await threeGateways(rig))
    const startedAt = performance.now()
    let admitted = 0
    while (admitted < 10) admitted += (await send('/echo/things')).status === 200 ? 1 : 0
    // Nine turns of 100 ms lie between ten calls, however many are tried.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(9 * 100 - 5)
    const refused = await flood(() => send('/echo/things'), 30)
    expect(refused.get(429)).toBeGreaterThan(0)
  })

  it('B1: without Redis a limit refuses, unless its owner chose to count locally', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const counted = (name: string, whenUnavailable: string) =>
      version({
        name,
        upstreamUrls: [upstream.url],
        isPublic: true,
        policies: [policy('rate-limit', { limit: 4, by: 'api', mode: 'strict', whenUnavailable }, name)],
      })
    await rig.publisher.publish(snapshotOf([counted('closed', 'refuse'), counted('open', 'allow-local')]))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    await rig.redis.stop()
    const closed = await gateway.call('/closed/things')
    expect(closed.json()).toMatchObject({ code: 'limits_unavailable', status: 503 })
    const open = await flood(() => gateway.call('/open/things'), 12)
    expect(Object.fromEntries(open)).toEqual({ 200: 4, 429: 8 })
  })
})

describe('one counter', () => {
  it('B4: limits of two tenants with equal names never meet', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limited = (name: string, tenant: string) => ({
      ...version({
        name,
        upstreamUrls: [upstream.url],
        isPublic: true,
        policies: [{ ...limitBy('address', { limit: 3, mode: 'strict' }), id: `pol_${name}` }],
      }),
      tenantId: tenant,
    })
    const tenants = [tenantId, 'ten_2'].map((id) => ({ id, name: id, timeZone: 'UTC', policies: [] }))
    await rig.publisher.publish(snapshotOf([limited('a', tenantId), limited('b', 'ten_2')], { tenants }))
    const gateway = await rig.startGateway()
    await rig.publisher.live([gateway])
    const a = await flood(() => gateway.call('/a/things'), 10)
    const b = await flood(() => gateway.call('/b/things'), 10)
    expect([a.get(200), b.get(200)]).toEqual([3, 3])
  })
})
