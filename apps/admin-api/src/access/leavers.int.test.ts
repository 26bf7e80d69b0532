// Members who leave, over HTTP on a real Postgres: what they leave behind opens nothing any more, or belongs to somebody else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

let app: TestApp
let offer: Offer
beforeAll(async () => {
  app = await startTestApp()
  offer = await createOffer(app, 'acme')
})
afterAll(() => app?.close())

interface Member {
  readonly id: string
  readonly version: number
  readonly user: { readonly id: string; readonly email: string }
}
interface Application {
  readonly id: string
  readonly name: string
  readonly owner: { readonly email: string }
}
interface State {
  readonly state: string
}

const memberOf = async ({ email }: Caller): Promise<Member> => {
  const found = await offer.owner.must<{ data: Member[] }>('GET', `/tenants/acme/members?search=${email}`)
  const member = found.data[0]
  if (!member) throw new Error(`${email} is no member`)
  return member
}
const remove = ({ id, version }: Member) =>
  offer.owner.send<{ revisions: object[] }>('DELETE', `/tenants/acme/members/${id}`, { version })
const keysOf = async (application: Application) =>
  (
    await offer.owner.must<{ data: State[] }>(
      'GET',
      `/tenants/acme/applications/${application.id}/credentials`,
    )
  ).data.map(({ state }) => state)
const subscriptionsOf = async (application: Application) =>
  (
    await offer.owner.must<{ data: (State & { history: { note: string | null }[] })[] }>(
      'GET',
      `/tenants/acme/subscriptions?application=${application.id}`,
    )
  ).data
const issue = (caller: Caller, application: Application) =>
  caller.send('POST', `/tenants/acme/applications/${application.id}/credentials`, {
    body: { environment: 'prod' },
    headers: onceOnly(),
  })
const subscribe = (caller: Caller, application: Application, plan: string) =>
  caller.send<State & { id: string }>('POST', '/tenants/acme/subscriptions', {
    body: { application: application.id, plan },
    headers: onceOnly(),
  })

/** A developer with an application that has a key and a subscription. */
async function developer(name: string): Promise<{ person: Caller; application: Application }> {
  const person = await app.signUp(`${name}@acme.example`, { join: 'acme' })
  const application = await person.must<Application>('POST', '/tenants/acme/applications', {
    body: { title: name },
  })
  await subscribe(person, application, offer.planId)
  await issue(person, application)
  return { person, application }
}

describe('a member who is removed', () => {
  it('C1 loses the keys of their applications in the same change, and the record says which', async () => {
    const { person, application } = await developer('leaver')
    const { body } = await remove(await memberOf(person))
    expect(body.revisions).toMatchObject([{ environment: 'prod' }])
    expect(await keysOf(application)).toEqual(['revoked'])
    const [subscription] = await subscriptionsOf(application)
    expect(subscription?.state).toBe('cancelled')
    expect(subscription?.history.at(-1)?.note).toBe('leaver@acme.example left the tenant')
    const { data } = await offer.owner.must<{ data: { action: string; resource: { name: string } }[] }>(
      'GET',
      '/tenants/acme/audit?limit=2',
    )
    expect(data.map(({ action, resource }) => [action, resource.name])).toEqual([
      ['tenancy.removeMember', 'leaver@acme.example'],
      ['applications.endAccess', application.name],
    ])
  })

  it('C1 leaves applications that nobody can open again but a new owner', async () => {
    const { person, application } = await developer('orphan')
    await remove(await memberOf(person))
    expect((await issue(offer.owner, application)).body).toMatchObject({
      status: 409,
      code: 'state_conflict',
    })
    expect((await subscribe(offer.owner, application, offer.planId)).status).toBe(409)
    const { manifest } = await offer.owner.must<{ manifest: object }>('GET', '/tenants/acme/manifest')
    const again = await offer.owner.must<{ changes: unknown[] }>('POST', '/tenants/acme/manifest/apply', {
      body: { manifest },
    })
    expect(again.changes).toEqual([])
  })

  it('C1 keeps no key that was issued at the same moment', async () => {
    const { person, application } = await developer('racer')
    const member = await memberOf(person)
    await Promise.all([
      remove(member),
      ...Array.from({ length: 4 }, () => issue(person, application)),
      ...Array.from({ length: 4 }, () => issue(offer.owner, application)),
    ])
    expect(new Set(await keysOf(application))).toEqual(new Set(['revoked']))
  })

  it('stays suspended where they were, so that coming back is no way around it', async () => {
    const { person, application } = await developer('banned')
    const [held] = await subscriptionsOf(application)
    const decide = { subscriptions: [(held as unknown as { id: string }).id], decision: 'suspend' }
    await offer.owner.must('POST', '/tenants/acme/subscriptions/decide', { body: decide })
    await remove(await memberOf(person))
    expect((await subscriptionsOf(application))[0]?.state).toBe('suspended')
  })
})

