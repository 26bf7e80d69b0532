// D12: verdicts of a system that watches traffic, on three gateways: enforced within two seconds, and over when they say.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp } from '../scripts/stack/session.ts'
import { call, type Published, type Rig, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

const everywhere = (published: Published, key?: string) =>
  Promise.all(rig.stack.gateways.map(({ url }) => call(`${url}${published.path}`, key)))
const all = (status: number) => [status, status, status]

/** How long it took until every gateway answered so. */
const answers = (published: Published, key: string, status: number) =>
  untilTrue(20_000, async () => (await everywhere(published, key)).every((one) => one === status))

/** The system, with a token that can do nothing else. */
async function startSystem() {
  const email = `${crypto.randomUUID()}@rig.example`
  const { secret } = await rig.owner.client.tenancy.invite({ tenant, email, role: 'operator' })
  const form = { email, password: crypto.randomUUID(), name: 'Shield', invitation: secret }
  const { client } = await signUp(rig.stack.adminUrl, form, { name: 'shield', scope: 'blocklist', tenant })
  return client
}

describe('D12: the blocklist on three gateways', () => {
  it('a verdict on a credential is 403 within two seconds, and 200 again when it ends; other keys go on', async () => {
    const published = await rig.publish('d12')
    const [bad, good] = [await rig.subscribe(published), await rig.subscribe(published)]
    expect(await everywhere(published, bad.key)).toEqual(all(200))
    const shield = await startSystem()
    const endsAt = Date.now() + 8_000
    await shield.blocks.write({
      tenant,
      source: 'shield',
      blocks: [
        {
          kind: 'credential',
          value: bad.credentialId,
          reason: 'Walks through order numbers',
          expiresAt: new Date(endsAt).toISOString(),
        },
      ],
    })
    expect(await answers(published, bad.key, 403)).toBeLessThan(2_000)
    expect(await everywhere(published, good.key)).toEqual(all(200))
    const [gateway] = rig.stack.gateways
    const reply = await fetch(`${gateway?.url}${published.path}`, { headers: { 'x-api-key': bad.key } })
    const problem = (await reply.json()) as Record<string, unknown>
    expect(problem).toMatchObject({ code: 'caller_blocked', status: 403 })
    expect(JSON.stringify(problem)).not.toMatch(/shield|order numbers/)
    await answers(published, bad.key, 200)
    // Not a moment too early; how much later is how often this asks.
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt)
    expect(Date.now() - endsAt).toBeLessThan(2_000)
  })

  it('an application is blocked until it is lifted, and an address of the platform for every tenant', async () => {
    const published = await rig.publish('d12-lift')
    const { application, key } = await rig.subscribe(published)
    const { id } = await rig.owner.client.applications.get({ tenant, application })
    const target = { kind: 'application', value: id } as const
    const shield = await startSystem()
    await shield.blocks.write({ tenant, source: 'shield', blocks: [{ ...target, reason: 'Fraud' }] })
    expect(await answers(published, key, 403)).toBeLessThan(2_000)
    await shield.blocks.lift({ tenant, source: 'shield', targets: [target] })
    expect(await answers(published, key, 200)).toBeLessThan(2_000)

    const here = [
      { kind: 'address', value: '127.0.0.0/8' },
      { kind: 'address', value: '::1' },
    ] as const
    const { client } = rig.platform
    await client.platformBlocks.write({ blocks: here.map((it) => ({ ...it, reason: 'Floods' })) })
    expect(await answers(published, key, 403)).toBeLessThan(2_000)
    await client.platformBlocks.lift({ targets: [...here] })
    expect(await answers(published, key, 200)).toBeLessThan(2_000)
  })
})
