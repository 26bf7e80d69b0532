// Applications, subscriptions and keys over HTTP on a real Postgres.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import { readCredentialRecords } from '../publishing/credential-records.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let offer: Offer
let developer: Caller
beforeAll(async () => {
  app = await startTestApp()
  offer = await createOffer(app, 'acme')
  developer = await app.signUp('dev@acme.example', { join: 'acme' })
})
afterAll(() => app?.close())

interface Subscription {
  readonly id: string
  readonly state: string
  readonly history: readonly { readonly state: string; readonly note: string | null }[]
}
interface Key {
  readonly id: string
  readonly key: string
  readonly prefix: string
  readonly last4: string
  readonly state: string
  readonly expiresAt: string | null
}

async function createApplication(title: string, caller = developer) {
  return caller.must<{ id: string; name: string }>('POST', '/tenants/acme/applications', { body: { title } })
}
const subscribe = (application: string, plan: string, caller = developer) =>
  caller.send<Subscription>('POST', '/tenants/acme/subscriptions', {
    body: { application, plan, note: 'please' },
    headers: onceOnly(),
  })
const keysOf = (application: string) => `/tenants/acme/applications/${application}/credentials`
const issue = (application: string, body: object = {}) =>
  developer.must<Key>('POST', keysOf(application), {
    body: { environment: 'prod', ...body },
    headers: onceOnly(),
  })

describe('applications', () => {
  it('H5 get a name from their title, with a number when it is taken', async () => {
    expect((await createApplication('Büro & Co.')).name).toBe('buro-co')
    expect((await createApplication('Büro & Co.')).name).toBe('buro-co-2')
  })

  it('C13 are put into groups by those who decide about them, not by their owner', async () => {
    const { name } = await createApplication('Grouped')
    const path = `/tenants/acme/applications/${name}/groups`
    const put = (caller: Caller, groups: string[]) =>
      caller.send<{ groups: string[]; revisions: object[] }>('PUT', path, { body: { groups }, version: '*' })
    expect((await put(developer, ['partners'])).status).toBe(403)
    const approver = await app.member(offer.owner, 'acme', 'approver')
    await issue(name)
    const given = await put(approver, ['staff', 'partners', 'staff'])
    expect(given).toMatchObject({ status: 200, body: { groups: ['partners', 'staff'] } })
    expect(given.body.revisions).toHaveLength(1)
    const seen = await developer.must<{ groups: string[] }>('GET', `/tenants/acme/applications/${name}`)
    expect(seen.groups).toEqual(['partners', 'staff'])
    const { everything: prisma } = app.get(Database)
    const key = await prisma.credential.findFirstOrThrow({ where: { application: { name } } })
    const records = await readCredentialRecords(prisma, key.environmentId, [key.hash])
    expect(records.get(key.hash)).toMatchObject({ groups: ['partners', 'staff'] })
    const other = await createOffer(app, 'other-groups')
    expect((await put(other.owner, [])).status).toBe(404)
  })

  it('C17 are as absent to another developer as ones that never were', async () => {
    const { name } = await createApplication('Mine')
    const stranger = await app.signUp('stranger@acme.example', { join: 'acme' })
    expect((await stranger.send('GET', `/tenants/acme/applications/${name}`)).status).toBe(404)
    expect(
      (await stranger.send('POST', keysOf(name), { body: { environment: 'prod' }, headers: onceOnly() }))
        .status,
    ).toBe(404)
    expect((await subscribe(name, offer.planId, stranger)).status).toBe(404)
  })
})

