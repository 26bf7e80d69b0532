// C18: what a team may not do to, or learn of, the other one over a share: names that both use, suspensions, and the rest of a product.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import { readCredentialRecords } from '../publishing/credential-records.ts'
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
const suspend = (subscription: string) =>
  acme.owner.must('POST', '/tenants/acme/subscriptions/decide', {
    body: { subscriptions: [subscription], decision: 'suspend' },
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

  it('a suspended team is not in again with an application of another of its people', async () => {
    const person = await app.member(bravo.owner, 'bravo', 'developer')
    const { name } = await createApplication(person, 'Banned')
    const { id } = await subscribe(person, name, acme.planId)
    await suspend(id)
    const other = await app.member(bravo.owner, 'bravo', 'developer')
    const again = await createApplication(other, 'Round the corner')
    expect(await subscribe(other, again.name, acme.planId)).toMatchObject({ state: 'pending' })
  })

  it('a manifest removes no application that another team has suspended', async () => {
    const { name } = await createApplication(bravo.owner, 'Gone by file')
    const { id } = await subscribe(bravo.owner, name, acme.manualPlanId)
    await acme.owner.must('POST', '/tenants/acme/subscriptions/decide', {
      body: { subscriptions: [id], decision: 'approve' },
    })
    await suspend(id)
    const applied = await applyPruned((manifest) => {
      manifest.applications = (manifest.applications ?? []).filter((one) => one.name !== name)
    })
    expect(applied).toMatchObject({ status: 409 })
    expect((await bravo.owner.send('GET', `/tenants/bravo/subscriptions/${id}`)).status).toBe(200)
  })

  it('the record of a key names nothing of the product that is not shared, whatever its subscription is', async () => {
    const made = await acme.owner.must<{ apiVersion: { id: string } }>('POST', '/tenants/acme/imports', {
      body: {
        source: { kind: 'text', text: secretDocument },
        name: 'secret',
        title: 'Secret',
        version: 'v1',
        basePath: '/acme/secret',
        upstreamUrls: ['https://backend.internal.example/secret'],
        visibility: { kind: 'groups', groups: ['inner'] },
      },
    })
    const products = await acme.owner.must<{ version: number }>('GET', '/tenants/acme/products/books')
    await acme.owner.must('PATCH', '/tenants/acme/products/books', {
      body: { versions: [acme.versionId, made.apiVersion.id] },
      version: products.version,
    })
    const { name } = await createApplication(bravo.owner, 'Waiting')
    const { id } = await subscribe(bravo.owner, name, acme.manualPlanId)
    await bravo.owner.must('POST', `/tenants/bravo/applications/${name}/credentials`, {
      body: { environment: 'prod' },
      headers: onceOnly(),
    })
    const { everything: prisma } = app.get(Database)
    const key = await prisma.credential.findFirstOrThrow({ where: { application: { name } } })
    const record = (await readCredentialRecords(prisma, key.environmentId, [key.hash])).get(key.hash)
    expect(record?.subscriptions).toMatchObject([
      { subscriptionId: id, state: 'pending', versionIds: [acme.versionId] },
    ])
  })
})

const secretDocument = `openapi: 3.1.0
info: { title: Secret, version: 1.0.0 }
servers: [{ url: https://backend.internal.example/secret }]
paths:
  /plans:
    get: { operationId: plans, responses: { '200': { description: ok } } }
`
