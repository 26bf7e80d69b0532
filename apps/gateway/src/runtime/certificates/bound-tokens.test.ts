// C2: access tokens that are bound to a client certificate (RFC 8705), over real handshakes and through proxies.
import { createHash, X509Certificate } from 'node:crypto'
import { oauthClientText } from '@gatewright/shared/oauth-client'
import { policy, spec } from '@gatewright/shared/policies/jwt'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { CompactSign, compactVerify, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { createDeps } from '../../../../../packages/shared/src/testing/policy.fixture.ts'
import { createAuthority } from '../../testing/certificates.fixture.ts'
import type { RigOptions } from '../../testing/gateway.fixture.ts'
import { startTlsRig } from '../../testing/tls.fixture.ts'

const issuer = 'https://id.example.com'
const { privateKey, publicKey } = await generateKeyPair('ES256')
const own = createAuthority('Clients').issue({ name: 'payments' })
const another = createAuthority('Clients').issue({ name: 'payments' })

const rawOf = (cert: string) => new X509Certificate(cert).raw
const thumbprint = createHash('sha256').update(rawOf(own.cert)).digest('base64url')

const client = createHash('sha256')
  .update(oauthClientText({ environment: 'prod', tenantId: 'ten_1', issuer, clientId: 'client-1' }))
  .digest('hex')
const record: CredentialRecord = {
  kind: 'oauth-client',
  credentialId: 'key_1',
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'Payments',
  state: 'active',
  expiresAt: null,
  tryIt: false,
  subscriptions: [
    { subscriptionId: 'sub_1', planId: 'pla_1', planName: 'Gold', state: 'active', versionIds: ['ver_1'] },
  ],
}

/** A header line with a token; `cnf`: what it is bound to. */
async function tokenBoundTo(cnf: unknown): Promise<string> {
  const claims = { iss: issuer, aud: 'books', azp: 'client-1', exp: Date.now() / 1_000 + 600, cnf }
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', kid: 'a' })
    .sign(privateKey)
  return `Authorization: Bearer ${token}\r\n`
}
const bound = await tokenBoundTo({ 'x5t#S256': thumbprint })
const bearer = await tokenBoundTo(undefined)

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(certificateBinding: 'refuse' | 'accept' | 'require', rig: RigOptions = {}) {
  const deps = {
    ...createDeps(),
    credentials: {
      known: () => undefined,
      find: (sha256: string) =>
        sha256 === client ? ({ kind: 'found', record } as const) : ({ kind: 'unknown' } as const),
    },
    keySets: {
      follow: () => ({
        version: () => 1,
        verify: (token: string) =>
          compactVerify(token, publicKey).then(
            () => 'good' as const,
            () => 'bad' as const,
          ),
      }),
    },
  }
  const at = { id: 'pol_1', name: 'jwt', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
  const config = spec.config.parse({ issuers: [{ issuer, audiences: ['books'] }], certificateBinding })
  const opened = await startTlsRig('jwt', policy.create(config, deps, at), rig)
  closers.push(opened.close)
  return opened
}

describe('C2 a token that is bound to a certificate', () => {
  it('is good in the hand of whoever holds that certificate, and in no other', async () => {
    const { call, plain } = await open('accept')
    expect(await call(own, bound)).toBe(200)
    // Also now that it is remembered.
    expect(await call(own, bound)).toBe(200)
    expect(await call({}, bound)).toBe('token_certificate_mismatch')
    // Of the same name, with another key.
    expect(await call(another, bound)).toBe('token_certificate_mismatch')
    expect(await plain(bound)).toBe('token_certificate_mismatch')
  })

  it('stands beside bearer tokens, or alone, as the policy says', async () => {
    const both = await open('accept')
    expect(await both.call({}, bearer)).toBe(200)
    expect(await both.call(own, bearer)).toBe(200)
    const alone = await open('require')
    expect(await alone.call(own, bound)).toBe(200)
    expect(await alone.call(own, bearer)).toBe('token_claims_refused')
    const none = await open('refuse')
    expect(await none.call(own, bound)).toBe('token_claims_refused')
    expect(await none.call({}, bearer)).toBe(200)
  })

  it('is not taken when it is bound in a way that nobody here checks, or also in one', async () => {
    const { call } = await open('accept')
    const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
    for (const cnf of [
      { jkt },
      { 'x5t#S256': thumbprint, jkt },
      { 'x5t#S256': `${thumbprint}=` },
      { 'x5t#S256': [thumbprint] },
      {},
      [],
      null,
      thumbprint,
    ])
      expect(await call(own, await tokenBoundTo(cnf))).toBe('token_claims_refused')
  })

  it('is held against what a trusted proxy says of its client, and against nobody else’s word', async () => {
    const trustedProxies = ['127.0.0.1', '::1']
    const field = (cert: string) => `Client-Cert: :${rawOf(cert).toString('base64')}:\r\n`
    const behind = await open('accept', { trustedProxies, certificateField: 'client-cert' })
    expect(await behind.plain(`${bound}${field(own.cert)}`)).toBe(200)
    expect(await behind.plain(`${bound}${field(another.cert)}`)).toBe('token_certificate_mismatch')
    expect(await behind.plain(`${bound}Client-Cert: hello\r\n`)).toBe('token_certificate_mismatch')
    // The certificate of the proxy itself.
    expect(await behind.call(own, bound)).toBe('token_certificate_mismatch')
    const direct = await open('accept')
    expect(await direct.plain(`${bound}${field(own.cert)}`)).toBe('token_certificate_mismatch')
  })
})