describe('subscriptions', () => {
  it('C16 are active at once on a plan that approves by itself, and only one per product', async () => {
    const { name } = await createApplication('Auto')
    const made = await subscribe(name, offer.planId)
    expect(made).toMatchObject({ status: 201, body: { state: 'active' } })
    const again = await subscribe(name, offer.manualPlanId)
    expect(again).toMatchObject({ status: 409, body: { code: 'already_exists', subscription: made.body.id } })
  })

  it('C16 wait for a decision, keep its note and their history, and take no illegal step', async () => {
    const { name } = await createApplication('Manual')
    const { body: asked } = await subscribe(name, offer.manualPlanId)
    expect(asked.state).toBe('pending')
    const decide = (decision: string) =>
      offer.owner.send<{ results: { state: string; problem: unknown }[] }>(
        'POST',
        '/tenants/acme/subscriptions/decide',
        {
          body: { subscriptions: [asked.id], decision, note: `we ${decision}` },
        },
      )
    expect((await decide('suspend')).status).toBe(409)
    expect((await decide('approve')).body.results).toEqual([
      { subscription: asked.id, state: 'active', problem: null },
    ])
    expect((await decide('reject')).status).toBe(409)
    await decide('suspend')
    await decide('resume')
    const now = await developer.must<Subscription>('GET', `/tenants/acme/subscriptions/${asked.id}`)
    expect(now.history.map(({ state, note }) => [state, note])).toEqual([
      ['pending', 'please'],
      ['active', 'we approve'],
      ['suspended', 'we suspend'],
      ['active', 'we resume'],
    ])
  })

  it('J4 decides fifty at a time, each with its own result', async () => {
    const ids: string[] = []
    for (let i = 0; i < 50; i++) {
      const { name } = await createApplication(`Bulk ${i}`)
      ids.push((await subscribe(name, offer.manualPlanId)).body.id)
    }
    const gone = ids[0]?.replace(/.$/, (last) => (last === '0' ? '1' : '0')) ?? ''
    const { body } = await offer.owner.send<{
      results: { state: string | null; problem: { code: string } | null }[]
    }>('POST', '/tenants/acme/subscriptions/decide', {
      body: { subscriptions: [...ids, gone], decision: 'approve' },
    })
    expect(body.results.filter(({ state }) => state === 'active')).toHaveLength(50)
    expect(body.results.at(-1)).toMatchObject({ state: null, problem: { code: 'not_found' } })
  })

  it('C16 another application is no way around a suspension, nor is ending it oneself', async () => {
    const person = await app.signUp('suspended@acme.example', { join: 'acme' })
    const [one, two] = [await createApplication('First', person), await createApplication('Second', person)]
    const { body: held } = await subscribe(one.name, offer.planId, person)
    const decide = (decision: string) =>
      offer.owner.must('POST', '/tenants/acme/subscriptions/decide', {
        body: { subscriptions: [held.id], decision },
      })
    await decide('suspend')
    const { body: asked } = await subscribe(two.name, offer.planId, person)
    expect(asked.state).toBe('pending')
    const silver = await offer.owner.must<{ id: string }>('POST', '/tenants/acme/products/books/plans', {
      body: { name: 'silver', title: 'Silver' },
    })
    const moved = await person.must<Subscription>('POST', `/tenants/acme/subscriptions/${asked.id}/plan`, {
      body: { plan: silver.id },
    })
    expect(moved.state).toBe('pending')

    const cancel = `/tenants/acme/subscriptions/${held.id}/cancel`
    expect((await person.send('POST', cancel, { body: {} })).body.code).toBe('state_conflict')
    const gone = await person.send('DELETE', `/tenants/acme/applications/${one.id}`, { version: '*' })
    expect(gone.body).toMatchObject({ status: 409, code: 'state_conflict' })

    await offer.owner.must('POST', cancel, { body: {} })
    await person.must('DELETE', `/tenants/acme/applications/${one.id}`, { version: '*' })
    const { name } = await createApplication('Third', person)
    expect((await subscribe(name, offer.planId, person)).body.state).toBe('active')
  })

  it('B5 move to another plan of the product and wait when it approves by hand', async () => {
    const { name } = await createApplication('Mover')
    const { body: held } = await subscribe(name, offer.planId)
    const moved = await developer.must<Subscription>('POST', `/tenants/acme/subscriptions/${held.id}/plan`, {
      body: { plan: offer.manualPlanId },
    })
    expect(moved.state).toBe('pending')
  })
})

