// oauth2-introspection: what of a server's word is believed, for how long, and what a caller hears when there is none.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { oauthClientText } from '../oauth-client.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './oauth2-introspection.ts'
import type { CredentialRecord, PolicyDeps } from './policy.ts'
import type { IntrospectionAnswer } from './token-ports.ts'

const at = { id: 'pol_1', name: 'tokens', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const issuer = 'https://id.example.com'
// The moment of the fixture's requests.
const nowMs = Date.UTC(2026, 10, 21)
const record: CredentialRecord = {
  kind: 'oauth-client',
  credentialId: 'key_1',
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'app',
  state: 'active',
  expiresAt: null,
  tryIt: false,
  subscriptions: [
    { subscriptionId: 'sub_1', planId: 'pln_1', planName: 'free', state: 'active', versionIds: ['ver_1'] },
  ],
}
const good = { active: true, client_id: 'client-1', scope: 'books:read', exp: nowMs / 1_000 + 600 }

function open(claims: object, config: object = {}, answer?: IntrospectionAnswer) {
  const looked: string[] = []
  let asked = 0
  const deps: PolicyDeps = {
    ...createDeps(),
    credentials: {
      known: () => undefined,
      find(sha256) {
        looked.push(sha256)
        return { kind: 'found', record }
      },
    },
    introspection: {
      follow: () => ({
        async introspect() {
          asked++
          return answer ?? { kind: 'active', claims: { ...claims } }
        },
      }),
    },
  }
  const parsed = policy.spec.config.parse({ ...policy.spec.example, scopesRequired: [], ...config })
  const phases = policy.create(parsed, deps, at)
  return {
    looked,
    asked: () => asked,
    async send(token = 'opaque', input: Parameters<typeof createContext>[0] = {}) {
      const ctx = createContext({ ...input, header: { authorization: `Bearer ${token}`, ...input.header } })
      const verdict = await phases.request?.(ctx)
      return { ctx, refusal: verdict?.kind === 'refusal' ? verdict : null }
    },
  }
}

const codeOf = async (claims: object, config?: object, answer?: IntrospectionAnswer) =>
  (await open(claims, config, answer).send()).refusal?.code ?? null

describe('C3: what a server says of a token', () => {
  it.each<[string, object, object, string | null]>([
    ['that is active', good, {}, null],
    ['without an end', { ...good, exp: undefined }, {}, null],
    ['that ended in the past', { ...good, exp: nowMs / 1_000 - 31 }, {}, 'token_expired'],
    ['whose end is no number', { ...good, exp: 'soon' }, {}, 'token_claims_refused'],
    ['that begins later', { ...good, nbf: nowMs / 1_000 + 60 }, {}, 'token_not_yet_valid'],
    ['of another issuer', { ...good, iss: 'https://evil.example' }, {}, 'token_wrong_issuer'],
    ['of this issuer', { ...good, iss: issuer }, {}, null],
    ['for another API', { ...good, aud: ['films'] }, { audiences: ['books'] }, 'token_wrong_audience'],
    ['for nobody, where somebody is asked for', good, { audiences: ['books'] }, 'token_wrong_audience'],
    ['for this API among others', { ...good, aud: ['films', 'books'] }, { audiences: ['books'] }, null],
    ['bound to a key', { ...good, cnf: { jkt: 'x' } }, {}, 'token_claims_refused'],
    ['of the type DPoP', { ...good, token_type: 'DPoP' }, {}, 'token_claims_refused'],
    ['that is a refresh token', { ...good, token_type: 'refresh_token' }, {}, 'token_claims_refused'],
    ['of the type Bearer', { ...good, token_type: 'Bearer' }, {}, null],
    ['without a client', { ...good, client_id: undefined }, {}, 'token_claims_refused'],
    ['with the scope', good, { scopesRequired: ['books:read'] }, null],
    ['with too few scopes', good, { scopesRequired: ['books:read', 'books:write'] }, 'insufficient_scope'],
  ])('%s', async (_, claims, config, code) => {
    expect(await codeOf(claims, config)).toBe(code)
  })

  it('the client of the issuer is who calls, and the upstream does not see the token', async () => {
    const world = open(good)
    const { ctx } = await world.send()
    const text = oauthClientText({ environment: 'prod', tenantId: 'ten_1', issuer, clientId: 'client-1' })
    expect(world.looked).toEqual([createHash('sha256').update(text).digest('hex')])
    expect(ctx.principal?.applicationId).toBe('app_1')
    expect(ctx.upstreamHeaders).toBeDefined()
  })

  it('too few scopes are named in WWW-Authenticate (RFC 6750 3.1)', async () => {
    const { refusal } = await open(good, { scopesRequired: ['books:write'] }).send()
    expect(refusal?.headers).toEqual([
      'WWW-Authenticate',
      'Bearer realm="gatewright", error="insufficient_scope", scope="books:write"',
    ])
  })

  it.each<[IntrospectionAnswer, string]>([
    [{ kind: 'inactive' }, 'token_inactive'],
    [{ kind: 'unavailable' }, 'introspection_unavailable'],
    [{ kind: 'limited' }, 'introspection_limited'],
  ])('%j lets nobody in', async (answer, code) => {
    expect(await codeOf(good, {}, answer)).toBe(code)
  })

  it('is remembered no longer than the token lives, nor than was set', async () => {
    const short = open({ ...good, exp: nowMs / 1_000 + 10 }, { cacheSeconds: 30 })
    const long = open(good, { cacheSeconds: 30 })
    const never = open(good, { cacheSeconds: 0 })
    for (const after of [0, 9_999, 10_000, 29_999, 30_000])
      for (const world of [short, long, never]) await world.send('opaque', { receivedAtMs: nowMs + after })
    expect([short.asked(), long.asked(), never.asked()]).toEqual([4, 2, 5])
  })

  it('a token with characters that no token has is not asked about', async () => {
    const world = open(good)
    for (const token of ['a b', 'a"b', 'ä', '', '=a']) {
      const { refusal } = await world.send(token)
      expect(refusal?.code).toBe('token_malformed')
    }
    expect(world.asked()).toBe(0)
  })

  it('names the address where the issuer is none', () => {
    const config = { ...policy.spec.example, issuer: 'our-server', endpoint: null }
    expect(policy.spec.config.safeParse(config).error?.issues[0]?.path).toEqual(['endpoint'])
  })
})
