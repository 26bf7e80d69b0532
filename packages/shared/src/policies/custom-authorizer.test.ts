// custom-authorizer: what it is told, what of its answers is believed and for how long, and what callers hear of it.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { oauthClientText } from '../oauth-client.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { AuthorizerReply, AuthorizerSource } from './authorizer-ports.ts'
import { policy } from './custom-authorizer.ts'
import type { CredentialRecord, LookupResult } from './policy.ts'

const at = { id: 'pol_1', name: 'judge', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
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

function open(reply: unknown, config: object = {}, found: LookupResult = { kind: 'found', record }) {
  const told: Record<string, unknown>[] = []
  const sources: AuthorizerSource[] = []
  const looked: string[] = []
  const deps = {
    ...createDeps(),
    credentials: {
      known: () => undefined,
      find(sha256: string) {
        looked.push(sha256)
        return found
      },
    },
    authorizers: {
      open(source: AuthorizerSource) {
        sources.push(source)
        return {
          async judge(facts: string): Promise<AuthorizerReply> {
            told.push(JSON.parse(facts))
            const isReply = typeof reply === 'object' && reply !== null && 'kind' in reply
            return isReply ? (reply as AuthorizerReply) : { kind: 'answered', value: reply }
          },
        }
      },
    },
  }
  const decision = { by: 'http', url: 'https://judge.example.com' }
  const phases = policy.create(policy.spec.config.parse({ decision, ...config }), deps, at)
  return {
    phases,
    told,
    looked,
    async send(input: Parameters<typeof createContext>[0] = {}) {
      const ctx = createContext(input)
      const verdict = await phases.request?.(ctx)
      const log = (ctx.upstreamHeaders as unknown as { log: string[] }).log
      return { ctx, log, refusal: verdict?.kind === 'refusal' ? verdict : null }
    },
  }
}

describe('C8: an authorizer', () => {
  it('is told what it may know, and nothing else', async () => {
    const world = open({ allow: true }, { headers: ['X-Team', 'Cookie'], queryParameters: ['region'] })
    await world.send({
      header: { 'x-team': 'books', 'x-api-key': 'secret', cookie: 'a=b; gw_session=portal' },
      query: { region: 'eu', key: 'secret' },
    })
    expect(world.told).toEqual([
      {
        version: 1,
        method: 'GET',
        scheme: 'https',
        host: 'api.test',
        path: '/books/7',
        address: '192.0.2.7',
        api: { name: 'books', version: 'v1' },
        route: { method: 'GET', path: '/books/{id}', operationId: null },
        caller: null,
        headers: { 'x-team': 'books', cookie: 'a=b' },
        query: { region: 'eu' },
      },
    ])
  })

  it('that allows hands its context on under the prefix, which callers cannot send', async () => {
    const context = { user: 'Zoë', roles: ['a', 'b,c'], level: 3, admin: false, nothing: null }
    const { log, refusal } = await open({ allow: true, context }, { contextPrefix: 'X-Who-' }).send()
    expect(refusal).toBeNull()
    expect(log).toEqual([
      'remove x-who-*',
      'set x-who-user: Zo%C3%AB',
      'set x-who-roles: a,b%2Cc',
      'set x-who-level: 3',
      'set x-who-admin: false',
    ])
  })

  it('that denies says why to the owner alone', async () => {
    const reply = { allow: false, reason: 'customer 7 has not paid', context: { user: 'x' } }
    const plain = await open(reply).send()
    expect(plain.refusal).toMatchObject({ code: 'authorizer_denied', internal: 'customer 7 has not paid' })
    expect(plain.refusal?.detail).not.toContain('paid')
    expect(plain.log).toEqual(['remove x-auth-*'])
    const told = await open(reply, { deniedMessage: 'Write to sales.' }).send()
    expect(told.refusal?.detail).toBe('Write to sales.')
    expect((await open(reply).send({ route: { public: true } })).refusal?.code).toBe('authorizer_denied')
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'yes'],
    ['a list', [{ allow: true }]],
    ['no word of allow', { context: {} }],
    ['allow as a text', { allow: 'true' }],
    ['allow as a number', { allow: 1 }],
    ['a context that is a list', { allow: true, context: ['a'] }],
    ['a context with an object', { allow: true, context: { a: { b: 1 } } }],
    ['a context with a name that is none', { allow: true, context: { 'a b': 1 } }],
    ['a context with a line break', { allow: true, context: { a: 'x\r\nX-Consumer-Application: evil' } }],
    [
      'a context of many',
      { allow: true, context: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}`, 1])) },
    ],
    [
      'a context that is large',
      { allow: true, context: { a: 'x'.repeat(4_000), b: 'x'.repeat(4_000), c: 'x'.repeat(4_000) } },
    ],
    ['a time that is none', { allow: true, ttlSeconds: 'long' }],
    ['a time before now', { allow: true, ttlSeconds: -1 }],
    ['a reason without end', { allow: false, reason: 'x'.repeat(1_001) }],
  ])('that answers %s lets nobody in, and is asked again', async (_, reply) => {
    const world = open(reply)
    for (let i = 0; i < 2; i++) {
      const { refusal } = await world.send()
      expect(refusal?.code).toBe('authorizer_answer_invalid')
      expect(refusal?.internal).toBeTruthy()
      expect(refusal?.detail).toBeUndefined()
    }
    expect(world.told).toHaveLength(2)
  })

  it.each([
    ['late', 'authorizer_timeout'],
    ['unavailable', 'authorizer_unavailable'],
  ])('that is %s lets nobody in, on public routes too', async (kind, code) => {
    const world = open({ kind, reason: 'why' })
    expect((await world.send()).refusal).toMatchObject({ code, internal: 'why' })
    expect((await world.send({ route: { public: true } })).refusal?.code).toBe(code)
    expect(world.told).toHaveLength(2)
  })
})

describe('C8: a decision', () => {
  const times = async (world: ReturnType<typeof open>, inputs: Parameters<typeof createContext>[0][]) => {
    for (const input of inputs) await world.send(input)
    return world.told.length
  }

  it('holds for what is the same in all that the authorizer was told', async () => {
    const same = { header: { authorization: 'a' } }
    expect(await times(open({ allow: true }), [same, same])).toBe(1)
    const others = [
      { header: { authorization: 'b' } },
      { ...same, method: 'POST' },
      { ...same, clientAddress: '192.0.2.8' },
    ]
    expect(await times(open({ allow: false }), [same, ...others, same])).toBe(4)
  })

  it('holds for an identity that was named, on one route', async () => {
    const identity = [{ from: 'cookie', name: 'sid' }, { from: 'address' }]
    const of = (sid: string, more = {}) => ({ header: { cookie: `sid=${sid}` }, ...more })
    const inputs = [of('a'), of('a', { method: 'POST' }), of('b'), of('a', { route: { id: 'rte_2' } })]
    expect(await times(open({ allow: true }, { identity }), inputs)).toBe(3)
  })

  it('about somebody is not that about all who lack a part of the identity', async () => {
    const identity = [{ from: 'application' }]
    const anonymous = ['a', 'b', 'a'].map((authorization) => ({ header: { authorization } }))
    expect(await times(open({ allow: true }, { identity }), anonymous)).toBe(2)
  })

  it('holds for as long as both say, and is asked for once at a time', async () => {
    const short = open({ allow: true, ttlSeconds: 5 })
    const long = open({ allow: true, ttlSeconds: 500 }, { cacheSeconds: 10 })
    const never = open({ allow: true }, { cacheSeconds: 0 })
    for (const after of [0, 4_999, 5_000, 9_999, 10_000])
      for (const world of [short, long, never]) await world.send({ receivedAtMs: nowMs + after })
    expect([short, long, never].map(({ told }) => told.length)).toEqual([3, 2, 5])
    const world = open({ allow: true })
    await Promise.all([world.send(), world.send(), world.send()])
    expect(world.told).toHaveLength(1)
  })
})

describe('C8, C11: who calls', () => {
  const config = { caller: 'registered-client', clientIssuer: 'our-sessions' }

  it('is the registered client that the answer names', async () => {
    const world = open({ allow: true, clientId: 'shop', context: { user: 'u' } }, config)
    const { ctx, log } = await world.send()
    const text = oauthClientText({
      environment: 'prod',
      tenantId: 'ten_1',
      issuer: 'our-sessions',
      clientId: 'shop',
    })
    expect(world.looked).toEqual([createHash('sha256').update(text).digest('hex')])
    expect(ctx.principal?.applicationId).toBe('app_1')
    expect(log).toContain('set x-auth-user: u')
    expect(world.phases.vouches).toBeUndefined()
  })

  it('or nobody, when the answer names none, or one that no application has', async () => {
    const silent = await open({ allow: true }, config).send()
    expect(silent.refusal?.code).toBe('authorizer_answer_invalid')
    const unknown = await open({ allow: true, clientId: 'x' }, config, { kind: 'unknown' }).send()
    expect(unknown.refusal?.code).toBe('client_unknown')
    expect(unknown.ctx.principal).toBeNull()
  })

  it('is said by another policy, or nobody has to: as was chosen', () => {
    expect(open({}).phases.vouches).toBe(false)
    expect(open({}, { caller: 'nobody' }).phases.vouches).toBe(true)
    expect(policy.spec.needsAnother?.(policy.spec.config.parse(policy.spec.example))).toBe(true)
  })
})

describe('settings that could not work are refused', () => {
  const decision = { by: 'http', url: 'https://judge.example.com' }
  it.each<[object, string]>([
    [{ caller: 'registered-client' }, 'clientIssuer'],
    [{ clientIssuer: 'x' }, 'clientIssuer'],
    [{ contextPrefix: 'X-Consumer-' }, 'contextPrefix'],
    [{ contextPrefix: 'X-Forwarded-' }, 'contextPrefix'],
    [{ contextPrefix: 'X-' }, 'contextPrefix'],
    [{ contextPrefix: 'X-Request-' }, 'contextPrefix'],
    [{ contextPrefix: 'Authorization-' }, 'contextPrefix'],
    [{ identity: [{ from: 'header' }] }, 'identity.0.name'],
    [{ identity: [{ from: 'address', name: 'x' }] }, 'identity.0.name'],
    [{ decision: { by: 'http', url: 'https://a:b@judge.example.com' } }, 'decision.url'],
    [{ decision: { by: 'function', source: '' } }, 'decision.source'],
  ])('%j', (config, path) => {
    const issues = policy.spec.config.safeParse({ decision, ...config }).error?.issues ?? []
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path)
  })
})
