// The policies of signed requests over real cryptography: what the standards publish, and what an attacker would try.
import {
  constants,
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signWith,
} from 'node:crypto'
import { policies } from '@gatewright/shared/policies/index'
import type {
  Attachment,
  CredentialRecord,
  LookupResult,
  PolicyContext,
  Verdict,
} from '@gatewright/shared/policies/policy'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { seal } from '@gatewright/shared/sealing/sealed'
import { signingSecretPlace } from '@gatewright/shared/sealing/signing-secret'
import { type SignatureAlgorithm, signingKeyText } from '@gatewright/shared/signing-key'
import { describe, expect, test } from 'vitest'
import { createContext, createDeps } from '../../../../../packages/shared/src/testing/policy.fixture.ts'
import { createCounters } from '../counters.ts'
import { createMemoryStore } from '../limits/memory-store.ts'
import { createSigning } from './signing.ts'

const keyring = Keyring.from({ SECRETS_KEY: randomBytes(32).toString('base64') })
const at: Attachment = { id: 'pol_1', name: 'signed', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

interface Key {
  readonly keyId: string
  readonly algorithm: SignatureAlgorithm
  readonly secret?: string
  readonly publicKey?: string
}

function recordOf({ keyId, algorithm, secret, publicKey }: Key): CredentialRecord {
  const credentialId = `key_${keyId}`
  if (!keyring.current) throw new Error('no key')
  return {
    kind: 'signing-key',
    signing: {
      algorithm,
      publicKey: publicKey ?? null,
      secret: secret === undefined ? null : seal(secret, signingSecretPlace(credentialId), keyring.current),
    },
    credentialId,
    tenantId: 'ten_1',
    applicationId: 'app_1',
    applicationName: 'Reading list',
    state: 'active',
    expiresAt: null,
    tryIt: false,
    subscriptions: [
      { subscriptionId: 'sub_1', planId: 'pln_1', planName: 'Free', state: 'active', versionIds: ['ver_1'] },
    ],
  }
}

/** A policy in a gateway where these keys are registered; Redis is there, or away. */
function gateway(type: string, config: object, keys: readonly (Key | CredentialRecord)[], isShared = true) {
  const records = new Map(
    keys.map((key) => {
      const record = 'credentialId' in key ? key : recordOf(key)
      const keyId = record.credentialId.slice('key_'.length)
      return [sha256(signingKeyText({ environment: 'prod', tenantId: 'ten_1', keyId })), record]
    }),
  )
  const find = (hash: string): LookupResult => {
    const record = records.get(hash)
    return record ? { kind: 'found', record } : { kind: 'unknown' }
  }
  const own = createMemoryStore()
  const policy = policies.get(type)
  if (!policy) throw new Error(type)
  const phases = policy.create(
    policy.spec.config.parse(config),
    {
      ...createDeps(),
      credentials: { known: () => undefined, find },
      counters: isShared
        ? createCounters({ shared: null, own, ownIsHere: true })
        : createDeps({ taken: { kind: 'unavailable' } }).counters,
      signing: createSigning({ keys: keyring, log: { error: () => undefined } }),
    },
    at,
  )
  return {
    phases,
    async call(ctx: PolicyContext, body: Uint8Array | string = ''): Promise<string> {
      const verdict = await phases.request?.(ctx)
      if (verdict !== undefined) return codeOf(verdict)
      if (phases.requestBody && (phases.wantsBody?.(ctx) ?? true)) {
        const later = await phases.requestBody(ctx, Buffer.from(body))
        if (later !== undefined) return codeOf(later)
      }
      return ctx.principal?.applicationName ?? 'nobody'
    },
  }
}

const codeOf = (verdict: Verdict) => (verdict !== undefined && 'code' in verdict ? verdict.code : 'reply')

// RFC 9421 B.1 and B.2.
const rfcTime = 1_618_884_473
const rfcDigest =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:'
const rfcKeys: Key[] = [
  {
    keyId: 'test-key-rsa-pss',
    algorithm: 'rsa-pss-sha512',
    publicKey: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`,
  },
  {
    keyId: 'test-shared-secret',
    algorithm: 'hmac-sha256',
    secret: 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  },
  {
    keyId: 'test-key-ed25519',
    algorithm: 'ed25519',
    publicKey: `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`,
  },
]

function rfcRequest(input: string, signature: string, path = '/foo') {
  const context = createContext({
    receivedAtMs: (rfcTime + 5) * 1_000,
    method: 'POST',
    rawQuery: 'param=Value&Pet=dog',
    bodyLength: 18,
    header: {
      host: 'example.com',
      date: 'Tue, 20 Apr 2021 02:07:55 GMT',
      'content-type': 'application/json',
      'content-digest': rfcDigest,
      'content-length': '18',
      'signature-input': input,
      signature,
    },
  })
  return Object.assign(context, { path })
}

const rfcVectors = [
  [
    'B.2.1',
    'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    'sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:',
  ],
  [
    'B.2.2',
    'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    'sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:',
  ],
  [
    'B.2.3',
    'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    'sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:',
  ],
  [
    'B.2.5',
    'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    'sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:',
  ],
  [
    'B.2.6',
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
  ],
] as const

describe('C6 http-signature: the examples of RFC 9421, appendix B.2', () => {
  // What the examples cover is chosen by them, so nothing more is demanded of them here.
  const lenient = (input: string) => ({
    components: [/\("([@\w-]+)"/.exec(input)?.[1] ?? 'x-nothing'],
    nonce: false,
    contentDigest: false,
  })

  test.each(rfcVectors.slice(1))(
    '%s is good, and not any more when anything covered changes',
    async (_, input, signature) => {
      const { call } = gateway('http-signature', lenient(input), rfcKeys)
      expect(await call(rfcRequest(input, signature))).toBe('Reading list')
      const changed = rfcRequest(input, signature)
      const other = Object.assign(changed, {
        header: (name: string) =>
          name === 'host' ? 'evil.example' : rfcRequest(input, signature).header(name),
      })
      expect(await call(other)).toBe('signature_invalid')
    },
  )

  test('B.2.1, which covers nothing, is refused for that', async () => {
    const [, input, signature] = rfcVectors[0]
    const { call } = gateway('http-signature', lenient(input), rfcKeys)
    expect(await call(rfcRequest(input, signature))).toBe('signature_component_missing')
  })

  test('the digest of the examples fits their body, and no other', async () => {
    const [, input, signature] = rfcVectors[2]
    const config = { components: ['@path'], nonce: false }
    const { call } = gateway('http-signature', config, rfcKeys)
    expect(await call(rfcRequest(input, signature), '{"hello": "world"}')).toBe('Reading list')
    expect(await call(rfcRequest(input, signature), '{"hello": "w0rld"}')).toBe('content_digest_mismatch')
    expect(await call(rfcRequest(input, signature), '')).toBe('content_digest_mismatch')
  })
})

const now = Date.UTC(2026, 10, 22, 2)
const pairs = {
  ed25519: generateKeyPairSync('ed25519'),
  'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'rsa-pss-sha512': generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const
const secret = randomBytes(32).toString('base64')
const pem = ({ publicKey }: { publicKey: KeyObject }) =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString()
const ourKeys: Key[] = [
  { keyId: 'hmac-sha256', algorithm: 'hmac-sha256', secret },
  { keyId: 'ed25519', algorithm: 'ed25519', publicKey: pem(pairs.ed25519) },
  { keyId: 'ecdsa-p256-sha256', algorithm: 'ecdsa-p256-sha256', publicKey: pem(pairs['ecdsa-p256-sha256']) },
  { keyId: 'rsa-pss-sha512', algorithm: 'rsa-pss-sha512', publicKey: pem(pairs['rsa-pss-sha512']) },
]

function rawSignature(algorithm: SignatureAlgorithm, data: string, shared = secret): Buffer {
  const bytes = Buffer.from(data, 'latin1')
  switch (algorithm) {
    case 'hmac-sha256':
      return createHmac('sha256', Buffer.from(shared, 'base64')).update(bytes).digest()
    case 'ed25519':
      return signWith(null, bytes, pairs.ed25519.privateKey)
    case 'ecdsa-p256-sha256':
      return signWith('sha256', bytes, { key: pairs[algorithm].privateKey, dsaEncoding: 'ieee-p1363' })
    case 'rsa-pss-sha512':
      return signWith('sha512', bytes, {
        key: pairs[algorithm].privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: 64,
      })
  }
}

interface Wish {
  readonly algorithm?: SignatureAlgorithm
  readonly covered?: readonly string[]
  readonly parameters?: string
  readonly body?: string
  readonly query?: string
  readonly isPublic?: boolean
  readonly shared?: string
}

let nonces = 0

/** What a client of its own sends: nothing of it comes from the code that is tested. */
function signed({
  algorithm = 'ed25519',
  covered = ['@method', '@authority', '@path', '@query'],
  parameters = `created=${now / 1_000};keyid="${algorithm}";nonce="n${nonces++}"`,
  body = '',
  query = 'a=1',
  isPublic = false,
  shared,
}: Wish = {}) {
  const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const all = body === '' ? covered : [...covered, 'content-digest']
  const values: Record<string, string> = {
    '@method': 'POST',
    '@authority': 'api.test',
    '@path': '/books/7',
    '@query': `?${query}`,
    '@target-uri': `https://api.test/books/7?${query}`,
    '@request-target': `/books/7?${query}`,
    '@scheme': 'https',
    'content-digest': digest,
    'x-a': 'one, two',
  }
  const input = `(${all.map((name) => `"${name}"`).join(' ')});${parameters}`
  const lines = [...all.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${input}`]
  const signature = rawSignature(algorithm, lines.join('\n'), shared).toString('base64')
  return createContext({
    receivedAtMs: now,
    method: 'POST',
    rawQuery: query,
    bodyLength: body.length,
    route: { public: isPublic },
    header: {
      host: 'API.test:443',
      'x-a': 'one, two',
      ...(body === '' ? {} : { 'content-digest': digest }),
      'signature-input': `sig1=${input}`,
      signature: `sig1=:${signature}:`,
    },
  })
}

describe('C6 http-signature', () => {
  const open = (config: object = {}, isShared = true) => gateway('http-signature', config, ourKeys, isShared)

  test.each(ourKeys)('takes $algorithm, and says who calls', async ({ algorithm }) => {
    const ctx = signed({ algorithm, body: '{}' })
    expect(await open().call(ctx, '{}')).toBe('Reading list')
    expect(ctx.principal).toMatchObject({ credentialId: `key_${algorithm}`, tenantId: 'ten_1' })
  })

  test('takes the wider components for those that are in them', async () => {
    const covered = ['@method', '@target-uri', 'x-a']
    expect(await open().call(signed({ covered }))).toBe('Reading list')
    const less = ['@method', '@authority', '@request-target']
    expect(await open().call(signed({ covered: less }))).toBe('Reading list')
  })

  test('reads a query once, however many of its parameters are covered', async () => {
    const names = Array.from({ length: 280 }, (_, i) => i)
    const query = Array.from({ length: 4_000 }, (_, i) => i).join('&')
    const ctx = signed({ query })
    const parts = [
      '"@method" "@authority" "@path" "@query"',
      ...names.map((i) => `"@query-param";name="${i}"`),
    ]
    const header = {
      host: 'api.test',
      'signature-input': `sig1=(${parts.join(' ')});created=${now / 1_000};keyid="ed25519";nonce="many"`,
      signature: 'sig1=:AAAA:',
    }
    const { call } = open()
    const before = performance.now()
    expect(await call({ ...ctx, header: (name) => header[name as keyof typeof header] })).toBe(
      'signature_invalid',
    )
    // Read for each of them it takes half a second of a worker, or more.
    expect(performance.now() - before).toBeLessThan(300)
  })

  test('takes a signature once', async () => {
    const { call } = open()
    const ctx = signed()
    expect(await call(ctx)).toBe('Reading list')
    expect(await call(Object.assign(signed(), { header: ctx.header }))).toBe('signature_replayed')
    expect(await call(signed())).toBe('Reading list')
  })

  test('lets nobody in while it cannot be told whether the signature came before', async () => {
    expect(await open({}, false).call(signed())).toBe('signature_replay_unchecked')
    expect(await open({ nonce: false }, false).call(signed())).toBe('Reading list')
  })

  const seconds = now / 1_000
  const at = (created: number, more = '') => ({
    parameters: `created=${created};keyid="ed25519";nonce="x${nonces++}"${more}`,
  })
  test.each([
    ['signature_expired', at(seconds - 331)],
    ['signature_expired', at(seconds - 100, `;expires=${seconds - 31}`)],
    ['signature_not_yet_valid', at(seconds + 31)],
    ['signature_malformed', { parameters: 'keyid="ed25519";nonce="a"' }],
    ['signature_malformed', { parameters: `created=${seconds}.5;keyid="ed25519";nonce="a"` }],
    ['signature_malformed', { parameters: `created="${seconds}";keyid="ed25519";nonce="a"` }],
    ['signature_malformed', { parameters: `created=${seconds};keyid="ed25519"` }],
    ['signature_malformed', { parameters: `created=${seconds};nonce="a"` }],
    ['signature_malformed', { covered: ['@method', '@method', '@authority', '@path', '@query'] }],
    ['signature_component_missing', { covered: ['@method', '@authority', '@path'] }],
    ['signature_component_missing', { covered: ['@method', '@authority', '@path', '@query', 'x-none'] }],
    ['signature_malformed', { covered: ['@method', '@authority', '@path', '@query', '@status'] }],
    ['signature_unknown_key', { parameters: `created=${seconds};keyid="nobody";nonce="a"` }],
    ['signature_invalid', { parameters: `created=${seconds};keyid="rsa-pss-sha512";nonce="a"` }],
    // The signature of one key under the name of another, and a public key used as a shared secret.
    ['signature_algorithm_refused', at(seconds, ';alg="hmac-sha256"')],
    [
      'signature_invalid',
      {
        algorithm: 'hmac-sha256' as const,
        parameters: `created=${seconds};keyid="ed25519";nonce="a"`,
        shared: Buffer.from(pem(pairs.ed25519)).toString('base64'),
      },
    ],
    [
      'signature_algorithm_refused',
      {
        algorithm: 'hmac-sha256' as const,
        parameters: `created=${seconds};keyid="ed25519";nonce="a";alg="hmac-sha256"`,
        shared: Buffer.from(pem(pairs.ed25519)).toString('base64'),
      },
    ],
  ])('refuses with %s: %o', async (code, wish) => {
    expect(await open().call(signed(wish))).toBe(code)
    // What is public never refuses; but nobody becomes somebody by what was not good.
    expect(await open().call(signed({ ...wish, isPublic: true }))).toBe('nobody')
  })

  test('refuses an algorithm that the API does not take', async () => {
    const { call } = open({ algorithms: ['ed25519'] })
    expect(await call(signed({ algorithm: 'hmac-sha256' }))).toBe('signature_algorithm_refused')
  })

  test('refuses a body that was changed, or whose digest is not signed', async () => {
    const { call } = open()
    expect(await call(signed({ body: 'a' }), 'b')).toBe('content_digest_mismatch')
    // Whoever is called who they are by it, is called so with this body alone.
    expect(await open().call(signed({ body: 'a', isPublic: true }), 'b')).toBe('content_digest_mismatch')
    expect(
      await open().call(
        signed({ body: 'a', isPublic: true, parameters: `created=${seconds};keyid="else";nonce="a"` }),
        'b',
      ),
    ).toBe('nobody')
    expect(await call(Object.assign(signed(), { bodyLength: 1 }), 'b')).toBe('signature_component_missing')
    expect(await call(Object.assign(signed(), { bodyLength: null }), '')).toBe('signature_component_missing')
    expect(await open({ contentDigest: false }).call(Object.assign(signed(), { bodyLength: 1 }), 'b')).toBe(
      'Reading list',
    )
  })

  test.each([
    ['sig1=("@method"', 'sig1=:AA==:'],
    ['sig1=1', 'sig1=:AA==:'],
    ['', ''],
    ['sig1=("@method" token);created=1', 'sig1=:AA==:'],
    ['sig1=();created=1, sig2=();created=1', 'sig1=:AA==:'],
    ['sig1=();created=1', 'sig2=:AA==:'],
    ['sig1=();created=1', 'sig1="AA=="'],
    ['x'.repeat(9_000), 'sig1=:AA==:'],
    ['sig1=();created=1', undefined],
  ])('refuses what is no signature: %s', async (input, signature) => {
    const header = {
      host: 'api.test',
      'signature-input': input,
      ...(signature === undefined ? {} : { signature }),
    }
    expect(await open().call(createContext({ receivedAtMs: now, header }))).toBe('signature_malformed')
  })

  test('asks for a signature where there is none, and leaves a field Signature of other schemes alone', async () => {
    const { phases } = open()
    expect(phases.absent?.code).toBe('signature_missing')
    expect(await phases.request?.(createContext({ header: { signature: 'keyId="a"' } }))).toBeUndefined()
  })

  test('of several signatures takes the one with its tag', async () => {
    const tagged = `created=${seconds};keyid="ed25519";nonce="t${nonces++}";tag="ours"`
    expect(await open({ tag: 'ours' }).call(signed({ parameters: tagged }))).toBe('Reading list')
    expect(await open({ tag: 'ours' }).call(signed())).toBe('signature_malformed')
  })

  test('refuses revoked and expired keys, and those of other kinds', async () => {
    const record = recordOf(ourKeys[1] as Key)
    const by = (more: Partial<CredentialRecord>) => gateway('http-signature', {}, [{ ...record, ...more }])
    expect(await by({ state: 'revoked' }).call(signed())).toBe('credential_revoked')
    expect(await by({ expiresAt: now }).call(signed())).toBe('credential_expired')
    expect(await by({ kind: undefined }).call(signed())).toBe('signature_unknown_key')
    expect(await by({ subscriptions: [] }).call(signed())).toBe('subscription_missing')
    expect(await by({ signing: undefined }).call(signed())).toBe('signing_key_unusable')
  })
})

// The suite that AWS publishes: its key, its moment, its requests, its signatures.
const awsKey: Key = {
  keyId: 'AKIDEXAMPLE',
  algorithm: 'hmac-sha256',
  secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const awsNow = Date.UTC(2015, 7, 30, 12, 36)

interface AwsWish {
  readonly method?: string
  readonly query?: string
  readonly path?: string
  readonly time?: string
  readonly region?: string
  readonly names?: string
  readonly payload?: string
  readonly body?: string
  readonly keyId?: string
  readonly signature?: string
  readonly shared?: string
}

/** Signs by the text of the scheme, apart from the code that is tested. */
function awsSigned({
  method = 'GET',
  query = '',
  path = '/',
  time = '20150830T123600Z',
  region = 'us-east-1',
  payload,
  body = '',
  names = payload === undefined ? 'host;x-amz-date' : 'host;x-amz-content-sha256;x-amz-date',
  keyId = 'AKIDEXAMPLE',
  shared = awsKey.secret ?? '',
  signature,
}: AwsWish = {}) {
  const header: Record<string, string> = {
    host: 'example.amazonaws.com',
    'x-amz-date': time,
    ...(payload === undefined ? {} : { 'x-amz-content-sha256': payload }),
  }
  const scope = `${time.slice(0, 8)}/${region}/service/aws4_request`
  const request = [
    method,
    path,
    query,
    ...names.split(';').map((name) => `${name}:${header[name]}`),
    '',
    names,
    payload ?? sha256(''),
  ].join('\n')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${shared}`)
  const made = hmac(key as Buffer, ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')).toString(
    'hex',
  )
  header.authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${signature ?? made}`
  const context = createContext({
    receivedAtMs: awsNow,
    method,
    rawQuery: query,
    bodyLength: body.length,
    header,
  })
  return Object.assign(context, { path })
}

describe('C6 aws-sigv4', () => {
  const config = { region: 'us-east-1', service: 'service' }
  const open = (more: object = {}) => gateway('aws-sigv4', { ...config, ...more }, [awsKey, ...ourKeys])

  test.each([
    ['get-vanilla', {}, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', { method: 'POST' }, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      { query: 'Param2=value2&Param1=value1' },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-query-unreserved',
      {
        query:
          '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      },
      '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    ],
  ])('takes %s of the suite of AWS', async (_, wish, signature) => {
    const ctx = awsSigned({ ...wish, signature })
    expect(await open().call(ctx)).toBe('Reading list')
    expect(ctx.upstreamHeaders.log).toContain('remove authorization')
    expect(await open().call(awsSigned({ ...wish, signature, path: '/other' }))).toBe('signature_invalid')
  })

  test('takes a body whose hash was signed, and no other', async () => {
    const wish = { method: 'POST', body: 'hello', payload: sha256('hello') }
    expect(await open().call(awsSigned(wish), 'hello')).toBe('Reading list')
    expect(await open().call(awsSigned(wish), 'hell0')).toBe('content_digest_mismatch')
    // Without a hash the signature is that of an empty body.
    expect(await open().call(awsSigned({ method: 'POST', body: 'hello' }), 'hello')).toBe(
      'content_digest_mismatch',
    )
    const unsigned = { method: 'POST', body: 'hello', payload: 'UNSIGNED-PAYLOAD' }
    expect(await open().call(awsSigned(unsigned), 'hello')).toBe('content_digest_missing')
    expect(await open({ unsignedPayload: true }).call(awsSigned(unsigned), 'anything')).toBe('Reading list')
    const streamed = { method: 'POST', body: 'x', payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }
    expect(await open().call(awsSigned(streamed), 'x')).toBe('signature_malformed')
  })

  test.each([
    ['signature_wrong_scope', { region: 'eu-west-1' }],
    ['signature_expired', { time: '20150830T122059Z' }],
    ['signature_not_yet_valid', { time: '20150830T125101Z' }],
    ['signature_component_missing', { names: 'host' }],
    ['signature_component_missing', { names: 'x-amz-date' }],
    ['signature_component_missing', { names: 'host;x-amz-date', payload: sha256('') }],
    ['signature_malformed', { names: 'x-amz-date;host' }],
    ['signature_malformed', { time: '20150830T999999Z' }],
    ['signature_unknown_key', { keyId: 'NOBODY' }],
    ['signature_invalid', { shared: 'another' }],
    ['signature_invalid', { signature: '0'.repeat(64) }],
    ['signature_malformed', { signature: 'zz' }],
    ['signature_algorithm_refused', { keyId: 'ed25519' }],
  ])('refuses with %s: %o', async (code, wish) => {
    expect(await open().call(awsSigned(wish))).toBe(code)
  })

  test('does not take a plus for an encoded one, nor a parameter for a part of the signature', async () => {
    const query = 'a=1%2B1'
    expect(await open().call(awsSigned({ query }))).toBe('Reading list')
    expect(await open().call(Object.assign(awsSigned({ query }), { query: 'a=1+1' }))).toBe(
      'signature_invalid',
    )
    const more = Object.assign(awsSigned({ query }), { query: `X-Amz-Signature=x&${query}` })
    expect(await open().call(more)).toBe('signature_invalid')
  })

  test('takes presigned addresses where that was chosen, for as long as was chosen', async () => {
    const scope = '20150830/us-east-1/service/aws4_request'
    const presign = (seconds: number, payload = 'UNSIGNED-PAYLOAD', more: readonly string[] = []) => {
      const query = [
        'X-Amz-Algorithm=AWS4-HMAC-SHA256',
        ...more,
        `X-Amz-Credential=${encodeURIComponent(`AKIDEXAMPLE/${scope}`)}`,
        'X-Amz-Date=20150830T123600Z',
        `X-Amz-Expires=${seconds}`,
        'X-Amz-SignedHeaders=host',
      ].join('&')
      const request = ['GET', '/', query, 'host:example.amazonaws.com', '', 'host', payload].join('\n')
      const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
      const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${awsKey.secret}`)
      const text = ['AWS4-HMAC-SHA256', '20150830T123600Z', scope, sha256(request)].join('\n')
      return `${query}&X-Amz-Signature=${hmac(key as Buffer, text).toString('hex')}`
    }
    const sent = (rawQuery: string, afterMs = 0, bodyLength = 0) =>
      Object.assign(
        createContext({
          receivedAtMs: awsNow + afterMs,
          rawQuery,
          bodyLength,
          query: Object.fromEntries(new URLSearchParams(rawQuery)),
          header: { host: 'example.amazonaws.com' },
        }),
        { path: '/' },
      )
    const presigned = open({ presigned: true })
    const good = sent(presign(60), 60_000)
    expect(await presigned.call(good)).toBe('Reading list')
    expect(good.dropped).toContain('X-Amz-Signature')
    expect(await open().call(sent(presign(60)))).toBe('nobody')
    expect(await presigned.call(sent(presign(60), 60_001))).toBe('signature_expired')
    expect(await presigned.call(sent(presign(3_601)))).toBe('signature_expired')
    expect(await presigned.call(sent(presign(60).replace('Expires=60', 'Expires=3600'), 61_000))).toBe(
      'signature_invalid',
    )
    expect(await presigned.call(sent(presign(60), 0, 5), 'hello')).toBe('content_digest_missing')
    expect(await presigned.call(sent(`${presign(60)}&a=1`))).toBe('signature_invalid')
    // A body that was signed with the address is that body, though nothing of it is left in the query by then.
    const hash = sha256('hello')
    const upload = presign(60, hash, [`X-Amz-Content-Sha256=${hash}`])
    expect(await presigned.call(sent(upload, 0, 5), 'hello')).toBe('Reading list')
    expect(await presigned.call(sent(upload, 0, 5), 'other')).toBe('content_digest_mismatch')
  })
})
