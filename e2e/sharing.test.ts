// An API that two teams share, on real gateways: the consumer's keys, what each team sees of the calls, and the end of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProblemError } from '../packages/cli/src/failure.ts'
import { type Person, signUp } from '../scripts/stack/session.ts'
import { call, live, type Rig, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
let bravo: Person
let charlie: Person
beforeAll(async () => {
  rig = await startRig()
  bravo = await team('bravo')
  charlie = await team('charlie')
})
afterAll(() => rig?.[Symbol.asyncDispose]())

async function team(name: string): Promise<Person> {
  await rig.platform.client.tenancy.create({ name, title: name })
  const email = `owner@${name}.example`
  const { secret } = await rig.platform.client.tenancy.invite({ tenant: name, email, role: 'owner' })
  return signUp(rig.stack.adminUrl, { email, password: crypto.randomUUID(), name, invitation: secret })
}

const everywhere = (path: string, key: string) =>
  Promise.all(rig.stack.gateways.map(({ url }) => call(`${url}${path}`, key)))

describe('an API of one team, called by another', () => {
  it('C18: is opened by an approved subscription and closed with the share, on all gateways within two seconds', async () => {
    const [published, unshared] = [
      await rig.publish('c18', { approval: 'manual' }),
      await rig.publish('c18-inner'),
    ]
    const owner = rig.owner.client
    const { environment } = rig.stack
    // The product holds more than is shared: what is not stays closed.
    const { version } = await owner.products.get({ tenant, product: 'c18' })
    await owner.products.update(
      { tenant, product: 'c18', versions: [published.versionId, unshared.versionId] as `ver_${string}`[] },
      { context: { ...live(), ifMatch: version } },
    )
    const share = await owner.shares.create({ tenant, api: 'c18', team: 'bravo' })
    const { client } = bravo
    const application = await client.applications.create({ tenant: 'bravo', title: 'Reader' })
    const wish = { tenant: 'bravo', application: application.id, plan: published.planId as `pln_${string}` }
    const subscription = await client.subscriptions.create(wish, { context: live() })
    const { key } = await client.credentials.issue(
      { tenant: 'bravo', application: application.id, environment },
      { context: live() },
    )
    const becomes = (status: number) =>
      untilTrue(10_000, async () => (await everywhere(published.path, key)).every((one) => one === status))
    await becomes(403)
    const refused = async () => {
      const answer = await fetch(`${rig.stack.gatewayUrl}${published.path}`, {
        headers: { 'x-api-key': key },
      })
      return ((await answer.json()) as { request_id: string }).request_id
    }
    const asks = (person: Person, name: string, request: string) =>
      person.client.analytics.request({ tenant: name, environment, request }).catch((error: ProblemError) => {
        if (error.status === 404) return null
        throw error
      })
    const waited = await refused()
    const ids = [subscription.id]
    await owner.subscriptions.decide({ tenant, subscriptions: ids, decision: 'approve' })
    expect(await becomes(200)).toBeLessThan(2_000)
    expect(await everywhere(unshared.path, key)).toEqual([403, 403, 403])

    await untilTrue(20_000, async () => (await asks(bravo, 'bravo', waited)) !== null)
    const [told, owned, other] = [
      await asks(bravo, 'bravo', waited),
      await asks(rig.owner, tenant, waited),
      await asks(charlie, 'charlie', waited),
    ]
    expect(told).toMatchObject({ status: 403, reason: 'subscription_pending', policy: null })
    expect(told?.application).toMatchObject({ title: 'Reader' })
    expect(owned?.application).toMatchObject({ title: 'Reader (bravo)' })
    expect(owned?.credentialHint).toBeNull()
    expect(other).toBeNull()
    const used = { tenant: 'bravo', environment, application: application.id, from: 'now-1h' }
    const { current } = await client.analytics.overview(used)
    expect(current.requests).toBeGreaterThan(3)
    const { data: apis } = await client.analytics.topApis(used)
    expect(apis.map(({ subject }) => subject.name)).toContain('c18')
    // An id that one knows of somebody else's application counts nothing.
    const mine = await rig.subscribe(unshared)
    await call(unshared.url, mine.key)
    const spied = await client.analytics.overview({ ...used, application: mine.application })
    expect(spied.current.requests).toBe(0)
    const none = await charlie.client.analytics.overview({ ...used, tenant: 'charlie' })
    expect(none.current.requests).toBe(0)

    await owner.shares.end({ tenant, api: 'c18', share: share.id, subscriptions: 'keep' })
    expect(await everywhere(published.path, key)).toEqual([200, 200, 200])
    await owner.shares.end({ tenant, api: 'c18', share: share.id, subscriptions: 'end' })
    expect(await becomes(403)).toBeLessThan(2_000)
    const closed = await refused()
    await untilTrue(20_000, async () => (await asks(bravo, 'bravo', closed)) !== null)
    expect(await asks(bravo, 'bravo', closed)).toMatchObject({ reason: 'subscription_cancelled' })
  })
})
