// cedar: what rules can ask of a request, and what a refusal says.
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy, spec } from './cedar.ts'
import type { Attachment, PolicyContext, Principal } from './policy.ts'

const caller: Principal = {
  kind: 'application',
  tenantId: 'ten_1',
  credentialId: 'key_1',
  applicationId: 'app_1',
  applicationName: 'shop',
  subscriptionId: 'sub_1',
  planId: 'pln_1',
  planName: 'gold',
  tryIt: false,
  groups: ['partners'],
}

type Input = NonNullable<Parameters<typeof createContext>[0]>
const deps = createDeps()

/** Asked at `at` (ISO 8601), in the time zone of Berlin. */
function ask(
  config: z.input<typeof spec.config>,
  input: Input = {},
  { at = '2026-11-20T09:00:00+01:00', cost = 1 } = {},
) {
  const place: Attachment = {
    id: 'pol_1',
    name: 'rules',
    scope: 'version',
    tenantId: 'ten_1',
    timeZone: 'Europe/Berlin',
  }
  const phases = policy.create(spec.config.parse(config), deps, place)
  const ctx = createContext({ principal: caller, claims: { dept: 'books' }, ...input })
  const asked: PolicyContext = Object.create(ctx, {
    receivedAtMs: { value: Date.parse(at) },
    cost: { value: cost },
  })
  const verdict = phases.request?.(asked)
  return verdict === undefined ? 'admitted' : verdict
}

const permits = (when: string, input: Input = {}) =>
  ask({ policies: `permit (principal, action, resource) when { ${when} };` }, input) === 'admitted'

