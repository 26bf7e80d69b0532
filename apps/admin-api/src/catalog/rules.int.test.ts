// Rules in Cedar over HTTP: checked when a chain is saved, and asked about a request before anybody is judged by them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer } from '../testing/offer.fixture.ts'

let app: TestApp
let offer: Offer
beforeAll(async () => {
  app = await startTestApp()
  offer = await createOffer(app, 'acme')
})
afterAll(() => app?.close())

interface Problem {
  readonly code: string
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
}

const save = (config: object) =>
  offer.owner.send<Problem>('PUT', `/tenants/acme/policies/version/${offer.versionId}`, {
    body: {
      policies: [
        { type: 'api-key', config: {} },
        { type: 'cedar', config },
      ],
    },
    version: '*',
  })

const rule = `@id("own-department-by-day")
permit (principal, action, resource)
when { principal.claims has dept && principal.claims.dept == resource.owner.dept && context.time.hour < 18 };`

describe('C14 rules in Cedar', () => {
  it('are refused with line, column and a sentence where they are none', async () => {
    const { status, body } = await save({ policies: rule.replace('< 18', '<') })
    expect(status).toBe(400)
    expect(body.errors[0]).toMatchObject({ pointer: '/policies/1/config/policies' })
    expect(body.errors[0]?.detail).toMatch(/^line 3, column \d+: unexpected token/)
    const schema = await save({ policies: rule, schema: 'entity {' })
    expect(schema.body.errors[0]).toMatchObject({ pointer: '/policies/1/config/schema' })
    expect((await save({ policies: rule })).status).toBe(200)
  })

  it('answer about a request before they are saved, and name who decides', async () => {
    const ask = async (request: object, policies = rule) =>
      (
        await offer.owner.send<{ decision: string; rules: string[]; candidates: string[] }>(
          'POST',
          '/policy-types/cedar/try',
          { body: { config: { policies, resource: [{ name: 'owner.dept', value: 'books' }] }, request } },
        )
      ).body
    const caller = { claims: { dept: 'books' } }
    const permitted = { decision: 'allow', rules: ['own-department-by-day'] }
    const refused = { decision: 'deny', rules: [], candidates: ['own-department-by-day'] }
    expect(await ask({ caller, time: { hour: 17 } })).toMatchObject(permitted)
    expect(await ask({ caller, time: { hour: 18 } })).toMatchObject(refused)
    expect(await ask({ caller: { claims: { dept: 'music' } } })).toMatchObject(refused)
    expect(await ask({})).toMatchObject(refused)
    expect(await ask({}, 'permit (principal')).toMatchObject({ code: 'invalid_input' })
  })
})
