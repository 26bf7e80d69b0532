// Limits as callers meet them: three gateway processes behind a round-robin balancer, real Redis.
import { describe, expect, it, vi } from 'vitest'
import { credential, plan, policy, snapshotOf, tenantId, version } from './documents.ts'
import { balance, createRig, type Rig } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function threeGateways(rig: Rig) {
  const gateways = await Promise.all([rig.startGateway(), rig.startGateway(), rig.startGateway()])
  await rig.publisher.live(gateways)
  return gateways
}

/** Statuses of so many calls, at most 60 at a time. */
async function flood(send: () => Promise<{ status: number }>, calls: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let left = calls
  async function runner() {
    while (left-- > 0) {
      const { status } = await send()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: 60 }, runner))
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