describe('applications that are handed over', () => {
  it('keep their keys and subscriptions when the old owner goes', async () => {
    const { person, application } = await developer('giver')
    const heir = await app.signUp('heir@acme.example', { join: 'acme' })
    const [from, to] = [await memberOf(person), await memberOf(heir)]
    const path = `/tenants/acme/members/${from.id}/hand-over`
    expect(await offer.owner.must('POST', path, { body: { to: to.id } })).toEqual({ applications: 1 })
    expect((await remove(from)).status).toBe(200)
    expect(await keysOf(application)).toEqual(['active'])
    expect((await subscriptionsOf(application))[0]?.state).toBe('active')
    const mine = await heir.must<{ data: Application[] }>('GET', '/tenants/acme/applications?owner=me')
    expect(mine.data.map(({ id }) => id)).toEqual([application.id])
    const filtered = await offer.owner.must<{ data: Application[] }>(
      'GET',
      `/tenants/acme/applications?owner=${to.user.id}`,
    )
    expect(filtered.data.map(({ id }) => id)).toEqual([application.id])
  })

  it('go to another member whose role may own applications, and to nobody else', async () => {
    const { person } = await developer('keeper')
    const auditor = await app.member(offer.owner, 'acme', 'auditor')
    const from = await memberOf(person)
    const give = async (to: string) =>
      (await offer.owner.send('POST', `/tenants/acme/members/${from.id}/hand-over`, { body: { to } })).body
    expect(await give(from.id)).toMatchObject({ status: 400, errors: [{ pointer: '/to' }] })
    expect(await give((await memberOf(auditor)).id)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/to' }],
    })
    const elsewhere = await createOffer(app, 'bravo')
    const { data } = await elsewhere.owner.must<{ data: Member[] }>('GET', '/tenants/bravo/members')
    expect(await give(data[0]?.id ?? '')).toMatchObject({ status: 404, code: 'not_found' })
  })
})

describe('C13 a member whose new role owns no applications', () => {
  it('keeps their role until the keys of their applications are handed over or gone', async () => {
    const { person, application } = await developer('mover')
    const { id } = await memberOf(person)
    const become = (role: string) =>
      offer.owner.send<{ code: string; detail: string }>('PATCH', `/tenants/acme/members/${id}`, {
        body: { role },
        version: '*',
      })
    const refused = await become('auditor')
    expect(refused).toMatchObject({ status: 409, body: { code: 'state_conflict' } })
    expect(refused.body.detail).toContain(application.name)
    expect((await become('publisher')).status).toBe(200)
    const heir = await app.signUp('heir2@acme.example', { join: 'acme' })
    await offer.owner.must('POST', `/tenants/acme/members/${id}/hand-over`, {
      body: { to: (await memberOf(heir)).id },
    })
    expect((await become('auditor')).status).toBe(200)
    expect(await keysOf(application)).toEqual(['active'])
  })
})
