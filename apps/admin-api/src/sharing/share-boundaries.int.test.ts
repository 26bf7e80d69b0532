// C18: what a team may not do to, or learn of, the other one over a share: names that both use, suspensions, and the rest of a product.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let acme: Offer
let bravo: Offer
beforeAll(async () => {
  app = await startTestApp()
  // Both have an API, a product and plans of the same names.
  acme = await createOffer(app, 'acme')
  bravo = await createOffer(app, 'bravo')
  await acme.owner.must('POST', '/tenants/acme/apis/books/shares', { body: { team: 'bravo' } })
})
afterAll(() => app?.close())

const createApplication = (by: Caller, title: string) =>
  by.must<{ id: string; name: string }>('POST', '/tenants/bravo/applications', { body: { title } })
const subscribe = (by: Caller, application: string, plan: string) =>
  by.must<{ id: string; state: string }>('POST', '/tenants/bravo/subscriptions', {
    body: { application, plan },
    headers: onceOnly(),
  })
const applyPruned = async (
  change: (manifest: Record<string, { name: string; plans: object[] }[]>) => void,
) => {
  const { manifest } = await bravo.owner.must<{
    manifest: Record<string, { name: string; plans: object[] }[]>
  }>('GET', '/tenants/bravo/manifest')
  change(manifest)
  return bravo.owner.send<{ code: string }>('POST', '/tenants/bravo/manifest/apply', {
    body: { manifest, prune: true, note: '' },
  })
}

describe('C18 between teams', () => {
  it('a manifest that removes a plan leaves subscriptions to another team’s plan of that name alone', async () => {
    const { name } = await createApplication(bravo.owner, 'Ended')
    const ended = await subscribe(bravo.owner, name, acme.planId)
    await bravo.owner.must('POST', `/tenants/bravo/subscriptions/${ended.id}/cancel`, { body: {} })
    const standing = await createApplication(bravo.owner, 'Standing')
    const stands = await subscribe(bravo.owner, standing.name, acme.planId)
    const applied = await applyPruned((manifest) => {
      for (const product of manifest.products ?? [])
        product.plans = product.plans.filter((plan) => (plan as { name: string }).name !== 'free')
    })
    expect(applied, JSON.stringify(applied.body)).toMatchObject({ status: 200 })
    for (const { id } of [ended, stands])
      expect((await bravo.owner.send('GET', `/tenants/bravo/subscriptions/${id}`)).status).toBe(200)
    await bravo.owner.must('POST', `/tenants/bravo/subscriptions/${stands.id}/cancel`, { body: {} })
  })
})
