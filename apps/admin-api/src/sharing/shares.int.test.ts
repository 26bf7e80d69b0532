// C18: an API that one team shares with another: who finds it, who decides, what each side learns, over HTTP on a real Postgres.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let database: pg.Client
let acme: Offer
let bravo: Caller
let charlie: Caller
let apiId: string
let shareId: string

interface Share {
  readonly id: string
  readonly state: string
  readonly team: { readonly name: string }
  readonly subscriptions: { readonly pending: number; readonly active: number; readonly suspended: number }
}
interface Listed {
  readonly data: readonly { readonly id: string; readonly provider: { readonly name: string } | null }[]
}
interface Subscription {
  readonly id: string
  readonly state: string
  readonly application: { readonly team: { readonly name: string } | null }
  readonly product: { readonly provider: { readonly name: string; readonly title: string } | null }
  readonly history: readonly { readonly actor: string; readonly state: string }[]
}
interface Entry {
  readonly action: string
  readonly actor: { readonly name: string }
  readonly resource: { readonly name: string }
}

const shares = '/tenants/acme/apis/books/shares'
const catalogue = async (caller: Caller, tenant: string) =>
  (await caller.must<Listed>('GET', `/portal/${tenant}/apis`)).data

beforeAll(async () => {
  app = await startTestApp()
  acme = await createOffer(app, 'acme', { visibility: { kind: 'groups', groups: ['inner'] } })
  bravo = await app.signUp('owner@bravo.example', { create: { name: 'bravo', title: 'Team Bravo' } })
  charlie = await app.signUp('owner@charlie.example', { create: { name: 'charlie', title: 'Team Charlie' } })
  database = new pg.Client({ connectionString: app.databaseUrl })
  await database.connect()
  const { id } = await acme.owner.must<{ id: string }>('GET', '/tenants/acme/apis/books')
  apiId = id
})
afterAll(async () => {
  await database?.end()
  await app?.close()
})

/** An application of a tenant, with a subscription. */
async function subscribed(caller: Caller, tenant: string, plan: string, title: string) {
  const application = await caller.must<{ id: string }>('POST', `/tenants/${tenant}/applications`, {
    body: { title },
  })
  const subscription = await caller.must<Subscription>('POST', `/tenants/${tenant}/subscriptions`, {
    body: { application: application.id, plan, note: 'please' },
    headers: onceOnly(),
  })
  return { application, subscription }
}

const audited = async (caller: Caller, tenant: string, action: string) =>
  (await caller.must<{ data: Entry[] }>('GET', `/tenants/${tenant}/audit?action=${action}`)).data

