// jwt: which tokens are refused and why, what one that is good makes of the caller, and what is remembered of it.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { oauthClientText } from '../oauth-client.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './jwt.ts'
import type { CredentialRecord, LookupResult, PolicyDeps } from './policy.ts'
import type { SignatureVerdict } from './token-ports.ts'

const at = { id: 'pol_1', name: 'jwt', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const issuer = 'https://id.example.com'
// The moment of the fixture's requests.
const nowS = Date.UTC(2026, 10, 21) / 1_000
const good = { iss: issuer, aud: 'books', azp: 'client-1', exp: nowS + 600 }
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

const base64url = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** The port of keys decides about signatures here; `runtime/keys` is tested with real ones. */
function token(claims: unknown = good, head: object = {}, signature = 'c2ln'): string {
  return `${base64url({ alg: 'ES256', kid: 'a', ...head })}.${base64url(claims)}.${signature}`
}

const clientHash = (clientId = 'client-1', tenantId = 'ten_1', environment = 'prod') =>
  createHash('sha256').update(oauthClientText({ environment, tenantId, issuer, clientId })).digest('hex')

interface World {
  readonly config?: object
  readonly found?: LookupResult
  readonly signature?: SignatureVerdict
  readonly route?: object
}

function open({
  config = {},
  found = { kind: 'found', record },
  signature = 'good',
  route = {},
}: World = {}) {
  const asked: string[] = []
  let verified = 0
  let keysVersion = 1
  const deps: PolicyDeps = {
    ...createDeps(),
    credentials: {
      known: () => undefined,
      find(sha256) {
        asked.push(sha256)
        return found
      },
    },
    keySets: {
      follow: () => ({
        version: () => keysVersion,
        async verify() {
          verified++
          return signature
        },
      }),
    },
  }
  const parsed = policy.spec.config.parse({ issuers: [{ issuer, audiences: ['books'] }], ...config })
  const phases = policy.create(parsed, deps, at)
  return {
    phases,
    asked,
    verified: () => verified,
    changeKeys: () => keysVersion++,
    async send(authorization: string | undefined, input: Parameters<typeof createContext>[0] = {}) {
      const ctx = createContext({
        ...input,
        header: { ...(authorization === undefined ? {} : { authorization }), ...input?.header },
        route: { ...route, ...input?.route },
      })
      const verdict = await phases.request?.(ctx)
      const refusal = verdict?.kind === 'refusal' ? verdict : null
      return { ctx, refusal, code: refusal?.code ?? null }
    },
  }
}

const code = async (text: string, world: World = {}) => (await open(world).send(`Bearer ${text}`)).code

describe('C2: a token', () => {
  it.each<[string, string, string | null]>([
    ['that is good', token(), null],
    ['with one audience of several', token({ ...good, aud: ['x', 'books'] }), null],
    ['whose client is in client_id', token({ ...good, azp: undefined, client_id: 'client-1' }), null],
    ['of the type of access tokens', token(good, { typ: 'at+JWT' }), null],
    [
      'that brings keys of its own: they are not looked at',
      token(good, { jku: 'https://evil', jwk: {}, x5u: 'https://evil' }),
      null,
    ],
    ['that is empty', '', 'token_malformed'],
    ['that is no JWT', 'opaque', 'token_malformed'],
    ['that is cut off', token().slice(0, -30), 'token_malformed'],
    ['of five parts (encrypted)', 'a.b.c.d.e', 'token_malformed'],
    ['with padding', `${token()}==`, 'token_malformed'],
    ['with a second spelling of its last bits', `${token().slice(0, -1)}9.x`, 'token_malformed'],
    ['that was sent twice', `${token()}, Bearer ${token()}`, 'token_malformed'],
    ['whose head is a list', `${base64url([])}.${base64url(good)}.c2ln`, 'token_malformed'],
    ['whose claims are no JSON', `${base64url({ alg: 'ES256' })}.${base64url('{')}.c2ln`, 'token_malformed'],
    [
      'whose claims are no UTF-8',
      `${base64url({ alg: 'ES256' })}.${Buffer.from([0x22, 0xff, 0x22]).toString('base64url')}.c2ln`,
      'token_malformed',
    ],
    ['with critical extensions', token(good, { crit: ['exp'] }), 'token_malformed'],
    ['with b64=false (RFC 7797)', token(good, { b64: false, crit: ['b64'] }), 'token_malformed'],
    ['that is a logout token', token(good, { typ: 'logout+jwt' }), 'token_malformed'],
    ['longer than 8 kB', token({ ...good, pad: 'x'.repeat(8_200) }), 'token_malformed'],
    ['with alg=none', token(good, { alg: 'none' }, ''), 'token_algorithm_not_allowed'],
    ['with alg=nOnE', token(good, { alg: 'nOnE' }, ''), 'token_algorithm_not_allowed'],
    ['with a shared secret', token(good, { alg: 'HS256' }), 'token_algorithm_not_allowed'],
    ['with a good algorithm and no signature', token(good, {}, ''), 'token_algorithm_not_allowed'],
    ['of another issuer', token({ ...good, iss: `${issuer}/` }), 'token_wrong_issuer'],
    ['of no issuer', token({ ...good, iss: undefined }), 'token_wrong_issuer'],
    ['whose issuer is a list', token({ ...good, iss: [issuer] }), 'token_wrong_issuer'],
    ['that expired', token({ ...good, exp: nowS - 31 }), 'token_expired'],
    ['that expired within the difference of clocks', token({ ...good, exp: nowS - 29 }), null],
    ['without an end', token({ ...good, exp: undefined }), 'token_claims_refused'],
    ['whose end is a text', token({ ...good, exp: String(good.exp) }), 'token_claims_refused'],
    ['whose end is before time', token({ ...good, exp: -1 }), 'token_claims_refused'],
    ['that is valid later', token({ ...good, nbf: nowS + 31 }), 'token_not_yet_valid'],
    ['that was issued in the future', token({ ...good, iat: nowS + 31 }), 'token_not_yet_valid'],
    ['that is valid later within the difference of clocks', token({ ...good, nbf: nowS + 29 }), null],
    ['for another API', token({ ...good, aud: 'films' }), 'token_wrong_audience'],
    ['for nobody', token({ ...good, aud: undefined }), 'token_wrong_audience'],
    ['that is bound to a key', token({ ...good, cnf: { jkt: 'x' } }), 'token_claims_refused'],
    ['of no client', token({ ...good, azp: undefined }), 'token_claims_refused'],
    ['whose client is no text', token({ ...good, azp: { toString: 'client-1' } }), 'token_claims_refused'],
  ])('%s', async (_, text, expected) => expect(await code(text)).toBe(expected))

  it('that is bound to a certificate is taken by nobody who did not ask for such tokens', async () => {
    expect(await code(token({ ...good, cnf: { 'x5t#S256': 'A'.repeat(43) } }))).toBe('token_claims_refused')
    expect(open().phases.wantsCertificate).toBeUndefined()
  })

  it.each<[SignatureVerdict, string]>([
    ['bad', 'token_bad_signature'],
    ['unknown_key', 'token_unknown_key'],
    ['unavailable', 'identity_provider_unavailable'],
  ])('whose signature is %s', async (signature, expected) =>
    expect(await code(token(), { signature })).toBe(expected),
  )

  it('says nothing of its claims before its signature was verified', async () => {
    expect(await code(token({ ...good, exp: 1, aud: 'films' }), { signature: 'bad' })).toBe(
      'token_bad_signature',
    )
  })

  it('is refused with the scheme, the error and no word of the token (RFC 6750 3)', async () => {
    const { refusal } = await open().send(`Bearer ${token({ ...good, aud: 'films' })}`)
    expect(refusal?.headers).toEqual(['WWW-Authenticate', 'Bearer realm="gatewright", error="invalid_token"'])
    expect(JSON.stringify(refusal)).not.toContain(base64url({ alg: 'ES256', kid: 'a' }))
    expect(open().phases.absent).toMatchObject({
      code: 'token_missing',
      headers: ['WWW-Authenticate', 'Bearer realm="gatewright"'],
    })
  })

  it('of another algorithm than its own issuer’s is refused, though another issuer has it', async () => {
    const issuers = [
      { issuer, audiences: ['books'], algorithms: ['RS256'] },
      { issuer: 'https://other', audiences: ['books'], algorithms: ['ES256'] },
    ]
    expect(await code(token(), { config: { issuers } })).toBe('token_algorithm_not_allowed')
  })
})

describe('C7: providers with habits of their own', () => {
  it('Cognito: no aud, but client_id', async () => {
    const cognito = { ...good, aud: undefined, azp: undefined, client_id: 'client-1', token_use: 'access' }
    const issuers = [{ issuer, audiences: ['client-1'], audienceClaim: 'client_id' }]
    expect(await code(token(cognito), { config: { issuers } })).toBeNull()
    expect(await code(token({ ...cognito, client_id: 'other' }), { config: { issuers } })).toBe(
      'token_wrong_audience',
    )
  })

  it('the claim of the client can be named', async () => {
    const issuers = [{ issuer, audiences: ['books'], clientIdClaim: 'appid' }]
    const world = open({ config: { issuers } })
    await world.send(`Bearer ${token({ ...good, appid: 'client-9' })}`)
    expect(world.asked).toEqual([clientHash('client-9')])
  })
})

describe('C15: scopes and claims', () => {
  const config = { scopesRequired: ['books:read', 'books:write'] }

  it.each<[string, object, string | null]>([
    ['in scope', { scope: 'books:write other books:read' }, null],
    ['in scp, as a list', { scp: ['books:write', 'books:read'] }, null],
    ['half of them', { scope: 'books:read' }, 'insufficient_scope'],
    ['none', {}, 'insufficient_scope'],
    ['only as parts of others', { scope: 'books:read books:writer' }, 'insufficient_scope'],
  ])('%s', async (_, claims, expected) =>
    expect(await code(token({ ...good, ...claims }), { config })).toBe(expected),
  )

  it('the refusal names the scopes (RFC 6750 3.1)', async () => {
    const { refusal } = await open({ config }).send(`Bearer ${token()}`)
    expect(refusal?.headers).toEqual([
      'WWW-Authenticate',
      'Bearer realm="gatewright", error="insufficient_scope", scope="books:read books:write"',
    ])
  })

  it('a claim must be there, with one of the values where some are named', async () => {
    const dept = { config: { requiredClaims: [{ claim: 'dept', values: ['sales', 'it'] }] } }
    expect(await code(token({ ...good, dept: 'it' }), dept)).toBeNull()
    expect(await code(token({ ...good, dept: ['x', 'sales'] }), dept)).toBeNull()
    expect(await code(token({ ...good, dept: 'hr' }), dept)).toBe('token_claims_refused')
    const present = { config: { requiredClaims: [{ claim: 'constructor' }] } }
    expect(await code(token(), present)).toBe('token_claims_refused')
    expect(await code(token({ ...good, constructor: 1 }), present)).toBeNull()
  })
})

describe('the caller', () => {
  it('is the application that registered the client; the upstream sees no token', async () => {
    const world = open()
    const { ctx } = await world.send(`bearer ${token()}`)
    expect(ctx.principal).toMatchObject({ applicationId: 'app_1', planId: 'pln_1', credentialId: 'key_1' })
    expect(ctx.upstreamHeaders.log).toContain('remove authorization')
    expect(ctx.upstreamHeaders.log).toContain('set x-consumer-application-id: app_1')
    expect(world.asked).toEqual([clientHash()])
  })

  it.each<[string, LookupResult, string]>([
    ['nobody registered', { kind: 'unknown' }, 'client_unknown'],
    ['cannot be looked up', { kind: 'unavailable' }, 'credentials_unavailable'],
    ['was taken away', { kind: 'found', record: { ...record, state: 'revoked' } }, 'credential_revoked'],
    ['has expired', { kind: 'found', record: { ...record, expiresAt: 1 } }, 'credential_expired'],
    [
      'is a key that happens to stand there',
      { kind: 'found', record: { ...record, kind: undefined } },
      'client_unknown',
    ],
    [
      'has no subscription',
      { kind: 'found', record: { ...record, subscriptions: [] } },
      'subscription_missing',
    ],
  ])('whose client %s is refused', async (_, found, expected) =>
    expect(await code(token(), { found })).toBe(expected),
  )

  it('is asked for by another scheme: that is for other policies', async () => {
    const { ctx, code: refused } = await open().send('Basic dXNlcjpwYXNz')
    expect([refused, ctx.principal, ctx.upstreamHeaders.log]).toEqual([null, null, []])
  })

  it('stays who an earlier policy found, and the token must be good all the same', async () => {
    const principal = (await open().send(`Bearer ${token()}`)).ctx.principal
    const found = { kind: 'found', record: { ...record, applicationId: 'app_2' } } as const
    const second = await open({ found }).send(`Bearer ${token()}`, { principal })
    expect(second.ctx.principal?.applicationId).toBe('app_1')
    expect((await open({ signature: 'bad' }).send(`Bearer ${token()}`, { principal })).code).toBe(
      'token_bad_signature',
    )
  })

  it.each([
    ['among several fields', 'Basic dXNlcjpwYXNz, Bearer a.b.c'],
    ['behind a tab', 'Bearer\ta.b.c'],
    ['twice', `Bearer ${token()}, Bearer ${token()}`],
  ])('whose token is sent %s is refused, and the upstream sees none of it', async (_, text) => {
    const { ctx, code: refused } = await open({ config: { forwardToken: true } }).send(text)
    expect([refused, ctx.principal, ctx.upstreamHeaders.log]).toEqual([
      'token_malformed',
      null,
      ['remove authorization'],
    ])
  })

  it('the upstream is handed a token that opened the door, and no other, also where everybody may come in', async () => {
    const config = { forwardToken: true, claimHeaders: [{ claim: 'dept', header: 'X-Dept' }] }
    const route = { public: true }
    const text = `Bearer ${token({ ...good, dept: 'it' })}`
    const handed = `set authorization: ${text}`
    expect((await open({ config }).send(text)).ctx.upstreamHeaders.log).toContain(handed)
    expect((await open({ config, route }).send(text)).ctx.upstreamHeaders.log).toContain(handed)
    const principal = (await open().send(`Bearer ${token()}`)).ctx.principal
    for (const world of [
      open({ config, route, signature: 'bad' }),
      open({ config, route, found: { kind: 'unknown' } }),
      open({ config, route, found: { kind: 'found', record: { ...record, state: 'revoked' } } }),
    ]) {
      // Somebody who is known by a key besides is not known by this token.
      const { ctx, code: refused } = await world.send(text, { principal })
      expect([refused, ctx.upstreamHeaders.log]).toEqual([null, ['remove x-dept', 'remove authorization']])
    }
  })

  it('is never refused on a public route, and known there when the token is good', async () => {
    const route = { public: true }
    expect((await open({ route }).send(`Bearer ${token()}`)).ctx.principal?.applicationId).toBe('app_1')
    for (const text of ['nonsense', token({ ...good, exp: 1 }), 'x'.repeat(9_000)]) {
      const { ctx, code: refused } = await open({ route }).send(`Bearer ${text}`)
      expect([refused, ctx.principal]).toEqual([null, null])
    }
  })
})

describe('C10: claims as headers', () => {
  const config = { claimHeaders: [{ claim: 'dept', header: 'X-Dept' }] }
  const sent = async (dept: unknown) =>
    (await open({ config }).send(`Bearer ${token({ ...good, dept })}`)).ctx.upstreamHeaders.log

  it('what a client sends under the name is dropped, token or no token', async () => {
    expect(await sent(undefined)).toContain('remove x-dept')
    expect((await open({ config }).send(undefined)).ctx.upstreamHeaders.log).toEqual(['remove x-dept'])
  })

  it.each<[string, unknown, string]>([
    ['a text', 'it', 'it'],
    ['a number', 7, '7'],
    ['a list', ['a', 'b,c'], 'a,b%2Cc'],
    ['what a field cannot carry', 'Zoë', encodeURIComponent('Zoë')],
  ])('%s', async (_, value, expected) => expect(await sent(value)).toContain(`set x-dept: ${expected}`))

  it.each<[string, unknown]>([
    ['a line break', 'a\r\nX-Consumer-Plan: gold'],
    ['a control character', 'a\u0000'],
    ['half of a character', 'a\ud800'],
    ['an object', { a: 1 }],
    ['more than a field holds', 'x'.repeat(5_000)],
  ])('%s is refused', async (_, dept) =>
    expect(await code(token({ ...good, dept }), { config })).toBe('token_claims_refused'),
  )

  it('names that the gateway writes are refused', () => {
    for (const header of ['X-Consumer-Plan', 'Host', 'Authorization', 'x_forwarded_for', 'Cookie']) {
      const parsed = policy.spec.config.safeParse({
        issuers: [{ issuer, audiences: ['a'] }],
        claimHeaders: [{ claim: 'a', header }],
      })
      expect(parsed.success).toBe(false)
    }
  })
})

describe('what is remembered', () => {
  it('a token is verified once, until it expires', async () => {
    const world = open()
    for (let i = 0; i < 3; i++) expect((await world.send(`Bearer ${token()}`)).code).toBeNull()
    expect(world.verified()).toBe(1)
    const ctx = {
      ...createContext({ header: { authorization: `Bearer ${token()}` } }),
      receivedAtMs: (good.exp + 31) * 1_000,
    }
    expect(await world.phases.request?.(ctx)).toMatchObject({ code: 'token_expired' })
  })

  it('it is answered at once when its client is known too', () => {
    const world = open()
    const ctx = createContext({ header: { authorization: `Bearer ${token()}` } })
    return Promise.resolve(world.phases.request?.(ctx)).then(() => {
      expect(
        world.phases.request?.(createContext({ header: { authorization: `Bearer ${token()}` } })),
      ).toBeUndefined()
    })
  })

  it('it is verified again when the keys of its provider changed', async () => {
    const world = open()
    await world.send(`Bearer ${token()}`)
    world.changeKeys()
    await world.send(`Bearer ${token()}`)
    expect(world.verified()).toBe(2)
  })

  it('a refused one is not, and a client is asked for anew each time', async () => {
    const bad = open({ signature: 'bad' })
    for (let i = 0; i < 3; i++) await bad.send(`Bearer ${token()}`)
    expect(bad.verified()).toBe(3)
  })

  it('C17: what is known of one tenant’s client says nothing to another’s', async () => {
    const world = open()
    await world.send(`Bearer ${token()}`)
    await world.send(`Bearer ${token()}`, { route: { tenantId: 'ten_2' } })
    expect(world.asked).toEqual([clientHash(), clientHash('client-1', 'ten_2')])
  })
})

it.each<[string, object]>([
  [
    'an issuer twice',
    {
      issuers: [
        { issuer, audiences: ['a'] },
        { issuer, audiences: ['b'] },
      ],
    },
  ],
  ['no audience', { issuers: [{ issuer, audiences: [] }] }],
  ['a shared secret', { issuers: [{ issuer, audiences: ['a'], algorithms: ['HS256'] }] }],
  [
    'an address with a password',
    { issuers: [{ issuer, audiences: ['a'], jwksUrl: 'https://u:p@id.example.com/jwks' }] },
  ],
  [
    'an issuer that cannot be asked, and no address of keys',
    { issuers: [{ issuer: 'accounts', audiences: ['a'] }] },
  ],
])('a configuration with %s is refused', (_, config) => {
  expect(policy.spec.config.safeParse(config).success).toBe(false)
})