describe('C14 rules about attributes', () => {
  const { example } = spec
  const refusal = {
    code: 'rules_refused',
    detail: 'No rule permits it. Rules that could: "own-department-by-day".',
    extensions: { rules: ['own-department-by-day'] },
  }

  it('dept == owner.dept and hour < 18 flips with one attribute, and the refusal names the rule', () => {
    expect(ask(example)).toBe('admitted')
    expect(ask(example, { claims: { dept: 'music' } })).toMatchObject(refusal)
    expect(ask(example, { claims: null })).toMatchObject(refusal)
    expect(ask(example, {}, { at: '2026-11-20T17:59:59+01:00' })).toBe('admitted')
    expect(ask(example, {}, { at: '2026-11-20T18:00:00+01:00' })).toMatchObject(refusal)
    expect(ask({ ...example, resource: [{ name: 'owner.dept', value: 'music' }] })).toMatchObject(refusal)
  })

  it('a rule that forbids is named too', () => {
    const policies = `@id("all") permit (principal, action, resource);
      @id("no-weekends") forbid (principal, action, resource) when { context.time.weekday > 5 };`
    expect(ask({ policies })).toBe('admitted')
    expect(ask({ policies }, {}, { at: '2026-11-22T12:00:00+01:00' })).toMatchObject({
      code: 'rules_refused',
      detail: 'Forbidden by the rule "no-weekends".',
      extensions: { rules: ['no-weekends'] },
    })
  })

  it('knows caller, operation, resource and what is around them', () => {
    expect(
      permits('principal == Application::"shop" && principal.plan == "gold" && principal.id == "app_1"'),
    ).toBe(true)
    expect(permits('principal in Group::"partners" && principal.groups.contains("partners")')).toBe(true)
    expect(permits('principal in Group::"staff"')).toBe(false)
    expect(
      permits('action == Action::"getBook" && action in Action::"GET"', {
        route: { operationId: 'getBook' },
      }),
    ).toBe(true)
    expect(permits('action == Action::"GET /books/{id}"')).toBe(true)
    expect(permits('resource in Api::"books" && resource.version == "v1"')).toBe(true)
    expect(permits('resource.parameters.id == "a b"', { pathParameters: { id: 'a%20b' } })).toBe(true)
    expect(permits('context.address.isInRange(ip("192.0.2.0/24"))')).toBe(true)
    expect(permits('context.address.isInRange(ip("2001:db8::/32"))', { clientAddress: '2001:db8::7' })).toBe(
      true,
    )
    expect(
      permits('context.time.date == "2026-11-20" && context.time.weekday == 5 && context.time.hour == 9'),
    ).toBe(true)
  })

  it('HEAD is no way around a rule about GET', () => {
    for (const what of [
      'principal, action in Action::"GET", resource',
      'principal, action, resource == Route::"GET /books/{id}"',
    ]) {
      const policies = `permit (principal, action, resource); @id("closed") forbid (${what});`
      expect(ask({ policies }, { method: 'HEAD' })).toMatchObject({ extensions: { rules: ['closed'] } })
      expect(ask({ policies }, { method: 'POST' })).toBe('admitted')
    }
  })

  it('headers are seen where they were chosen, and nowhere else', () => {
    const policies = 'permit (principal, action, resource) when { context.headers["x-region"] == "eu" };'
    const header = { 'x-region': 'eu', 'x-other': 'eu' }
    expect(ask({ policies, headers: ['x-region'] }, { header })).toBe('admitted')
    expect(ask({ policies, headers: ['x-other'] }, { header })).toMatchObject({ code: 'rules_refused' })
  })

  it('a caller that nobody knows is Anonymous, and no application', () => {
    const anonymous = { principal: null, claims: null, route: { public: true } }
    expect(permits('principal is Anonymous', anonymous)).toBe(true)
    expect(permits('principal is Application', anonymous)).toBe(false)
  })

  it('C14 a person who signed in is who calls where no application does, and their claims are seen', () => {
    const person = { issuer: 'https://id.example.com', subject: 'anna', key: 'f00' }
    const signedIn = { principal: null, person, claims: { dept: 'books' } }
    expect(permits('principal == Person::"https://id.example.com#anna"', signedIn)).toBe(true)
    expect(permits('principal.subject == "anna" && principal.claims.dept == "books"', signedIn)).toBe(true)
    expect(permits('principal.claims.dept == "films"', signedIn)).toBe(false)
    expect(permits('principal is Application', signedIn)).toBe(false)
    expect(permits('principal is Application', { ...signedIn, principal: caller })).toBe(true)
  })

  it('an application of another team is not the one of that name here', () => {
    const principal = { ...caller, tenantId: 'ten_2', groups: [] }
    expect(permits('principal == Application::"shop"', { principal })).toBe(false)
    expect(permits('principal == Application::"app_1" && principal.tenant == "ten_2"', { principal })).toBe(
      true,
    )
  })

  it('a rule that could have forbidden it and cannot be evaluated refuses; why is told to those who may ask', () => {
    const policies = `permit (principal, action, resource);
      @id("blocked") forbid (principal, action, resource) when { principal.claims.blocked };`
    const verdict = ask({ policies })
    expect(verdict).toMatchObject({ code: 'rules_undecided', extensions: { rules: ['blocked'] } })
    expect(JSON.stringify(verdict)).not.toContain('attribute')
    expect(JSON.stringify(ask({ policies }, {}, { cost: 0 }))).toContain(
      'does not have the attribute `blocked`',
    )
  })

  it('claims make no entities, addresses or other attributes', () => {
    const claims = JSON.parse(
      '{"a":{"__entity":{"type":"Group","id":"staff"}},"b":{"__extn":{"fn":"ip","arg":"10.0.0.1"}},"__proto__":{"x":1},"c":1.5,"d":null,"e":[1,"x",{}]}',
    )
    expect(
      permits('principal.claims.a == {} && principal.claims.b == {} && !(principal.claims has c)', {
        claims,
      }),
    ).toBe(true)
    expect(permits('principal.claims has x || principal.claims has d', { claims })).toBe(false)
    expect(permits('principal.claims.e.contains("x")', { claims })).toBe(true)
    const deep = JSON.parse(`{"deep":${'['.repeat(3000)}${']'.repeat(3000)}}`)
    expect(permits('true', { claims: deep })).toBe(true)
    const long = { text: 'a'.repeat(10_001), fits: 'a'.repeat(10_000) }
    expect(permits('!(principal.claims has text) && principal.claims has fits', { claims: long })).toBe(true)
  })

  it('what an attachment says of a resource does not replace what the gateway knows', () => {
    const policies = 'permit (principal, action, resource) when { resource.api == "books" };'
    expect(ask({ policies, resource: [{ name: 'api', value: 'other' }] })).toBe('admitted')
  })

  it('a text that is none stops the configuration, with its place', () => {
    expect(() => ask({ policies: 'permit (principal, action resource);' })).toThrow(/^line 1, column 27: /)
  })
})
