// api-key: where it looks, what it answers in each state, what it sends on.
import { describe, expect, it, vi } from 'vitest'
import { createKey } from '../key.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './api-key.ts'
import type { CredentialRecord, SubscriptionRecord, Verdict } from './policy.ts'

const at = { id: 'pol_1', name: 'key', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const key = createKey('prod')

const subscription: SubscriptionRecord = {
  subscriptionId: 'sub_1',
  planId: 'pln_1',
  planName: 'free',
  state: 'active',
  versionIds: ['ver_1'],
}
const record: CredentialRecord = {
  credentialId: 'key_1',
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'Zoë’s app',
  state: 'active',
  expiresAt: null,
  tryIt: false,
  subscriptions: [subscription],
}

function ask(
  input: Parameters<typeof createContext>[0],
  found: CredentialRecord | null = record,
  config = {},
) {
  const deps = createDeps({ found: found ? { kind: 'found', record: found } : { kind: 'unknown' } })
  const ctx = createContext(input)
  const { request, absent } = policy.create(policy.spec.config.parse(config), deps, at)
  const verdict = request?.(ctx) as Verdict
  return { ctx, code: verdict?.kind === 'refusal' ? verdict.code : null, absent }
}

const withKey = { header: { 'x-api-key': key } }

describe('C1: a key', () => {
  it.each([
    ['missing', {}, record, null],
    ['empty', { header: { 'x-api-key': '' } }, record, null],
    ['mistyped', { header: { 'x-api-key': `${key}x` } }, record, 'credential_invalid'],
    [
      'of another environment',
      { header: { 'x-api-key': createKey('test') } },
      record,
      'credential_other_environment',
    ],
    ['unknown', withKey, null, 'credential_invalid'],
    ['revoked', withKey, { ...record, state: 'revoked' as const }, 'credential_revoked'],
    ['expired', withKey, { ...record, expiresAt: 1 }, 'credential_expired'],
    ['good', withKey, record, null],
  ])('that is %s: %s', (_, input, found, code) => expect(ask(input, found).code).toBe(code))

  it('that is missing makes no principal: whoever decides in the end says where it was to be', () => {
    const { ctx, absent } = ask({})
    expect(ctx.principal).toBeNull()
    expect(absent).toMatchObject({
      code: 'credential_missing',
      detail: 'Send your key in the header X-API-Key.',
    })
  })

  it('of one who is known already has to be good, and changes nothing', () => {
    const first = ask(withKey).ctx.principal
    const second = ask({ ...withKey, principal: first }, { ...record, credentialId: 'key_2' })
    expect(second).toMatchObject({ code: null, ctx: { principal: first } })
    expect(ask({ ...withKey, principal: first }, { ...record, state: 'revoked' }).code).toBe(
      'credential_revoked',
    )
  })

  it('C11 of another application than the one that is known is refused: nobody chooses between two callers', () => {
    const first = ask(withKey).ctx.principal
    const other = { ...record, applicationId: 'app_2' }
    const second = ask({ ...withKey, principal: first }, other)
    expect(second).toMatchObject({ code: 'callers_differ', ctx: { principal: first } })
  })

  it('groups of its application count where its own team offers the API, and nowhere else', () => {
    const inGroup = { ...record, groups: ['partners'], subscriptions: structuredClone(record.subscriptions) }
    expect(ask(withKey, inGroup).ctx.principal?.groups).toEqual(['partners'])
    const ofAnother = { ...inGroup, tenantId: 'ten_2', subscriptions: structuredClone(record.subscriptions) }
    expect(ask(withKey, ofAnother).ctx.principal?.groups).toEqual([])
  })

  it('does not open what is kept under the hash of an OAuth client', () => {
    expect(ask(withKey, { ...record, kind: 'oauth-client' }).code).toBe('credential_invalid')
  })

  it('makes the principal, and names it to the upstream in plain characters', () => {
    const { ctx } = ask(withKey)
    expect(ctx.principal).toMatchObject({ applicationId: 'app_1', planId: 'pln_1', subscriptionId: 'sub_1' })
    expect(ctx.upstreamHeaders.log).toContain('remove x-api-key')
    expect(ctx.upstreamHeaders.log).toContain(
      `set x-consumer-application: ${encodeURIComponent('Zoë’s app')}`,
    )
  })

  it('is waited for only when it is not cached', async () => {
    const deps = {
      ...createDeps(),
      credentials: {
        known: () => undefined,
        find: async () => ({ kind: 'unavailable' }) as const,
      },
    }
    const verdict = policy.create(policy.spec.config.parse({}), deps, at).request?.(createContext(withKey))
    expect(verdict).toBeInstanceOf(Promise)
    expect(await verdict).toMatchObject({ code: 'credentials_unavailable', retryAfterMs: 2_000 })
  })

  it.each([
    ['good', record, undefined],
    ['revoked', { ...record, state: 'revoked' as const }, 'credential_revoked'],
  ])('that is known already is asked of nobody: %s', (_, known, code) => {
    const find = vi.fn(() => ({ kind: 'unavailable' }) as const)
    const credentials = { known: () => ({ kind: 'found', record: known }) as const, find }
    const { request } = policy.create(policy.spec.config.parse({}), { ...createDeps(), credentials }, at)
    expect(request?.(createContext(withKey))).toEqual(code && expect.objectContaining({ code }))
    expect(find).not.toHaveBeenCalled()
  })

  it('is not asked for on a public route, but still tells who calls', () => {
    const open = { route: { public: true } }
    expect(ask(open)).toMatchObject({ code: null, ctx: { principal: null } })
    expect(ask({ ...open, header: { 'x-api-key': 'nonsense' } }).code).toBeNull()
    expect(ask({ ...open, ...withKey }).ctx.principal?.applicationId).toBe('app_1')
  })
})

describe('C16: a subscription', () => {
  const states = (...all: SubscriptionRecord['state'][]) => ({
    ...record,
    subscriptions: all.map((state) => ({ ...subscription, state })),
  })

  it.each([
    ['none', states(), 'subscription_missing'],
    ['pending', states('pending'), 'subscription_pending'],
    [
      'the one nearest to active is named',
      states('cancelled', 'rejected', 'suspended'),
      'subscription_suspended',
    ],
    ['an active one is found among others', states('cancelled', 'active'), null],
    [
      'of another API',
      { ...record, subscriptions: [{ ...subscription, versionIds: ['ver_2'] }] },
      'subscription_missing',
    ],
  ])('%s', (_, found, code) => expect(ask(withKey, found).code).toBe(code))
})

describe('J10: a refused call of a known key', () => {
  it('is found by whoever owns the key', () => {
    const revoked = ask(withKey, { ...record, state: 'revoked' })
    expect(revoked.ctx.refusedCaller).toMatchObject({ applicationId: 'app_1', planId: 'pln_1' })
    const unsubscribed = ask(withKey, { ...record, subscriptions: [] })
    expect(unsubscribed.ctx.refusedCaller).toMatchObject({ credentialId: 'key_1', planId: null })
    expect([revoked.ctx.principal, unsubscribed.ctx.principal]).toEqual([null, null])
  })

  it('C18: is found by another tenant that subscribed here', () => {
    const waiting = {
      ...record,
      tenantId: 'ten_2',
      subscriptions: [{ ...subscription, state: 'pending' as const }],
    }
    expect(ask(withKey, waiting).ctx.refusedCaller).toMatchObject({ applicationId: 'app_1', planId: 'pln_1' })
  })

  it('says nothing to another tenant, nor of a caller that is let in', () => {
    expect(ask(withKey, { ...record, tenantId: 'ten_2', subscriptions: [] }).ctx.refusedCaller).toBeNull()
    expect(ask(withKey).ctx.refusedCaller).toBeNull()
    expect(
      ask({ ...withKey, route: { public: true } }, { ...record, state: 'revoked' }).ctx.refusedCaller,
    ).toBeNull()
  })
})

it('a configuration that looks nowhere is refused', () => {
  expect(policy.spec.config.safeParse({ header: null }).error?.issues[0]?.message).toContain(
    'at least one place',
  )
})
