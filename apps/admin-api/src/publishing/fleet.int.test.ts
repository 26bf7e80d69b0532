import { gatewaysKey, reportChannel } from '@gatewright/shared/channels'
import type { GatewayReport } from '@gatewright/shared/snapshot'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CausedRevision } from '../call.ts'
import { ControlPlane } from '../testing/control-plane.fixture.ts'
import { GatewayRecords } from './gateway-records.ts'

let plane: ControlPlane
let prod: { id: string; name: string }
let hash: string

beforeAll(async () => {
  plane = await ControlPlane.start()
  prod = await plane.createEnvironment('prod')
  await plane.database.everything.environment.update({ where: { id: prod.id }, data: { revision: 7 } })
  await plane.publisher.publish(prod.id)
  hash = (await plane.fleet.head('prod'))?.hash ?? ''
})
beforeEach(() => plane.redis.client.del(gatewaysKey('prod')))
afterAll(() => plane[Symbol.asyncDispose]())

async function report(gatewayId: string, more: Partial<GatewayReport> = {}) {
  const text: GatewayReport = {
    gatewayId,
    group: 'default',
    version: '0.1.0',
    address: null,
    startedAt: Date.now(),
    at: Date.now(),
    workers: 2,
    revision: 7,
    hash,
    accessRevision: 0,
    refusal: null,
    events: { sent: 0, spooled: 0, dropped: 0 },
    ...more,
  }
  await plane.redis.client.hset(gatewaysKey('prod'), gatewayId, JSON.stringify(text))
  await plane.redis.client.publish(reportChannel('prod'), gatewayId)
}

const caused = (revision: number): CausedRevision[] => [
  { environmentId: prod.id, environment: 'prod', revision, accessRevision: 0 },
]
const refusal = { revision: 7, hash: 'x', reason: 'there is no policy type waf', at: Date.now() }

describe('fleet', () => {
  test('every gateway has a state: live, lagging, refused, gone, drifted', async () => {
    await report('a')
    await report('b', { revision: 6, hash: 'f'.repeat(64) })
    await report('c', { revision: 6, hash: 'f'.repeat(64), refusal })
    await report('d', { at: Date.now() - 11_000 })
    await report('e', { hash: '0'.repeat(64) })
    const gateways = await plane.fleet.gateways({ name: 'prod', revision: 7 })
    expect(gateways.map(({ id, state, drift }) => [id, state, drift])).toEqual([
      ['a', 'live', false],
      ['b', 'lagging', false],
      ['c', 'refused', false],
      ['d', 'gone', false],
      ['e', 'lagging', true],
    ])
    expect(gateways[2]?.refusal?.reason).toBe('there is no policy type waf')
  })

  test('waiting ends with the report of the last gateway', async () => {
    await report('a')
    await report('b', { revision: 6 })
    const waiting = plane.fleet.waitLive(caused(7), 10_000)
    await report('b')
    expect(await waiting).toEqual([{ environment: 'prod', live: true, gateways: 2, laggards: [] }])
  })

  test('waiting ends in time and names the laggards', async () => {
    await report('a')
    await report('slow', { revision: 6 })
    const [state] = await plane.fleet.waitLive(caused(7), 300)
    expect(state).toMatchObject({ live: false, gateways: 2, laggards: [{ gatewayId: 'slow', revision: 6 }] })
  })

  test('a refusal ends the waiting at once, with its reason', async () => {
    await report('a', { revision: 6, refusal })
    const startedAt = performance.now()
    const waitMs = 20_000
    const [state] = await plane.fleet.waitLive(caused(7), waitMs)
    expect(state).toMatchObject({ live: false, laggards: [{ gatewayId: 'a', refusal: refusal.reason }] })
    expect(performance.now() - startedAt).toBeLessThan(waitMs)
  })

  test('what is not even published is not live, also without any gateway', async () => {
    expect(await plane.fleet.waitLive(caused(8), 100)).toMatchObject([{ live: false, gateways: 0 }])
    expect(await plane.fleet.waitLive(caused(7), 100)).toMatchObject([{ live: true, gateways: 0 }])
  })

  test('a gateway that was silent for a day is forgotten', async () => {
    const { database, redis, fleet, clock, logger, env } = plane
    const records = new GatewayRecords(database, redis, fleet, clock, logger, env)
    await report('silent')
    await records.record()
    const day = 86_400_000
    const startedAt = Date.now() - 2 * day
    await report('silent', { startedAt, at: Date.now() - day - 1_000 })
    await report('quiet', { startedAt, at: Date.now() - day + 60_000 })
    const lastSeenAt = new Date(Date.now() - day - 1_000)
    await database.everything.gateway.update({ where: { id: 'silent' }, data: { lastSeenAt } })
    await records.record()
    expect(await redis.client.hkeys(gatewaysKey('prod'))).toEqual(['quiet'])
    expect(await database.everything.gateway.count({ where: { id: 'silent' } })).toBe(0)
  })

  test('a gateway whose report is lost is still known, as gone', async () => {
    const { database, redis, fleet, clock, logger, env } = plane
    const records = new GatewayRecords(database, redis, fleet, clock, logger, env)
    await report('a', { refusal })
    await records.record()
    await redis.client.del(gatewaysKey('prod'))
    expect(await records.gateways({ ...prod, revision: 7 })).toMatchObject([
      { id: 'a', state: 'gone', revision: 7, refusal: { reason: refusal.reason } },
    ])
  })
})
