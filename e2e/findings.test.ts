// Attacks as they come in, through a gateway: found once, by name, beside the traffic of everybody else.
import { createKey } from '@gatewright/shared/key'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Published, type Rig, type Subscriber, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
let published: Published
let subscribers: Subscriber[]
beforeAll(async () => {
  // The test is the proxy in front: it says who the clients are.
  rig = await startRig({ gateways: 1, balancer: false, gatewayEnv: { TRUSTED_PROXIES: '127.0.0.1' } })
  published = await rig.publish('books')
  subscribers = [await rig.subscribe(published), await rig.subscribe(published)]
})
afterAll(() => rig?.[Symbol.asyncDispose]())

async function callFrom(address: string, key: string, path = '/books/books/bk_dune'): Promise<number> {
  const response = await fetch(`${rig.stack.gatewayUrl}${path}`, {
    headers: { 'x-api-key': key, 'x-forwarded-for': address },
  })
  await response.arrayBuffer()
  return response.status
}

const found = async () =>
  (await rig.owner.client.findings.list({ tenant, environment: rig.stack.environment })).data

describe('D10 attacks', () => {
  it('D10: replay with one credential-stuffing client raises one finding naming client and pattern', async () => {
    const attacker = '203.0.113.99'
    const sent: number[] = []
    for (let i = 0; i < 60; i++) {
      // The attack, and a good caller, one that mistyped its key, and one whose key is old beside each attempt.
      sent.push(await callFrom(attacker, createKey('prod')))
      expect(await callFrom(`198.51.100.${i}`, subscribers[i % 2]?.key ?? '')).toBe(200)
      expect(await callFrom(`192.0.2.${i % 30}`, `${subscribers[0]?.key.slice(0, -1)}_`)).toBe(401)
      expect(await callFrom('192.0.2.200', 'an-old-key')).toBe(401)
    }
    expect(sent).toEqual(Array(60).fill(401))
    await untilTrue(60_000, async () => (await found()).some(({ count }) => count === 60))
    const [finding, ...more] = await found()
    expect(more).toEqual([])
    expect(finding).toMatchObject({
      pattern: 'credential_stuffing',
      client: { kind: 'network', id: attacker, title: attacker },
      environment: rig.stack.environment,
      severity: 'high',
      state: 'open',
      facts: { credentials: 60 },
    })
    // The evidence leads to the calls.
    const { address, reason } = await rig.owner.client.analytics.request({
      tenant,
      environment: rig.stack.environment,
      request: finding?.requests[0] as `req_${string}`,
    })
    expect({ address, reason }).toEqual({ address: attacker, reason: 'credential_invalid' })

    // It gets in, once: the same finding says so.
    expect(await callFrom(attacker, subscribers[0]?.key ?? '')).toBe(200)
    await untilTrue(60_000, async () => (await found())[0]?.severity === 'critical')
    expect(await found()).toMatchObject([
      { id: finding?.id, facts: { succeeded: { credentialId: subscribers[0]?.credentialId } } },
    ])
    expect((await rig.owner.client.notices.list({ tenant })).data).toMatchObject([
      { kind: 'security_finding', finding: { id: finding?.id } },
    ])
  })
})
