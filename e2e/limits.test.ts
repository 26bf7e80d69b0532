// Limits on three gateways behind a balancer: what is admitted, counted from outside.

import { policyInput } from '@gatewright/shared/policies/specs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, flood, type Rig, setPolicies, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

const limit = (config: object) => [policyInput.parse({ type: 'rate-limit', name: 'rate', config })]

describe('limits on three gateways', () => {
  it('B1 strict admits exactly 100 of 300', async () => {
    const published = await rig.publish('b1-strict', {
      planPolicies: limit({ limit: 100, windowMs: 3_600_000, mode: 'strict' }),
    })
    const { key } = await rig.subscribe(published)
    expect(await flood(published.url, key, 300)).toEqual({ 200: 100, 429: 200 })
  })

  it('B1 leased never admits more than the limit', async () => {
    const published = await rig.publish('b1-leased', {
      planPolicies: limit({ limit: 100, windowMs: 3_600_000, mode: 'leased' }),
    })
    const { key } = await rig.subscribe(published)
    const { 200: admitted = 0, 429: refused = 0 } = await flood(published.url, key, 300)
    expect(admitted + refused).toBe(300)
    expect(admitted).toBeLessThanOrEqual(100)
    expect(admitted).toBeGreaterThan(0)
  })

  it('B2 a sliding window log admits exactly its limit across gateways', async () => {
    const published = await rig.publish('b2-log', {
      planPolicies: limit({
        limit: 50,
        windowMs: 3_600_000,
        algorithm: 'sliding-window-log',
        mode: 'strict',
      }),
    })
    const { key } = await rig.subscribe(published)
    expect(await flood(published.url, key, 120)).toEqual({ 200: 50, 429: 70 })
  })

  it('B4 counts two applications apart', async () => {
    const published = await rig.publish('b4-two', {
      planPolicies: limit({ limit: 10, windowMs: 3_600_000, mode: 'strict', by: 'application' }),
    })
    const [one, other] = [await rig.subscribe(published), await rig.subscribe(published)]
    expect(await flood(published.url, one.key, 15)).toEqual({ 200: 10, 429: 5 })
    expect(await flood(published.url, other.key, 5)).toEqual({ 200: 5 })
  })

  it('B5 a move to another plan counts within two seconds, with the same key', async () => {
    const published = await rig.publish('b5-tiers', {
      planPolicies: limit({ limit: 5, windowMs: 3_600_000, mode: 'strict' }),
    })
    const { client } = rig.owner
    const premium = await client.products.createPlan({
      tenant,
      product: 'b5-tiers',
      name: 'premium',
      title: 'Premium',
    })
    await setPolicies(
      client,
      'plan',
      premium.id,
      limit({ limit: 1_000, windowMs: 3_600_000, mode: 'strict' }),
    )
    const subscriber = await rig.subscribe(published)
    expect(await flood(published.url, subscriber.key, 6, 1)).toEqual({ 200: 5, 429: 1 })
    await client.subscriptions.changePlan({
      tenant,
      subscription: subscriber.subscriptionId as `sub_${string}`,
      plan: premium.id as `pln_${string}`,
    })
    const tookMs = await untilTrue(10_000, async () => (await call(published.url, subscriber.key)) === 200)
    expect(tookMs).toBeLessThan(2_000)
  })

  it('B6 a quota survives the restart of gateways and Redis', async () => {
    const published = await rig.publish('b6-quota', {
      planPolicies: [
        policyInput.parse({
          type: 'quota',
          name: 'month',
          config: { limit: 20, period: 'month', mode: 'strict' },
        }),
      ],
    })
    const { key } = await rig.subscribe(published)
    expect(await flood(published.url, key, 12)).toEqual({ 200: 12 })
    // One that crashes may lose the calls of its last second (appendfsync everysec); gateways tell it, if they go on.
    await rig.stack.stopRedis()
    await rig.stack.startRedis()
    for (const gateway of rig.stack.gateways) {
      await gateway.stop()
      await gateway.start()
    }
    for (const { url } of rig.stack.gateways)
      await untilTrue(10_000, async () => (await call(`${url}${published.path}`, 'gw_prod_wrong')) === 401)
    expect(await flood(published.url, key, 20, 1)).toEqual({ 200: 8, 429: 12 })
  })
})
