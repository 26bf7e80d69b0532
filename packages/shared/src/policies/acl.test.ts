// acl: groups of applications and roles of tokens, and what each of them opens.
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy, spec } from './acl.ts'
import type { Attachment, Principal } from './policy.ts'

const at: Attachment = { id: 'pol_1', name: 'acl', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' }

const caller = (groups: readonly string[] = []): Principal => ({
  kind: 'application',
  tenantId: 'ten_1',
  credentialId: 'key_1',
  applicationId: 'app_1',
  applicationName: 'shop',
  subscriptionId: 'sub_1',
  planId: 'pln_1',
  planName: 'gold',
  tryIt: false,
  groups,
})

interface Call {
  readonly groups?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
  readonly method?: string
  readonly operationId?: string
}

function ask(
  config: z.input<typeof spec.config>,
  { groups, claims, method = 'GET', operationId }: Call = {},
) {
  const phases = policy.create(spec.config.parse(config), createDeps(), at)
  const ctx = createContext({
    method,
    principal: caller(groups),
    claims: claims ?? null,
    route: { operationId: operationId ?? null },
  })
  const verdict = phases.request?.(ctx)
  if (verdict === undefined) return 'admitted'
  return 'code' in verdict ? `${verdict.code}: ${verdict.detail}` : verdict
}

describe('C13 C15 roles and groups of callers', () => {
  const readersAndEditors = { rules: [{ methods: ['GET'] }, { groups: ['partners'], roles: ['editor'] }] }

  it('C15 a caller with the right to read alone reads, and deletes nothing', () => {
    expect(ask(readersAndEditors)).toBe('admitted')
    expect(ask(readersAndEditors, { method: 'HEAD' })).toBe('admitted')
    expect(ask(readersAndEditors, { method: 'DELETE', operationId: 'dropBook' })).toBe(
      'operation_not_granted: No rule grants dropBook to “shop”.',
    )
    expect(ask(readersAndEditors, { method: 'DELETE', groups: ['partners'] })).toBe('admitted')
    expect(ask(readersAndEditors, { method: 'DELETE', claims: { roles: ['editor'] } })).toBe('admitted')
  })

  it('roles come from the claims that are named, also inside objects, and groups from no claim', () => {
    const keycloak = {
      rules: [{ roles: ['editor'] }],
      roleClaims: ['realm_access.roles', 'https://x.example/role'],
    }
    expect(ask(keycloak, { claims: { realm_access: { roles: ['editor', 7] } } })).toBe('admitted')
    expect(ask(keycloak, { claims: { 'https://x.example/role': 'editor' } })).toBe('admitted')
    expect(ask(keycloak, { claims: { roles: ['editor'] } })).toContain('operation_not_granted')
    expect(ask(keycloak, { groups: ['editor'] })).toContain('operation_not_granted')
    const groups = { rules: [{ groups: ['partners'] }] }
    expect(ask(groups, { claims: { roles: ['partners'], groups: ['partners'] } })).toContain(
      'operation_not_granted',
    )
    expect(
      ask(keycloak, { claims: JSON.parse('{"__proto__":{"realm_access":{"roles":["editor"]}}}') }),
    ).toContain('operation_not_granted')
  })

  it('what is never let in is refused whatever a rule says', () => {
    const config = { rules: [{}], deny: { groups: ['suspended'], roles: ['guest'] } }
    expect(ask(config)).toBe('admitted')
    expect(ask(config, { groups: ['partners', 'suspended'] })).toContain('caller_denied')
    expect(ask(config, { claims: { roles: 'guest' } })).toContain('caller_denied')
    expect(ask({ deny: { groups: ['suspended'] } }, { groups: ['partners'] })).toBe('admitted')
  })

  it('operations are named by their ids', () => {
    const config = { rules: [{ operations: ['getBook'] }] }
    expect(ask(config, { operationId: 'getBook' })).toBe('admitted')
    expect(ask(config, { operationId: 'getBooks' })).toContain('operation_not_granted')
    expect(ask(config)).toContain('No rule grants GET /books/{id}')
  })

  it('nobody known is nobody admitted, and rules about nothing are no rules', () => {
    const phases = policy.create(spec.config.parse({ rules: [{}] }), createDeps(), at)
    expect(phases.request?.(createContext({ route: { public: true } }))).toMatchObject({
      code: 'operation_not_granted',
    })
    expect(spec.config.safeParse({}).success).toBe(false)
  })
})

it('C13 a person who signed in has the roles of their claims, and no groups', async () => {
  const rules = [{ methods: ['GET'], roles: ['reader'] }, { groups: ['partners'] }]
  const config = spec.config.parse({ ...spec.example, rules, roleClaims: ['roles'] })
  const person = { issuer: 'https://id.example.com', subject: 'anna', key: 'f00' }
  const codeOf = async (input: Parameters<typeof createContext>[0]) => {
    const verdict = await policy.create(config, createDeps(), at).request?.(createContext(input))
    return verdict?.kind === 'refusal' ? verdict.code : null
  }
  expect(await codeOf({ person, claims: { roles: ['reader'] } })).toBeNull()
  expect(await codeOf({ person, claims: { roles: ['reader'] }, method: 'DELETE' })).toBe(
    'operation_not_granted',
  )
  expect(await codeOf({ person, claims: {} })).toBe('operation_not_granted')
  expect(await codeOf({ claims: { roles: ['reader'] } })).toBe('operation_not_granted')
})
