// Manifests over HTTP on a real Postgres: export, wipe, apply; what differs; what is refused.
import type { Manifest } from '@gatewright/shared/manifest'
import { noConditions, requestConditions, versionSelector } from '@gatewright/shared/model/match'
import { plainTraffic, traffic } from '@gatewright/shared/model/traffic'
import { circuitBreaker, retries, upstreamSettings } from '@gatewright/shared/model/upstream'
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

/** A manifest that a test may edit. */
type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T

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

  it('I1 upstreams, selectors, conditions and traffic come back as they were, and a step of a canary is one change', async () => {
    const { manifest } = await exported()
    const wanted = structuredClone(manifest) as Writable<Manifest>
    const [books] = wanted.apis[0]?.versions ?? []
    if (!books) throw new Error('the sample has no version')
    const at = (url: string) => upstreamSettings.parse({ targets: [{ url }] })
    const share = (upstream: string, weight: number) => ({ upstream, weight })
    const spread = (canary: number) =>
      traffic.parse({
        rules: [{ when: { on: 'header', name: 'x-canary', values: ['yes'] }, upstream: 'canary' }],
        shares: [share('default', 100 - canary), share('canary', canary)],
        stickiness: { by: 'cookie', name: 'release' },
        guard: { p95Ms: 500 },
        mirror: { upstream: 'shadow', percent: 10 },
      })
    books.upstreams = {
      default: { ...at('http://stable.example'), circuitBreaker: circuitBreaker.parse({}) },
      canary: { ...at('http://canary.example'), retries: retries.parse({}) },
      shadow: upstreamSettings.parse({
        discovery: { kind: 'consul', url: 'http://consul:8500', service: 'x' },
      }),
    }
    const [first] = books.routes
    const when = requestConditions.parse({ headers: [{ name: 'x-client', values: ['ios'] }] })
    if (first) books.routes.push({ ...first, operationId: null, when, upstream: 'canary' })
    books.deployments = { prod: { groups: [], traffic: spread(5) } }
    const sibling = (name: string, value: string, isDefault: boolean) => ({
      ...structuredClone(books),
      ...{ name, document: null, deployments: { prod: { groups: [], traffic: null } } },
      selector: versionSelector.parse({ by: 'header', name: 'x-version', value, isDefault }),
    })
    books.selector = versionSelector.parse({ by: 'header', name: 'x-version', value: '1', isDefault: true })
    wanted.apis[0]?.versions.push(sibling('v2', '2', false), sibling('v3', '3', false))
    const applied = await apply(wanted)
    expect(applied.status, JSON.stringify(applied.body)).toBe(200)
    expect((await diff(wanted)).changes).toEqual([])

    const before = await exported()
    expect(before.hash).toBe(applied.body.hash)
    expect((await apply({ gatewright: 1 }, true)).status).toBe(200)
    expect((await apply(before.manifest)).body.hash).toBe(before.hash)
    expect((await exported()).hash).toBe(before.hash)

    books.deployments = { prod: { groups: [], traffic: spread(25) } }
    const step = await apply(wanted)
    const pointer = 'apis/books/versions/v1/deployments/prod/traffic/shares'
    expect(step.body.changes.map((change) => `${change.kind} ${change.pointer}`)).toEqual([
      `changed ${pointer}/default/weight`,
      `changed ${pointer}/canary/weight`,
    ])
    const { data } = await offer.owner.must<{ data: { number: number; changes: { pointer: string }[] }[] }>(
      'GET',
      '/tenants/acme/environments/prod/revisions?limit=1',
    )
    expect(data[0]?.changes.map((change) => change.pointer)).toEqual([
      'apis/books/v1/traffic/shares/default/weight',
      'apis/books/v1/traffic/shares/canary/weight',
    ])

    const swapped = structuredClone(spread(25))
    swapped.shares.reverse()
    books.deployments = { prod: { groups: [], traffic: swapped } }
    expect((await apply(wanted)).body.changes).toMatchObject([{ kind: 'moved', pointer }])
    expect((await exported()).manifest.apis[0]?.versions[0]?.deployments.prod?.traffic).toEqual(swapped)

    // Whichever is written first: only what stands at the end has to be servable.
    const [v1, v2] = wanted.apis[0]?.versions ?? []
    if (v1?.selector) v1.selector = { ...v1.selector, isDefault: false }
    if (v2?.selector) v2.selector = { ...v2.selector, isDefault: true }
    expect((await apply(wanted)).status).toBe(200)
    if (v1?.selector) v1.selector = { ...v1.selector, isDefault: true }
    expect((await apply(wanted)).body).toMatchObject({ status: 422, code: 'snapshot_refused' })
    if (v2?.selector) v2.selector = { ...v2.selector, isDefault: false }
    expect((await apply(wanted)).status).toBe(200)
    const v3 = wanted.apis[0]?.versions[2]
    if (v2?.selector && v3?.selector) [v2.selector, v3.selector] = [v3.selector, v2.selector]
    const exchanged = await apply(wanted)
    expect(exchanged.status, JSON.stringify(exchanged.body)).toBe(200)
    expect((await diff(wanted)).changes).toEqual([])

    expect((await apply(manifest, true)).body.hash).toBe((await exported()).hash)
  })

  it('I1 nothing said in many words is nothing said', async () => {
    const { manifest } = await exported()
    const wordy = structuredClone(manifest) as Writable<Manifest>
    const [version] = wordy.apis[0]?.versions ?? []
    if (!version?.routes[0]) throw new Error('the sample has no route')
    version.deployments = { prod: { groups: [], traffic: plainTraffic } }
    version.routes[0].when = noConditions
    expect((await diff(wordy)).changes).toEqual([])
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

  it('I1 C13 carries roles of the tenant’s own, and by it nobody gets further than by the API', async () => {
    const { manifest, hash } = await exported()
    expect(manifest.roles).toEqual([])
    const tester = {
      name: 'tester',
      title: 'Tester',
      description: 'Tries things',
      permissions: ['explain:use', 'tenant:read'],
    }
    const added = await apply({ gatewright: 1, roles: [tester] })
    expect(added.body.changes).toMatchObject([{ kind: 'added', pointer: 'roles/tester' }])
    const stored = { ...tester, permissions: ['tenant:read', 'explain:use'] }
    expect((await exported()).manifest.roles).toEqual([stored])
    expect((await diff({ gatewright: 1, roles: [tester] })).changes).toEqual([])
    const widened = { ...stored, permissions: [...stored.permissions, 'audit:read'] }
    expect((await apply({ gatewright: 1, roles: [widened] })).status).toBe(200)

    const unwhole = await apply({
      gatewright: 1,
      roles: [{ ...tester, permissions: ['tenant:read', 'api:write'] }],
    })
    expect(unwhole.body).toMatchObject({
      code: 'manifest_refused',
      errors: [{ pointer: 'roles/tester/permissions', detail: 'api:write needs api:read, too' }],
    })
    const publisher = await app.member(offer.owner, 'acme', 'publisher')
    const asPublisher = await publisher.send('POST', '/tenants/acme/manifest/apply', {
      body: { manifest: { gatewright: 1, roles: [tester] } },
    })
    expect(asPublisher.body).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('role:write'),
    })

    const person = await app.member(offer.owner, 'acme', 'tester')
    // What is left out stays, also when it is pruned; what is in use is not deleted.
    expect((await diff({ ...manifest, roles: undefined }, true)).changes).toEqual([])
    expect((await apply({ ...manifest, roles: [] }, true)).body).toMatchObject({ code: 'in_use', members: 1 })
    const { data } = await offer.owner.must<{ data: { id: string }[] }>(
      'GET',
      `/tenants/acme/members?search=${person.email}`,
    )
    await offer.owner.must('DELETE', `/tenants/acme/members/${data[0]?.id}`, { version: '*' })
    expect((await apply({ ...manifest, roles: [] }, true)).body.hash).toBe(hash)
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
