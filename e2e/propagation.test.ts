// Config on its way: lost wake-ups, a dead Redis, cold starts; every gateway ends with the same content and says so.
import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { policyInput } from '@gatewright/shared/policies/specs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, live, type Published, type Rig, setPolicies, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

/** What each gateway says it runs. */
async function running() {
  const { environment, data } = await rig.owner.client.environments.gateways({
    tenant,
    environment: rig.stack.environment,
  })
  return { wanted: environment.revision, gateways: data.filter(({ state }) => state !== 'gone') }
}

async function allEqual(): Promise<boolean> {
  const { wanted, gateways } = await running()
  return (
    gateways.length === 3 &&
    gateways.every(({ revision, drift }) => revision === wanted && !drift) &&
    new Set(gateways.map(({ hash }) => hash)).size === 1
  )
}

/** A change that every gateway answers differently after. */
async function setHeader(published: Published, value: string): Promise<void> {
  await setPolicies(rig.owner.client, 'plan', published.planId, [
    policyInput.parse({
      type: 'headers',
      name: 'marker',
      config: { response: { set: [{ name: 'x-marker', value }] } },
    }),
  ])
}

describe('propagation', () => {
  it('I16 a change is live without a restart, and ?wait=live says so truly', async () => {
    const published = await rig.publish('i16')
    const { key } = await rig.subscribe(published)
    for (let i = 0; i < 5; i++) {
      await setHeader(published, `v${i}`)
      for (const { url } of rig.stack.gateways) {
        const response = await fetch(`${url}${published.path}`, { headers: { 'x-api-key': key } })
        await response.arrayBuffer()
        expect(response.headers.get('x-marker')).toBe(`v${i}`)
      }
    }
  })

  it('I16 lost wake-ups and 60 s without Redis leave no gateway behind', { timeout: 150_000 }, async () => {
    const published = await rig.publish('i16-outage')
    const { key } = await rig.subscribe(published)
    for (const { url } of rig.stack.gateways) expect(await call(`${url}${published.path}`, key)).toBe(200)
    const admin = new Redis(rig.stack.redisUrl, { maxRetriesPerRequest: 1 })
    // A killed subscription loses what is published until it is back: about 30 % of the wake-ups.
    for (let i = 0; i < 20; i++) {
      if (randomInt(10) < 3) await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await rig.owner.client.products.updatePlan(
        { tenant, product: published.api, plan: 'plan', description: `change ${i}` },
        { context: { ifMatch: await planVersion(published) } },
      )
    }
    admin.disconnect()
    expect(await untilTrue(10_000, allEqual)).toBeLessThan(4_000)

    await rig.stack.killRedis()
    const diedAt = performance.now()
    await rig.owner.client.products.updatePlan(
      { tenant, product: published.api, plan: 'plan', description: 'made while Redis was away' },
      { context: { ifMatch: await planVersion(published) } },
    )
    // The data path goes on: known keys pass, and nothing that is unknown is let in.
    expect(await call(published.url, key)).toBe(200)
    await delay(60_000 - (performance.now() - diedAt))
    expect(await call(published.url, key)).toBe(200)
    await rig.stack.startRedis({ empty: true })
    expect(await untilTrue(20_000, allEqual)).toBeLessThan(2_000)
    expect(await call(published.url, key)).toBe(200)
  })

  it('I11 a gateway cold-starts and serves with Postgres and Redis down', async () => {
    const published = await rig.publish('i11')
    const { key } = await rig.subscribe(published)
    for (const { url } of rig.stack.gateways) expect(await call(`${url}${published.path}`, key)).toBe(200)
    const [first] = rig.stack.gateways
    if (!first) throw new Error('the rig has no gateway')
    await first.stop()
    await rig.stack.admin.stop()
    await rig.stack.killRedis()
    await rig.stack.killPostgres()
    try {
      await first.start()
      expect(await call(`${first.url}${published.path}`, key)).toBe(200)
      expect(await call(`${first.url}${published.path}`)).toBe(401)
    } finally {
      await rig.stack.startPostgres()
      await rig.stack.startRedis()
      await rig.stack.admin.start()
    }
    await untilTrue(15_000, allEqual)
  })

  it('a stopped gateway is named as the one that is not live', async () => {
    const published = await rig.publish('laggard')
    const [, second] = rig.stack.gateways
    if (!second) throw new Error('the rig has no second gateway')
    await second.kill()
    try {
      const { version } = await rig.owner.client.policies.get({
        tenant,
        scope: 'plan',
        scopeId: published.planId,
      })
      const answer = await rig.owner.client.policies.set(
        { tenant, scope: 'plan', scopeId: published.planId, policies: [] },
        // Time enough for the other two on a busy machine, and before the killed one counts as gone.
        { context: { ...live(), waitMs: 3_000, ifMatch: version } },
      )
      expect(answer.live?.[0]?.live).toBe(false)
      expect(answer.live?.[0]?.laggards.map(({ gatewayId }) => gatewayId)).toEqual([second.id])
    } finally {
      await second.start()
    }
  })
})

async function planVersion({ api }: Published): Promise<number> {
  const { plans } = await rig.owner.client.products.get({ tenant, product: api })
  return plans[0]?.version ?? 0
}
