// Access on three gateways: approved, revoked and suspended means everywhere, within two seconds.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp } from '../scripts/stack/session.ts'
import {
  call,
  live,
  type Published,
  type Rig,
  type Subscriber,
  startRig,
  subscribe,
  tenant,
  untilTrue,
} from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

/** The status of the same call at each gateway, past the balancer. */
const everywhere = (published: Published, key?: string) =>
  Promise.all(rig.stack.gateways.map(({ url }) => call(`${url}${published.path}`, key)))

const all = (status: number) => [status, status, status]

function revoke({ application, credentialId }: Subscriber) {
  return rig.owner.client.credentials.revoke({
    tenant,
    application,
    credential: credentialId as `key_${string}`,
  })
}

describe('access on three gateways', () => {
  it('C11 an API is never served unprotected', async () => {
    const published = await rig.publish('c11')
    expect(await everywhere(published)).toEqual(all(401))
    await expect(rig.publish('c11-open', { versionPolicies: [] })).rejects.toMatchObject({
      code: 'snapshot_refused',
    })
  })

  it('C1 a revoked key is refused on every gateway within two seconds', async () => {
    const published = await rig.publish('c1')
    const subscriber = await rig.subscribe(published)
    expect(await everywhere(published, subscriber.key)).toEqual(all(200))
    await revoke(subscriber)
    const refused = async () =>
      (await everywhere(published, subscriber.key)).every((status) => status === 401)
    expect(await untilTrue(10_000, refused)).toBeLessThan(2_000)
  })

  it('C1 keys of a removed member are refused on every gateway within two seconds, handed over ones are not', async () => {
    const published = await rig.publish('c1-leaver')
    const { client } = rig.owner
    const enter = async (name: string) => {
      const email = `${name}@rig.example`
      const { secret } = await client.tenancy.invite({ tenant, email, role: 'developer' })
      const form = { email, password: crypto.randomUUID(), name, invitation: secret }
      const person = await signUp(rig.stack.adminUrl, form)
      const { key } = await subscribe(person.client, rig.stack, published)
      const { data } = await client.tenancy.members({ tenant, search: email })
      const [member] = data
      if (!member) throw new Error(`${email} is no member`)
      return { key, member }
    }
    const [leaver, giver] = [await enter('leaver'), await enter('giver')]
    expect(await everywhere(published, leaver.key)).toEqual(all(200))
    const { data } = await client.tenancy.members({ tenant, search: 'owner@rig.example' })
    await client.tenancy.handOver({ tenant, member: giver.member.id, to: data[0]?.id ?? giver.member.id })
    for (const { member } of [giver, leaver])
      await client.tenancy.removeMember(
        { tenant, member: member.id },
        { context: { ifMatch: member.version } },
      )
    const refused = async () => (await everywhere(published, leaver.key)).every((status) => status === 401)
    expect(await untilTrue(10_000, refused)).toBeLessThan(2_000)
    expect(await everywhere(published, giver.key)).toEqual(all(200))
  })

  it('C16 a call is refused before approval, passes after it and not after its end', async () => {
    const published = await rig.publish('c16', { approval: 'manual' })
    const { client } = rig.owner
    const subscriber = await rig.subscribe(published)
    expect(await everywhere(published, subscriber.key)).toEqual(all(403))
    const ids = [subscriber.subscriptionId as `sub_${string}`]
    const answers = async (status: number) =>
      untilTrue(10_000, async () =>
        (await everywhere(published, subscriber.key)).every((one) => one === status),
      )
    await client.subscriptions.decide({ tenant, subscriptions: ids, decision: 'approve' })
    expect(await answers(200)).toBeLessThan(2_000)
    await client.subscriptions.decide({ tenant, subscriptions: ids, decision: 'suspend' })
    expect(await answers(403)).toBeLessThan(2_000)
    await client.subscriptions.decide({ tenant, subscriptions: ids, decision: 'resume' })
    expect(await answers(200)).toBeLessThan(2_000)
  })

  it('C1 rotation has no gap: the old key works until its overlap ends, the new one at once', async () => {
    const published = await rig.publish('c1-rotate')
    const subscriber = await rig.subscribe(published)
    const rotated = await rig.owner.client.credentials.rotate(
      {
        tenant,
        application: subscriber.application,
        credential: subscriber.credentialId as `key_${string}`,
        // Longer than a busy machine takes for the two looks at what works meanwhile.
        overlapSeconds: 10,
      },
      { context: live() },
    )
    expect(await everywhere(published, subscriber.key)).toEqual(all(200))
    expect(await everywhere(published, rotated.key)).toEqual(all(200))
    await untilTrue(30_000, async () =>
      (await everywhere(published, subscriber.key)).every((status) => status === 401),
    )
    expect(await everywhere(published, rotated.key)).toEqual(all(200))
  })

  it('create, then call: with ?wait=live 200 loops give no wrong answer', async () => {
    const published = await rig.publish('wait-live')
    const { application } = await rig.subscribe(published)
    const { client } = rig.owner
    const wrong: string[] = []
    for (let i = 0; i < 200; i++) {
      const issued = await client.credentials.issue(
        { tenant, application, environment: rig.stack.environment, name: `loop ${i}` },
        { context: live() },
      )
      const status = await call(published.url, issued.key)
      if (status !== 200) wrong.push(`loop ${i}: new key answered ${status}`)
      await client.credentials.revoke({ tenant, application, credential: issued.id }, { context: live() })
      const after = await call(published.url, issued.key)
      if (after !== 401) wrong.push(`loop ${i}: revoked key answered ${after}`)
    }
    expect(wrong).toEqual([])
  })
})