describe('an API shared between teams', () => {
  it('C18: is found in the catalogue of the team it is shared with, and in no other', async () => {
    for (const [caller, tenant] of [
      [bravo, 'bravo'],
      [charlie, 'charlie'],
      [app.visitor(), 'bravo'],
    ] as const) {
      expect(await catalogue(caller, tenant), tenant).toEqual([])
    }
    const share = await acme.owner.must<Share>('POST', shares, { body: { team: 'bravo' } })
    shareId = share.id
    expect(share).toMatchObject({ state: 'active', team: { name: 'bravo', title: 'Team Bravo' } })
    expect(await catalogue(bravo, 'bravo')).toMatchObject([
      { id: apiId, visibility: 'members', provider: { name: 'acme', title: 'acme' } },
    ])
    const developer = await app.signUp('dev@bravo.example', { join: 'bravo' })
    expect(await catalogue(developer, 'bravo')).toHaveLength(1)
    for (const [caller, tenant] of [
      [charlie, 'charlie'],
      [app.visitor(), 'bravo'],
      [app.visitor(), 'acme'],
      [charlie, 'bravo'],
      [bravo, 'acme'],
    ] as const) {
      expect(await catalogue(caller, tenant), tenant).toEqual([])
      for (const path of ['', '/v1/openapi.json', '/v1/operations']) {
        const answer = await caller.send('GET', `/portal/${tenant}/apis/${apiId}${path}`)
        expect(answer.status, `${tenant}${path}`).toBe(404)
      }
    }
  })

  it('C18: is read by its id, with document and operations, and says nothing else of its team', async () => {
    const at = `/portal/bravo/apis/${apiId}`
    const texts: string[] = []
    for (const path of ['', '/v1/openapi.json', '/v1/operations']) {
      texts.push(JSON.stringify(await bravo.must('GET', `${at}${path}`)))
    }
    expect(texts[2]).toContain('listBooks')
    expect(texts.join()).not.toContain('backend.internal')
    expect(texts.join()).not.toContain('inner')
    expect(texts.join()).not.toContain('owner@acme')
    // A name means one's own team's API.
    expect((await bravo.send('GET', '/portal/bravo/apis/books')).status).toBe(404)
    for (const path of ['apis', 'products', 'members', 'applications', 'subscriptions', 'audit']) {
      expect((await bravo.send('GET', `/tenants/acme/${path}`)).status, path).toBe(404)
    }
    expect((await bravo.send('GET', `/tenants/bravo/apis/${apiId}`)).status).toBe(404)
    expect((await bravo.send('GET', `/tenants/bravo/apis/${apiId}/shares`)).status).toBe(404)
  })

  it('C18: is subscribed to by applications of the other team, and its own team alone decides', async () => {
    const { subscription } = await subscribed(bravo, 'bravo', acme.manualPlanId, 'Reader')
    expect(subscription).toMatchObject({
      state: 'pending',
      product: { provider: { name: 'acme' } },
      application: { team: null },
    })
    const decide = (tenant: string, decision: string) => ({
      path: `/tenants/${tenant}/subscriptions/decide`,
      body: { subscriptions: [subscription.id], decision },
    })
    for (const [caller, tenant] of [
      [bravo, 'bravo'],
      [charlie, 'charlie'],
    ] as const) {
      const { path, body } = decide(tenant, 'approve')
      expect((await caller.send('POST', path, { body })).status, tenant).toBe(409)
    }
    const asked = await acme.owner.must<{ data: Subscription[] }>(
      'GET',
      '/tenants/acme/subscriptions?state=pending&team=bravo',
    )
    expect(asked.data).toMatchObject([
      { id: subscription.id, application: { title: 'Reader', team: { name: 'bravo' } } },
    ])
    const { path, body } = decide('acme', 'approve')
    await acme.owner.must('POST', path, { body })
    const seen = await bravo.must<Subscription>('GET', `/tenants/bravo/subscriptions/${subscription.id}`)
    expect(seen.state).toBe('active')
    // Who of the other team decided is that team's matter.
    expect(seen.history.map(({ actor }) => actor)).toEqual(['owner', 'acme'])
    expect((await charlie.send('GET', `/tenants/charlie/subscriptions/${subscription.id}`)).status).toBe(404)
    const { data } = await acme.owner.must<{ data: Share[] }>('GET', shares)
    expect(data).toMatchObject([{ subscriptions: { pending: 0, active: 1, suspended: 0 } }])
  })

  it('C18: opens nothing else of the product, and no plan to a third team', async () => {
    const application = await charlie.must<{ id: string }>('POST', '/tenants/charlie/applications', {
      body: { title: 'Curious' },
    })
    for (const plan of [acme.planId, acme.manualPlanId]) {
      const answer = await charlie.send('POST', '/tenants/charlie/subscriptions', {
        body: { application: application.id, plan },
        headers: onceOnly(),
      })
      expect(answer.status).toBe(404)
    }
    const { rows } = await database.query(
      `SELECT count(*)::int AS n FROM subscription WHERE tenant_id = (SELECT id FROM tenant WHERE name = 'charlie')`,
    )
    expect(rows).toEqual([{ n: 0 }])
  })

  it('C18: a suspension by its team is not ended by the other one', async () => {
    const { application, subscription } = await subscribed(bravo, 'bravo', acme.planId, 'Suspended')
    expect(subscription.state).toBe('active')
    await acme.owner.must('POST', '/tenants/acme/subscriptions/decide', {
      body: { subscriptions: [subscription.id], decision: 'suspend' },
    })
    const cancel = await bravo.send('POST', `/tenants/bravo/subscriptions/${subscription.id}/cancel`, {
      body: {},
    })
    expect(cancel).toMatchObject({ status: 409, body: { code: 'state_conflict' } })
    const remove = await bravo.send('DELETE', `/tenants/bravo/applications/${application.id}`, {
      version: '*',
    })
    expect(remove.status).toBe(409)
  })

  it('C18: both teams find in their audit logs what concerns both, without the other’s people', async () => {
    const [told] = await audited(bravo, 'bravo', 'shares.create')
    expect(told).toMatchObject({ actor: { name: 'acme' }, resource: { name: 'books' } })
    const [decided] = await audited(bravo, 'bravo', 'subscriptions.approve')
    expect(decided).toMatchObject({ actor: { name: 'acme' } })
    const asked = await audited(acme.owner, 'acme', 'subscriptions.create')
    expect(asked[0]).toMatchObject({ actor: { name: 'Team Bravo' } })
    expect(await audited(charlie, 'charlie', 'shares.create')).toEqual([])
    for (const [caller, tenant] of [
      [bravo, 'bravo'],
      [acme.owner, 'acme'],
    ] as const) {
      expect(await caller.must('POST', `/tenants/${tenant}/audit/verify`, { body: {} })).toMatchObject({
        valid: true,
      })
    }
  })

  it('C18: ends only with a word about the subscriptions that stand', async () => {
    const end = `${shares}/${shareId}/end`
    const asked = await acme.owner.send('POST', end, { body: {} })
    expect(asked).toMatchObject({ status: 409, body: { code: 'in_use', subscriptions: 2 } })
    const kept = await acme.owner.must<Share>('POST', end, { body: { subscriptions: 'keep' } })
    expect(kept.state).toBe('running_out')
    expect(await catalogue(bravo, 'bravo')).toEqual([])
    const late = await bravo.must<{ id: string }>('POST', '/tenants/bravo/applications', {
      body: { title: 'Late' },
    })
    const refused = await bravo.send('POST', '/tenants/bravo/subscriptions', {
      body: { application: late.id, plan: acme.planId },
      headers: onceOnly(),
    })
    expect(refused.status).toBe(404)
    const { data } = await bravo.must<{ data: Subscription[] }>(
      'GET',
      '/tenants/bravo/subscriptions?state=active',
    )
    expect(data).toHaveLength(1)
  })

  it('C18: subscriptions that are ended with it are cancelled, but for the suspended ones', async () => {
    const ended = await acme.owner.must<Share>('POST', `${shares}/${shareId}/end`, {
      body: { subscriptions: 'end' },
    })
    expect(ended).toMatchObject({ state: 'ended', subscriptions: { active: 0, suspended: 1 } })
    const { data } = await bravo.must<{ data: Subscription[] }>('GET', '/tenants/bravo/subscriptions')
    expect(data.map(({ state }) => state).sort()).toEqual(['cancelled', 'suspended'])
    const again = await acme.owner.must<Share>('POST', shares, { body: { team: 'bravo' } })
    expect(again).toMatchObject({ id: shareId, state: 'active' })
    expect(await catalogue(bravo, 'bravo')).toHaveLength(1)
  })

  it('C18: of a share that ends and a subscription at the same moment, none is left over', async () => {
    const { id } = await bravo.must<{ id: string }>('POST', '/tenants/bravo/applications', {
      body: { title: 'Race' },
    })
    const [made, ended] = await Promise.all([
      bravo.send('POST', '/tenants/bravo/subscriptions', {
        body: { application: id, plan: acme.planId },
        headers: onceOnly(),
      }),
      acme.owner.send('POST', `${shares}/${shareId}/end`, { body: { subscriptions: 'end' } }),
    ])
    expect(ended.status).toBeLessThan(300)
    expect([201, 404]).toContain(made.status)
    const { data } = await bravo.must<{ data: Subscription[] }>(
      'GET',
      '/tenants/bravo/subscriptions?state=active',
    )
    expect(data).toEqual([])
  })

  it('C18: cannot be shared with oneself, with nobody, or twice', async () => {
    await acme.owner.must('POST', shares, { body: { team: 'charlie' } })
    for (const [team, code] of [
      ['acme', 'invalid_input'],
      ['nobody', 'not_found'],
      ['charlie', 'already_exists'],
    ]) {
      const answer = await acme.owner.send('POST', shares, { body: { team } })
      expect(answer.body, team).toMatchObject({ code, errors: [{ pointer: '/team' }] })
    }
  })
})