describe('keys', () => {
  it('C1 are shown once and stored as a hash only', async () => {
    const { name } = await createApplication('Keys')
    const issued = await issue(name)
    expect(issued.key).toMatch(/^gw_prod_/)
    const { data } = await developer.must<{ data: Key[] }>('GET', keysOf(name))
    expect(data[0]).toMatchObject({ prefix: issued.prefix, last4: issued.last4 })
    expect(JSON.stringify(data)).not.toContain(issued.key)
    const audit = await offer.owner.must('GET', '/tenants/acme/audit?limit=20')
    expect(JSON.stringify(audit)).toContain(issued.prefix)
    expect(JSON.stringify(audit)).not.toContain(issued.key)
  })

  it('C1 are the same for the same Idempotency-Key', async () => {
    const { name } = await createApplication('Once')
    const headers = onceOnly()
    const one = await developer.send<Key>('POST', keysOf(name), { body: { environment: 'prod' }, headers })
    const again = await developer.send<Key>('POST', keysOf(name), { body: { environment: 'prod' }, headers })
    expect(again.body.key).toBe(one.body.key)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect((await developer.send('POST', keysOf(name), { body: { environment: 'prod' } })).status).toBe(400)
  })

  it('C1 rotate into a successor that ends when the old key would have', async () => {
    const { name } = await createApplication('Rotate')
    const expiresAt = new Date(app.clock.now().getTime() + 3_600_000).toISOString()
    const old = await issue(name, { expiresAt })
    const rotate = (id: string) =>
      developer.send<Key>('POST', `${keysOf(name)}/${id}/rotate`, {
        body: { overlapSeconds: 60 },
        headers: onceOnly(),
      })
    const { body: next } = await rotate(old.id)
    expect(next.expiresAt).toBe(expiresAt)
    expect((await rotate(old.id)).status).toBe(409)
    app.clock.advance(61)
    const { data } = await developer.must<{ data: Key[] }>('GET', keysOf(name))
    expect(Object.fromEntries(data.map(({ id, state }) => [id, state]))).toEqual({
      [old.id]: 'expired',
      [next.id]: 'active',
    })
  })

  it('refuse an end that has passed and an environment that is not there', async () => {
    const { name } = await createApplication('Wrong')
    const past = await developer.send('POST', keysOf(name), {
      body: { environment: 'prod', expiresAt: '2001-01-01T00:00:00.000Z' },
      headers: onceOnly(),
    })
    expect(past).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expiresAt' }] } })
    const nowhere = await developer.send('POST', keysOf(name), {
      body: { environment: 'moon' },
      headers: onceOnly(),
    })
    expect(nowhere.status).toBe(404)
  })
})

describe('changes at the same moment', () => {
  it('E9 a key gets one successor, however often it is rotated at once', async () => {
    const { name } = await createApplication('Rotated at once')
    const { id } = await issue(name)
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        developer.send('POST', `${keysOf(name)}/${id}/rotate`, { body: {}, headers: onceOnly() }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
    const { data } = await developer.must<{ data: Key[] }>('GET', keysOf(name))
    expect(data).toHaveLength(2)
  })

  it('B4 of two decisions about one subscription the second is refused, and only the first is recorded', async () => {
    const { name } = await createApplication('Decided at once')
    const { body } = await subscribe(name, offer.manualPlanId)
    const decide = (decision: string) =>
      offer.owner.send('POST', '/tenants/acme/subscriptions/decide', {
        body: { subscriptions: [body.id], decision },
      })
    const answers = await Promise.all([decide('approve'), decide('reject')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    const after = await offer.owner.must<Subscription>('GET', `/tenants/acme/subscriptions/${body.id}`)
    expect(after.history).toHaveLength(2)
    expect(after.history.at(-1)?.state).toBe(after.state)
  })
})
