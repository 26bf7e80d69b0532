// Manifests over HTTP on a real Postgres: export, wipe, apply; what differs; what is refused.
import type { Manifest } from '@gatewright/shared/manifest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let offer: Offer
beforeAll(async () => {
  app = await startTestApp()
  offer = await createOffer(app, 'acme')
  const { owner, planId } = offer
  await owner.must('POST', '/tenants/acme/applications', { body: { title: 'Reading list' } })
  const subscription = { application: 'reading-list', plan: planId }
  await owner.must('POST', '/tenants/acme/subscriptions', { body: subscription, headers: onceOnly() })
  await owner.must('POST', '/tenants/acme/applications/reading-list/credentials', {
    body: { environment: 'prod' },
    headers: onceOnly(),
  })
})
afterAll(() => app?.close())

interface Exported {
  readonly manifest: Manifest
  readonly hash: string
}
interface Applied {
  readonly changes: readonly { readonly kind: string; readonly pointer: string }[]
  readonly hash: string
  readonly revisions: readonly { readonly environment: string }[]
}

const exported = () => offer.owner.must<Exported>('GET', '/tenants/acme/manifest')
const apply = (manifest: unknown, prune = false) =>
  offer.owner.send<Applied>('POST', '/tenants/acme/manifest/apply', {
    body: { manifest, prune, note: 'test' },
  })
const diff = (manifest: unknown, prune = false) =>
  offer.owner.must<Applied>('POST', '/tenants/acme/manifest/diff', { body: { manifest, prune } })

describe('manifest', () => {
  it('I1 export, wipe, apply gives an identical hash, and then nothing differs', async () => {
    const before = await exported()
    expect(before.manifest.applications[0]?.keys).toHaveLength(1)
    expect(JSON.stringify(before.manifest)).not.toMatch(/gw_prod_\w{12}_\w{32}/)

    const wiped = await apply({ gatewright: 1 }, true)
    expect(wiped.status).toBe(200)
    const empty = await exported()
    expect(empty.manifest).toMatchObject({ apis: [], products: [], applications: [] })

    const applied = await apply(before.manifest)
    expect(applied.status).toBe(200)
    expect(applied.body.hash).toBe(before.hash)
    expect(applied.body.revisions.map(({ environment }) => environment)).toEqual(['prod'])
    expect((await exported()).hash).toBe(before.hash)
    expect((await diff(before.manifest, true)).changes).toEqual([])
  })

  it('I1 names what would change, and changes only that', async () => {
    const { manifest } = await exported()
    const wanted = structuredClone(manifest)
    const route = wanted.apis[0]?.versions[0]?.routes[0]
    if (!route) throw new Error('the sample has no route')
    Object.assign(route, { public: true })
    const expected = [
      {
        kind: 'changed',
        pointer: 'apis/books/versions/v1/routes/GET /books/public',
        before: false,
        after: true,
      },
    ]
    expect((await diff(wanted)).changes).toEqual(expected)
    expect((await apply(wanted)).body.changes).toEqual(expected)
    expect((await diff(wanted)).changes).toEqual([])
  })

  it('deletes nothing without prune', async () => {
    const { hash } = await exported()
    const applied = await apply({ gatewright: 1, products: [] })
    expect(applied.body.changes).toEqual([])
    expect((await exported()).hash).toBe(hash)
  })

  it('names a typo with its pointer and changes nothing', async () => {
    const { hash } = await exported()
    const answer = await apply({ gatewright: 1, apis: [{ name: 'x', title: 'X', versoins: [] }] })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({
      code: 'invalid_input',
      errors: [{ pointer: '/manifest/apis/0/versoins' }],
    })
    expect((await exported()).hash).toBe(hash)
  })

  it('refuses names that do not exist, whole and with their places', async () => {
    const answer = await apply({
      gatewright: 1,
      products: [{ name: 'p', title: 'P', versions: ['nowhere/v1'] }],
      applications: [{ name: 'a', title: 'A', subscriptions: [{ product: 'p', plan: 'none' }] }],
    })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({
      code: 'manifest_refused',
      errors: [{ pointer: 'products/p/versions' }, { pointer: 'applications/a/subscriptions' }],
    })
    expect((await exported()).manifest.products.map(({ name }) => name)).toEqual(['books'])
  })

  it('C11 refuses a manifest that would serve a route unprotected', async () => {
    const { manifest } = await exported()
    const wanted = structuredClone(manifest)
    const [version] = wanted.apis[0]?.versions ?? []
    if (!version) throw new Error('the sample has no version')
    Object.assign(version, { policies: [] })
    const answer = await apply(wanted)
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'snapshot_refused' })
  })

  it('C13 a publisher changes by a manifest nothing that they could not change without one', async () => {
    const publisher = await app.member(offer.owner, 'acme', 'publisher')
    const { manifest, hash } = await exported()
    const [application] = manifest.applications
    if (!application) throw new Error('there is no application')
    const key = { environment: 'prod', sha256: 'a'.repeat(64) }
    const attempts = [
      { settings: { timeZone: 'UTC', selfSignUp: false } },
      { applications: [{ ...application, owner: publisher.email }] },
      { applications: [{ ...application, keys: [...application.keys, key] }] },
      { applications: [{ name: 'gift', title: 'Gift', owner: offer.owner.email, keys: [key] }] },
    ]
    for (const attempt of attempts) {
      const body = { manifest: { gatewright: 1, ...attempt } }
      const answer = await publisher.send('POST', '/tenants/acme/manifest/apply', { body })
      expect(answer.body, JSON.stringify(attempt)).toMatchObject({ status: 403, code: 'permission_denied' })
    }
    const pruned = await publisher.send('POST', '/tenants/acme/manifest/apply', {
      body: { manifest: { ...manifest, applications: [] }, prune: true },
    })
    expect(pruned.status).toBe(403)
    expect((await exported()).hash).toBe(hash)
    const own = { manifest: { gatewright: 1, applications: [{ name: 'own', title: 'Own', keys: [key] }] } }
    await publisher.must('POST', '/tenants/acme/manifest/apply', { body: own })
  })

  it('a manifest that leaves out settings and tenant policies leaves them as they are', async () => {
    const { manifest } = await exported()
    const closed = { timeZone: 'Europe/Berlin', selfSignUp: false }
    const policies = [{ type: 'ip-filter', name: 'office', config: { allow: ['192.0.2.0/24'] } }]
    await apply({ gatewright: 1, settings: closed, policies })
    await apply({ gatewright: 1, products: [] })
    const after = (await exported()).manifest
    expect(after.settings).toEqual(closed)
    expect(after.policies?.map(({ name }) => name)).toEqual(['office'])
    await apply({ gatewright: 1, settings: manifest.settings, policies: [] })
  })
})
